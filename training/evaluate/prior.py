"""
What a pack's prior makes of captions, read by the encoder's value head: cosine to the image's own embedding, share of the named
values that come first in their group, share that the image shows and the prior's embedding does not (`lost`), and where. Beside
it the same of the text embedding, which the prior is made from, and of the image's own embedding. From the pack alone. Texts lie
apart from images, so cosine and `lost` say nothing of a text embedding; which value comes first does.

    python -m training.evaluate.prior --pack models/first [--split validation] [--images 300]
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from ..common import paths
from ..common.data import Glossary, Split, to_unit
from ..export.load_pack import load_training
from ..export.named_values import embed_texts
from ..prior.named import NamedValues, named_by_captions


def run_part(pack: Path, part: str, name: str, rows: np.ndarray, batch: int = 100) -> torch.Tensor:
    """[n, D]: the pack's ONNX part over rows of its one input `name`."""
    import onnxruntime

    file = json.loads((pack / "manifest.json").read_text())["parts"][part]["file"]
    session = onnxruntime.InferenceSession(str(pack / file), providers=["CPUExecutionProvider"])
    return torch.from_numpy(np.concatenate([session.run(None, {name: rows[i : i + batch]})[0] for i in range(0, len(rows), batch)]))


def reading(values: NamedValues, columns: list, e, own, named) -> dict:
    """Figures of embeddings e [n, D] of captions that name `named` [n, columns] of images with embeddings own [n, D]."""
    column = named.nonzero()[:, 1]
    first = values.first(e, named)
    lost = (values.logits(own)[named] > 0) & (values.logits(e)[named] <= 0)
    groups: dict[str, list[bool]] = {}
    for c, x in zip(column.tolist(), lost.tolist()):
        groups.setdefault(columns[c][0], []).append(x)
    worst = sorted(((g, round(float(np.mean(x)), 3)) for g, x in groups.items()), key=lambda t: -t[1])[:6]
    return {
        "cosine": round((e * own).sum(1).mean().item(), 4), "first": round(first.float().mean().item(), 4),
        "lost": round(lost.float().mean().item(), 4), "lostMost": dict(worst), "named": len(column),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pack", required=True, type=Path)
    parser.add_argument("--split", default="validation")
    parser.add_argument("--images", type=int, default=300)
    args = parser.parse_args()
    data = paths.data(paths.config_of_pack(args.pack))
    glossary, split = Glossary(data), Split(data, args.split, limit=args.images)
    values = NamedValues(load_training(args.pack)[0], glossary.columns)
    named = named_by_captions(glossary, split.records)
    own = run_part(args.pack, "imageEncoder", "image", to_unit(split.images).numpy())
    for k, kind in enumerate(("full caption", "shorter", "shortest")):
        text = embed_texts(args.pack, [r["captions"][k]["text"] for r in split.records])
        made = {"prior": run_part(args.pack, "prior", "text", text), "text": torch.from_numpy(text), "own": own}
        for name, e in made.items():
            print(json.dumps({"captions": kind, "embedding": name, **reading(values, glossary.columns, e, own, named[:, k])}), flush=True)


if __name__ == "__main__":
    main()
