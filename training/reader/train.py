"""
Trains the attribute reader on renders made to look generated, some of them put together as no scene is (strange.py).

    python -m training.reader.train --config training/configs/first.toml [--images 330000]

Goes on from its checkpoint; a section [reader] of the config overrides the settings below.
"""

import argparse
import time
import tomllib

import numpy as np
import torch
import torch.nn.functional as F

from ..common import paths
from ..common.data import Glossary, Split, to_unit
from ..common.run import Ema, Run, autocast
from .check import accuracy
from .degrade import degrade
from .model import AttributeReader
from .read import Reader
from .strange import strange_over
from .visible import shown

DEFAULTS = dict(
    split="train", images=330_000, batch=128, lr=3e-3, decay=0.02, ema=0.995, warmup=4_000, presentWeight=2.0, compile=False,
    # Shares of the batch that are partly covered or recoloured.
    covered=0.4, coloured=0.12,
    # The smallest details and the rarest, found by the per-group table: without weights beards are read last.
    groupWeights={"beard": 6.0, "mouth": 4.0, "hairColour": 2.0, "topColour": 2.0, "bloomColour": 2.0, "outfit": 1.5, "chest": 1.5},
)


def targets(scenes: list[dict], groups: dict[str, list[str]]) -> np.ndarray:
    """Column of each group's head, [n, groups]; the last column of a head is "none": absent, or hidden in the picture."""
    scenes = [shown(s) for s in scenes]
    column = {g: {v: k for k, v in enumerate(values)} for g, values in groups.items()}
    return np.array([[column[g].get(s.get(g), len(values)) for g, values in groups.items()] for s in scenes], np.int64)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--images", type=int, help="stop after this many images seen")
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c = {**DEFAULTS, **config.get("reader", {})}
    c["images"] = args.images or c["images"]
    run = Run(f"{config['name']}/reader")
    glossary = Glossary(paths.data(config))
    train, validation = Split(paths.data(config), c["split"]), Split(paths.data(config), "validation")
    wanted = torch.from_numpy(targets(train.scenes, glossary.groups))
    none = torch.tensor([len(v) for v in glossary.groups.values()])
    strange = strange_over(train, glossary, c["covered"], c["coloured"])
    torch.manual_seed(config["seed"])
    model = AttributeReader([len(v) for v in glossary.groups.values()]).to(memory_format=torch.channels_last)
    decay = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": c["decay"]}, {"params": rest, "weight_decay": 0.0}], lr=c["lr"], betas=(0.9, 0.99))
    ema, seen = Ema(model, c["ema"]), 0
    # Batch norm's step counters are integers: nothing to average.
    ema.shadow = {k: v for k, v in ema.shadow.items() if v.is_floating_point()}
    if state := run.load():
        model.load_state_dict(state["model"])
        if "optimizer" in state:  # a state unpacked from a committed pack has none
            optimizer.load_state_dict(state["optimizer"])
        ema.shadow, ema.steps, seen = state["ema"], state["emaSteps"], state["seen"]
    forward = torch.compile(model) if c["compile"] else model
    torch.manual_seed(config["seed"] * 1000 + seen)
    generator = np.random.default_rng(config["seed"] + seen)
    batch, order, losses, first = c["batch"], [], [], seen
    started, cpu = time.time(), time.process_time()

    def save():
        run.save({"model": model.state_dict(), "ema": ema.shadow, "emaSteps": ema.steps, "optimizer": optimizer.state_dict(), "seen": seen, "config": model.config, "groups": glossary.groups})

    def validate() -> dict:
        copy = AttributeReader(**model.config)
        copy.load_state_dict(ema.shadow)
        result = accuracy(Reader(copy, glossary.groups), validation.images, validation.scenes)
        return {"details": result["details"], "falselyShown": result["falselyShown"], "worst": dict(sorted(((g, r["read"]) for g, r in result["groups"].items()), key=lambda t: t[1])[:5])}

    while seen < c["images"]:
        if len(order) < batch:
            order = generator.permutation(len(train)).tolist()
        index = np.array([order.pop() for _ in range(batch)])
        y = wanted[torch.from_numpy(index)]
        x, asked = strange(to_unit(train.images[index]), y)
        x = degrade(x)
        rate = c["lr"] * min(1, (seen + batch) / c["warmup"]) * (0.5 * (1 + np.cos(np.pi * seen / c["images"])) * 0.98 + 0.02)
        for g in optimizer.param_groups:
            g["lr"] = float(rate)
        with autocast():
            logits = forward(x)
        # Most groups do not apply to a subject; a value that is there weighs more than its absence.
        loss = 0.0
        for k, (group, part) in enumerate(zip(glossary.groups, model.by_group(logits))):
            weight = torch.where(y[:, k] == none[k], 1.0, c["presentWeight"]) * asked[:, k]
            loss = loss + c["groupWeights"].get(group, 1.0) * (F.cross_entropy(part, y[:, k], reduction="none") * weight).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        ema.update(model)
        seen += batch
        losses.append(loss.item())
        if len(losses) % 50 == 0:
            row = {"seen": seen, "loss": round(float(np.mean(losses[-50:])), 4), "perSecond": round((seen - first) / (time.time() - started), 1), "cpuSeconds": round(time.process_time() - cpu, 1)}
            run.log(**row, **(validate() if len(losses) % 250 == 0 else {}))
        if run.save_due(60):
            save()
    save()
    run.log(done=True, seen=seen, **validate())


if __name__ == "__main__":
    main()
