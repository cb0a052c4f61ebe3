"""
Encoder and text checks on held-out data: R@1 of full captions, phrase precision@10 by group, held-out synonyms, topology.

    python -m training.evaluate.retrieval --config training/configs/first.toml [--split test]
"""

import argparse
import json

import numpy as np
import torch

from ..clip.train import embed_all
from .models import Models


def relevance(models: Models, phrases: list[dict], labels: np.ndarray) -> dict[str, np.ndarray]:
    """Phrase text to the images that satisfy it: a phrase may name values of several groups."""
    out: dict[str, np.ndarray] = {}
    for p in phrases:
        column = labels[:, models.glossary.index[p["group"], p["value"]]] > 0
        out[p["text"]] = out.get(p["text"], np.zeros(len(labels), bool)) | column
    return out


def phrase_precision(models, text, embeddings, labels, phrases, k=10):
    """Mean precision@k per group, over phrases with at least k relevant images."""
    relevant = relevance(models, phrases, labels)
    scores = text.embed(list(relevant)) @ embeddings.T
    top = dict(zip(relevant, scores.topk(k, dim=1).indices.numpy()))
    groups: dict[str, list[float]] = {}
    for p in phrases:
        hits = relevant[p["text"]]
        if hits.sum() >= k:
            groups.setdefault(p["group"], []).append(float(hits[top[p["text"]]].mean()))
    return {g: float(np.mean(v)) for g, v in groups.items()}


def topology(models, images: np.ndarray, levels, shared: bool, triples: int = 1000) -> list[float]:
    """Share of triples (S, A, B) whose order of similarity survives noise (Fig. 4); ties count half."""
    generator = torch.Generator().manual_seed(3)
    index = torch.randint(0, len(images), (triples, 3), generator=generator)
    clean = embed_all(models.encoder, images)
    order = lambda e: torch.sign((e[index[:, 0]] * e[index[:, 1]]).sum(1) - (e[index[:, 0]] * e[index[:, 2]]).sum(1))
    before, out = order(clean), []
    for t in levels:
        shape = (1 if shared else len(images), *images.shape[1:])
        noise = torch.randn(shape, generator=generator)
        after = order(embed_all(models.encoder, images, noise_at=(models.schedule, t, noise)))
        out.append(round(float(((before * after) + 1).mean() / 2), 3))
    return out


def check(models: Models, split_name: str) -> dict:
    split = models.split(split_name, limit=2000)
    labels = models.glossary.labels(split.scenes)
    embeddings = embed_all(models.encoder, split.images)
    text = models.text()
    captions = text.embed([r["captions"][0]["text"] for r in split.records[:1000]])
    r1 = (captions @ embeddings[:1000].T).argmax(1).eq(torch.arange(1000)).float().mean().item()
    groups = phrase_precision(models, text, embeddings, labels, models.glossary.phrases)
    held = phrase_precision(models, text, embeddings, labels, models.glossary.held_phrases)
    levels = list(range(100, 1001, 100))
    return {
        "split": split_name, "recallAt1": round(r1, 4), "precisionAt10": round(float(np.mean(list(groups.values()))), 4),
        "worstGroups": dict(sorted(((g, round(v, 3)) for g, v in groups.items()), key=lambda x: x[1])[:6]),
        "heldSynonyms": round(float(np.mean(list(held.values()))), 4),
        "heldOverTrained": round(float(np.mean(list(held.values())) / np.mean(list(groups.values()))), 4),
        "heldWorst": dict(sorted(((g, round(v, 3)) for g, v in held.items()), key=lambda x: x[1])[:6]),
        "topology": {"levels": levels, "shared": topology(models, split.images[:1000], levels, True), "independent": topology(models, split.images[:1000], levels, False)},
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--split", default="validation")
    args = parser.parse_args()
    print(json.dumps(check(Models(args.config), args.split), indent=1))


if __name__ == "__main__":
    main()
