"""
Trains the two-stage denoiser (or, with `channels = 3`, the one-stage Baseline) from images alone.

    python -m training.denoiser.train --config training/configs/first.toml --part denoiser [--minutes 60]

Recipe (docs/decisions): what the network meets in training is what it meets at sampling. In part of the samples the source
embedding carries the error of the trained prior, and references are retrieved for details that the image shows, most often
those that the embedding lost, so that the gradient carries what c does not say. Reference tokens are dropped independently
of the gradient. Part of the inputs are stage 1's own coarse images. Pictures need no captions. `gradientAt` in the config says
where the gradient is taken: `noised` as the paper has it, or `prediction` (docs/decisions/0006).
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
from ..common.optimizers import load_states, make_optimizers, set_rate
from ..common.run import Ema, Run, autocast
from ..diffusion.gradient import GradientScale, semantic_gradient
from ..diffusion.schedule import Schedule
from ..export.encoder_file import load_encoder_file
from ..export.load_pack import init_from, load_training
from ..retrieval.contrast import Contrast
from ..retrieval.database import GRID, PhraseBank, PriorErrors, ReferenceDatabase
from .model import Denoiser
from .strange import made_strange


def load_encoder(config, pack: Path | None = None) -> ImageEncoder:
    """The frozen image encoder of the same config, or of a committed pack."""
    if pack is not None:
        return load_encoder_file(pack / "encoder.safetensors").eval().requires_grad_(False)
    state = torch.load(paths.runs() / config["name"] / "encoder" / "checkpoint.pt", map_location="cpu", weights_only=True)
    encoder = ImageEncoder(**state["config"]["model"])
    encoder.load_state_dict(state["model"])
    return encoder.eval().requires_grad_(False)


def trained_conditions(name: str) -> tuple[dict, dict]:
    """(value head of the encoder, errors of the prior) of a config's runs."""
    root, found = paths.runs() / name, {}
    for part, file in (("encoder", "checkpoint.pt"), ("prior", "errors.pt")):
        if not (root / part / file).exists():
            raise FileNotFoundError(f"{root / part / file} is missing: train the {part} first (training/README.md), or name a pack with --init-from")
        found[part] = torch.load(root / part / file, weights_only=True)
    return found["encoder"]["head"], found["prior"]


def measure_scale(encoder, conditions, images, schedule, model=None, n: int = 128) -> GradientScale:
    """
    Median RMS by level of the gradient of the training's own phrases. At the noised image; with `model` at its clean prediction.
    """
    x0, part = to_unit(images[:n]), n // 8

    def size(level: int, rows):
        # A draw has one number of phrases for all its images, so each level takes several draws.
        t = torch.full((len(rows),), level)
        condition, mask, cotangent = conditions.draw(rows, conditions.database.source[rows])
        x = schedule.add_noise(x0[rows], torch.randn_like(x0[rows]), t)
        if model is not None:
            with torch.no_grad():
                x = model(x, torch.zeros_like(x), t, condition, mask).clamp(-1, 1)
        return semantic_gradient(encoder, x, cotangent(t)).pow(2).mean((1, 2, 3)).sqrt()

    rms = [torch.cat([size(level, rows) for rows in torch.arange(n).split(part)]).median().item() for level in GRID]
    return GradientScale(GRID, rms)


