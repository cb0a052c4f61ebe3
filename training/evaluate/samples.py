"""
A pack's sample sheet: 64 validation prompts, each as the pair `coarse`, `refined` of the same seed.

    python -m training.evaluate.samples --config training/configs/first.toml --out models/first/sheet.png [--part refine] [--steps 50] [--rebuild continue] [--window 60 980]
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from ..diffusion.sampler import Plan
from .arms import Setup, generate


def grid(pairs: list[np.ndarray], columns: int = 8, gap: int = 6) -> Image.Image:
    """Pairs uint8 [3, S, 2S] in a grid on white."""
    _, height, width = pairs[0].shape
    rows = -(-len(pairs) // columns)
    canvas = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), "white")
    for i, pair in enumerate(pairs):
        canvas.paste(Image.fromarray(pair.transpose(1, 2, 0)), (gap + i % columns * (width + gap), gap + i // columns * (height + gap)))
    return canvas


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--part", default="denoiser", help="the run that holds the denoiser")
    parser.add_argument("--window", type=int, nargs=2, default=[100, 900])
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--guidance", type=float, default=1.0)
    parser.add_argument("--rebuild", default="continue")
    args = parser.parse_args()
    setup = Setup(args.config, "validation", 64, seed=6, part=args.part)
    plan = Plan(args.steps, args.guidance, args.rebuild, tuple(args.window))
    coarse, refined = (generate(setup.sampler, setup.prepared, arm, plan) for arm in ("coarse", "refined"))
    pairs = [np.concatenate(pair, axis=2) for pair in zip(coarse, refined)]
    grid(pairs).quantize(256).save(args.out, optimize=True)


if __name__ == "__main__":
    main()
