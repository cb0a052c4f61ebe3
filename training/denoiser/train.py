"""
Trains the two-stage denoiser (or, with `channels = 3`, the one-stage Baseline) from images alone.

    python -m training.denoiser.train --config training/configs/first.toml --part denoiser [--minutes 60]

Recipe (method.md, reading 3): the source embedding is degraded in part of the samples, and references are the images that
lie furthest along the direction in which it falls short, so that the gradient carries what c does not say, as it does at
sampling. Reference tokens are dropped independently of the gradient. Part of the inputs are stage 1's own coarse images.
"""

import argparse
import time
import tomllib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..clip.vit import ImageEncoder
from ..common import paths
from ..common.data import Split, to_unit
from ..common.run import Ema, Run, autocast
from ..diffusion.gradient import GradientScale, semantic_gradient
from ..diffusion.schedule import Schedule
from ..export.encoder_file import load_encoder_file
from ..export.load_pack import init_from
from ..retrieval.database import GRID, ReferenceDatabase, degrade
from .model import Denoiser


def load_encoder(config, pack: Path | None = None) -> ImageEncoder:
    """The frozen image encoder of the same config, or of a committed pack."""
    if pack is not None:
        return load_encoder_file(pack / "encoder.safetensors").eval().requires_grad_(False)
    state = torch.load(paths.runs() / config["name"] / "encoder" / "checkpoint.pt", map_location="cpu", weights_only=True)
    encoder = ImageEncoder(**state["config"]["model"])
    encoder.load_state_dict(state["model"])
    return encoder.eval().requires_grad_(False)


def measure_scale(encoder, database, images, schedule, references: int = 4, n: int = 128) -> GradientScale:
    """Median RMS by level of the gradient at weight 1, references drawn by similarity."""
    x0, e = to_unit(images[:n]), database.source[:n]
    rms = []
    for level in GRID:
        t = torch.full((n,), level)
        index = database.along(e, torch.arange(n), 1024, references)
        x = schedule.add_noise(x0, torch.randn_like(x0), t)
        g = semantic_gradient(encoder, x, database.noised_at(index, t).mean(1))
        rms.append(g.pow(2).mean((1, 2, 3)).sqrt().median().item())
    return GradientScale(GRID, rms)


