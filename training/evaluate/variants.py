"""
Variants of prompt sets as files for `npm start -- evaluate --prompts FILE`: all phrases at another weight, or six phrases of which
the first K are stressed (the paper's Fig. 10; the others have weight 0, so that every file scores the same details).

    python -m training.evaluate.variants --weight 0.5 models/evaluation/prompts/validation.json --out weight-0.5.json
    python -m training.evaluate.variants --progressive 60 --out DIR        # DIR/stressed-0.json to DIR/stressed-6.json
"""

import argparse
import json
from pathlib import Path

import numpy as np

from ..common import paths
from ..common.data import Split
from .arms import STRESSED, may_be_stressed, seen_details
from .prompts import as_written, write_prompts

PHRASES = 6


def weighted(prompts: list[dict], weight: float) -> list[dict]:
    """The prompts with every phrase at `weight` (0 to 2)."""
    if not 0 <= weight <= 2:
        raise ValueError(f"the weight is {weight}: expected 0 to 2")
    return [{**p, "emphases": [{**e, "weight": weight} for e in p["emphases"]]} for p in prompts]


def draw_progressive(records: list[dict], n: int, chances: dict[str, float] = STRESSED, seed: int = 10) -> list[dict]:
    """Up to `n` captions that name at least six details which their picture shows, six of them in a random order, none stressed yet."""
    rng, out = np.random.default_rng(seed), []
    for record in records:
        caption = record["captions"][0]
        details = may_be_stressed([d for d in seen_details(caption["details"], record["scene"]) if d["attributes"]], chances, rng)
        if len(details) >= PHRASES:
            chosen = [details[i] for i in rng.permutation(len(details))[:PHRASES]]
            out.append(as_written({"text": caption["text"], "emphases": chosen, "scene": record["scene"]}, caption["details"]))
        if len(out) == n:
            break
    return out


def first_stressed(prompts: list[dict], count: int) -> list[dict]:
    """The prompts with weight 1 on the first `count` phrases and 0 on the others."""
    return [{**p, "emphases": [{**e, "weight": float(i < count)} for i, e in enumerate(p["emphases"])]} for p in prompts]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("prompts", type=Path, nargs="?", help="the file whose phrases get --weight")
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--weight", type=float)
    kind.add_argument("--progressive", type=int, metavar="N", help="N captions of the test split")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if args.progressive:
        prompts = draw_progressive(Split(paths.data(), "test").records, args.progressive)
        for count in range(PHRASES + 1):
            write_prompts(args.out / f"stressed-{count}.json", f"stressed-{count}", first_stressed(prompts, count))
        return
    if not args.prompts:
        parser.error("--weight needs the file of prompts")
    # A set's name has no dots.
    write_prompts(args.out, args.out.stem.replace(".", "-"), weighted(json.loads(args.prompts.read_text())["prompts"], args.weight))


if __name__ == "__main__":
    main()
