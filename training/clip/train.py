"""
Trains the image encoder: sigmoid loss against one learned vector per nameable value, every image that shows the value
a positive. Plain contrastive training punishes images that share an attribute, which is why small details drown in it.

    python -m training.clip.train --config training/configs/first.toml [--minutes 30]

The config says how long: `minutes` of the clock, or, where other work shares the machine, `images` seen; then --minutes only stops.
"""

import argparse
import time
import tomllib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..common import paths
from ..common.data import Glossary, Split, to_unit
from ..common.run import Run, autocast
from ..diffusion.schedule import Schedule
from .augment import blur, noised, shift
from .vit import ImageEncoder


class ValueHead(nn.Module):
    """One unit vector, and one bias, per nameable value; logits = scale * cos + bias."""

    def __init__(self, values: int, dims: int):
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(values, dims))
        self.bias = nn.Parameter(torch.full((values,), -2.0))
        self.log_scale = nn.Parameter(torch.tensor(3.0))

    def forward(self, embeddings):
        return self.log_scale.exp() * embeddings @ F.normalize(self.vectors, dim=-1).T + self.bias


def precision_by_group(scores: np.ndarray, labels: np.ndarray, glossary: Glossary, k: int = 10) -> dict[str, float]:
    """Mean precision@k of each value's ranking of the images, by group; scores and labels are [images, values]."""
    out: dict[str, list[float]] = {}
    for j, (group, _) in enumerate(glossary.columns):
        top = np.argsort(-scores[:, j], kind="stable")[:k]
        out.setdefault(group, []).append(float(labels[top, j].mean()))
    return {g: float(np.mean(p)) for g, p in out.items()}


@torch.no_grad()
def embed_all(model: nn.Module, images: np.ndarray, batch: int = 256, noise_at: tuple | None = None) -> torch.Tensor:
    """Embeddings of uint8 images; `noise_at` = (schedule, level, noise [n or 1, 3, S, S])."""
    out = []
    for i in range(0, len(images), batch):
        x = to_unit(images[i : i + batch])
        if noise_at:
            schedule, level, noise = noise_at
            n = noise if len(noise) == 1 else noise[i : i + batch]
            x = schedule.add_noise(x, n, torch.full((len(x),), level))
        with autocast():
            out.append(model(x))
    return torch.cat(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--minutes", type=float)
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c = config["encoder"]
    minutes, images = args.minutes or c.get("minutes", float("inf")), c.get("images", float("inf"))
    torch.manual_seed(config["seed"])
    run = Run(f"{config['name']}/encoder")
    glossary = Glossary(paths.data(config))
    train, val = Split(paths.data(config), "train"), Split(paths.data(config), "validation")
    labels = torch.from_numpy(glossary.labels(train.scenes)).float()
    val_labels = glossary.labels(val.scenes)
    # Small details need most of the training; whole-picture colours are learned in passing.
    group_weight = torch.tensor([c["groupWeights"].get(g, 1.0) for g, _ in glossary.columns])
    # Rare values weigh more, bounded, so that hats are not lost beside backgrounds.
    rate = labels.mean(0).clamp_min(1e-3)
    pos_weight = ((1 - rate) / rate).sqrt().clamp(1, 12)
    model = ImageEncoder(**c["model"])
    head = ValueHead(len(glossary.columns), c["model"]["dims"])
    decay = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1] + list(head.parameters())
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0.0}], lr=c["lr"], betas=(0.9, 0.98))
    state = run.load()
    seen, spent = 0, 0.0
    if state:
        model.load_state_dict(state["model"])
        head.load_state_dict(state["head"])
        optimizer.load_state_dict(state["optimizer"])
        seen, spent = state["seen"], state["spent"]
    forward = torch.compile(model) if c.get("compile", True) else model
    schedule = Schedule(config["schedule"])
    batch, budget = c["batch"], minutes * 60
    generator = np.random.default_rng(config["seed"] + seen)
    started, order, losses = time.time(), [], []

    def save():
        run.save({"model": model.state_dict(), "head": head.state_dict(), "optimizer": optimizer.state_dict(), "seen": seen, "spent": spent + time.time() - started, "config": c})

    step = 0
    while (elapsed := spent + time.time() - started) < budget and seen < images:
        if len(order) < batch:
            order = generator.permutation(len(train)).tolist()
        index = np.sort([order.pop() for _ in range(batch)])
        x = shift(to_unit(train.images[index]), c["shift"])
        if generator.random() < 0.25:
            x = torch.cat([blur(x[: batch // 2]), x[batch // 2 :]])
        x, _ = noised(x, schedule, c["noisedShare"], c["noisedTop"])
        progress = seen / images if "images" in c else elapsed / budget
        rate_now = float(c["lr"] * min(1, (seen + batch) / 20_000) * (0.5 * (1 + np.cos(np.pi * progress)) * 0.97 + 0.03))
        for g in optimizer.param_groups:
            g["lr"] = rate_now
        with autocast():
            logits = head(forward(x))
        loss = F.binary_cross_entropy_with_logits(logits.float(), labels[index], weight=group_weight, pos_weight=pos_weight)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen += batch
        step += 1
        losses.append(loss.item())
        if step % 100 == 0:
            row = {"seen": seen, "loss": round(float(np.mean(losses[-100:])), 4), "perSecond": round(step * batch / (time.time() - started), 1), "lr": round(rate_now, 6)}
            if step % 400 == 0:
                model.eval()
                scores = head(embed_all(model, val.images)).detach().numpy()
                model.train()
                p = precision_by_group(scores, val_labels, glossary)
                row |= {"precision": round(float(np.mean(list(p.values()))), 4), "worst": dict(sorted(((g, round(x, 2)) for g, x in p.items()), key=lambda t: t[1])[:6])}
            run.log(**row)
        if run.save_due():
            save()
    save()
    run.log(done=True, seen=seen)


if __name__ == "__main__":
    main()
