"""
Experiments 2 to 8 of docs/method.md on the trained denoiser: scale, input, rebuild, guidance, window, adversarial, strength.
Every sampled row is Detail Matching on the same validation prompts, seeds and noise; one JSON line a row.

    python -m training.evaluate.experiments --config training/configs/first.toml [--prompts 48] [--steps 20] [--rebuild continue] [--window 60 980] [--only rebuild window]
"""

import argparse
import json
import time

import torch
import torch.nn.functional as F

from ..clip.train import embed_all
from ..common import paths
from ..common.data import to_unit
from ..common.run import autocast
from ..diffusion.gradient import semantic_gradient
from ..diffusion.sampler import Plan
from ..reader.read import load_reader
from ..reader.score import detail_matching, difference, interval
from ..retrieval.contrast import Contrast
from .arms import Setup, generate, wanted_details


def scale_percentiles(models, denoiser, prepared, scale, images, levels) -> list[dict]:
    """Experiment 2: percentiles of RMS(g / rms(t)) per level, and the share of clipped entries."""
    x0, n, out = to_unit(images), len(images), []
    condition = prepared.condition(list(range(n)), True)
    for t in levels:
        level = torch.full((n,), t)
        x = models.schedule.add_noise(x0, torch.randn_like(x0), level)
        if prepared.contrast:
            with torch.no_grad(), autocast():
                x = denoiser(x, torch.zeros_like(x), level.float(), *condition).float().clamp(-1, 1)
        raw = semantic_gradient(models.encoder, x, prepared.cotangent(list(range(n)))(t))
        rms = raw.pow(2).mean((1, 2, 3)).sqrt() / scale.at(level)
        clipped = (raw / scale.at(level).view(-1, 1, 1, 1)).abs().gt(scale.clip).float().mean()
        quantile = torch.quantile(rms, torch.tensor([0.05, 0.25, 0.5, 0.75, 0.95]))
        out.append({"t": t, "rms": [round(x, 3) for x in quantile.tolist()], "clipped": round(clipped.item(), 5)})
    return out


