"""
Trains the text head in the frozen image encoder's space, over phrases and the captions of some images (training/text/task.py).
`training.prior.together` goes on from it.

    python -m training.text.train --config training/configs/first.toml [--start older.pt]

With --start the head goes on from an older checkpoint of the same encoder, as after new words, under [text.further].
"""

import argparse
import time
import tomllib

import numpy as np
import torch

from ..common import paths
from ..common.data import Glossary, Split
from ..common.run import Run
from .corpus import training_corpus
from .features import FILES, hidden_states, package
from .minilm import MiniLm, TextHead
from .task import TextTask, warmed

#: The text task looks at the first so many training images.
IMAGES = 20_000


def text_task(config: dict, run: Run, glossary: Glossary, train: Split) -> TextTask:
    """
    The task of a config's corpus, on the first IMAGES of the training split; the states of its texts are made once and kept in
    the text run's folder.
    """
    corpus = training_corpus(glossary, train, config["text"]["captions"])
    root = paths.runs() / config["name"]
    cache = root / "text" / "features.pt"
    if cache.exists():
        states, mask = torch.load(cache, weights_only=True)
    else:
        states, mask = hidden_states(MiniLm.from_onnx(package() / FILES[0]), corpus.texts)
        torch.save((states, mask), cache)
    run.log(texts=len(corpus.texts), length=states.shape[1])
    vectors = torch.load(root / "encoder" / "checkpoint.pt", weights_only=True)["head"]["vectors"].detach()
    images = torch.load(root / "references.pt", weights_only=True)["source"][:IMAGES]
    return TextTask(corpus, states, mask, vectors, images, torch.from_numpy(glossary.labels(train.scenes[:IMAGES])).float())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--start", help="checkpoint of a head to go on from, in place of a fresh one")
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c = config["text"] | (config["text"]["further"] if args.start else {})
    torch.manual_seed(config["seed"])
    run = Run(f"{config['name']}/text")
    task = text_task(config, run, Glossary(paths.data(config)), Split(paths.data(config), "train", limit=IMAGES))
    dims = task.images.shape[1]
    head = TextHead(dims)
    if args.start:
        older = torch.load(args.start, weights_only=True)
        if older["dims"] != dims:
            raise ValueError(f"{args.start}: a head of {older['dims']} dims, the encoder has {dims}: train a fresh one")
        head.load_state_dict(older["head"])
    optimizer = torch.optim.AdamW([*head.parameters(), *task.parameters()], lr=c["lr"], weight_decay=0.02, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: warmed(step, c["steps"]))
    started, losses = time.time(), []
    for step in range(c["steps"]):
        loss, pull = task(head, task.draw(c["short"], c["long"]), c["images"])
        optimizer.zero_grad(set_to_none=True)
        (loss + c["pull"] * pull).backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append((loss.item(), pull.item()))
        if (step + 1) % 100 == 0:
            a, b = np.mean(losses[-100:], 0)
            run.log(step=step + 1, loss=round(float(a), 4), pull=round(float(b), 4), seconds=round(time.time() - started))
    run.save({"head": head.state_dict(), "dims": dims, "config": c})
    run.log(done=True)


if __name__ == "__main__":
    main()
