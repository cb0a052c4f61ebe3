"""Loads what the checks need, from the run folders of a config."""

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import torch

from ..clip.train import embed_all
from ..common import paths
from ..common.data import Glossary, Split
from ..common.noise import noise_bank
from ..denoiser.model import Denoiser
from ..denoiser.train import load_encoder
from ..diffusion.gradient import GradientScale
from ..diffusion.schedule import Schedule
from ..prior.model import Prior
from ..retrieval.contrast import Contrast
from ..retrieval.database import BANK_COUNT, BANK_SEED
from ..text.load import load_text


class Models:
    def __init__(self, config_path: str, part: str = "denoiser"):
        self.config = tomllib.load(open(config_path, "rb"))
        self.name = self.config["name"]
        self.glossary = Glossary(paths.data(self.config))
        self.schedule = Schedule(self.config["schedule"])
        self.encoder = load_encoder(self.config)
        self.part = part

    def split(self, name: str, limit=None) -> Split:
        return Split(paths.data(self.config), name, limit)

    def _denoiser_state(self) -> dict:
        return torch.load(paths.runs() / self.name / self.part / "checkpoint.pt", weights_only=True)

    def contrast(self) -> Contrast | None:
        """The background that references are held against, where the denoiser was trained with gradients at the clean prediction."""
        state = self._denoiser_state().get("contrast")
        return Contrast(**state) if state else None

    def denoiser(self):
        """(EMA denoiser, gradient scale, images seen)."""
        state = self._denoiser_state()
        model = Denoiser(**state["config"]["model"])
        model.load_state_dict(state["ema"])
        return model.eval().requires_grad_(False), GradientScale(**state["scale"]), state["seen"]

    def text(self):
        return load_text(self.name)

    def prior(self):
        state = torch.load(paths.runs() / self.name / "prior" / "checkpoint.pt", weights_only=True)
        prior = Prior(**state["config"])
        prior.load_state_dict(state["model"])
        return prior.eval().requires_grad_(False)


class ReferenceFolder:
    """A folder of PNGs as the studio's catalog sees it: clean embeddings, and noised ones by content hash and level."""

    def __init__(self, models: Models, folder: Path):
        from PIL import Image

        self.models = models
        files = sorted(folder.glob("*.png"))
        self.hashes = [hashlib.sha256(f.read_bytes()).hexdigest() for f in files]
        self.images = np.stack([np.asarray(Image.open(f).convert("RGB")).transpose(2, 0, 1) for f in files])
        self.clean = embed_all(models.encoder, self.images)
        bank = torch.from_numpy(noise_bank(BANK_SEED, BANK_COUNT, self.images.shape[-1]))
        self._noise = bank[[int(h[:8], 16) % BANK_COUNT for h in self.hashes]]
        self._noised: dict[int, torch.Tensor] = {}

    def noised(self, t: int) -> torch.Tensor:
        """f(x_t^ref) of all images at a level, [n, D]; made once a level."""
        if t not in self._noised:
            self._noised[t] = embed_all(self.models.encoder, self.images, noise_at=(self.models.schedule, t, self._noise))
        return self._noised[t]