def inputs(models, denoiser, scale, prepared, images, levels) -> list[dict]:
    """
    Experiment 3: cos(g, x0 - prediction) for cotangents made four ways: the bank's noise, the image's own noise, the mean of
    four noises, clean references, clean references against the background (retrieval/contrast.py) at the
    image and, as the clean references, at the clean prediction, and a wrong prompt's contrast beside them.
    """
    state = torch.load(paths.runs() / models.name / "references.pt", weights_only=True)
    contrast = Contrast.fit(state["source"])
    x0, n, out = to_unit(images), len(images), []
    index = list(range(n))
    folder, condition = prepared.folder, prepared.condition(index, False)
    rows = [prepared.rows[i] for i in index]
    for t in levels:
        level = torch.full((n,), t)
        noise = torch.randn_like(x0)
        x = models.schedule.add_noise(x0, noise, level)
        with torch.no_grad(), autocast():
            clean = denoiser(x, torch.zeros_like(x), level.float(), *condition).float().clamp(-1, 1)
        residual = (x0 - clean).flatten(1)
        references = torch.cat([r.flatten() for r in rows])
        counts = [r.numel() for r in rows]
        pictures = to_unit(folder.images[references.numpy()])

        def cotangent(make):
            with torch.no_grad(), autocast():
                e = torch.cat([models.encoder(p) for p in make.split(256)]).float()
            return torch.stack([part.view(*r.shape, -1).mean(1).sum(0) for part, r in zip(e.split(counts), rows)])

        noised = lambda z: models.schedule.add_noise(pictures, z, torch.full((len(pictures),), t))
        owner = torch.repeat_interleave(torch.arange(n), torch.tensor(counts))
        ways = {
            "bank": (x, torch.stack([folder.noised(t)[r].mean(1).sum(0) for r in rows])),
            "ownNoise": (x, cotangent(noised(noise[owner]))),
            "fourNoises": (x, sum(cotangent(noised(torch.randn_like(pictures))) for _ in range(4)) / 4),
            "cleanAtPrediction": (clean, cotangent(pictures)),
        }
        directions = torch.stack([contrast.direction(folder.clean[r]).sum(0) for r in rows])
        ways |= {"contrastAtImage": (x, directions), "contrastAtPrediction": (clean, directions), "wrongContrastAtPrediction": (clean, directions.roll(n // 2, 0))}
        out.append({"t": t, "cos": {k: round(F.cosine_similarity(semantic_gradient(models.encoder, at, c).flatten(1), residual).mean().item(), 4) for k, (at, c) in ways.items()}})
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--part", default="denoiser", help="the run that holds the denoiser")
    parser.add_argument("--prompts", type=int, default=48)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=1.0)
    parser.add_argument("--rebuild", default="continue")
    parser.add_argument("--window", type=int, nargs=2, default=[60, 980])
    parser.add_argument("--only", nargs="+", default=["scale", "input", "rebuild", "guidance", "window", "adversarial", "strength"])
    args = parser.parse_args()
    setup = Setup(args.config, "validation", args.prompts, part=args.part)
    models, denoiser, scale, folder = setup.models, setup.denoiser, setup.scale, setup.folder
    prompts, prepared, sampler = setup.prompts, setup.prepared, setup.sampler
    reader, wanted = load_reader(models.name), wanted_details(prompts)
    print(json.dumps({"imagesSeen": setup.seen, "prompts": len(prompts), "details": sum(map(len, wanted)), "steps": args.steps, "guidance": args.guidance}), flush=True)
    record = models.split("validation", limit=2000)
    own = [next(i for i, r in enumerate(record.records) if r["scene"] == p["scene"]) for p in prompts]
    images, levels = record.images[own], list(range(100, 1000, 200))
    if "scale" in args.only:
        for row in scale_percentiles(models, denoiser, prepared, scale, images, levels):
            print(json.dumps({"experiment": "scale", **row}), flush=True)
    if "input" in args.only:
        for row in inputs(models, denoiser, scale, prepared, images, levels):
            print(json.dumps({"experiment": "input", **row}), flush=True)
    made: dict[str, tuple] = {}

    def row(experiment: str, label: str, arm: str = "refined", against: str = "coarse", **plan):
        key = f"{arm} {sorted(plan.items())}"
        began = time.time()
        if key not in made:
            pictures = generate(sampler, prepared, arm, Plan(**{"steps": args.steps, "guidance": args.guidance, "rebuild": args.rebuild, "window": tuple(args.window), **plan}))
            made[key] = (pictures, detail_matching(pictures, wanted, reader))
        if label == "coarse":
            made["coarse"] = made[key]
        share = interval(made[key][1])
        out = {"experiment": experiment, "row": label, "detail": [round(100 * x, 1) for x in share], "seconds": round(time.time() - began)}
        if against in made and label != "coarse":
            out[f"minus {against}"] = [round(100 * x, 1) for x in difference(made[key][1], made[against][1])]
        print(json.dumps(out), flush=True)
        return made[key]

    row("reference", "coarse", "coarse")
    if "rebuild" in args.only:
        for rebuild in ("mean-shift", "continue", "difference"):
            row("rebuild", rebuild, rebuild=rebuild)
    if "guidance" in args.only:
        for s in (0.0, 1.0, 3.0):
            row("guidance", f"coarse s={s}", "coarse", guidance=s)
            row("guidance", f"refined s={s}, null branch without g", guidance=s)
            if s:
                row("guidance", f"refined s={s}, null branch with g", guidance=s, null_gradient=True)
    if "window" in args.only:
        for low, high in ((700, 1000), (400, 700), (100, 400), (100, 900), (60, 980)):
            row("window", f"{low}..{high}", window=(low, high))
    if "adversarial" in args.only:
        # Does the encoder's own similarity to the references rise more than an independent reader sees?
        sums = torch.stack([folder.clean[r].mean(1).sum(0) for r in prepared.rows])
        guide = lambda pictures: (embed_all(models.encoder, pictures) * sums).sum(1).mean().item()
        for label, (pictures, shown) in {
            "coarse": made["coarse"], "refined": row("adversarial", "refined"), "low-passed g": row("adversarial", "low-passed g", low_pass=True),
        }.items():
            print(json.dumps({"experiment": "adversarial", "row": label, "encoder": round(guide(pictures), 4), "reader": round(100 * interval(shown)[0], 1)}), flush=True)
    if "strength" in args.only:
        for w in (0.0, 0.5, 1.0, 1.5, 2.0):
            row("strength", f"weight {w}", weight=w)


if __name__ == "__main__":
    main()
