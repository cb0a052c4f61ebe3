"""
What references share and other images lack: the linear discriminant of a few images against the background of all training
images, with statistics that are estimated once (as for exemplar LDA: Hariharan, Malik, Ramanan, ECCV 2012). A mean of
references points to everything that they show; this direction points to what they were retrieved for.
"""

import torch
import torch.nn.functional as F


class Contrast:
    """`mean` [D] of the background's embeddings and `whiten` [D, D], the inverse of their shrunk covariance."""

    def __init__(self, mean: torch.Tensor, whiten: torch.Tensor):
        self.mean, self.whiten = mean, whiten

    @classmethod
    def fit(cls, embeddings: torch.Tensor, shrink: float = 0.3) -> "Contrast":
        """From embeddings [N, D]; `shrink` is the share of the mean variance that is added to every direction."""
        mean = embeddings.mean(0)
        centred = (embeddings - mean).double()
        covariance = centred.T @ centred / len(centred)
        covariance += shrink * covariance.diagonal().mean() * torch.eye(len(mean), dtype=torch.float64)
        whiten = torch.linalg.inv(covariance)
        # Directions are normalised, so only the matrix's form counts; at this size its entries fit half precision.
        return cls(mean, (whiten / whiten.diagonal().mean()).float())

    def direction(self, references: torch.Tensor) -> torch.Tensor:
        """Unit directions [..., D] of reference embeddings [..., k, D]."""
        return F.normalize((references.mean(-2) - self.mean) @ self.whiten, dim=-1)

    def stressed(self, source: torch.Tensor, phrases: torch.Tensor, share: float = 0.5, turns: int = 3) -> torch.Tensor:
        """
        The source embedding [D] with what stressed phrases ask for by their own source embeddings [k, D], all of weight 1
        (`stressedSource` in main/engine/gradient/contrast.ts, docs/decisions/0009).
        """
        directions = F.normalize((phrases - self.mean) @ self.whiten, dim=-1)
        levels = ((phrases - self.mean) * directions).sum(-1)
        for _ in range(turns):
            for direction, level in zip(directions, levels):
                source = source + share / turns * (level - (source - self.mean) @ direction).clamp_min(0) * direction
        return F.normalize(source, dim=-1)

    def state(self) -> dict[str, torch.Tensor]:
        return {"mean": self.mean, "whiten": self.whiten}
