"""
Arms of one evaluation as far as it got: details shown, all right and unstressed kept over the prompts that every named arm has,
and the differences of the first to the others, with 95 % intervals. For a run that was stopped; a finished one has its report.

    python -m training.evaluate.so_far OUT refined,coarse

OUT is the folder of `npm start -- evaluate ... --out OUT`.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from ..reader.intervals import difference, interval, percents
from .paired import read_results, shown, wanted_of


def rows_of(prompts: list[dict], seen: dict, arms: list[str]) -> list[dict]:
    """One row an arm; `seen` by (prompt, seed, arm) as `read_results` gives it. ValueError where no prompt has all arms."""
    keys = sorted(k[:2] for k in seen if k[2] == arms[0] and all((*k[:2], arm) in seen for arm in arms))
    if not keys:
        raise ValueError(f"no prompt has all of {', '.join(arms)} yet")
    matches = lambda arm, wanted: [shown(wanted(prompts[p]), seen[p, s, arm]) for p, s in keys]
    details = {arm: matches(arm, wanted_of) for arm in arms}
    return [
        {
            "arm": arm, "pictures": len(keys), "details": sum(map(len, details[arm])),
            "shown": percents(interval(details[arm])),
            "allRight": round(100 * float(np.mean([all(x.values()) for x in details[arm]])), 1),
            "kept": percents(interval(matches(arm, lambda prompt: prompt["others"]))),
            **({f"{arms[0]} - {arm}": percents(difference(details[arms[0]], details[arm]))} if arm != arms[0] else {}),
        }
        for arm in arms
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("arms", help="by commas; the first is held against the others")
    args = parser.parse_args()
    facts, _, seen = read_results(args.out)
    for row in rows_of(facts["promptSet"]["prompts"], seen, args.arms.split(",")):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
