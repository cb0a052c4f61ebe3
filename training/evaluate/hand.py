"""
Pictures of an evaluation to be read by a person, and how far the attribute reader agrees with that person.

    python -m training.evaluate.hand sheets out --to hand [--arm refined] [--pictures 80] [--seed 1] [--pack models/first]
    python -m training.evaluate.hand compare hand

`out` is a folder that `npm start -- evaluate --out` made. `sheets` draws pictures by chance and writes `sheet-NN.png` (each
picture at its own 64 px enlarged by squares, beside the pack's upscaler's 256 px, and its details by number), `items.json` (the
details) and `verdicts.json` (what the reader sees), which the person leaves closed until all is answered. The answers go
into `answers.json`: {"1": "1011", ...}, for each picture one digit per detail in order, 1 = I see it. `compare` then tells
how often both say the same, with a Wilson interval, and lists every disagreement.
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np

from .paired import read_results, wanted_of

CELL, TEXT, COLUMNS, ROWS, GAP = 256, 270, 2, 4, 8


def draw_items(facts: dict, seen: dict, arm: str, pictures: int, seed: int) -> list[dict]:
    """Pictures by chance, in an order by chance, each with its stressed and its unstressed details and the reader's verdicts."""
    keys = sorted(k for k in seen if k[2] == arm)
    if len(keys) < pictures:
        raise ValueError(f"there are {len(keys)} pictures of the arm {arm}, fewer than {pictures}: evaluate more prompts")
    items = []
    for number, key in enumerate(random.Random(seed).sample(keys, pictures), 1):
        prompt = facts["promptSet"]["prompts"][key[0]]
        details = {**prompt.get("others", {}), **wanted_of(prompt)}
        items.append({
            "picture": number, "prompt": key[0], "seed": key[1], "arm": arm,
            "details": [f"{g}: {v}" for g, v in details.items()], "stressed": [g in wanted_of(prompt) for g in details],
            "verdicts": "".join("1" if seen[key].get(g) == v else "0" for g, v in details.items()),
            "reads": [seen[key].get(g) for g in details],
        })
    return items


def enlarged(pack: Path, pictures: np.ndarray) -> np.ndarray:
    """uint8 [n, 4S, 4S, 3] of uint8 [n, S, S, 3] by the pack's upscaler."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(pack / "upscaler.onnx"), providers=["CPUExecutionProvider"])
    out = [session.run(None, {"image": (p.transpose(2, 0, 1)[None] / 127.5 - 1).astype(np.float32)})[0][0] for p in pictures]
    return np.round((np.clip(np.stack(out), -1, 1) + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)


def write_sheets(items: list[dict], small: np.ndarray, large: np.ndarray, to: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    font, width = ImageFont.load_default(17), 2 * CELL + TEXT + 2 * GAP
    for sheet, start in enumerate(range(0, len(items), COLUMNS * ROWS), 1):
        page = Image.new("RGB", (COLUMNS * width, ROWS * (CELL + GAP)), "white")
        draw = ImageDraw.Draw(page)
        for place, index in enumerate(range(start, min(start + COLUMNS * ROWS, len(items)))):
            x, y = place % COLUMNS * width, place // COLUMNS * (CELL + GAP)
            page.paste(Image.fromarray(small[index]).resize((CELL, CELL), Image.Resampling.NEAREST), (x, y))
            page.paste(Image.fromarray(large[index]).resize((CELL, CELL)), (x + CELL + GAP, y))
            lines = [f"picture {items[index]['picture']}", *(f"{k}  {d}" for k, d in enumerate(items[index]["details"], 1))]
            draw.multiline_text((x + 2 * CELL + 2 * GAP, y), "\n".join(lines), fill="black", font=font, spacing=6)
        page.save(to / f"sheet-{sheet:02d}.png")


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share, in 0..1. ValueError for no trials."""
    if of <= 0 or not 0 <= hits <= of:
        raise ValueError(f"expected 0 <= hits <= of and of > 0, got {hits} of {of}")
    p, n = hits / of, of
    middle, half = (p + z * z / (2 * n)) / (1 + z * z / n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return float(middle - half), float(middle + half)


def agreement(items: list[dict], verdicts: dict[str, dict], answers: dict[str, str]) -> dict:
    """Counts of both saying the same, by whether the detail is stressed, and the disagreements. ValueError for a missing answer."""
    counts, apart = {"all": [0, 0], "stressed": [0, 0], "personYesReaderNo": 0, "personNoReaderYes": 0}, []
    shown = {"person": 0, "reader": 0}
    for item in items:
        key = str(item["picture"])
        given, read = answers.get(key, ""), verdicts[key]
        if len(given) != len(item["details"]) or set(given) - {"0", "1"}:
            raise ValueError(f"picture {key}: expected {len(item['details'])} digits 0 or 1, got {given!r}")
        for k, (mine, theirs) in enumerate(zip(given, read["verdicts"])):
            for group in ["all", *(["stressed"] if read["stressed"][k] else [])]:
                counts[group][0] += mine == theirs
                counts[group][1] += 1
            shown["person"] += mine == "1"
            shown["reader"] += theirs == "1"
            if mine != theirs:
                counts["personYesReaderNo" if mine == "1" else "personNoReaderYes"] += 1
                apart.append({"picture": item["picture"], "detail": item["details"][k], "person": mine == "1", "readerReads": read["reads"][k]})
    share = lambda c: {"same": c[0], "of": c[1], "percent": round(100 * c[0] / c[1], 1), "interval": [round(100 * x, 1) for x in wilson(*c)]}
    return {**counts, "all": share(counts["all"]), "stressed": share(counts["stressed"]), "shown": shown, "apart": apart}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["sheets", "compare"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", type=Path)
    parser.add_argument("--arm", default="refined")
    parser.add_argument("--pictures", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pack", type=Path, default=Path("models/first"))
    args = parser.parse_args()
    if args.command == "compare":
        load = lambda name: json.loads((args.folder / name).read_text())
        print(json.dumps(agreement(load("items.json"), load("verdicts.json"), load("answers.json")), indent=1))
        return
    to = args.to or parser.error("sheets needs --to, a folder for the sheets")
    facts, pictures, seen = read_results(args.folder)
    items = draw_items(facts, seen, args.arm, args.pictures, args.seed)
    small = np.stack([pictures[i["prompt"], i["seed"], i["arm"]] for i in items])
    to.mkdir(parents=True, exist_ok=True)
    write_sheets(items, small, enlarged(args.pack, small), to)
    closed = ("verdicts", "reads", "stressed")
    (to / "verdicts.json").write_text(json.dumps({str(i["picture"]): {k: i[k] for k in closed} for i in items}))
    (to / "items.json").write_text(json.dumps([{k: v for k, v in i.items() if k not in closed} for i in items], indent=1))
    print(f"{len(items)} pictures, {sum(len(i['details']) for i in items)} details")


if __name__ == "__main__":
    main()
