"""
The pack's ONNX VJP against PyTorch autograd, on clean and noised held-out images, relative to the gradient's maximum.

    python -m training.evaluate.vjp --pack models/first
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from ..common import paths
from ..common.data import Split, to_unit
from ..diffusion.gradient import semantic_gradient
from ..diffusion.schedule import Schedule
from ..export.encoder_file import load_encoder_file


def check(pack: Path, images: int = 16) -> dict:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(pack / "image-encoder-vjp.onnx"), providers=["CPUExecutionProvider"])
    encoder = load_encoder_file(pack / "encoder.safetensors").eval().requires_grad_(False)
    schedule = Schedule(json.loads((pack / "manifest.json").read_text())["schedule"]["kind"])
    torch.manual_seed(2)
    clean = to_unit(Split(paths.data(paths.config_of_pack(pack)), "test", limit=images).images)
    dims = encoder.config["dims"]
    worst = {}
    for level in (0, 300, 700, 1000):
        x = schedule.add_noise(clean, torch.randn_like(clean), torch.full((images,), level))
        cotangent = torch.nn.functional.normalize(torch.randn(images, 2, dims), dim=-1)
        _, got = session.run(None, {"image": x.numpy(), "cotangent": cotangent.numpy()})
        want = torch.stack([semantic_gradient(encoder, x, cotangent[:, c]) for c in range(2)], 1).numpy()
        worst[level] = float(np.abs(got - want).max() / np.abs(want).max())
    return {"pack": str(pack), "relativeErrorByLevel": {k: float(f"{v:.2e}") for k, v in worst.items()}, "within1e-4": max(worst.values()) <= 1e-4}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pack", required=True)
    args = parser.parse_args()
    print(json.dumps(check(Path(args.pack))))


if __name__ == "__main__":
    main()