class Conditions:
    """Draws condition, mask and the gradient's cotangent for a batch of training images."""

    def __init__(self, database: ReferenceDatabase, c: dict):
        self.database, self.c = database, c

    def draw(self, index):
        """(condition [B, 1+K, D], mask [B, 1+K], cotangent(t) -> [B, D]) for training rows index [B]."""
        db, c, b, k = self.database, self.c, len(index), self.c["references"]
        own = db.source[index]
        degraded = torch.rand(b) < c["degradedShare"]
        e = torch.where(degraded[:, None], degrade(own, db, c["priorError"]), own)
        # The direction in which e falls short; where e is exact, any random subset of x_0's own directions.
        missing = own - e
        subset = own * (torch.rand_like(own) < 0.3)
        direction = F.normalize(torch.where(degraded[:, None], missing, subset) + 1e-6, dim=-1)
        phrases = torch.randint(1, 4, (1,)).item()
        groups, weights = [], []
        for _ in range(phrases):
            wobble = F.normalize(direction + 0.6 * F.normalize(torch.randn_like(direction), dim=-1), dim=-1)
            rows = db.along(wobble, index, c["pool"], c["perPhrase"])
            match = (db.clean[rows].mean(1) * own).sum(-1)
            groups.append(rows)
            weights.append((match / c["matchUnit"]).clamp(0, 2) / phrases**0.5)
        rows = torch.cat(groups, 1)

        def cotangent(t):
            return sum(w[:, None] * db.noised_at(g, t).mean(1) for g, w in zip(groups, weights))

        tokens = torch.zeros(b, k, own.shape[1])
        present = torch.zeros(b, 1 + k)
        n = min(k, rows.shape[1])
        take = rows[:, torch.randperm(rows.shape[1])[:n]]
        tokens[:, :n] = db.clean[take]
        present[:, 1 : 1 + n] = ((torch.rand(b, n) < 0.8) & (torch.rand(b, 1) < c["tokensShare"])).float()
        present[:, 0] = 1
        present *= (torch.rand(b, 1) > c["conditionDropped"]).float()
        return torch.cat([e[:, None], tokens], 1), present, cotangent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--part", default="denoiser")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--images", type=int, help="stop after this many images seen")
    parser.add_argument("--init-from", type=Path, help="a committed pack: its encoder, and its denoiser where there is no checkpoint")
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c = {**config["denoiser"], **(config[args.part] if args.part != "denoiser" else {})}
    run = Run(f"{config['name']}/{args.part}")
    two_stage = c["model"]["channels"] == 6
    schedule = Schedule(config["schedule"])
    encoder = load_encoder(config, args.init_from)
    train = Split(paths.data(), "train", records=False)
    torch.manual_seed(config["seed"])
    database = ReferenceDatabase.build(encoder, train.images, schedule, c["database"], paths.runs() / config["name"] / "references.pt")
    conditions = Conditions(database, c)
    model = Denoiser(**c["model"])
    decay = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.02}, {"params": rest, "weight_decay": 0.0}], lr=c["lr"], betas=(0.9, 0.99))
    ema = Ema(model, c["ema"])
    state, seen, spent = run.load(), 0, 0.0
    if state:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        ema.shadow, ema.steps = state["ema"], state["emaSteps"]
        seen, spent = state["seen"], state["spent"]
        scale = GradientScale(**state["scale"])
    else:
        if args.init_from and args.part == "denoiser":
            seen = init_from(args.init_from, model)
            ema = Ema(model, c["ema"])
        scale = measure_scale(encoder, database, train.images, schedule)
        run.log(gradientScale=[round(x, 5) for x in scale.rms.tolist()])
    compiled = torch.compile(model) if c.get("compile", True) else model
    encode = torch.compile(encoder) if c.get("compile", True) else encoder
    if run.world > 1:
        compiled = torch.nn.parallel.DistributedDataParallel(compiled)
    torch.manual_seed(config["seed"] * 1000 + seen + run.rank)
    generator = np.random.default_rng(config["seed"] + seen + run.rank)
    batch, order, losses = c["batch"], [], []
    started, start_seen, step = time.time(), seen, 0
    stop_at = args.images or c["images"]

    def save():
        run.save({
            "model": model.state_dict(), "ema": ema.shadow, "emaSteps": ema.steps, "optimizer": optimizer.state_dict(),
            "scale": {"levels": scale.levels.tolist(), "rms": scale.rms.tolist(), "clip": scale.clip},
            "seen": seen, "spent": spent + time.time() - started, "config": c,
        })

    while seen < stop_at and (not args.minutes or time.time() - started < args.minutes * 60):
        if len(order) < batch:
            order = generator.permutation(len(train)).tolist()
        index = torch.from_numpy(np.sort([order.pop() for _ in range(batch)]))
        x0 = to_unit(train.images[index.numpy()])
        condition, mask, cotangent = conditions.draw(index)
        # Stratified levels lower the variance of a small batch.
        t = ((torch.arange(batch) + torch.rand(batch)) / batch * 999).long()[torch.randperm(batch)] + 1
        x = schedule.add_noise(x0, torch.randn_like(x0), t)
        g = torch.zeros_like(x)
        if two_stage:
            refine = torch.rand(batch) < 1 - c["gradientDropped"]
            coarse = refine & (torch.rand(batch) < c["coarseShare"])
            gap = torch.randint(10, 101, (batch,))
            rows = torch.nonzero(coarse)[:, 0]
            size = c["coarseBatch"]
            rows = rows[:size]
            if len(rows) == size:  # a fixed shape, so that nothing is compiled twice
                later = (t[rows] + gap[rows]).clamp(max=1000)
                noisy = schedule.add_noise(x0[rows], torch.randn(size, *x0.shape[1:]), later)
                with torch.no_grad(), autocast():
                    clean = compiled(noisy, g[rows], later, condition[rows], mask[rows]).clamp(-1, 1)
                noise = (noisy - schedule.alpha(later) * clean) / schedule.sigma(later)
                x[rows] = schedule.add_noise(clean, noise, t[rows])
            half = c["gradientBatch"]
            rows = torch.nonzero(refine)[:, 0]
            rows = torch.cat([rows, torch.nonzero(~refine)[:, 0]])[:half]
            with autocast():
                raw = semantic_gradient(encode, x[rows], cotangent(t)[rows])
            g[rows] = scale.apply(raw, t[rows])
            g[~refine] = 0
        snr = schedule.snr(t).float()
        weight = snr.clamp(c["snrFloor"], 5.0)
        rate = c["lr"] * min(1, (seen + batch) / c["warmup"]) * max(c["lrFloor"], min(1, (stop_at - seen) / (c["cooldown"] * stop_at)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        with autocast():
            prediction = compiled(x, g, t, condition, mask)
        loss = (weight * (prediction - x0).pow(2).mean((1, 2, 3))).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        ema.update(model)
        seen += batch * run.world
        step += 1
        losses.append(loss.item())
        if step % 50 == 0:
            run.log(seen=seen, loss=round(float(np.mean(losses[-50:])), 5), perSecond=round((seen - start_seen) / (time.time() - started), 1), lr=round(rate, 6))
        if run.save_due():
            save()
    save()
    run.log(done=True, seen=seen)


if __name__ == "__main__":
    main()
