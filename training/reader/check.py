"""
How well the reader reads renders that it never saw: overall and by group.

    python -m training.reader.check [--run first] [--split test] [--degraded] [--threshold 0.6]
"""

import argparse

import numpy as np
import torch

from ..common import paths
from ..common.data import Split, to_pixels, to_unit
from .degrade import degrade
from .read import THRESHOLD, Reader, load_reader
from .visible import shown


def accuracy(reader: Reader, images: np.ndarray, scenes: list[dict], threshold: float = THRESHOLD) -> dict:
    """
    `details`: share of values shown in the scenes (visible.py) that are read exactly. `falselyShown`: share of absent groups that
    are read as some value. `groups`: per group `read`, `unsure` (shown, but cannot be told), `shown` (count).
    """
    found = reader.read(images, threshold)
    tally = {g: dict(shown=0, right=0, unsure=0, absent=0, false=0) for g in reader.groups}
    for seen, scene in zip(found, map(shown, scenes)):
        for g, t in tally.items():
            if g in scene:
                t["shown"] += 1
                t["right"] += seen[g] == scene[g]
                t["unsure"] += seen[g] is None
            else:
                t["absent"] += 1
                t["false"] += seen[g] is not None
    total = {k: sum(t[k] for t in tally.values()) for k in ("shown", "right", "unsure", "absent", "false")}
    return {
        "details": round(total["right"] / max(1, total["shown"]), 4),
        "unsure": round(total["unsure"] / max(1, total["shown"]), 4),
        "falselyShown": round(total["false"] / max(1, total["absent"]), 5),
        "groups": {g: {"read": round(t["right"] / max(1, t["shown"]), 4), "unsure": round(t["unsure"] / max(1, t["shown"]), 4), "shown": t["shown"]} for g, t in tally.items()},
    }


def degraded(images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Images as the training's degradation gives them (blur, noise, shifts, contrast), uint8 again, the same for a seed."""
    torch.manual_seed(seed)
    out = [to_pixels(degrade(to_unit(images[i : i + 64]))) for i in range(0, len(images), 64)]
    return np.concatenate(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", default="first")
    parser.add_argument("--split", default="test")
    parser.add_argument("--degraded", action="store_true", help="degrade the renders as training does")
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    args = parser.parse_args()
    split = Split(paths.data(paths.config_of(args.run)), args.split)
    images = degraded(split.images) if args.degraded else split.images
    result = accuracy(load_reader(args.run), images, split.scenes, args.threshold)
    print(f"{args.split}{' degraded' if args.degraded else ''}, {len(images)} renders, threshold {args.threshold}")
    print(f"details read {result['details']:.2%}, cannot tell {result['unsure']:.2%}, falsely shown {result['falselyShown']:.3%} of absent groups")
    print(f"{'group':16}{'read':>9}{'unsure':>9}{'shown':>8}")
    for g, r in sorted(result["groups"].items(), key=lambda t: t[1]["read"]):
        print(f"{g:16}{r['read']:9.2%}{r['unsure']:9.2%}{r['shown']:8}")


if __name__ == "__main__":
    main()
