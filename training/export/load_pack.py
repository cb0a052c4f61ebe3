"""Reads weights back from a committed pack, for `--init-from models/PACK` when the checkpoints are gone."""

import json
from pathlib import Path

import numpy as np
import torch


def initialisers(path: Path) -> dict[str, torch.Tensor]:
    """Parameter name to float32 tensor of an exported ONNX part."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    return {t.name.removesuffix(".half"): torch.from_numpy(numpy_helper.to_array(t).astype(np.float32)) for t in graph.initializer}


def init_from(pack: Path, model: torch.nn.Module, part: str = "denoiser") -> int:
    """Loads a part's weights into `model`; returns the images seen so far. Raises when a parameter is missing or has another shape."""
    manifest = json.loads((pack / "manifest.json").read_text())
    found = initialisers(pack / manifest["parts"][part]["file"])
    missing = [k for k in model.state_dict() if k not in found]
    if missing:
        raise ValueError(f"{pack}: the part {part} has no {missing[0]} (and {len(missing) - 1} more): is the config of this training the pack's?")
    model.load_state_dict({k: found[k] for k in model.state_dict()})
    return manifest["imagesSeen"]["denoiser"]
