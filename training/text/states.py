"""
MiniLM's hidden states of the training images' further captions (training/data/captions.ts), made once, shard by shard: the text
is understood once and its head trained over it many times. About 100 MB a shard of 1,000 images and three captions.
"""

import json
import random
from pathlib import Path

import numpy as np
import torch

from ..common.data import Glossary
from .corpus import caption_columns, value_table
from .features import hidden_states
from .minilm import MiniLm
from .synonyms import reworded, said

#: Chance that a caption is reworded, and then of each of its values.
REWORDED, SHARE = 0.3, 0.5


def further(shard: Path, glossary: Glossary) -> tuple[list[str], torch.Tensor]:
    """Texts (image after image) and bool [texts, columns], the values that each names; some are said in other words."""
    lists, records = shard.with_suffix(".captions.jsonl"), shard.with_suffix(".jsonl")
    if not lists.exists():
        raise FileNotFoundError(f"{lists} is missing: run training/data/captions.ts first (training/README.md)")
    words, chance, texts, named = said(glossary), random.Random(shard.stem), [], []
    for line, captions in zip(records.open(), lists.open()):
        record = json.loads(line)
        for caption in json.loads(captions):
            attributes = {g: v for d in caption["details"] for g, v in d["attributes"].items()}
            texts.append(reworded(caption["text"], attributes, words, chance, SHARE) if chance.random() < REWORDED else caption["text"])
            named.append(caption_columns(glossary, record, caption))
    return texts, value_table(named, len(glossary.columns))


class States:
    """States of one shard after another in one ragged list: `batch` gives rows padded to the longest of them."""

    def __init__(self, files: list[Path]):
        self.flat, self.named, lengths = [], [], []
        for number, file in enumerate(files):
            meta = torch.load(file.with_suffix(".pt"), weights_only=True)
            self.flat.append(np.load(file, mmap_mode="r"))
            self.named.append(meta["named"])
            ends = meta["lengths"].cumsum(0)
            lengths.append(torch.stack([torch.full_like(ends, number), ends - meta["lengths"], ends], 1))
        self.named, self.place = torch.cat(self.named), torch.cat(lengths)

    def __len__(self):
        return len(self.place)

    def batch(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(states [n, L, 384] float32, mask [n, L])."""
        place = self.place[rows]
        length = int((place[:, 2] - place[:, 1]).max())
        out, mask = np.zeros((len(rows), length, self.flat[0].shape[1]), np.float16), torch.zeros(len(rows), length)
        for k, (file, start, end) in enumerate(place.tolist()):
            out[k, : end - start] = self.flat[file][start:end]
            mask[k, : end - start] = 1
        return torch.from_numpy(out).float(), mask


def write_states(words: MiniLm, texts: list[str], named: torch.Tensor, file: Path):
    """Writes `file` (float16 [tokens, 384]) and beside it lengths and named values; whole or not at all."""
    states, mask = hidden_states(words, texts)
    keep = mask.bool()
    torch.save({"lengths": mask.sum(1, dtype=torch.int64), "named": named}, file.with_suffix(".pt"))
    part = file.with_suffix(".part")
    with part.open("wb") as f:
        np.save(f, states[keep].numpy())
    part.replace(file)


def training_states(folder: Path, data: Path, glossary: Glossary, words: MiniLm) -> States:
    """All shards' states under `folder`; those that are missing are made."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for shard in sorted(data.glob("train-[0-9][0-9][0-9].rgb")):
        file = folder / f"{shard.stem}.npy"
        if not file.exists():
            write_states(words, *further(shard, glossary), file)
            print(f"states of {shard.stem}", flush=True)
        files.append(file)
    if not files:
        raise FileNotFoundError(f"no shards train-*.rgb in {data}: build the data first (training/README.md)")
    return States(files)
