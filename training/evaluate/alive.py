"""
Experiment 1 of docs/method.md, "alive": validation loss at 9 levels with g, without, with -g, with the g of wrong
references and with a random g of equal norm; c as at sampling: a source embedding with the prior's error, and references
for details that the image shows; reference tokens kept and masked. Where the denoiser takes its gradient at the clean
prediction, the image is stage 1's from 20 levels above.

    python -m training.evaluate.alive --config training/configs/first.toml
"""

import argparse
import json

import torch

from ..clip.train import embed_all
from ..common import paths
from ..common.data import to_unit
from ..common.run import autocast
from ..diffusion.gradient import semantic_gradient
from ..denoiser.train import Conditions, coarse_image, trained_conditions
from ..retrieval.database import PhraseBank, PriorErrors, ReferenceDatabase
from .models import Models


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--part", default="denoiser")
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--levels", type=int, nargs="+", default=list(range(100, 1000, 100)))
    args = parser.parse_args()
    models = Models(args.config, args.part)
    denoiser, scale, seen = models.denoiser()
    c = {**models.config["denoiser"], **models.config[args.part]}
    torch.manual_seed(11)
    images = models.split("validation").images[: args.images]
    x0, own, n = to_unit(images), embed_all(models.encoder, images), args.images
    state = torch.load(paths.runs() / models.name / "references.pt", weights_only=True)
    db = ReferenceDatabase(state["source"], state["clean"], state["noised"])
    head, made = trained_conditions(models.name)
    contrast = models.contrast()
    conditions = Conditions(db, PriorErrors(**made), PhraseBank(head), c, contrast)
    e = conditions.errors.degrade(own)
    groups = conditions.references(own, e, torch.full((n,), -1))
    condition, present = conditions.tokens(e, groups)
    masks = {"kept": present, "masked": torch.cat([torch.ones(n, 1), torch.zeros(n, c["references"])], 1)}
    table = []
    for t in args.levels:
        level = torch.full((n,), t)
        x = models.schedule.add_noise(x0, torch.randn_like(x0), level)
        right = conditions.cotangent(groups, level)
        at = x
        if contrast:
            # As at sampling: the image at t is stage 1's, from a level above it.
            x, at = coarse_image(x0, level, torch.full((n,), 20), condition, present, denoiser, models.schedule)
        g = scale.apply(semantic_gradient(models.encoder, at, right), level)
        wrong = scale.apply(semantic_gradient(models.encoder, at, right.roll(n // 2, 0)), level)
        random = torch.randn_like(g) * g.pow(2).mean((1, 2, 3), keepdim=True).sqrt()
        for name, mask in masks.items():
            losses = {}
            for label, gradient in (("g", g), ("null", torch.zeros_like(g)), ("minus", -g), ("wrong", wrong), ("random", random)):
                with torch.no_grad(), autocast():
                    losses[label] = (denoiser(x, gradient, level.float(), condition, mask) - x0).pow(2).mean((1, 2, 3))
            gains = {label: losses[label] - losses["g"] for label in ("null", "minus", "wrong", "random")}
            with torch.no_grad(), autocast():
                residual = x0 - denoiser(x, torch.zeros_like(g), level.float(), condition, mask)
            table.append({
                "t": t, "tokens": name, "loss": {k_: round(v.mean().item(), 5) for k_, v in losses.items()},
                # Paired gain of g over each, with its standard error, in per cent of the null loss.
                "gain": {k_: [round(100 * v.mean().item() / losses["null"].mean().item(), 2), round(100 * v.std().item() / n**0.5 / losses["null"].mean().item(), 2)] for k_, v in gains.items()},
                "cos": round(torch.nn.functional.cosine_similarity(g.flatten(1), residual.flatten(1)).mean().item(), 4),
            })
            print(json.dumps(table[-1]), flush=True)
    passed = sum(row["gain"]["wrong"][0] > 2 * row["gain"]["wrong"][1] for row in table if row["tokens"] == "masked")
    print(json.dumps({"imagesSeen": seen, "levelsWhereGBeatsWrongG": passed, "alive": passed >= 3}))


if __name__ == "__main__":
    main()
