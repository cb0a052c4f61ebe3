"""Loads the trained reader and reads images: `load_reader("first").read(images)`."""

from functools import lru_cache

import numpy as np
import torch

from ..common import paths
from ..common.data import Glossary, to_unit
from .model import AttributeReader

# Below it a group "cannot be told" and counts as not shown; chosen on the validation split (training.reader.check).
THRESHOLD = 0.6


def check_images(images: np.ndarray) -> np.ndarray:
    """Returns uint8 [n, 3, S, S] unchanged (S a multiple of 64), or raises ValueError that says what was expected."""
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] != 3:
        shape = getattr(images, "shape", None)
        raise ValueError(f"expected uint8 images [n, 3, S, S] as a numpy array, got {type(images).__name__} {getattr(images, 'dtype', '')} {shape}")
    if images.shape[2] != images.shape[3] or images.shape[2] % AttributeReader.SIZE:
        raise ValueError(f"expected square images of 64 px or a multiple of it, got {images.shape}")
    return images


class Reader:
    """The network with the names of its columns."""

    def __init__(self, model: AttributeReader, groups: dict[str, list[str]]):
        self.model, self.groups = model.eval(), groups

    @torch.no_grad()
    def probabilities(self, images: np.ndarray, batch: int = 250) -> dict[str, np.ndarray]:
        """Group to [n, values + 1] probabilities, the last column "none"."""
        check_images(images)
        parts = [self.model.by_group(self.model(to_unit(images[i : i + batch]))) for i in range(0, len(images), batch)]
        return {g: torch.cat([p[k].softmax(1) for p in parts]).numpy() for k, g in enumerate(self.groups)}

    def read(self, images: np.ndarray, threshold: float = THRESHOLD) -> list[dict[str, str | None]]:
        """
        What each image shows: group to value, or None where the group is absent or cannot be told
        (the best column is "none", or its probability is below `threshold`).
        """
        found: list[dict[str, str | None]] = [{} for _ in images]
        for group, p in self.probabilities(images).items():
            names = [*self.groups[group], None]
            best = p.argmax(1)
            sure = p.max(1) >= threshold
            for row, k, s in zip(found, best, sure):
                row[group] = names[k] if s else None
        return found


@lru_cache
def load_reader(run: str = "first") -> Reader:
    """The reader of a run; FileNotFoundError names the checkpoint that is missing."""
    path = paths.runs() / run / "reader" / "checkpoint.pt"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: train it with python -m training.reader.train --config training/configs/{run}.toml")
    state = torch.load(path, map_location="cpu", weights_only=True)
    data = paths.data(paths.config_of(run))
    glossary = Glossary(data)
    if state["groups"] != glossary.groups:
        raise ValueError(f"the glossary in {data} is not the one that {path} was trained on: build the data or train the reader again")
    model = AttributeReader(**state["config"])
    model.load_state_dict(state["ema"])
    return Reader(model, glossary.groups)


def read(images: np.ndarray, threshold: float = THRESHOLD, run: str = "first") -> list[dict[str, str | None]]:
    """`load_reader(run).read(images, threshold)`: one dictionary of group to value or None per image."""
    return load_reader(run).read(images, threshold)