class Conditions:
    """
    Draws condition, mask and the gradient's cotangent for a batch of training images. Without `contrast` the cotangent is the
    paper's: noised references. With it, clean references against the background.
    """

    def __init__(self, database: ReferenceDatabase, errors: PriorErrors, phrases: PhraseBank, c: dict, contrast: Contrast | None = None):
        self.database, self.errors, self.phrases, self.c, self.contrast = database, errors, phrases, c, contrast

    def source(self, own):
        """Source embeddings [B, D]: a prior's in part of the samples, the image's own [B, D] in the others."""
        degraded = torch.rand(len(own)) < self.c["degradedShare"]
        return torch.where(degraded[:, None], self.errors.degrade(own, self.c["captions"]), own)

    def references(self, own, e, exclude):
        """
        [(rows [B, k], weights [B])] for one to four stressed phrases. A phrase is a nameable detail that the image shows, as
        at sampling; in part of the samples it is whatever e misses, or any subset of the image's own directions.
        """
        db, c, groups = self.database, self.c, []
        missing = own - e
        subset = own * (torch.rand_like(own) < 0.3)
        for _ in range(torch.randint(1, 5, (1,)).item()):
            free = F.normalize(torch.where(missing.norm(dim=-1, keepdim=True) > 1e-3, missing, subset) + 1e-6, dim=-1)
            named = torch.rand(len(own), 1) < c["namedShare"]
            direction = torch.where(named, self.phrases.draw(own, e), free)
            wobble = F.normalize(direction + c["wobble"] * F.normalize(torch.randn_like(direction), dim=-1), dim=-1)
            rows = db.along(wobble, exclude, c["pool"], c["perPhrase"])
            groups.append((rows, self.weight(own, rows)))
        return groups

    def weight(self, own, rows):
        """Weights [B] in 0..2 that grow with how much the images own [B, D] show of what the references rows [B, k] share."""
        clean = self.database.clean[rows]
        if self.contrast is None:
            return ((clean.mean(1) * own).sum(-1) / self.c["matchUnit"]).clamp(0, 2)
        d = self.contrast.direction(clean)
        above = lambda e: ((e - self.contrast.mean) * d).sum(-1)
        return (above(own) / above(clean.mean(1)).clamp_min(1e-3)).clamp(0, 2)

    def cotangent(self, groups, t):
        """Sum over phrases, [B, D]: of the mean noised-reference embedding at levels t [B], or of the references' contrast."""
        if self.contrast is None:
            return sum(w[:, None] * self.database.noised_at(rows, t).mean(1) for rows, w in groups)
        return sum(w[:, None] * self.contrast.direction(self.database.clean[rows]) for rows, w in groups)

    def tokens(self, e, groups):
        """(condition [B, 1+K, D], mask [B, 1+K]) with e and references in turn from each phrase, all present."""
        k = self.c["references"]
        rows = torch.stack([rows for rows, _ in groups], -1).flatten(1)[:, :k]
        condition = torch.zeros(len(e), 1 + k, e.shape[1])
        present = torch.zeros(len(e), 1 + k)
        condition[:, 0], condition[:, 1 : 1 + rows.shape[1]] = e, self.database.clean[rows]
        present[:, : 1 + rows.shape[1]] = 1
        return condition, present

    def draw(self, index, own):
        """
        (condition, mask, cotangent(t) -> [B, D]) for training rows index [B] with embeddings own [B, D]; tokens and condition
        dropped at random.
        """
        c, b = self.c, len(index)
        e = self.source(own)
        groups = self.references(own, e, index)
        condition, present = self.tokens(e, groups)
        # Reference tokens are dropped independently of the gradient.
        present[:, 1:] *= ((torch.rand(b, 1) < c["tokensShare"]) & (torch.rand(b, c["references"]) < 0.9)).float()
        present *= (torch.rand(b, 1) > c["conditionDropped"]).float()
        return condition, present, lambda t: self.cotangent(groups, t)


def coarse_image(x0, t, gap, condition, mask, model, schedule):
    """(x~_t, x^0): stage 1's image at levels t [B] and its clean prediction, from x0 noised to t + gap; no graph is kept."""
    later = (t + gap).clamp(max=1000)
    noisy = schedule.add_noise(x0, torch.randn_like(x0), later)
    with torch.no_grad(), autocast():
        clean = model(noisy, torch.zeros_like(noisy), later, condition, mask).clamp(-1, 1)
    noise = (noisy - schedule.alpha(later) * clean) / schedule.sigma(later)
    return schedule.add_noise(clean, noise, t), clean


