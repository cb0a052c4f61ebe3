"""Noise schedules by level t in [0, T]; docs/pack-format.md holds the definition that the studio shares."""

import math

import torch

LEVELS = 1000


def alpha_bar(kind: str = "cosine", levels: int = LEVELS) -> torch.Tensor:
    """alphaBar(t) for t = 0..T, float64 [T + 1]."""
    if kind == "cosine":
        t = torch.arange(levels + 1, dtype=torch.float64) / levels
        f = torch.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2
        out = (f / f[0]).clamp(1e-5, 1)
        out[levels] = 0
        return out
    if kind == "linear":
        beta = torch.linspace(1e-4, 0.02, levels, dtype=torch.float64)
        return torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(1 - beta, 0)])
    raise ValueError(f"schedule '{kind}' is not known: expected 'cosine' or 'linear'")


class Schedule:
    """alpha(t), sigma(t) as float32 lookups shaped to broadcast over images."""

    def __init__(self, kind: str = "cosine"):
        bar = alpha_bar(kind)
        self.kind, self.bar = kind, bar
        self._alpha, self._sigma = bar.sqrt().float(), (1 - bar).sqrt().float()

    def alpha(self, t):
        return self._alpha[t].view(-1, 1, 1, 1)

    def sigma(self, t):
        return self._sigma[t].view(-1, 1, 1, 1)

    def add_noise(self, x0, noise, t):
        """x_t = alpha(t) x_0 + sigma(t) noise."""
        return self.alpha(t) * x0 + self.sigma(t) * noise

    def snr(self, t):
        return self.bar[t] / (1 - self.bar[t]).clamp_min(1e-12)
