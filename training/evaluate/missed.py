"""
The paper's observation (Fig. 2), on a pack alone: how often does the image that a full sentence finds first miss a detail of the
sentence that the detail's own phrase finds? Beside it the same of the prompts for which some image shows all that is stressed.
Sentences and phrases of a file of prompts, against renders of a split; once by the sentence's text embedding (retrieval) and once
by what the prior makes of it.

    python -m training.evaluate.missed --pack models/first [--prompts test] [--split train] [--images 10000]
"""

import argparse
import json
from pathlib import Path

import numpy as np

from ..common import paths
from ..common.data import Glossary, Split, to_unit
from ..export.named_values import embed_texts
from ..reader.intervals import interval
from .parts import evaluation_folder
from .prior import run_part

TOP = 4


def missed(best: np.ndarray, tops: list[list[np.ndarray]], columns: list[list[list[int]]], labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    bool [prompts] twice: the best image of a sentence misses a stressed detail; and the TOP images of that detail's own phrase all
    show it. `best` [prompts] rows of labels [images, values]; by prompt and phrase, `tops` rows and `columns` of labels.
    """
    lacks, found = [], []
    for row, phrases, wanted in zip(best, tops, columns):
        absent = [k for k, c in enumerate(wanted) if not labels[row, c].all()]
        lacks.append(bool(absent))
        found.append(any(labels[phrases[k]][:, wanted[k]].all() for k in absent))
    return np.array(lacks), np.array(found)


def possible(columns: list[list[list[int]]], labels: np.ndarray) -> np.ndarray:
    """bool [prompts]: some image shows all that is stressed."""
    return np.array([labels[:, sorted({c for wanted in phrases for c in wanted})].all(1).any() for phrases in columns])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pack", required=True, type=Path)
    parser.add_argument("--prompts", default="test")
    parser.add_argument("--split", default="train")
    parser.add_argument("--images", type=int, default=10_000)
    args = parser.parse_args()
    config = paths.config_of_pack(args.pack)
    data = paths.data(config)
    glossary, split = Glossary(data), Split(data, args.split, limit=args.images)
    prompts = json.loads((evaluation_folder(config, "prompts") / f"{args.prompts}.json").read_text())["prompts"]
    images = run_part(args.pack, "imageEncoder", "image", to_unit(split.images).numpy()).numpy()
    sentences = embed_texts(args.pack, [p["text"] for p in prompts])
    phrases = sorted({e["phrase"] for p in prompts for e in p["emphases"]})
    scores = dict(zip(phrases, embed_texts(args.pack, phrases) @ images.T))
    tops = [[np.argsort(-scores[e["phrase"]], kind="stable")[:TOP] for e in p["emphases"]] for p in prompts]
    columns = [[[glossary.index[g, v] for g, v in e["details"].items()] for e in p["emphases"]] for p in prompts]
    labels = glossary.labels(split.scenes)
    there = possible(columns, labels)
    for name, e in {"retrieval": sentences, "prior": run_part(args.pack, "prior", "text", sentences).numpy()}.items():
        lacks, found = missed((e @ images.T).argmax(1), tops, columns, labels)
        kinds = {"misses": lacks, "missesWhatThePhraseFinds": found, "missesThoughAnImageShowsAll": lacks[there]}
        rates = {kind: [round(100 * x, 1) for x in interval([{"missed": bool(x)} for x in rows])] for kind, rows in kinds.items()}
        print(json.dumps({"by": name, "prompts": len(prompts), "possible": int(there.sum()), "images": len(images), **rates}), flush=True)


if __name__ == "__main__":
    main()
