"""
Detail Matching of the arms on prompts with 2 to 4 emphases: same prompts, seeds, noise and c in every arm, references
retrieved by text from the sample folder, as in the studio. Read by the attribute reader, which shares no weights with the
guide; "cannot tell" counts as not shown.

    python -m training.evaluate.arms --config training/configs/first.toml [--prompts 200] [--steps 50] [--split validation]
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from ..common import paths
from ..common.data import to_pixels
from ..common.noise import normals
from ..diffusion.sampler import Batch, Plan, TwoStageSampler
from ..reader.visible import hidden
from .models import Models, ReferenceFolder
from .parts import evaluation_folder

ARMS = {"sentence": "single", "coarse": "single", "coarse2": "null", "wrong": "gradient", "refined": "gradient"}
#: One stage, 3 channels, identical c: needs the Baseline's own denoiser.
STAGES = {**ARMS, "baseline": "single"}


def seen_details(details: list[dict], scene: dict) -> list[dict]:
    """The details without attributes that the scene's own picture does not show; the phrase stays, with less or nothing to score."""
    away = hidden(scene)
    return [{**d, "attributes": {g: v for g, v in d["attributes"].items() if g not in away}} for d in details]


#: Chance by which a detail of a group may be stressed at all, where the config's [evaluation.stressed] says nothing.
STRESSED = {"background": 0.0}


def may_be_stressed(details: list[dict], chances: dict[str, float], rng) -> list[dict]:
    """The details that a prompt may stress: those of the groups in `chances` only so often."""

    def stays(detail: dict) -> bool:
        chance = min((chances[g] for g in detail["attributes"] if g in chances), default=1.0)
        return chance == 1 or (chance > 0 and rng.random() < chance)

    return [d for d in details if stays(d)]


def draw_prompts(models: Models, split_name: str, n: int, seed: int = 5) -> list[dict]:
    """Full captions of a split, each with 2 to 4 of its details stressed: text, emphases (phrase, attributes), scene."""
    chances = models.config.get("evaluation", {}).get("stressed", STRESSED)
    rng = np.random.default_rng(seed)
    out = []
    for record in models.split(split_name, limit=2000).records:
        caption = record["captions"][0]
        details = may_be_stressed(caption["details"], chances, rng)
        if len(details) < 2:
            continue
        count = min(len(details), int(rng.integers(2, 5)))
        chosen = [details[i] for i in rng.permutation(len(details))[:count]]
        out.append({"text": caption["text"], "emphases": seen_details(chosen, record["scene"]), "scene": record["scene"]})
        if len(out) == n:
            return out
    return out


class Prepared:
    """Everything about the prompts that does not depend on the arm."""

    def __init__(self, models: Models, folder: ReferenceFolder, prompts: list[dict], references: int, per_phrase: int | None = None):
        text, prior = models.text(), models.prior()
        self.prompts, self.folder, self.references, self.contrast = prompts, folder, references, models.contrast()
        per_phrase = per_phrase or (8 if self.contrast else 4)
        with torch.no_grad():
            #: The sentence's e, and the one with what its phrases ask for.
            self.sentence = self.source = prior(text.embed([p["text"] for p in prompts]))
            counts = [len(p["emphases"]) for p in prompts]
            phrases = text.embed([e["phrase"] for p in prompts for e in p["emphases"]])
            if self.contrast:
                self.source = torch.stack([self.contrast.stressed(e, own) for e, own in zip(self.source, prior(phrases).split(counts))])
        #: rows[p] is [phrases, per_phrase]
        self.rows = (phrases @ folder.clean.T).topk(per_phrase, dim=1).indices.split(counts)

    def condition(self, index: list[int], with_references: bool):
        b, d, k = len(index), self.source.shape[1], self.references
        tokens, mask = torch.zeros(b, 1 + k, d), torch.zeros(b, 1 + k)
        tokens[:, 0], mask[:, 0] = (self.source if with_references else self.sentence)[index], 1
        for row, i in enumerate(index):
            # In turn from each phrase by rank, as the studio does.
            take = self.rows[i].T.flatten()[:k] if with_references else torch.zeros(0, dtype=torch.int64)
            tokens[row, 1 : 1 + len(take)] = self.folder.clean[take]
            mask[row, 1 : 1 + len(take)] = 1
        return tokens, mask

    def cotangent(self, index: list[int], weight: float = 1.0):
        def at(t: int):
            if self.contrast:
                return torch.stack([weight * self.contrast.direction(self.folder.clean[self.rows[i]]).sum(0) for i in index])
            noised = self.folder.noised(t)
            return torch.stack([weight * noised[self.rows[i]].mean(1).sum(0) for i in index])

        return at


class Setup:
    """What every evaluation by pictures needs: a config's models, prompts of a split, and a sampler over the sample folder."""

    def __init__(self, config: str, split: str, prompts: int, seed: int = 5, compiled: bool = False, part: str = "denoiser"):
        self.models = Models(config, part)
        denoiser, self.scale, self.seen = self.models.denoiser()
        self.denoiser = torch.compile(denoiser) if compiled else denoiser
        self.folder = ReferenceFolder(self.models, evaluation_folder(self.models.config, "sample"))
        self.prompts = draw_prompts(self.models, split, prompts, seed)
        self.prepared = Prepared(self.models, self.folder, self.prompts, denoiser.config["references"])
        self.sampler = TwoStageSampler(self.denoiser, self.models.encoder, self.models.schedule, self.scale, self.prepared.contrast is not None)


