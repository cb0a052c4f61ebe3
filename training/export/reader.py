"""
Exports the attribute reader as an evaluation part: an ONNX file, a manifest with its glossary and its own accuracy, golden
data, and the features of real renders that distances are measured to.

    python -m training.export.reader [--run first] [--out models/evaluation/reader]
"""

import argparse
import hashlib
import json
from datetime import date
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from ..common import paths
from ..common.data import Split, to_unit
from ..evaluate.parts import evaluation_folder
from ..reader.check import accuracy, degraded
from ..reader.read import THRESHOLD, Reader, load_reader
from .onnx_file import half_exact, write_onnx

REFERENCES = 2000
#: The score's own splits; composition has no features, since its distance is not reported.
SPLITS = ("validation", "test")


class Reading(torch.nn.Module):
    """Images [B, 3, 64, 64] to (logits [B, columns], features [B, hidden]): the last hidden layer, after its ReLU."""

    def __init__(self, model):
        super().__init__()
        self.body, self.last = torch.nn.Sequential(model.features, *list(model.head)[:-1]), model.head[-1]

    def forward(self, image):
        features = self.body(image)
        return self.last(features), features


@torch.no_grad()
def features_of(reading: Reading, images: np.ndarray, batch: int = 250) -> torch.Tensor:
    return torch.cat([reading(to_unit(images[i : i + batch]))[1] for i in range(0, len(images), batch)])


def entry(path: Path) -> dict:
    data = path.read_bytes()
    return {"file": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def export(run: str, out: Path, version: str) -> dict:
    """Writes the folder; returns the manifest."""
    config = paths.config_of(run)
    data, domain = paths.data(config), config.get("domain", "first")
    loaded = load_reader(run)
    reader = Reader(half_exact(loaded.model), loaded.groups)
    reading = Reading(reader.model).eval()
    out.mkdir(parents=True, exist_ok=True)
    splits = {name: Split(data, name, limit=REFERENCES) for name in SPLITS}
    golden_images = torch.cat([to_unit(splits["validation"].images[:3]), torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(7)) * 0.6])
    write_onnx(out / "reader.onnx", reading, {"image": golden_images}, ["logits", "features"], {"image": {0: "batch"}})
    with torch.no_grad():
        logits, features = reading(golden_images)
    save_file({"reader.in.image": golden_images, "reader.out.logits": logits.contiguous(), "reader.out.features": features.contiguous()}, out / "golden.safetensors")
    references = []
    for name, split in splits.items():
        path = out / f"features-{name}.safetensors"
        save_file({"features": features_of(reading, split.images).half().contiguous()}, path)
        references.append({"split": name, "images": len(split), **entry(path)})
    state = torch.load(paths.runs() / run / "reader" / "checkpoint.pt", map_location="cpu", weights_only=True)
    scores = []
    for name in (*SPLITS, "composition"):
        split = splits.get(name) or Split(data, name, limit=REFERENCES)
        for kind, images in (("renders", split.images), ("degraded", degraded(split.images))):
            scores.append({"split": name, "images": kind, "count": len(split), **accuracy(reader, images, split.scenes)})
    manifest = {
        "format": "accent-reader", "schema": 1, "id": f"reader-{run}", "version": version,
        "description": f"Names the attributes that a 64 px picture of the {domain} pack's domain shows. Shares no weights with any pack.",
        **({"domain": domain} if domain != "first" else {}), "licence": config["pack"]["licence"], "createdAt": date.today().isoformat(), "imagesSeen": int(state["seen"]),
        "size": 64, "threshold": THRESHOLD,
        "groups": [{"id": g, "values": values} for g, values in reader.groups.items()],
        "features": {"name": "attribute reader, last hidden layer", "dims": int(features.shape[1])},
        "model": entry(out / "reader.onnx"), "golden": entry(out / "golden.safetensors"),
        "references": references, "accuracy": scores,
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", default="first")
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    manifest = export(args.run, args.out or evaluation_folder(paths.config_of(args.run), "reader"), args.version)
    for score in manifest["accuracy"]:
        print({k: v for k, v in score.items() if k != "groups"})


if __name__ == "__main__":
    main()
