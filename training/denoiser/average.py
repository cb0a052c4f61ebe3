"""
Averages a run's denoiser with a committed pack's, weight by weight, half and half, and keeps that as the run's checkpoint. Its
optimisers' moments are dropped: it is for the export, or a training that goes on from there with a rate that rises anew.

    python -m training.denoiser.average --config training/configs/scenes.toml --part refine --pack models/scenes

Both must be ends of one training, each annealed: then the mean lies lower between them than either (Izmailov et al. 2018, "Averaging
weights leads to wider optima"; docs/decisions/0027). The checkpoint before it stays beside it as `before-average.pt`.
"""

import argparse
import json
import tomllib
from pathlib import Path

import torch

from ..common import paths
from ..export.load_pack import init_from
from .model import Denoiser


def average(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The mean of two states of one model; ValueError names a parameter that only one has or whose shapes differ."""
    for name in first.keys() | second.keys():
        if name not in first or name not in second or first[name].shape != second[name].shape:
            raise ValueError(f"{name} differs between the two: expected the same model")
    return {name: (first[name].float() + second[name].float()) / 2 if first[name].is_floating_point() else first[name] for name in first}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--part", required=True, help="the run that holds the denoiser")
    parser.add_argument("--pack", required=True, type=Path, help="the committed pack to average with; a one-stage denoiser takes its coarse stage")
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    folder = paths.runs() / config["name"] / args.part
    state = torch.load(folder / "checkpoint.pt", map_location="cpu", weights_only=True)
    other = Denoiser(**state["config"]["model"])
    init_from(args.pack, other)
    mean = average(state["ema"], other.state_dict())
    torch.save(state, folder / "before-average.pt")
    manifest = json.loads((args.pack / "manifest.json").read_text())
    part = folder / "checkpoint.part"
    torch.save({**state, "model": mean, "ema": mean, "optimizers": [], "averagedWith": f"{manifest['id']} {manifest['version']}"}, part)
    part.replace(folder / "checkpoint.pt")
    print(f"averaged {folder / 'checkpoint.pt'} ({state['seen']} images) with {args.pack}")


if __name__ == "__main__":
    main()