def noise_for(index: list[int], size: int) -> torch.Tensor:
    return torch.from_numpy(np.stack([normals(1000 + i, 3 * size * size).reshape(3, size, size) for i in index]))


def generate(sampler: TwoStageSampler, prepared: Prepared, arm: str, plan: Plan, batch: int = 25) -> np.ndarray:
    """uint8 images [n, 3, S, S] of an arm."""
    n, out = len(prepared.prompts), []
    for start in range(0, n, batch):
        index = list(range(start, min(n, start + batch)))
        condition, mask = prepared.condition(index, arm != "sentence")
        # Another prompt's references in the gradient only.
        gradient_index = [(i + n // 2) % n for i in index] if arm == "wrong" else index
        work = Batch(condition, mask, noise_for(index, prepared.folder.images.shape[-1]), prepared.cotangent(gradient_index))
        x = sampler.run(work, Plan(**{**plan.__dict__, "stages": STAGES[arm]}))
        out.append(to_pixels(x))
    return np.concatenate(out)


def baseline(config: str, other: TwoStageSampler) -> TwoStageSampler:
    """The Baseline in the same sampler; prints how many images it has seen."""
    denoiser, scale, seen = Models(config, "baseline").denoiser()
    print(json.dumps({"baselineImagesSeen": seen}), flush=True)
    return TwoStageSampler(denoiser, other.encoder, other.schedule, scale)


def wanted_details(prompts: list[dict]) -> list[dict]:
    return [{g: v for e in p["emphases"] for g, v in e["attributes"].items()} for p in prompts]


def sheet(prompts: list[dict], columns: dict[str, np.ndarray], path: Path, rows: int = 16, scale: int = 2):
    """Prompts by rows, arms by columns, caption beside: to be looked at."""
    from PIL import Image, ImageDraw

    size = next(iter(columns.values())).shape[-1] * scale
    canvas = Image.new("RGB", (len(columns) * (size + 4) + 520, rows * (size + 4)), "white")
    draw = ImageDraw.Draw(canvas)
    for r in range(min(rows, len(prompts))):
        for c, images in enumerate(columns.values()):
            tile = Image.fromarray(images[r].transpose(1, 2, 0)).resize((size, size), Image.NEAREST)
            canvas.paste(tile, (c * (size + 4), r * (size + 4)))
        x, y = len(columns) * (size + 4) + 6, r * (size + 4) + 6
        words = prompts[r]["text"]
        for i in range(0, len(words), 78):
            draw.text((x, y), words[i : i + 78], fill="black")
            y += 12
        draw.text((x, y + 6), "stressed: " + ", ".join(e["phrase"] for e in prompts[r]["emphases"]), fill="#b03000")
    canvas.save(path)


def main():
    from ..reader.read import load_reader
    from ..reader.score import detail_matching, difference, interval

    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--part", default="denoiser", help="the run that holds the two-stage denoiser")
    parser.add_argument("--split", default="validation")
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--rebuild", default="mean-shift")
    parser.add_argument("--window", type=int, nargs=2, default=[100, 900])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(STAGES))
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--out", help="folder for sheet.png and result.json")
    args = parser.parse_args()
    setup = Setup(args.config, args.split, args.prompts, compiled=args.compile, part=args.part)
    models, prompts, prepared, sampler = setup.models, setup.prompts, setup.prepared, setup.sampler
    plan = Plan(args.steps, args.guidance, args.rebuild, tuple(args.window))
    reader, wanted, columns, shown = load_reader(models.name), wanted_details(prompts), {}, {}
    result = {"imagesSeen": setup.seen, "split": args.split, "prompts": len(prompts), "details": sum(map(len, wanted)), "plan": plan.__dict__, "arms": {}}
    for arm in args.arms:
        began = time.time()
        columns[arm] = generate(baseline(args.config, sampler) if arm == "baseline" else sampler, prepared, arm, plan)
        shown[arm] = detail_matching(columns[arm], wanted, reader)
        share, low, high = interval(shown[arm])
        result["arms"][arm] = {"detail": round(100 * share, 2), "detailLow": round(100 * low, 2), "detailHigh": round(100 * high, 2), "allRight": round(100 * float(np.mean([all(x.values()) for x in shown[arm]])), 2), "seconds": round((time.time() - began) / len(prompts), 2)}
        print(json.dumps({arm: result["arms"][arm]}), flush=True)
    result["paired"] = {f"refined - {arm}": [round(100 * x, 2) for x in difference(shown["refined"], shown[arm])] for arm in args.arms if arm != "refined" and "refined" in shown}
    print(json.dumps(result["paired"]))
    out = Path(args.out) if args.out else paths.runs() / models.name / "evaluation"
    out.mkdir(parents=True, exist_ok=True)
    sheet(prompts, columns, out / "sheet.png")
    (out / "result.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
