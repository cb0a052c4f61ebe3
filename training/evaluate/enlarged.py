"""
What the reader sees in the enlarged pictures: the first N refined pictures of an evaluation through the pack's upscaler, read at
256 px (the reader averages squares of 4x4 before it looks), against the same pictures at 64 px.

    python -m training.evaluate.enlarged OUT --config training/configs/first.toml [--count 100] [--arm refined]

OUT is the folder of `npm start -- evaluate ... --out OUT`.
"""

import argparse
import json
import tomllib
from pathlib import Path

import numpy as np
import torch

from ..common import paths
from ..common.data import to_pixels, to_unit
from ..reader.intervals import difference, interval, percents
from ..reader.read import load_reader
from ..upscaler.model import Upscaler
from .paired import read_results, shown, wanted_of


def enlarge(upscaler: torch.nn.Module, images: np.ndarray) -> np.ndarray:
    """uint8 [n, 3, 64, 64] to uint8 [n, 3, 256, 256], rounded as the studio writes pictures."""
    with torch.no_grad():
        made = torch.cat([upscaler(to_unit(images[i : i + 20])) for i in range(0, len(images), 20)])
    return to_pixels(made)


def compared(prompts: list[dict], small: list[dict], large: list[dict]) -> dict:
    """Details shown at both sizes, their difference (large minus small) with 95 % intervals in percent, and how many readings changed."""
    wanted = [wanted_of(p) for p in prompts]
    before, after = ([shown(w, s) for s, w in zip(seen, wanted)] for seen in (small, large))
    changed = sum(a.get(g) != b.get(g) for a, b, w in zip(small, large, wanted) for g in w)
    return {
        "pictures": len(prompts), "details": sum(map(len, wanted)), "small": percents(interval(before)), "large": percents(interval(after)),
        "large - small": percents(difference(after, before)), "readingsChanged": changed,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--config", required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--arm", default="refined")
    args = parser.parse_args()
    name = tomllib.load(open(args.config, "rb"))["name"]
    facts, pictures, _ = read_results(args.out)
    keys = sorted(k for k in pictures if k[1] == 0 and k[2] == args.arm)[: args.count]
    images = np.stack([pictures[k].transpose(2, 0, 1) for k in keys])
    upscaler, reader = Upscaler(), load_reader(name)
    upscaler.load_state_dict(torch.load(paths.runs() / name / "upscaler" / "checkpoint.pt", map_location="cpu", weights_only=True)["model"])
    prompts = [facts["promptSet"]["prompts"][p] for p, _, _ in keys]
    print(json.dumps(compared(prompts, reader.read(images), reader.read(enlarge(upscaler.eval(), images)))))


if __name__ == "__main__":
    main()
