"""
Draws the prompts that packs are judged on and writes them as small JSON files, one prompt a line: the sentence, 2 to 4
stressed details with the attributes that show them, and the attributes that the sentence names without stress.

    python -m training.evaluate.prompts [--config training/configs/first.toml] [--out FOLDER]

The drawing rule is that of training.evaluate.arms, so the first prompts of a file are the prompts of its tables. On the
composition split, whose scenes hold a pair of attributes that training never saw together, the two details that name
such a pair are always among the stressed ones. An attribute that the prompt's own scene does not show (reader/visible.py)
is no detail: its phrase stays as it was drawn, but nothing of it is scored.
"""

import argparse
import json
import tomllib
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from ..common import paths
from ..common.data import Glossary, Split
from .arms import STRESSED, draw_prompts, may_be_stressed, seen_details
from .parts import evaluation_folder

COUNTS = {"validation": 200, "test": 1000, "composition": 500}


def draw_composition(records: list[dict], pairs: list[tuple], n: int, config: dict, seed: int = 5) -> list[dict]:
    """
    Captions that name both attributes of a held-out pair in two details, or where the config's [evaluation] has `compounds` in one
    ("three lemons"); these first, then others, 2 to 4 in all.
    """
    rng, evaluation, out = np.random.default_rng(seed), config.get("evaluation", {}), []
    for record in records:
        caption = record["captions"][0]
        details = may_be_stressed(caption["details"], evaluation.get("stressed", STRESSED), rng)
        names = lambda d, a: d["attributes"].get(a[0]) == a[1]
        for first, second in pairs:
            a, b = ([i for i, d in enumerate(details) if names(d, x)] for x in (first, second))
            if a and b and (evaluation.get("compounds", False) or a[0] != b[0]):
                break
        else:
            continue
        rest = [int(i) for i in rng.permutation(len(details)) if i not in (a[0], b[0])]
        first = list(dict.fromkeys([a[0], b[0]]))
        chosen = [*first, *rest[: int(rng.integers(2 - len(first), 3))]]
        out.append({"text": caption["text"], "emphases": seen_details([details[i] for i in chosen], record["scene"]), "scene": record["scene"]})
        if len(out) == n:
            break
    return out


def as_written(prompt: dict, named: list[dict]) -> dict:
    """The prompt as its file has it; `named` are all details of its caption."""
    stressed = {g for e in prompt["emphases"] for g in e["attributes"]}
    others = {g: v for d in seen_details(named, prompt["scene"]) for g, v in d["attributes"].items() if g not in stressed}
    return {
        "text": prompt["text"],
        "emphases": [{"phrase": e["phrase"], "details": e["attributes"]} for e in prompt["emphases"]],
        "others": others,
    }


def write_prompts(path: Path, name: str, prompts: list[dict]):
    """A set of prompts as `evaluate` reads it, one a line."""
    head = {"format": "accent-prompts", "schema": 1, "name": name}
    lines = ",\n".join(map(json.dumps, prompts))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(head)[:-1] + f', "prompts": [\n{lines}\n]}}\n')


def write(config: dict, split: str, n: int, folder: Path) -> dict:
    """Writes `<split>.json`; returns its counts."""
    source, glossary = Split(paths.data(config), split, limit=2000), Glossary(paths.data(config))
    if split == "composition":
        prompts = draw_composition(source.records, glossary.held_out_pairs, n, config)
    else:
        prompts = draw_prompts(SimpleNamespace(config=config, split=lambda name, limit: source), split, n)
    named = {r["captions"][0]["text"]: r["captions"][0]["details"] for r in reversed(source.records)}
    rows = [as_written(p, named[p["text"]]) for p in prompts]
    write_prompts(folder / f"{split}.json", split, rows)
    return {"prompts": len(rows), "details": sum(len(e["details"]) for r in rows for e in r["emphases"])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", default="training/configs/first.toml")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    for split, n in COUNTS.items():
        print(split, write(config, split, n, args.out or evaluation_folder(config, "prompts")))


if __name__ == "__main__":
    main()
