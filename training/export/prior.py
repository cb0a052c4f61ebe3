"""
Puts a newly trained prior into a finished pack, every other part untouched byte for byte: the part itself, its golden data, the
held errors that a denoiser's training takes from `training.safetensors`, the manifest's hashes and version.

    python -m training.export.prior models/first --config training/configs/first.toml --version 0.4.0
"""

import argparse
import json
import tomllib
from datetime import date
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from ..common import paths
from ..prior.model import Prior
from .load_pack import TRAINING_FILE, load_training, training_tensors
from .onnx_file import half_exact, write_onnx
from .pack import FILE_OF, describe_file


@torch.no_grad()
def replace(pack: Path, prior: Prior, errors: dict, version: str):
    """Writes `prior` (rounded in place to half precision) and its `errors` (own [N, D], made [N, captions, D]) into the pack; the manifest last."""
    manifest = json.loads((pack / "manifest.json").read_text())
    dims = manifest["embedding"]["dims"]
    if prior.config["dims"] != dims:
        raise ValueError(f"a prior of {prior.config['dims']} dims does not fit {pack}, whose embeddings have {dims}: train it on the pack's own encoder")
    half_exact(prior).eval()
    golden = load_file(pack / manifest["golden"]["file"])
    text = golden["prior.in.text"]
    write_onnx(pack / FILE_OF["prior"], prior, {"text": text}, ["embedding"], {"text": {0: "batch"}})
    golden["prior.out.embedding"] = prior(text).contiguous()
    save_file(golden, pack / manifest["golden"]["file"])
    save_file(training_tensors(load_training(pack)[0], errors), pack / TRAINING_FILE)
    manifest["parts"]["prior"] = describe_file(pack / FILE_OF["prior"])
    manifest["golden"] |= describe_file(pack / manifest["golden"]["file"])
    manifest |= {"version": version, "createdAt": date.today().isoformat()}
    (pack / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pack", type=Path)
    parser.add_argument("--config", required=True)
    parser.add_argument("--version", required=True)
    args = parser.parse_args()
    run = paths.runs() / tomllib.load(open(args.config, "rb"))["name"] / "prior"
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    prior = Prior(**state["config"])
    prior.load_state_dict(state["model"])
    replace(args.pack, prior, torch.load(run / "errors.pt", weights_only=True), args.version)
    print(json.dumps(json.loads((args.pack / "manifest.json").read_text())["parts"]["prior"]))


if __name__ == "__main__":
    main()
