"""
Everything that a pack is judged by, on held-out data, from one command:

    python -m training.evaluate.all --config training/configs/first.toml --part refine --pack models/first [--steps 25]

Pictures are sampled as the pack's manifest asks. The arm `baseline` is there when the Baseline was trained.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from pathlib import Path

from ..common import paths
from .arms import ARMS


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--pack", required=True)
    parser.add_argument("--prompts", default="200")
    parser.add_argument("--part", default="denoiser", help="the run that holds the two-stage denoiser")
    parser.add_argument("--steps", help="instead of the pack's own number")
    args = parser.parse_args()
    asked = json.loads((Path(args.pack) / "manifest.json").read_text())["sampling"]
    plan = ["--steps", args.steps or str(asked["steps"]), "--guidance", str(asked["guidance"]), "--rebuild", asked["rebuild"], "--window", *map(str, asked["window"])]
    run = paths.runs() / tomllib.load(open(args.config, "rb"))["name"]
    arms = [*ARMS, *(["baseline"] if (run / "baseline" / "checkpoint.pt").exists() else [])]
    for title, module, flags in (
        ("encoder and text, test split", "retrieval", ["--config", args.config, "--split", "test"]),
        ("VJP against autograd", "vjp", ["--pack", args.pack]),
        ("experiment 1, alive", "alive", ["--config", args.config, "--part", args.part]),
        ("arms, validation split", "arms", ["--config", args.config, "--part", args.part, "--prompts", args.prompts, *plan, "--arms", *arms]),
    ):
        print(f"== {title}", flush=True)
        subprocess.run([sys.executable, "-m", f"training.evaluate.{module}", *flags], check=True)
    print("== attribute reader, test split", flush=True)
    subprocess.run([sys.executable, "-m", "training.reader.check", "--run", run.name], check=True)


if __name__ == "__main__":
    main()
