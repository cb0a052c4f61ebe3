"""
Two evaluations of the same prompts and seeds with other settings, compared picture by picture: the difference of details
shown, first minus second, with a 95 % interval over prompts, for each arm. Needs numpy alone: what the reader saw lies beside
the pictures.

    python -m training.evaluate.paired out-ddim out-dpm [--free sampler,steps]

Each folder is one that `npm start -- evaluate --out` made; prompts that only one of them has yet are left out. `--free pack`
compares two packs, with the same settings; `--arms refined,baseline` holds one arm of the first against another of the second.
"""

import argparse
import json
import sqlite3
from pathlib import Path

import numpy as np

from ..reader.intervals import difference, interval, percents

Key = tuple[int, int, str]


def read_results(folder: Path) -> tuple[dict, dict[Key, np.ndarray], dict[Key, dict[str, str | None]]]:
    """
    (facts, pictures uint8 [S, S, 3], what the reader sees: group to value or None), both by prompt, seed and arm, of an
    evaluation's results file, which is not changed.
    """
    path = folder / "studio" / "evaluations" / "results.db"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: expected a folder that `npm start -- evaluate --out` made")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        (facts,) = db.execute("select value from fact where key = 'facts'").fetchone()
        rows = db.execute("select prompt, seed, arm, size, rgb, seen from result").fetchall()
    pictures = {(p, s, arm): np.frombuffer(rgb, np.uint8).reshape(size, size, 3) for p, s, arm, size, rgb, _ in rows}
    return json.loads(facts), pictures, {(p, s, arm): json.loads(seen) for p, s, arm, _, _, seen in rows}


def wanted_of(prompt: dict) -> dict[str, str]:
    return {g: v for e in prompt["emphases"] for g, v in e["details"].items()}


def shown(wanted: dict[str, str], seen: dict[str, str | None]) -> dict[str, bool]:
    """Of wanted details (group to value) whether each is what a reading (group to value or None) says."""
    return {g: seen.get(g) == v for g, v in wanted.items()}


def compared(folders: list[Path], free: set[str], arms: tuple[str, str] | None = None) -> list[dict]:
    """
    One row per arm, or one of the two `arms`, of the first and the second. ValueError where the two differ in more than `free`
    (settings by name, or "pack").
    """
    (a, first, seen_a), (b, second, seen_b) = map(read_results, folders)
    for key in {"promptSet", "readerHash", "pack"} - free:
        if a[key] != b[key]:
            raise ValueError(f"the two evaluations differ in {key}: nothing can be paired")
    fixed = a["settings"].keys() | b["settings"].keys() if "pack" not in free else (a["settings"].keys() | b["settings"].keys()) - {"packId"}
    other = {k for k in fixed if a["settings"].get(k) != b["settings"].get(k)} - free
    if other:
        raise ValueError(f"the two evaluations differ in {', '.join(sorted(other))}: expected the same but for {', '.join(sorted(free))}")
    name = lambda facts: f"{facts['settings'].get('sampler') or 'ddim'} {facts['settings']['steps']}, pack {facts['pack']['version']}"
    prompts, rows = a["promptSet"]["prompts"], []
    for arm, other in [arms] if arms else [(x, x) for x in sorted({k[2] for k in first})]:
        keys = sorted(k[:2] for k in first if k[2] == arm and (*k[:2], other) in second)
        if not keys:
            continue
        wanted = [wanted_of(prompts[p]) for p, _ in keys]
        sides = (seen_a, arm), (seen_b, other)
        matches = [[shown(w, seen[*k, of]) for k, w in zip(keys, wanted)] for seen, of in sides]
        pixels = float(np.mean([np.abs(first[*k, arm].astype(int) - second[*k, other]).mean() for k in keys]))
        rows.append({
            "arm": arm if arm == other else f"{arm} - {other}", "pictures": len(keys), "details": sum(map(len, wanted)),
            "first": [name(a), *percents(interval(matches[0]), 2)],
            "second": [name(b), *percents(interval(matches[1]), 2)],
            "loss": percents(difference(*matches), 2),
            "changedDetails": sum(x != y for p, q in zip(*matches) for x, y in zip(p.values(), q.values())),
            "meanPixelDifference": round(pixels, 2),
        })
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs=2)
    parser.add_argument("--free", default="sampler,steps", help="what the two may differ in")
    parser.add_argument("--arms", help="one arm of the first folder and one of the second, by a comma")
    args = parser.parse_args()
    arms = args.arms and tuple(args.arms.split(","))
    if arms and len(arms) != 2:
        parser.error(f"--arms: expected two by a comma, got {args.arms}")
    for row in compared(args.folders, set(args.free.split(",")), arms):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
