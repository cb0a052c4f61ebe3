"""Reads the shards that training/data/build.ts writes."""

import json
from functools import cached_property
from pathlib import Path

import numpy as np

SIZE = 64


class Glossary:
    """Attribute groups and values in a fixed order; `index[group, value]` is a column of the label matrix."""

    def __init__(self, folder: Path):
        path = folder / "glossary.json"
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: build the data first (training/README.md)")
        raw = json.loads(path.read_text())
        self.groups = {g["id"]: [v["id"] for v in g["values"]] for g in raw["groups"]}
        #: Noun of each colour group: "ginger hair".
        self.nouns = {g["id"]: g["noun"] for g in raw["groups"] if g["kind"] == "colour"}
        self.colours = set(self.nouns)
        self.columns = [(g, v) for g, values in self.groups.items() for v in values]
        self.index = {c: i for i, c in enumerate(self.columns)}
        self.phrases = raw["phrases"]
        self.held_phrases = raw["heldPhrases"]
        self.held_out_pairs = [tuple(tuple(p.split("=", 1)) for p in pair) for pair in raw["heldOutPairs"]]

    def labels(self, scenes: list[dict]) -> np.ndarray:
        """0/1 matrix [n, values]."""
        out = np.zeros((len(scenes), len(self.columns)), np.uint8)
        for row, scene in zip(out, scenes):
            for g, v in scene.items():
                row[self.index[g, v]] = 1
        return out


class Split:
    """One split: uint8 images [n, 3, 64, 64] and the records beside them."""

    def __init__(self, folder: Path, name: str, limit: int | None = None, records: bool = True):
        """`records` false reads the pictures alone: the denoiser's training is language-free, and it starts a minute sooner."""
        shards = sorted(folder.glob(f"{name}-[0-9][0-9][0-9].rgb"))
        if not shards:
            raise FileNotFoundError(f"no shards {name}-*.rgb in {folder}: build the data first (training/README.md)")
        images, self.records = [], []
        for shard in shards:
            flat = np.fromfile(shard, np.uint8).reshape(-1, SIZE, SIZE, 3)
            images.append(np.ascontiguousarray(flat.transpose(0, 3, 1, 2)))
            if records:
                with open(shard.with_suffix(".jsonl")) as f:
                    self.records += [json.loads(line) for line in f]
            if limit and sum(map(len, images)) >= limit:
                break
        self.images = np.concatenate(images)[:limit]
        self.records = self.records[: len(self.images)]
        self.folder, self.name = folder, name

    def __len__(self):
        return len(self.images)

    @cached_property
    def scenes(self) -> list[dict]:
        return [r["scene"] for r in self.records]


def to_unit(images: np.ndarray):
    """uint8 [n, 3, H, W] to a float32 tensor in [-1, 1]."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(images)).float().div_(127.5).sub_(1)


def to_pixels(images) -> np.ndarray:
    """The inverse of `to_unit`: a tensor in [-1, 1], clipped to it, to uint8 of the same shape."""
    import torch

    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()
