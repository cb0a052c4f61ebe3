"""
Trains the text head in the frozen image encoder's space: sigmoid loss of texts against cached image embeddings, every image
that has all that a text names a positive, and a pull towards the sum of the named values' vectors.

    python -m training.text.train --config training/configs/first.toml [--start older.pt]

With --start the head goes on from an older checkpoint of the same encoder, as after new words, under [text.further].
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
from .corpus import training_corpus
from .features import FILES, hidden_states, package
from .minilm import MiniLm, TextHead


def positives(wanted: torch.Tensor, count: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """[texts, images] 1 where an image shows one of a text's alternatives whole; labels [images, values]."""
    shown = torch.einsum("tav,iv->tai", wanted, labels)
    return (shown == count.unsqueeze(-1)).any(1).float()


def embed(head: TextHead, states, mask, rows):
    """Embeddings of texts with words dropped at random, cut to the longest of them (phrases are short, captions long)."""
    length = int(mask[rows].sum(1).max())
    m = mask[rows, :length].float()
    drop = (torch.rand_like(m) > 0.1).float()
    drop[:, 0] = 1
    with autocast():
        return head(states[rows, :length].float(), m * drop)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--features-only", action="store_true")
    parser.add_argument("--start", help="checkpoint of a head to go on from, in place of a fresh one")
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c = config["text"] | (config["text"]["further"] if args.start else {})
    torch.manual_seed(config["seed"])
    run = Run(f"{config['name']}/text")
    glossary, train = Glossary(paths.data()), Split(paths.data(), "train", limit=20_000)
    corpus = training_corpus(glossary, train, c["captions"])
    cache = run.folder / "features.pt"
    if cache.exists():
        states, mask = torch.load(cache, weights_only=True)
    else:
        states, mask = hidden_states(MiniLm.from_onnx(package() / FILES[0]), corpus.texts)
        torch.save((states, mask), cache)
    run.log(texts=len(corpus.texts), length=states.shape[1])
    if args.features_only:
        return
    encoder = torch.load(paths.runs() / config["name"] / "encoder" / "checkpoint.pt", weights_only=True)
    vectors = F.normalize(encoder["head"]["vectors"], dim=-1)
    images = torch.load(paths.runs() / config["name"] / "references.pt", weights_only=True)["source"][: len(train)]
    labels = torch.from_numpy(glossary.labels(train.scenes)).float()
    needs, counts = corpus.table(labels.shape[1])
    examples = torch.tensor(corpus.example)
    target = torch.stack([F.normalize(vectors[sorted({x for alt in n for x in alt})].sum(0), dim=-1) if n else torch.zeros(vectors.shape[1]) for n in corpus.needs])
    head = TextHead(vectors.shape[1])
    log_scale, bias = torch.nn.Parameter(torch.tensor(3.0)), torch.nn.Parameter(torch.tensor(-6.0))
    if args.start:
        older = torch.load(args.start, weights_only=True)
        if older["dims"] != vectors.shape[1]:
            raise ValueError(f"{args.start}: a head of {older['dims']} dims, the encoder has {vectors.shape[1]}: train a fresh one")
        head.load_state_dict(older["head"])
    optimizer = torch.optim.AdamW([*head.parameters(), log_scale, bias], lr=c["lr"], weight_decay=0.02, betas=(0.9, 0.98))
    short = torch.tensor([i for i, n in enumerate(corpus.needs) if not n or min(map(len, n)) <= 2])
    long = torch.tensor([i for i, n in enumerate(corpus.needs) if n and min(map(len, n)) > 2])
    started, losses = time.time(), []
    for step in range(c["steps"]):
        kinds = [short[torch.randint(len(short), (c["short"],))], long[torch.randint(len(long), (c["long"],))]]
        rows = torch.cat(kinds)
        columns = torch.randint(len(images), (c["images"],))
        # Long texts are rarely satisfied by chance: their own images are among those of the batch.
        own = examples[rows]
        own = own[own >= 0]
        columns[: len(own)] = own
        for g in optimizer.param_groups:
            g["lr"] = c["lr"] * min(1, (step + 1) / min(200, c["steps"] / 4)) * (0.5 * (1 + np.cos(np.pi * step / c["steps"])) + 0.01)
        embedding = torch.cat([embed(head, states, mask, kind) for kind in kinds])
        logits = log_scale.exp() * embedding @ images[columns].T + bias
        wanted = positives(needs[rows], counts[rows], labels[columns])
        rate = wanted.mean(1, keepdim=True).clamp(0.01, 0.5)
        weight = torch.where(wanted > 0, 0.5 / rate, 0.5 / (1 - rate))
        loss = F.binary_cross_entropy_with_logits(logits, wanted, weight=weight)
        known = target[rows].norm(dim=-1) > 0
        pull = (1 - (embedding * target[rows]).sum(-1))[known].mean()
        total = loss + c["pull"] * pull
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimizer.step()
        losses.append((loss.item(), pull.item()))
        if (step + 1) % 100 == 0:
            a, b = np.mean(losses[-100:], 0)
            run.log(step=step + 1, loss=round(float(a), 4), pull=round(float(b), 4), seconds=round(time.time() - started))
    run.save({"head": head.state_dict(), "dims": vectors.shape[1], "config": c})
    run.log(done=True)


if __name__ == "__main__":
    main()
