"""
PSNR and L1 of the upscaler and of bicubic against the 256 px twins, and a side-by-side sheet.

    python -m training.upscaler.check [--run first] [--split validation] [--sheet sheet.png] [--rows 8]
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..common import paths
from ..common.data import to_pixels, to_unit
from .model import FACTOR, Upscaler
from .twins import Twins


def load_upscaler(run: str = "first") -> Upscaler:
    """The upscaler of a run (averaged weights); FileNotFoundError names the checkpoint that is missing."""
    path = paths.runs() / run / "upscaler" / "checkpoint.pt"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: train it with python -m training.upscaler.train --config training/configs/{run}.toml")
    state = torch.load(path, map_location="cpu", weights_only=True)
    model = Upscaler(**state["config"])
    model.load_state_dict(state["ema"])
    return model.eval()


def bicubic(x):
    """[B, 3, S, S] to [B, 3, 4S, 4S], clipped to [-1, 1]."""
    return F.interpolate(x, scale_factor=FACTOR, mode="bicubic").clamp(-1, 1)


@torch.no_grad()
def figures(model: Upscaler, twins: Twins, count: int, batch: int = 8, spoil=lambda x: x) -> dict[str, float]:
    """Mean PSNR in dB (range [-1, 1], mean over images) and L1 (of 255) of the model and of bicubic; `spoil` changes the inputs."""
    rows = []
    for i in range(0, count, batch):
        index = range(i, min(i + batch, count))
        x, y = spoil(to_unit(twins.small[list(index)])), to_unit(twins.large(index))
        for out in (model(x), bicubic(x)):
            error = out - y
            rows.append(torch.stack([10 * torch.log10(4 / error.pow(2).mean((1, 2, 3)).clamp_min(1e-8)), error.abs().mean((1, 2, 3)) * 127.5], 1))
    ours, theirs = torch.cat(rows[0::2]).mean(0), torch.cat(rows[1::2]).mean(0)
    return {"psnr": round(ours[0].item(), 2), "psnrBicubic": round(theirs[0].item(), 2), "l1": round(ours[1].item(), 3), "l1Bicubic": round(theirs[1].item(), 3)}


def _pixels(x) -> np.ndarray:
    return to_pixels(x).transpose(0, 2, 3, 1)


@torch.no_grad()
def sheet(model: Upscaler, small: torch.Tensor, large: torch.Tensor | None, path: Path):
    """One row an image: repeated pixels, bicubic, the model and, where given, the twin."""
    from PIL import Image

    columns = [F.interpolate(small, scale_factor=FACTOR), bicubic(small), model(small), *([large] if large is not None else [])]
    Image.fromarray(np.concatenate([np.concatenate(list(_pixels(c)), 0) for c in columns], 1)).save(path)


def main():
    from ..reader.degrade import gaussian_blur, noise

    parser = argparse.ArgumentParser()
    parser.add_argument("--run", default="first")
    parser.add_argument("--split", default="validation")
    parser.add_argument("--sheet", help="PNG to write: repeated pixels, bicubic, upscaler, twin; the second half of the rows from spoiled inputs")
    parser.add_argument("--rows", type=int, default=8)
    args = parser.parse_args()
    model, twins = load_upscaler(args.run), Twins(paths.data(paths.config_of(args.run)), args.split)
    spoil = lambda x: noise(gaussian_blur(x, 0.5), 0.06, 0.04).clamp(-1, 1)
    print(f"{args.split}, {len(twins)} twins, {sum(p.numel() for p in model.parameters()):,} parameters")
    print("clean inputs  ", figures(model, twins, len(twins)))
    torch.manual_seed(0)
    print("spoiled inputs", figures(model, twins, len(twins), spoil=spoil))
    if args.sheet:
        n, half = args.rows, args.rows // 2
        x = to_unit(twins.small[:n])
        sheet(model, torch.cat([x[:half], spoil(x[half:])]), to_unit(twins.large(range(n))), Path(args.sheet))


if __name__ == "__main__":
    main()
