"""
Scores the trained GAN on the committed prompts, with the attribute reader of the studio's `evaluate` (models/evaluation/reader: the
same file, the same rule, below 0.6 is not shown):

    python -m training.gan.score --config training/configs/first.toml --split test [--count N] [--source text|centred|prior] [--out OUT]
        [--against EVALUATION --arms refined,coarse]

The condition is the sentence's text embedding, as LAFITE has it (`text`); the same with the gap between the means of texts and
images taken out (`centred`), which needs no pairs; or the prior's image embedding of it (`prior`). Prompt i has the noise of seed
1000 + i. OUT gets `sheet.png` and an evaluation's results file with the arm `gan`, for training.evaluate.so_far; EVALUATION is a folder
of `npm start -- evaluate --split ... --out`, whose arms are held against the GAN's pictures prompt by prompt.
"""

import argparse
import json
import sqlite3
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..common import paths
from ..common.data import to_unit
from ..common.noise import normals
from ..evaluate.arms import sheet
from ..evaluate.frechet import frechet
from ..evaluate.golden_distances import kernel
from ..evaluate.models import Models
from ..evaluate.paired import read_results, shown, wanted_of
from ..evaluate.parts import evaluation_folder
from ..evaluate.so_far import rows_of
from ..reader.intervals import difference, interval, percents
from .model import Generator
from .train import drawn, load_features

ARM, FIRST_SEED = "gan", 1000


