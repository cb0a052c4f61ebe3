"""
Trains text head and prior together, from both as they were trained apart, on further captions of every training image in other
words and orders (training/data/captions.ts): what the head does not say of a caption, no prior brings back (docs/decisions/0007).
The prior's output is asked for its image (cosine and contrast) and for the values that the caption names; the head goes on with
its own task, so that phrases still find their references. Writes both runs' checkpoints and the prior's `errors.pt`, what it made
of held captions: the denoiser trains on source embeddings with these errors.

    nice -n 10 python -m training.prior.together --config training/configs/first.toml
"""

import argparse
import time
import tomllib

import numpy as np
import torch
import torch.nn.functional as F

from ..common import paths
from ..common.data import Glossary, Split
from ..common.run import Run, autocast
from ..text.features import FILES, hidden_states, package
from ..text.minilm import MiniLm, TextHead
from ..text.states import training_states
from ..text.task import warmed
from ..text.train import text_task
from .model import Prior
from .named import NamedValues, named_by_captions

#: The last so many training images are never trained on: their captions give the errors that the denoiser meets.
HELD = 1_500


class Held:
    """Captions of images that are not trained on: MiniLM's states, what they name [n, captions, values], their images' embeddings [n, D]."""

    def __init__(self, words: MiniLm, glossary: Glossary, records: list[dict], own: torch.Tensor):
        self.named, self.own = named_by_captions(glossary, records), own
        self.states, self.mask = hidden_states(words, [c["text"] for r in records for c in r["captions"]])

    @torch.no_grad()
    def made(self, head: TextHead, prior: Prior) -> tuple[torch.Tensor, torch.Tensor]:
        """Text and prior embeddings [n, captions, D]."""
        text = torch.cat([head(s.float(), m.float()) for s, m in zip(self.states.split(500), self.mask.split(500))])
        shape = *self.named.shape[:2], -1
        return text.view(shape), prior(text).view(shape)

    def report(self, values: NamedValues, head: TextHead, prior: Prior) -> dict:
        """By caption, from the full one to the shortest: cosine to the image, values that come first in their group, values lost."""
        text, made = self.made(head, prior)
        kinds, rounded = range(made.shape[1]), lambda x: round(float(x), 4)
        return {
            "cosine": [rounded((made[:, k] * self.own).sum(-1).mean()) for k in kinds],
            "first": [rounded(values.first(made[:, k], self.named[:, k]).float().mean()) for k in kinds],
            "lost": [rounded(values.lost(made[:, k], self.own, self.named[:, k])) for k in kinds],
            "textFirst": [rounded(values.first(text[:, k], self.named[:, k]).float().mean()) for k in kinds],
        }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c, root = config["together"], paths.runs() / config["name"]
    torch.manual_seed(config["seed"])
    run = Run(f"{config['name']}/together")
    glossary, train = Glossary(paths.data(config)), Split(paths.data(config), "train")
    words = MiniLm.from_onnx(package() / FILES[0])
    states = training_states(run.folder / "states", paths.data(config), glossary, words)
    source = torch.load(root / "references.pt", weights_only=True)["source"]
    each, shown = len(states) // len(train), len(train) - HELD
    held = Held(words, glossary, train.records[shown:], source[shown:])
    values = NamedValues(torch.load(root / "encoder" / "checkpoint.pt", weights_only=True)["head"], glossary.columns)
    task = text_task(config, run, glossary, train)
    head, prior = TextHead(source.shape[1]), Prior(source.shape[1])
    head.load_state_dict(torch.load(root / "text" / "checkpoint.pt", weights_only=True)["head"])
    prior.load_state_dict(torch.load(root / "prior" / "checkpoint.pt", weights_only=True)["model"])
    optimizer = torch.optim.AdamW([*head.parameters(), *prior.parameters(), *task.parameters()], lr=c["lr"], weight_decay=0.02, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: warmed(step, c["steps"]))
    learned = {"head": head, "prior": prior, "task": task, "optimizer": optimizer, "schedule": schedule}
    first, state = 0, run.load()
    if state:
        first = state.pop("step")
        for name, part in learned.items():
            part.load_state_dict(state[name])
    run.log(step=first, **held.report(values, head, prior))
    started, losses = time.time(), []
    for step in range(first, c["steps"]):
        rows = torch.randint(shown * each, (c["captions"],))
        own, named = source[rows // each], states.named[rows]
        with autocast():
            text = head(*states.batch(rows))
        made = prior(text)
        near = (1 - (made * own).sum(-1)).mean()
        apart = F.cross_entropy(made @ own.T * 20, torch.arange(len(rows)))
        said = values.loss(made, named)
        found, pull = task(head, task.draw(c["short"], c["long"], c["null"]), c["images"])
        optimizer.zero_grad(set_to_none=True)
        (near + 0.1 * apart + c["named"] * said + c["text"] * (found + pull)).backward()
        torch.nn.utils.clip_grad_norm_([*head.parameters(), *prior.parameters()], 1.0)
        optimizer.step()
        schedule.step()
        losses.append([x.item() for x in (near, apart, said, found, pull)])
        if (step + 1) % 50 == 0:
            mean = np.mean(losses[-50:], 0).round(4).tolist()
            run.log(step=step + 1, **dict(zip(("near", "apart", "said", "found", "pull"), mean)), seconds=round(time.time() - started))
        if (step + 1) % 250 == 0 or step + 1 == c["steps"]:
            run.log(step=step + 1, **held.report(values, head, prior))
        if run.save_due():
            run.save({"step": step + 1, **{name: part.state_dict() for name, part in learned.items()}})
    texts, priors = Run(f"{config['name']}/text"), Run(f"{config['name']}/prior")
    texts.save({"head": head.state_dict(), "dims": source.shape[1], "config": c})
    priors.save({"model": prior.state_dict(), "config": prior.config})
    torch.save({"own": held.own.clone(), "made": held.made(head, prior)[1]}, priors.folder / "errors.pt")


if __name__ == "__main__":
    main()
