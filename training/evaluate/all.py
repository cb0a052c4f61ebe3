"""
Everything that a pack is judged by, on held-out data, from one command:

    python -m training.evaluate.all --config training/configs/first.toml --pack models/first [--steps 50]
"""

import argparse
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--pack", required=True)
    parser.add_argument("--prompts", default="200")
    parser.add_argument("--steps", default="50")
    args = parser.parse_args()
    for title, module, flags in (
        ("encoder and text, test split", "retrieval", ["--config", args.config, "--split", "test"]),
        ("VJP against autograd", "vjp", ["--pack", args.pack]),
        ("experiment 1, alive", "alive", ["--config", args.config]),
        ("arms, validation split", "arms", ["--config", args.config, "--prompts", args.prompts, "--steps", args.steps]),
    ):
        print(f"== {title}", flush=True)
        subprocess.run([sys.executable, "-m", f"training.evaluate.{module}", *flags], check=True)
    print("== attribute reader, test split", flush=True)
    subprocess.run([sys.executable, "-m", "training.reader.check"], check=True)


if __name__ == "__main__":
    main()