class StudioReader:
    """The reader that the studio's evaluation uses, from its own folder."""

    def __init__(self, folder: Path):
        import onnxruntime

        self.folder, self.manifest = folder, json.loads((folder / "manifest.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self.session = onnxruntime.InferenceSession(folder / self.manifest["model"]["file"], options, providers=["CPUExecutionProvider"])

    def read(self, images: np.ndarray, batch: int = 250) -> tuple[list[dict[str, str | None]], np.ndarray]:
        """(what each of uint8 images [n, 3, S, S] shows: group to value or None, features [n, dims])."""
        name = self.session.get_inputs()[0].name
        parts = [self.session.run(None, {name: to_unit(images[i : i + batch]).numpy()}) for i in range(0, len(images), batch)]
        logits, features = (np.concatenate(x) for x in zip(*parts))
        return [seen_in(row, self.manifest) for row in logits], features

    def real_features(self, split: str) -> np.ndarray | None:
        """Features [n, dims] of real pictures of a split, where the reader has them."""
        from safetensors.numpy import load_file

        found = [r["file"] for r in self.manifest["references"] if r["split"] == split]
        return load_file(self.folder / found[0])["features"] if found else None


def seen_in(logits: np.ndarray, manifest: dict) -> dict[str, str | None]:
    """Of each group the best value, or None where "none" (its last column) is best or below the threshold (`seenIn` of the studio)."""
    out, at = {}, 0
    for group in manifest["groups"]:
        columns = logits[at : at + len(group["values"]) + 1].astype(np.float64)
        at += len(columns)
        best = int(columns.argmax())
        sure = 1 / np.exp(columns - columns[best]).sum() >= manifest["threshold"]
        out[group["id"]] = group["values"][best] if sure and best < len(group["values"]) else None
    if at != len(logits):
        raise ValueError(f"the reader gave {len(logits)} columns, its manifest names {at}")
    return out


def load_generator(name: str) -> tuple[Generator, int]:
    """(EMA generator, images seen) of a config's run."""
    path = paths.runs() / name / "gan" / "checkpoint.pt"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: train it with python -m training.gan.train --config training/configs/{name}.toml")
    state = torch.load(path, map_location="cpu", weights_only=True)
    model = Generator(**state["config"]["generator"])
    model.load_state_dict(state["ema"])
    return model.eval().requires_grad_(False), state["seen"]


def centred(text, texts, images):
    """
    Text features [B, D] moved to where images lie, unit: about the mean of image features [M, D] instead of that of any
    texts [N, D], with the images' mean distance from it. The two need not belong together.
    """
    at, mean = texts.mean(0), images.mean(0)
    spread = (images - mean).norm(dim=-1).mean() / (texts - at).norm(dim=-1).mean()
    return F.normalize(mean + spread * (text - at), dim=-1)


def generate(model: Generator, h, batch: int = 50) -> np.ndarray:
    """uint8 images [n, 3, 64, 64] for the prompts' features h [n, D]."""
    z = torch.from_numpy(np.stack([normals(FIRST_SEED + i, model.noise) for i in range(len(h))]))
    return drawn(model, z, h, batch)


def against(folder: Path, arms: list[str], prompts: list[dict], seen: list[dict], reader_hash: str) -> dict:
    """
    {"gan - arm": {prompts, shown and kept with [points, low, high]}} on the prompts that the evaluation's arm has with its first
    seed. ValueError where its reader or its prompts are others.
    """
    facts, _, theirs = read_results(folder)
    if facts["readerHash"] != reader_hash:
        raise ValueError(f"{folder} was read by another reader: score it again with the one in models/evaluation/reader")
    out = {}
    for arm in arms:
        keys = [i for i in range(len(prompts)) if (i, 0, arm) in theirs]
        if not keys:
            raise ValueError(f"{folder} has no picture of the arm {arm} for these prompts")
        for i in keys:
            other = facts["promptSet"]["prompts"][i]
            if (other["text"], wanted_of(other)) != (prompts[i]["text"], wanted_of(prompts[i])):
                raise ValueError(f"{folder}: prompt {i} is another one: expected an evaluation of the same split")
        points = {}
        for name, of in (("shown", wanted_of), ("kept", lambda p: p["others"])):
            ours, others = [shown(of(prompts[i]), seen[i]) for i in keys], [shown(of(prompts[i]), theirs[i, 0, arm]) for i in keys]
            points[name] = percents(difference(ours, others), 2)
        out[f"gan - {arm}"] = {"prompts": len(keys), **points}
    return out


def read_prompts(config: dict, split: str) -> dict:
    """The committed prompt set of a split of the config's domain."""
    return json.loads((evaluation_folder(config, "prompts") / f"{split}.json").read_text())


@torch.no_grad()
def conditions(models: Models, prompts: list[dict], source: str) -> torch.Tensor:
    """Features [n, D] that the generator gets for the prompts' sentences."""
    embed = lambda ps: models.text().embed([p["text"] for p in ps])
    if source == "prior":
        return models.prior()(embed(prompts))
    if source == "centred":
        return centred(embed(prompts), embed(read_prompts(models.config, "validation")["prompts"]), load_features(models.config))
    return embed(prompts)


def write_results(folder: Path, facts: dict, images: np.ndarray, seen: list[dict]):
    """The rows in an evaluation's form (the columns that training.evaluate.paired and so_far read); an older file is replaced."""
    path = folder / "studio" / "evaluations" / "results.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as db:
        db.execute("create table fact (key text primary key, value text not null)")
        db.execute("create table result (prompt integer, seed integer, arm text, size integer, rgb blob, seen text, primary key (prompt, seed, arm))")
        db.execute("insert into fact values ('facts', ?)", [json.dumps(facts)])
        rows = ((i, 0, ARM, x.shape[-1], np.ascontiguousarray(x.transpose(1, 2, 0)).tobytes(), json.dumps(s)) for i, (x, s) in enumerate(zip(images, seen)))
        db.executemany("insert into result values (?, ?, ?, ?, ?, ?)", rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--split", default="validation", choices=["validation", "test", "composition"])
    parser.add_argument("--count", type=int, help="the first prompts only")
    parser.add_argument("--source", default="text", choices=["text", "centred", "prior"])
    parser.add_argument("--out", type=Path, help="folder for the sheet and the rows, else gan/SPLIT-SOURCE in the run's folder")
    parser.add_argument("--against", type=Path, help="an evaluation of the same split")
    parser.add_argument("--arms", default="refined,coarse", help="its arms, by commas")
    args = parser.parse_args()
    models = Models(args.config)
    reader = StudioReader(evaluation_folder(models.config, "reader"))
    model, images_seen = load_generator(models.name)
    prompt_set = read_prompts(models.config, args.split)
    prompts = prompt_set["prompts"][: args.count]
    images = generate(model, conditions(models, prompts, args.source))
    seen, features = reader.read(images)
    row = rows_of(prompts, {(i, 0, ARM): s for i, s in enumerate(seen)}, [ARM])[0]
    right = [{"all": all(shown(wanted_of(p), s).values())} for p, s in zip(prompts, seen)]
    row["allRight"] = percents(interval(right))
    distances, real = {}, reader.real_features(args.split)
    if real is not None:
        pair = features.astype(float), real.astype(float)
        distances = {"fd": round(frechet(*pair), 1), "kid": round(kernel(*pair), 1)}
    result = {"split": args.split, "source": args.source, "imagesSeen": images_seen, **row, **distances}
    if args.against:
        result["paired"] = against(args.against, args.arms.split(","), prompts, seen, reader.manifest["model"]["sha256"])
    print(json.dumps(result))
    out = args.out or paths.runs() / models.name / "gan" / f"{args.split}-{args.source}"
    facts = {
        "promptSet": {**prompt_set, "prompts": prompts}, "readerHash": reader.manifest["model"]["sha256"],
        "gan": {"imagesSeen": images_seen, "source": args.source},
    }
    write_results(out, facts, images, seen)
    sheet(prompts, {ARM: images}, out / "sheet.png", rows=min(24, len(prompts)))


if __name__ == "__main__":
    main()