def stage_two(x, x0, t, condition, mask, cotangent, model, encode, schedule, scale, c):
    """
    (x, g): part of the noised images x [B, 3, S, S] replaced by coarse ones, with gradients at them (`gradientAt` noised) or at
    the clean prediction behind them (prediction), and zeros in the others. Row counts are fixed, so that nothing is compiled twice.
    """
    x, g, batch = x.clone(), torch.zeros_like(x), len(x)
    n = c["coarseBatch"]
    if c["gradientAt"] == "prediction":
        low, high = c["window"]
        inside = torch.nonzero((t >= low) & (t <= high))[:, 0]
        rows = inside[torch.randperm(len(inside))[:n]]
        if len(rows) < n:
            return x, g
        x[rows], clean = coarse_image(x0[rows], t[rows], torch.randint(10, 61, (n,)), condition[rows], mask[rows], model, schedule)
        # The others of the coarse images learn to go on without a gradient.
        own = rows[: c["gradientBatch"]]
        with autocast():
            raw = semantic_gradient(encode, clean[: len(own)], cotangent(t)[own])
        g[own] = scale.apply(raw, t[own])
        return x, g
    refine = torch.rand(batch) < 1 - c["gradientDropped"]
    coarse = refine & (torch.rand(batch) < c["coarseShare"])
    rows = torch.nonzero(coarse)[:n, 0]
    if len(rows) == n:
        x[rows], _ = coarse_image(x0[rows], t[rows], torch.randint(10, 101, (n,)), condition[rows], mask[rows], model, schedule)
    rows = torch.cat([torch.nonzero(refine)[:, 0], torch.nonzero(~refine)[:, 0]])[: c["gradientBatch"]]
    with autocast():
        raw = semantic_gradient(encode, x[rows], cotangent(t)[rows])
    g[rows] = scale.apply(raw, t[rows])
    g[~refine] = 0
    return x, g


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--part", default="denoiser")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--images", type=int, help="stop after this many images seen")
    parser.add_argument("--init-from", type=Path, help="a committed pack: its encoder, and its denoiser where there is no checkpoint")
    parser.add_argument("--encoder-from", type=Path, help="a committed pack: its encoder only, for a denoiser of another shape")
    parser.add_argument("--denoiser-from", type=Path, help="a committed pack of another domain: its denoiser only, where there is no checkpoint")
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c = {**config["denoiser"], **(config[args.part] if args.part != "denoiser" else {})}
    run = Run(f"{config['name']}/{args.part}")
    # With every gradient dropped a two-stage network learns to make clean images first, at the cost of one stage.
    two_stage = c["model"]["channels"] == 6 and c["gradientDropped"] < 1
    schedule = Schedule(config["schedule"])
    pack = args.init_from or args.encoder_from
    encoder = load_encoder(config, pack)
    train = Split(paths.data(config), "train", records=False)
    torch.manual_seed(config["seed"])
    database = ReferenceDatabase.build(encoder, train.images, schedule, c["database"], paths.runs() / config["name"] / "references.pt")
    head, made = load_training(pack) if pack else trained_conditions(config["name"])
    contrast = Contrast.fit(database.source) if c["gradientAt"] == "prediction" else None
    conditions = Conditions(database, PriorErrors(**made), PhraseBank(head), c, contrast)
    model = Denoiser(**c["model"])
    optimizers = make_optimizers(model, c["lr"], c.get("muon"))
    ema = Ema(model, c["ema"])
    state, seen, spent, scale, warm_from = run.load(), 0, 0.0, None, 0
    if state:
        model.load_state_dict(state["model"])
        # Unpacked from a committed pack there are no moments, so the rate rises anew.
        warm_from = state.get("warmFrom", 0) if load_states(optimizers, state.get("optimizers", [])) else state["seen"]
        ema.shadow, ema.steps = state["ema"], state["emaSteps"]
        seen, spent = state["seen"], state["spent"]
        if state["config"].get("gradientAt", "noised") == c["gradientAt"]:
            scale = GradientScale(**state["scale"])
    elif args.denoiser_from:
        init_from(args.denoiser_from, model)
        ema = Ema(model, c["ema"])
    elif args.init_from:
        seen = warm_from = init_from(args.init_from, model)
        ema = Ema(model, c["ema"])
    if scale is None:
        scale = measure_scale(encoder, conditions, train.images, schedule, model if contrast else None)
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
            "model": model.state_dict(), "ema": ema.shadow, "emaSteps": ema.steps, "optimizers": [o.state_dict() for o in optimizers],
            "scale": {"levels": scale.levels.tolist(), "rms": scale.rms.tolist(), "clip": scale.clip},
            "seen": seen, "warmFrom": warm_from, "spent": spent + time.time() - started, "config": c, "contrast": contrast.state() if contrast else None,
        })

    while seen < stop_at and (not args.minutes or time.time() - started < args.minutes * 60):
        if len(order) < batch:
            order = generator.permutation(len(train)).tolist()
        index = torch.from_numpy(np.sort([order.pop() for _ in range(batch)]))
        coverings = c.get("coverings", 0) if seen < c.get("coveringsEnd", float("inf")) else 0
        with autocast():
            x0, own = made_strange(to_unit(train.images[index.numpy()]), database.source[index], encode, coverings, c.get("exchanges", 0))
        condition, mask, cotangent = conditions.draw(index, own)
        # Stratified levels lower the variance of a small batch.
        t = ((torch.arange(batch) + torch.rand(batch)) / batch * 999).long()[torch.randperm(batch)] + 1
        x = schedule.add_noise(x0, torch.randn_like(x0), t)
        g = torch.zeros_like(x)
        if two_stage:
            x, g = stage_two(x, x0, t, condition, mask, cotangent, compiled, encode, schedule, scale, c)
        snr = schedule.snr(t).float()
        weight = snr.clamp(c["snrFloor"], c.get("snrCap", 5.0))
        rate = c["lr"] * min(1, (seen - warm_from + batch) / c["warmup"]) * max(c["lrFloor"], min(1, (stop_at - seen) / (c["cooldown"] * stop_at)))
        set_rate(optimizers, rate)
        with autocast():
            prediction = compiled(x, g, t, condition, mask)
        loss = (weight * (prediction - x0).pow(2).mean((1, 2, 3))).mean()
        model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
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
