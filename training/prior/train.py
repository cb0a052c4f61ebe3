"""
Trains the prior on caption and image embeddings of the training split: cosine to the image, a contrastive term that keeps the
details by which images differ, and a term that asks the encoder's value head for what the caption names (docs/decisions/0007).
Writes `errors.pt`, what it made of the held captions: the denoiser trains on source embeddings with these errors.

    python -m training.prior.train --config training/configs/first.toml [--start older.pt]

With --start it goes on from an older prior of the same shape, under [prior.further].
"""

import argparse
import tomllib

import torch
import torch.nn.functional as F

from ..common import paths
from ..common.data import Glossary, Split
from ..common.run import Run
from ..text.corpus import caption_columns
from ..text.load import load_text
from .model import Prior
from .named import NamedValues


@torch.no_grad()
def embed_captions(name: str, split: Split, keep: int) -> torch.Tensor:
    """Text embeddings [n, 3, D] of the three captions of each record; the texts' features are not kept."""
    text = load_text(name)
    texts = [c["text"] for r in split.records[:keep] for c in r["captions"]]
    return text.embed(texts).view(-1, 3, text.dims)


def named_by_captions(glossary: Glossary, records: list[dict]) -> torch.Tensor:
    """bool [n, 3, columns]: the values that each caption names."""
    named = torch.zeros(len(records), 3, len(glossary.columns), dtype=torch.bool)
    for row, record in enumerate(records):
        for k, caption in enumerate(record["captions"]):
            named[row, k, list(caption_columns(glossary, record, caption))] = True
    return named


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--start", help="checkpoint of a prior to go on from, in place of a fresh one")
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c = config["prior"] | (config["prior"]["further"] if args.start else {})
    torch.manual_seed(config["seed"])
    run = Run(f"{config['name']}/prior")
    train = Split(paths.data(), "train", limit=c["captions"])
    source = torch.load(paths.runs() / config["name"] / "references.pt", weights_only=True)["source"][: c["captions"]]
    cache = run.folder / "captions.pt"
    if cache.exists():
        captions = torch.load(cache, weights_only=True)
    else:
        captions = embed_captions(config["name"], train, c["captions"])
        torch.save(captions, cache)
    held = len(source) // 10
    glossary = Glossary(paths.data())
    encoder = torch.load(paths.runs() / config["name"] / "encoder" / "checkpoint.pt", weights_only=True)
    values, named = NamedValues(encoder["head"], glossary.columns), named_by_captions(glossary, train.records)
    model = Prior(source.shape[1])
    if args.start:
        older = torch.load(args.start, weights_only=True)
        if older["config"] != model.config:
            raise ValueError(f"{args.start}: a prior of {older['config']}, expected {model.config}: train a fresh one")
        model.load_state_dict(older["model"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=c["lr"], weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, c["steps"])
    for step in range(c["steps"]):
        rows = torch.randint(held, len(source), (c["batch"],))
        # The full caption most often: it is what a person writes when details matter.
        which = torch.multinomial(torch.tensor([0.5, 0.3, 0.2]), c["batch"], replacement=True)
        out = model(captions[rows, which])
        target = source[rows]
        logits = out @ target.T * 20
        loss = (1 - (out * target).sum(-1)).mean() + 0.1 * F.cross_entropy(logits, torch.arange(len(rows)))
        loss = loss + c["named"] * values.loss(out, named[rows, which])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % 500 == 0 or step + 1 == c["steps"]:
            with torch.no_grad():
                cosine = [(model(captions[:held, k]) * source[:held]).sum(-1).mean().item() for k in range(3)]
                lost = [values.lost(model(captions[:held, k]), source[:held], named[:held, k]) for k in range(3)]
            run.log(step=step + 1, loss=round(loss.item(), 4), cosine=[round(x, 3) for x in cosine], lost=[round(x, 4) for x in lost])
    run.save({"model": model.state_dict(), "config": model.config, "cosine": cosine, "lost": lost})
    with torch.no_grad():
        made = torch.stack([model(captions[:held, k]) for k in range(3)], 1)
    torch.save({"own": source[:held].clone(), "made": made}, run.folder / "errors.pt")


if __name__ == "__main__":
    main()
