"""
Two evaluations of the same prompts and seeds with other settings, compared picture by picture: the difference of details
shown, first minus second, with a 95 % interval, for each arm. Both are read anew by the trained reader.

    python -m training.evaluate.paired out-ddim out-dpm [--run first]

Each folder is one that `npm start -- evaluate --out` made; prompts that only one of them has yet are left out.
"""

import argparse
import json
import sqlite3
from pathlib import Path

import numpy as np

from ..reader.read import load_reader
from ..reader.score import detail_matching, difference, interval

#: Settings that must agree besides sampler and steps: otherwise more than these two is compared.
FREE = {"sampler", "steps"}


def read_results(folder: Path) -> tuple[dict, dict[tuple[int, int, str], np.ndarray]]:
    """(facts, pictures uint8 [3, S, S] by prompt, seed and arm) of an evaluation's results file, which is not changed."""
    path = folder / "studio" / "evaluations" / "results.db"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: expected a folder that `npm start -- evaluate --out` made")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        (facts,) = db.execute("select value from fact where key = 'facts'").fetchone()
        rows = db.execute("select prompt, seed, arm, size, rgb from result").fetchall()
    pictures = {(p, s, arm): np.frombuffer(rgb, np.uint8).reshape(size, size, 3).transpose(2, 0, 1) for p, s, arm, size, rgb in rows}
    return json.loads(facts), pictures


def wanted_of(prompt: dict) -> dict[str, str]:
    return {g: v for e in prompt["emphases"] for g, v in e["details"].items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs=2)
    parser.add_argument("--run", default="first", help="the run that holds the reader")
    args = parser.parse_args()
    (a, first), (b, second) = map(read_results, args.folders)
    for key in ("promptSet", "pack"):
        if a[key] != b[key]:
            raise ValueError(f"the two evaluations differ in {key}: nothing can be paired")
    other = {k for k in a["settings"].keys() | b["settings"].keys() if a["settings"].get(k) != b["settings"].get(k)} - FREE
    if other:
        raise ValueError(f"the two evaluations differ in {', '.join(sorted(other))}: expected the same but for sampler and steps")
    name = lambda facts: f"{facts['settings'].get('sampler') or 'ddim'} {facts['settings']['steps']}"
    reader, prompts = load_reader(args.run), a["promptSet"]["prompts"]
    for arm in sorted({k[2] for k in first}):
        keys = sorted(k for k in first.keys() & second.keys() if k[2] == arm)
        wanted = [wanted_of(prompts[p]) for p, _, _ in keys]
        shown = [detail_matching(np.stack([pictures[k] for k in keys]), wanted, reader) for pictures in (first, second)]
        gap = difference(*shown)
        pixels = float(np.mean([np.abs(first[k].astype(int) - second[k]).mean() for k in keys]))
        print(json.dumps({
            "arm": arm, "pictures": len(keys), "details": sum(map(len, wanted)),
            name(a): [round(100 * x, 2) for x in interval(shown[0])], name(b): [round(100 * x, 2) for x in interval(shown[1])],
            "loss": [round(100 * x, 2) for x in gap], "changedDetails": sum(x != y for p, q in zip(*shown) for x, y in zip(p.values(), q.values())),
            "meanPixelDifference": round(pixels, 2),
        }))


if __name__ == "__main__":
    main()
