"""
References for training, found in images alone (language-free): clean embeddings of all training images, and for a
smaller reference set the embeddings of its noised images at a grid of levels, made once because they do not depend on x.
"""

import numpy as np
import torch
import torch.nn.functional as F

from ..clip.train import embed_all
from ..common.noise import noise_bank

BANK_SEED, BANK_COUNT = 1, 8
STEP = 100
GRID = list(range(0, 1001, STEP))


class ReferenceDatabase:
    """`clean` [R, D] and `noised` [levels, R, D] of the reference set; `source` [N, D] of all training images."""

    def __init__(self, source, clean, noised):
        self.source, self.clean, self.noised = source, clean, noised

    @classmethod
    def build(cls, encoder, images: np.ndarray, schedule, references: int, cache):
        if cache.exists():
            state = torch.load(cache, weights_only=True)
            return cls(state["source"], state["clean"], state["noised"])
        encoder = torch.compile(encoder)
        source = embed_all(encoder, images)
        print(f"embedded {len(images)} training images", flush=True)
        size = images.shape[-1]
        bank = torch.from_numpy(noise_bank(BANK_SEED, BANK_COUNT, size))
        noise = bank[torch.arange(references) % BANK_COUNT]
        noised = torch.stack([embed_all(encoder, images[:references], noise_at=(schedule, level, noise)) for level in GRID])
        self = cls(source, source[:references].clone(), noised)
        torch.save({"source": self.source, "clean": self.clean, "noised": self.noised}, cache)
        return self

    def noised_at(self, index, t):
        """Noised-reference embeddings [B, k, D] for reference index [B, k] at level t [B], linear between grid levels."""
        position = t.float() / STEP
        low = position.floor().long().clamp(max=len(GRID) - 2)
        share = (position - low)[:, None, None]
        return torch.lerp(self.noised[low[:, None], index], self.noised[low[:, None] + 1, index], share)

    def along(self, direction, exclude, pool: int, k: int):
        """k of the 2k references of a random pool that lie furthest along direction [B, D], [B, k]; `exclude` [B] are x_0's own rows."""
        rows = torch.randperm(len(self.clean))[:pool]
        scores = direction @ self.clean[rows].T
        scores[exclude[:, None] == rows[None]] = -9
        best = scores.topk(2 * k, dim=1).indices
        return rows[best[:, torch.randperm(2 * k)[:k]]]



class PriorErrors:
    """
    Source embeddings as the prior makes them: an image's own embedding moved by the error that the trained prior made on
    the held caption of a similar image. `own` [N, D] and `made` [N, captions, D]; column 0 holds the full captions.
    """

    def __init__(self, own, made):
        self.own, self.errors = own, made - own[:, None]

    def degrade(self, e, captions=(0.5, 0.25, 0.25)):
        """e [B, D] as a prior would give it, unit; the error's size varies around the measured one, `captions` are the columns' shares."""
        b = len(e)
        near = (e @ self.own.T).topk(32, dim=1).indices[torch.arange(b), torch.randint(0, 32, (b,))]
        column = torch.multinomial(torch.tensor(captions), b, replacement=True)
        size = 0.6 + 0.8 * torch.rand(b, 1)
        return F.normalize(e + size * self.errors[near, column], dim=-1)


class PhraseBank:
    """Directions of nameable details in the encoder's space (its value head), with the bias from which a detail is shown."""

    def __init__(self, head: dict):
        self.vectors, self.bias, self.scale = F.normalize(head["vectors"], dim=-1), head["bias"], head["log_scale"].exp()

    def draw(self, own, e):
        """
        Directions [B, D] of one detail each that the images own [B, D] show; those that e [B, D] has lost come most often,
        and all shown ones come now and then, because a person also stresses what the prior got right.
        """
        logits = self.scale * own @ self.vectors.T + self.bias
        lost = torch.sigmoid(logits) - torch.sigmoid(self.scale * e @ self.vectors.T + self.bias)
        odds = (0.15 + lost.clamp_min(0)) * (logits > 0) + 1e-6
        return self.vectors[torch.multinomial(odds, 1)[:, 0]]
