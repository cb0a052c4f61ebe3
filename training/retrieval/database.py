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
        """The k references [B, k] of a random pool that lie furthest along direction [B, D]; `exclude` [B] are x_0's own rows."""
        rows = torch.randperm(len(self.clean))[:pool]
        scores = direction @ self.clean[rows].T
        scores[exclude[:, None] == rows[None]] = -9
        return rows[scores.topk(k, dim=1).indices]


def degrade(e, database: ReferenceDatabase, error: float):
    """
    A source embedding that misses something, as a prior's does: pulled towards a random one of its 64 nearest among
    4,096 training images, and shaken by noise of the prior's measured error (an angle, as norm on the unit sphere).
    """
    b = len(e)
    rows = torch.randperm(len(database.source))[:4096]
    near = (e @ database.source[rows].T).topk(64, dim=1).indices
    other = database.source[rows[near[torch.arange(b), torch.randint(0, 64, (b,))]]]
    pull = torch.rand(b, 1)
    out = F.normalize(torch.lerp(e, other, pull), dim=-1)
    shake = F.normalize(torch.randn_like(e), dim=-1) * error * torch.rand(b, 1)
    return F.normalize(out + shake, dim=-1)
