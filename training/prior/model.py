"""The prior: a text embedding to an image embedding, by residual layers (no diffusion; ECLIPSE shows that this is enough)."""

import torch.nn.functional as F
from torch import nn


class Prior(nn.Module):
    """text [B, D] to a unit image embedding [B, D]."""

    def __init__(self, dims: int = 192, width: int = 768, layers: int = 3):
        super().__init__()
        self.config = dict(dims=dims, width=width, layers=layers)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(dims), nn.Linear(dims, width), nn.GELU(approximate="tanh"), nn.Linear(width, dims)) for _ in range(layers)
        )

    def forward(self, text):
        x = text
        for layer in self.layers:
            x = x + layer(x)
        return F.normalize(x, dim=-1)
