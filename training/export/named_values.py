"""
What a pack can name, for the studio's calibration of strength: `python -m training.export.named_values models/first` adds the part
`namedValues` and `nullScores.nearest` to a finished pack, from what lies in it and the validation renders (docs/pack-format.md). No
weight is changed.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

from ..common import paths
from ..common.data import Glossary, Split
from ..text import nulls

FILE = "named-values.safetensors"


def session(file: Path):
    import onnxruntime

    return onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])


def embed_texts(pack: Path, texts: list[str]) -> np.ndarray:
    """Embeddings [n, D] of texts by the pack's own tokenizer and text encoder."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(pack / "tokenizer.json"))
    encoder = session(pack / "text-encoder.onnx")
    rows = (np.array([tokenizer.encode(text).ids], np.int64) for text in texts)
    return np.concatenate([encoder.run(None, {"tokens": ids, "mask": np.ones_like(ids)})[0] for ids in rows])


def embed_images(pack: Path, images: np.ndarray, batch: int = 32) -> np.ndarray:
    """Embeddings [n, D] of uint8 images [n, 3, S, S] by the pack's own image encoder."""
    encoder = session(pack / "image-encoder.onnx")
    unit = lambda x: x.astype(np.float32) / 127.5 - 1
    return np.concatenate([encoder.run(None, {"image": unit(images[i : i + batch])})[0] for i in range(0, len(images), batch)])


def nearest(embeddings: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """[n]: each embedding's largest inner product with the unit vectors [v, D]."""
    return (embeddings.astype(np.float64) @ vectors.astype(np.float64).T).max(1)


def together(columns: list[tuple[str, str]], labels: np.ndarray) -> np.ndarray:
    """
    [v, v] 1 where one picture can show both values (group, value): values of two groups that some picture has both, whatever
    their values there, since no data has all pairs (and some are held out). Labels [n, v].
    """
    groups = sorted({group for group, _ in columns})
    member = np.array([[group == g for g in groups] for group, _ in columns], np.float32)
    has = (labels.astype(np.float32) @ member > 0).astype(np.float32)
    meet = has.T @ has > 0
    np.fill_diagonal(meet, False)
    both = member @ meet.astype(np.float32) @ member.T
    np.fill_diagonal(both, 1)
    return both


def calibrate(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """
    (slope, offset) with which sigmoid(slope * logit + offset) is the share of the labels that are 1 (Platt 1999), by Newton's
    method. The value head's own odds are not: its loss weighs rare values up, and it was stopped before it was sure.
    """
    x, y = logits.astype(np.float64).ravel(), labels.astype(np.float64).ravel()
    loss = lambda at: np.logaddexp(0, at[0] * x + at[1]).sum() - (y * (at[0] * x + at[1])).sum()
    at = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(at[0] * x + at[1], -500, 500)))
        w = p * (1 - p) + 1e-12
        cross = (w * x).sum()
        step = np.linalg.solve([[(w * x * x).sum(), cross], [cross, w.sum()]], [((y - p) * x).sum(), (y - p).sum()])
        if np.abs(step).max() < 1e-6 and at[0] > 0:
            return float(at[0]), float(at[1])
        while loss(at + step) > loss(at) and np.abs(step).max() > 1e-9:
            step = step / 2
        at = at + step
    raise ValueError(f"the odds of the value head find no slope above 0 and offset (now {at}): does the pack belong to these renders?")


def add(pack: Path, columns: list[tuple[str, str]], images: np.ndarray, labels: np.ndarray, null_phrases: list[str]):
    """
    Writes the value head's vectors at unit length with its odds, calibrated on renders [n, 3, S, S] with labels [n, columns]
    that no training saw, and the manifest with the quantiles of null phrases.
    """
    from safetensors.numpy import load_file, save_file

    trained = load_file(pack / "training.safetensors")
    head = trained["head.vectors"].astype(np.float32)
    if len(head) != len(columns):
        raise ValueError(f"{pack} names {len(head)} values and the glossary {len(columns)}: was the pack trained on these data?")
    stored = (head / np.linalg.norm(head, axis=1, keepdims=True)).astype(np.float16)
    unit = stored.astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    scale, bias = np.exp(trained["head.log_scale"].astype(np.float64)), trained["head.bias"].astype(np.float64)
    slope, offset = calibrate(scale * (embed_images(pack, images) @ unit.T) + bias, labels)
    odds = {
        "bias": (slope * bias + offset).astype(np.float32),
        "scale": np.array([slope * scale], np.float32),
        "together": together(columns, labels).astype(np.float16),
    }
    save_file({"vectors": stored, **odds}, pack / FILE)
    quantiles = np.quantile(nearest(embed_texts(pack, null_phrases), unit), np.linspace(0, 1, 101))
    manifest = json.loads((pack / "manifest.json").read_text())
    data = (pack / FILE).read_bytes()
    manifest["parts"]["namedValues"] = {"file": FILE, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest["nullScores"]["nearest"] = [round(float(q), 5) for q in quantiles]
    (pack / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def add_from_renders(pack: Path):
    """`add` with the glossary and the validation renders of the pack's domain."""
    data = paths.data(paths.config_of_pack(pack))
    glossary, renders = Glossary(data), Split(data, "validation")
    add(pack, glossary.columns, renders.images, glossary.labels(renders.scenes), nulls.calibration(glossary))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("pack", type=Path)
    add_from_renders(parser.parse_args().pack)
