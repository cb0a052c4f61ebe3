"""Reads weights back from a committed pack, for `--init-from models/PACK` when the checkpoints are gone."""

import json
from pathlib import Path

#: Beside a pack's parts: what the denoiser's training needs and the studio does not.
TRAINING_FILE = "training.safetensors"

import numpy as np
import torch


def initialisers(path: Path) -> dict[str, torch.Tensor]:
    """Parameter name to float32 tensor of an exported ONNX part."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    found = {t.name.removesuffix(".half"): torch.from_numpy(numpy_helper.to_array(t).astype(np.float32)) for t in graph.initializer}
    for name in [k.removesuffix(".bytes8") for k in found if k.endswith(".bytes8")]:
        found[name] = found.pop(f"{name}.bytes8") * found.pop(f"{name}.scale8")
    return found


def init_from(pack: Path, model: torch.nn.Module, part: str = "denoiser") -> int:
    """
    Loads a part's weights into `model`; returns the images seen so far. A one-stage model takes a two-stage part without its
    gradient channels: it begins as that pack's coarse stage. Raises when a parameter is missing or has another shape.
    """
    manifest = json.loads((pack / "manifest.json").read_text())
    found = initialisers(pack / manifest["parts"][part]["file"])
    missing = [k for k in model.state_dict() if k not in found]
    if missing:
        raise ValueError(f"{pack}: the part {part} has no {missing[0]} (and {len(missing) - 1} more): is the config of this training the pack's?")
    if getattr(model, "channels", None) == 3:
        found["patch.weight"] = found["patch.weight"][:, : 3 * 16]
    model.load_state_dict({k: found[k] for k in model.state_dict()})
    return manifest["imagesSeen"]["denoiser"]


def training_tensors(head: dict, errors: dict) -> dict[str, torch.Tensor]:
    """The encoder's value head and 256 of the prior's errors, small enough to travel with a pack."""
    tensors = {**{f"head.{k}": v for k, v in head.items()}, **{f"errors.{k}": v[:256] for k, v in errors.items()}}
    return {k: (v.half() if v.numel() > 1000 else v.float()).clone().contiguous() for k, v in tensors.items()}


def load_training(pack: Path) -> tuple[dict, dict]:
    """(value head, prior errors) of a committed pack."""
    from safetensors.torch import load_file

    raw = {k: v.float() for k, v in load_file(pack / TRAINING_FILE).items()}
    take = lambda prefix: {k.removeprefix(prefix): v for k, v in raw.items() if k.startswith(prefix)}
    return take("head."), take("errors.")
