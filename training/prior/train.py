"""
Trains the prior on caption and image embeddings of the training split: cosine to the image, and a contrastive term that keeps the
details by which images differ. `training.prior.together` goes on from it with the text head.

    python -m training.prior.train --config training/configs/first.toml
"""

import argparse
import tomllib

import torch
import torch.nn.functional as F

from ..common import paths
from ..common.data import Split
from ..common.run import Run
from ..text.load import load_text
from .model import Prior


@torch.no_grad()
def embed_captions(name: str, split: Split, keep: int) -> torch.Tensor:
    """Text embeddings [n, 3, D] of the three captions of each record; the texts' features are not kept."""
    text = load_text(name)
    texts = [c["text"] for r in split.records[:keep] for c in r["captions"]]
    return text.embed(texts).view(-1, 3, text.dims)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c = config["prior"]
    torch.manual_seed(config["seed"])
    run = Run(f"{config['name']}/prior")
    train = Split(paths.data(config), "train", limit=c["captions"])
    source = torch.load(paths.runs() / config["name"] / "references.pt", weights_only=True)["source"][: c["captions"]]
    cache = run.folder / "captions.pt"
    if cache.exists():
        captions = torch.load(cache, weights_only=True)
    else:
        captions = embed_captions(config["name"], train, c["captions"])
        torch.save(captions, cache)
    held = len(source) // 10
    model = Prior(source.shape[1])
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
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % 500 == 0 or step + 1 == c["steps"]:
            with torch.no_grad():
                cosine = [(model(captions[:held, k]) * source[:held]).sum(-1).mean().item() for k in range(3)]
            run.log(step=step + 1, loss=round(loss.item(), 4), cosine=[round(x, 3) for x in cosine])
    run.save({"model": model.state_dict(), "config": model.config, "cosine": cosine})
    with torch.no_grad():
        made = torch.stack([model(captions[:held, k]) for k in range(3)], 1)
    torch.save({"own": source[:held].clone(), "made": made}, run.folder / "errors.pt")


if __name__ == "__main__":
    main()
