"""
Five failures as a picture: of an evaluation's refined pictures those that miss most of their stressed details, each of another
missed attribute, beside their coarse twins and the words that were stressed.

    python -m training.evaluate.failures OUT --to docs/images/failures.png

OUT is the folder of `npm start -- evaluate ... --out OUT`.
"""

import argparse
from pathlib import Path

from .paired import read_results, wanted_of


def missed(prompt: dict, seen: dict) -> dict[str, str]:
    """The stressed attributes of a prompt that a reading does not show."""
    return {g: v for g, v in wanted_of(prompt).items() if seen.get(g) != v}


def worst(prompts: list[dict], seen: dict[int, dict], count: int) -> list[tuple[int, dict[str, str]]]:
    """(prompt, missed) with most details missed, no two of the same missed attributes; `seen` by prompt."""
    found = sorted(((p, missed(prompts[p], s)) for p, s in seen.items()), key=lambda f: (-len(f[1]), f[0]))
    out, had = [], set()
    for prompt, away in found:
        if away and not had & set(away):
            out.append((prompt, away))
            had |= set(away)
    return out[:count]


def main():
    from PIL import Image, ImageDraw

    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--count", type=int, default=5)
    args = parser.parse_args()
    facts, pictures, seen = read_results(args.out)
    prompts = facts["promptSet"]["prompts"]
    chosen = worst(prompts, {p: s for (p, seed, arm), s in seen.items() if arm == "refined" and seed == 0}, args.count)
    scale, gap, words = 3, 8, 560
    size = len(next(iter(pictures.values()))) * scale
    canvas = Image.new("RGB", (2 * (size + gap) + words, len(chosen) * (size + gap)), "white")
    draw = ImageDraw.Draw(canvas)
    for r, (prompt, away) in enumerate(chosen):
        for c, arm in enumerate(("coarse", "refined")):
            tile = Image.fromarray(pictures[prompt, 0, arm]).resize((size, size), Image.NEAREST)
            canvas.paste(tile, (c * (size + gap), r * (size + gap)))
        x, y = 2 * (size + gap), r * (size + gap) + 8
        text = prompts[prompt]["text"]
        stressed = "; ".join(e["phrase"] for e in prompts[prompt]["emphases"])
        for line in (f"prompt {prompt}", *(text[i : i + 84] for i in range(0, len(text), 84)), "", f"stressed: {stressed}", "", "missed: " + ", ".join(f"{g} {v}" for g, v in away.items())):
            draw.text((x, y), line, fill="black")
            y += 16
    canvas.quantize(64).save(args.to, optimize=True)


if __name__ == "__main__":
    main()
