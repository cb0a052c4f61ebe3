"""
The paper's Fig. 10 in figures: of six details that a sentence names, how many the refined picture shows when the first 0 to 6 of them
are stressed.

    python -m training.evaluate.variants --progressive 60 --out sets
    npm start -- evaluate --prompts sets/stressed-0.json --arms refined --steps 20 --out out-0        # to stressed-6 and out-6
    python -m training.evaluate.progressive out-0 out-1 out-2 out-3 out-4 out-5 out-6
"""

import argparse
import json
from pathlib import Path

import numpy as np

from ..reader.intervals import difference, interval, percents
from .paired import read_results, shown, wanted_of


def rows_of(runs: list[tuple[list[dict], dict]], arm: str = "refined") -> list[dict]:
    """
    One row a run of (prompts, seen by (prompt, seed, arm)): details shown of all, of the stressed (None where none is), the share of
    pictures with all, and the difference to the first run, in percent with 95 % intervals. ValueError where the pictures differ.
    """
    rows, first = [], None
    for prompts, seen in runs:
        keys = sorted(k for k in seen if k[2] == arm)
        matches = [shown(wanted_of(prompts[k[0]]), seen[k]) for k in keys]
        stressed = [{g: s[g] for e in prompts[k[0]]["emphases"] if e["weight"] > 0 for g in e["details"]} for k, s in zip(keys, matches)]
        if first is None:
            first = keys, matches
        if keys != first[0]:
            raise ValueError(f"expected the {len(first[0])} {arm} pictures of the first folder, found {len(keys)} of others: was a run stopped?")
        rows.append({
            "stressed": sum(e["weight"] > 0 for e in prompts[keys[0][0]]["emphases"]), "pictures": len(keys), "details": sum(map(len, matches)),
            "all six": percents(interval(matches)), "to the first": percents(difference(matches, first[1])),
            "of the stressed": percents(interval(stressed)) if any(stressed) else None,
            "allRight": round(100 * float(np.mean([all(s.values()) for s in matches])), 1),
        })
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    args = parser.parse_args()
    read = [(facts["promptSet"]["prompts"], seen) for facts, _, seen in map(read_results, args.folders)]
    for row in rows_of(read):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
