"""
Trains the x4 upscaler on renders at both sizes, part of the small ones blurred and noised as samples are.

    python -m training.upscaler.train --config training/configs/first.toml [--crops 28000]

Goes on from its checkpoint; a section [upscaler] of the config overrides the settings below.
"""

import argparse
import time
import tomllib

import numpy as np
import torch
import torch.nn.functional as F

from ..common import paths
from ..common.data import to_unit
from ..common.run import Ema, Run, autocast
from ..reader.degrade import gaussian_blur, noise
from .check import figures
from .model import FACTOR, MARGIN, Upscaler
from .twins import Twins

DEFAULTS = dict(crops=28_000, batch=16, crop=24, lr=1.5e-3, ema=0.99, warmup=800, degradedShare=0.5, edgeWeight=1.0)


def sample_like(images, share: float):
    """A `share` of the images, lightly blurred and noised; the rest as rendered."""
    b = images.shape[0]
    blurred = gaussian_blur(images, 0.3 + 0.4 * torch.rand(()).item())
    x = torch.where(torch.rand(b, 1, 1, 1) < 0.6, blurred, images)
    x = noise(x, 0.06, 0.04).clamp(-1, 1)
    return torch.where(torch.rand(b, 1, 1, 1) < share, x, images)


def edge_loss(a, b):
    """L1 of the differences of neighbouring pixels, in both directions."""
    d = a - b
    return d.diff(dim=-1).abs().mean() + d.diff(dim=-2).abs().mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--crops", type=int, help="stop after this many crops seen")
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c = {**DEFAULTS, **config.get("upscaler", {})}
    c["crops"] = args.crops or c["crops"]
    run = Run(f"{config['name']}/upscaler")
    train, validation = Twins(paths.data(config), "train"), Twins(paths.data(config), "validation")
    torch.manual_seed(config["seed"])
    model = Upscaler(**c.get("model", {})).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=c["lr"], betas=(0.9, 0.99), weight_decay=1e-4)
    ema, seen = Ema(model, c["ema"]), 0
    if state := run.load():
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        ema.shadow, ema.steps, seen = state["ema"], state["emaSteps"], state["seen"]
    torch.manual_seed(config["seed"] * 1000 + seen)
    generator = np.random.default_rng(config["seed"] + seen)
    size, batch, losses, first = c["crop"], c["batch"], [], seen
    started, cpu = time.time(), time.process_time()

    def save():
        run.save({"model": model.state_dict(), "ema": ema.shadow, "emaSteps": ema.steps, "optimizer": optimizer.state_dict(), "seen": seen, "config": model.config})

    def validate(count: int) -> dict:
        copy = Upscaler(**model.config)
        copy.load_state_dict(ema.shadow)
        return figures(copy.eval(), validation, count)

    while seen < c["crops"]:
        index = generator.integers(0, len(train), batch)
        small, large = [], []
        framed = F.pad(to_unit(train.small[index]), (MARGIN,) * 4, mode="replicate")
        for k, i in enumerate(index):
            top, left = generator.integers(0, 64 - size + 1, 2)
            small.append(framed[k, :, top : top + size + 2 * MARGIN, left : left + size + 2 * MARGIN])
            large.append(train.large([i], top * FACTOR, left * FACTOR, size * FACTOR)[0])
        x, y = sample_like(torch.stack(small), c["degradedShare"]), to_unit(np.stack(large))
        rate = c["lr"] * min(1, (seen + batch) / c["warmup"]) * (0.5 * (1 + np.cos(np.pi * seen / c["crops"])) * 0.97 + 0.03)
        for g in optimizer.param_groups:
            g["lr"] = float(rate)
        with autocast():
            enlarged = model.enlarge(x.contiguous(memory_format=torch.channels_last))
        enlarged = enlarged.float()
        loss = (enlarged - y).abs().mean() + c["edgeWeight"] * edge_loss(enlarged, y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        ema.update(model)
        seen += batch
        losses.append(loss.item())
        if len(losses) % 100 == 0:
            row = {"seen": seen, "loss": round(float(np.mean(losses[-100:])), 5), "perSecond": round((seen - first) / (time.time() - started), 1), "cpuSeconds": round(time.process_time() - cpu, 1)}
            run.log(**row, **(validate(32) if len(losses) % 500 == 0 else {}))
        if run.save_due(60):
            save()
    save()
    run.log(done=True, seen=seen, **validate(len(validation)))


if __name__ == "__main__":
    main()
