"""
What a pack can name, for the studio's calibration of strength: `python -m training.export.named_values models/first` adds the part
`namedValues` and `nullScores.nearest` to a finished pack, from what lies in it (docs/pack-format.md). No weight is changed.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

from ..text import nulls

FILE = "named-values.safetensors"


def embed_texts(pack: Path, texts: list[str]) -> np.ndarray:
    """Embeddings [n, D] of texts by the pack's own tokenizer and text encoder."""
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(pack / "tokenizer.json"))
    session = onnxruntime.InferenceSession(str(pack / "text-encoder.onnx"), providers=["CPUExecutionProvider"])
    rows = (np.array([tokenizer.encode(text).ids], np.int64) for text in texts)
    return np.concatenate([session.run(None, {"tokens": ids, "mask": np.ones_like(ids)})[0] for ids in rows])


def nearest(embeddings: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """[n]: each embedding's largest inner product with the unit vectors [v, D]."""
    return (embeddings.astype(np.float64) @ vectors.astype(np.float64).T).max(1)


def add(pack: Path):
    """Writes the value head's vectors at unit length, and the manifest with the quantiles of the calibration's null phrases."""
    from safetensors.numpy import load_file, save_file

    head = load_file(pack / "training.safetensors")["head.vectors"].astype(np.float32)
    stored = (head / np.linalg.norm(head, axis=1, keepdims=True)).astype(np.float16)
    save_file({"vectors": stored}, pack / FILE)
    unit = stored.astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    quantiles = np.quantile(nearest(embed_texts(pack, nulls.calibration()), unit), np.linspace(0, 1, 101))
    manifest = json.loads((pack / "manifest.json").read_text())
    data = (pack / FILE).read_bytes()
    manifest["parts"]["namedValues"] = {"file": FILE, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest["nullScores"]["nearest"] = [round(float(q), 5) for q in quantiles]
    (pack / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("pack", type=Path)
    add(parser.parse_args().pack)
