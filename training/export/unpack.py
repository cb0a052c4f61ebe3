"""
Puts a committed pack back into the run folders of a config, so that a machine without checkpoints can go on: every training and
check finds encoder, text head, prior, denoiser and upscaler where they were trained, and the reader beside them.

    python -m training.export.unpack models/first --config training/configs/first.toml [--part refine]

Weights come back as the pack stores them (half precision, the denoiser's average), without the optimisers' states; of the
prior's held errors 256 are left. A run that has a checkpoint already is kept as it is.
"""

import argparse
import json
import tomllib
from pathlib import Path

import torch

from ..common import paths
from ..denoiser.model import Denoiser
from ..evaluate.parts import evaluation_folder
from ..prior.model import Prior
from ..reader.model import AttributeReader
from ..text.minilm import TextHead
from ..upscaler.model import Upscaler
from .encoder_file import load_encoder_file
from .load_pack import initialisers, load_training


def weights(path: Path, model: torch.nn.Module, prefix: str = "") -> dict[str, torch.Tensor]:
    """`model`'s state as the ONNX part at `path` holds it; ValueError names the first parameter that is missing or has another shape."""
    found = initialisers(path)
    out = {}
    for name, own in model.state_dict().items():
        stored = found.get(prefix + name)
        if name.endswith("num_batches_tracked"):
            out[name] = own
        elif stored is None or stored.shape != own.shape:
            raise ValueError(f"{path}: expected {prefix + name} of {tuple(own.shape)}, found {'none' if stored is None else tuple(stored.shape)}: is the config the pack's?")
        else:
            out[name] = stored
    return out


def prior_of(path: Path) -> Prior:
    """The prior of a pack; its width and layers are read off the file."""
    shapes = {k: v.shape for k, v in initialisers(path).items()}
    layers = sum(k.endswith(".1.weight") for k in shapes)
    width, dims = shapes["layers.0.1.weight"]
    model = Prior(dims, width, layers)
    model.load_state_dict(weights(path, model))
    return model.eval()


def states(pack: Path, config: dict, part: str) -> dict[str, dict]:
    """Run name to checkpoint, as the trainings of that run write them (optimisers left out)."""
    from safetensors.torch import load_file

    manifest = json.loads((pack / "manifest.json").read_text())
    file = {k: pack / p["file"] for k, p in manifest["parts"].items()}
    seen, dims = manifest["imagesSeen"], manifest["embedding"]["dims"]
    encoder = load_encoder_file(file["encoderWeights"])
    head, errors = load_training(pack)
    prior = prior_of(file["prior"])
    c = config["denoiser"] | (config[part] if part != "denoiser" else {})
    average = weights(file["denoiser"], Denoiser(**c["model"]))
    scale = {k: manifest["gradientScale"][k] for k in ("levels", "rms", "clip")}
    contrast = {k: v.float() for k, v in load_file(file["contrast"]).items()} if "contrast" in file else None
    return {
        "encoder": {"model": encoder.state_dict(), "head": head, "config": {**config["encoder"], "model": encoder.config}, "seen": seen["encoder"]},
        "text": {"head": weights(file["textEncoder"], TextHead(dims), "head."), "dims": dims, "config": config["text"]},
        "prior": {"model": prior.state_dict(), "config": prior.config},
        "prior/errors": errors,
        part: {"model": average, "ema": average, "emaSteps": seen["denoiser"] // c["batch"], "scale": scale, "seen": seen["denoiser"], "spent": 0.0, "config": c, "contrast": contrast},
        **({"upscaler": {"model": weights(file["upscaler"], Upscaler())}} if "upscaler" in file else {}),
    }


def reader_state(folder: Path) -> dict:
    """The attribute reader's checkpoint from its evaluation part; the parameters keep their names through `Reading`."""
    manifest = json.loads((folder / "manifest.json").read_text())
    groups = {g["id"]: g["values"] for g in manifest["groups"]}
    model = AttributeReader([len(v) for v in groups.values()])
    found = initialisers(folder / manifest["model"]["file"])
    last = f"head.{len(model.head) - 1}."
    state = {}
    for name, own in model.state_dict().items():
        inside = name.replace("features.", "body.0.", 1) if name.startswith("features.") else name.replace(last, "last.") if name.startswith(last) else f"body.{int(name.split('.')[1]) + 1}.{name.split('.', 2)[2]}"
        state[name] = own if name.endswith("num_batches_tracked") else found[inside].view_as(own)
    return {"model": state, "ema": state, "emaSteps": manifest["imagesSeen"] // 128, "config": model.config, "groups": groups, "seen": manifest["imagesSeen"]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pack", type=Path)
    parser.add_argument("--config", required=True)
    parser.add_argument("--part", default="refine", help="the run that receives the denoiser")
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    found = states(args.pack, config, args.part) | {"reader": reader_state(evaluation_folder(config, "reader"))}
    for name, state in found.items():
        path = paths.runs() / config["name"] / (f"{name}.pt" if "/" in name else f"{name}/checkpoint.pt")
        if path.exists():
            print(f"kept {path}")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, path)
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
