"""
Teaches a trained image encoder to read each part by itself. Some pairs of values never occur in its training (the composition
test), and it had learned their absence: no white jacket was ever a coat. Here it also sees pictures that no scene gives
(training/reader/strange.py) and is asked for what is still to be seen in them. On plain renders it stays where it was, so that
what was trained on its embeddings remains true; the value head is not moved.

    nice -n 10 python -m training.clip.apart --config training/configs/first.toml

Goes on from the encoder's checkpoint and writes it back; a run that ended is not begun again unless [apart] asks for more steps.
"""

import argparse
import copy
import time
import tomllib

import numpy as np
import torch
import torch.nn.functional as F

from ..common import paths
from ..common.data import Glossary, Split, to_unit
from ..common.run import Run, autocast
from ..diffusion.schedule import Schedule
from ..reader.strange import recolour, strange_over
from ..reader.train import targets
from ..text.task import warmed
from .augment import blur, exchanged, noised, shift
from .train import ValueHead, embed_all, precision_by_group
from .vit import ImageEncoder


def recoloured(images):
    """Half of the images with their channels exchanged, half with all colours moved."""
    half = len(images) // 2
    return torch.cat([exchanged(images[:half]), recolour(images[half:])])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c, e = config["apart"], config["encoder"]
    torch.manual_seed(config["seed"])
    generator = np.random.default_rng(config["seed"])
    encoder_run, run = Run(f"{config['name']}/encoder"), Run(f"{config['name']}/apart")
    glossary, schedule = Glossary(paths.data(config)), Schedule(config["schedule"])
    train, validation = Split(paths.data(config), "train"), Split(paths.data(config), "validation")
    labels, wanted = torch.from_numpy(glossary.labels(train.scenes)).float(), torch.from_numpy(targets(train.scenes, glossary.groups))
    validation_labels = glossary.labels(validation.scenes)
    strange = strange_over(train, glossary, c["covered"], c["coloured"], recoloured)
    group_of = torch.tensor([list(glossary.groups).index(g) for g, _ in glossary.columns])
    weight = torch.tensor([e["groupWeights"].get(g, 1.0) for g, _ in glossary.columns])
    rate = labels.mean(0).clamp_min(1e-3)
    positive = ((1 - rate) / rate).sqrt().clamp(1, 12)
    trained = encoder_run.load()
    state = run.load()
    model = ImageEncoder(**trained["config"]["model"])
    # The first start keeps what the encoder was: it is what plain renders are held to.
    model.load_state_dict(state["before"] if state else trained["model"])
    before = copy.deepcopy(model).eval().requires_grad_(False)
    head = ValueHead(len(glossary.columns), trained["config"]["model"]["dims"])
    head.load_state_dict(trained["head"])
    head.requires_grad_(False)
    optimizer = torch.optim.AdamW(model.parameters(), lr=c["lr"], weight_decay=0.02, betas=(0.9, 0.98))
    first = 0
    if state:
        first = state["step"]
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    forward, anchor = torch.compile(model), torch.compile(before)

    def report(step: int):
        model.eval()
        made = embed_all(model, validation.images)
        model.train()
        kept = (made * embed_all(before, validation.images)).sum(-1)
        precision = precision_by_group(head(made).numpy(), validation_labels, glossary)
        run.log(step=step, kept=round(float(kept.mean()), 4), keptWorst=round(float(kept.min()), 4), precision=round(float(np.mean(list(precision.values()))), 4))

    if first == 0:
        run.log(step=0, **{"images": len(train), "strange": c["strange"], "plain": c["plain"]})
    started, losses = time.time(), []
    for step in range(first, c["steps"]):
        for group in optimizer.param_groups:
            group["lr"] = c["lr"] * warmed(step, c["steps"])
        index = generator.integers(len(train), size=c["strange"] + c["plain"])
        x = shift(to_unit(train.images[index]), e["shift"])
        odd, asked = strange(x[: c["strange"]], wanted[index[: c["strange"]]])
        x = torch.cat([odd, x[c["strange"] :]])
        if generator.random() < 0.25:
            x = blur(x)
        x, _ = noised(x, schedule, e["noisedShare"], e["noisedTop"])
        with autocast():
            made = forward(x)
            with torch.no_grad():
                was = anchor(x[c["strange"] :])
        told = F.binary_cross_entropy_with_logits(head(made[: c["strange"]]), labels[index[: c["strange"]]], weight=weight, pos_weight=positive, reduction="none")
        told = (told * asked[:, group_of]).sum() / asked[:, group_of].sum()
        moved = (1 - (made[c["strange"] :] * was).sum(-1)).mean()
        optimizer.zero_grad(set_to_none=True)
        (told + c["anchor"] * moved).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append([told.item(), moved.item()])
        if (step + 1) % 50 == 0:
            mean = np.mean(losses[-50:], 0).round(5).tolist()
            run.log(step=step + 1, told=mean[0], moved=mean[1], seconds=round(time.time() - started))
        if (step + 1) % 500 == 0 or step + 1 == c["steps"]:
            report(step + 1)
        if run.save_due():
            run.save({"step": step + 1, "model": model.state_dict(), "before": before.state_dict(), "optimizer": optimizer.state_dict()})
    run.save({"step": c["steps"], "model": model.state_dict(), "before": before.state_dict(), "optimizer": optimizer.state_dict()})
    encoder_run.save({**trained, "model": model.state_dict()})


if __name__ == "__main__":
    main()
