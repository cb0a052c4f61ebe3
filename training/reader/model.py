"""
The attribute reader: a small CNN that names what an image shows, apart from the guide (it shares no weights with the encoder).

One softmax head per attribute group, over its values and "none" (absent, or not applicable to the subject).
"""

import torch
import torch.nn.functional as F
from torch import nn


class ConvUnit(nn.Sequential):
    """3x3 convolution, batch norm, ReLU."""

    def __init__(self, ins: int, outs: int, stride: int = 1):
        super().__init__(nn.Conv2d(ins, outs, 3, stride, 1, bias=False), nn.BatchNorm2d(outs), nn.ReLU(inplace=True))


class Residual(nn.Module):
    """x + unit(x): keeps thin details that a plain stack averages away."""

    def __init__(self, width: int):
        super().__init__()
        self.unit = ConvUnit(width, width)

    def forward(self, x):
        return x + self.unit(x)


class AttributeReader(nn.Module):
    """
    Images [B, 3, 64, 64] in [-1, 1] to logits [B, sum(values + 1)]; larger images are averaged down to 64 px first.

    `groups` is the number of values of each group, in the glossary's order; each head's LAST column is "none".
    About 0.11 GFLOP an image.
    """

    SIZE = 64

    def __init__(self, groups: list[int], width: int = 40, hidden: int = 384, dropout: float = 0.1):
        super().__init__()
        self.config = dict(groups=list(groups), width=width, hidden=hidden, dropout=dropout)
        self.sizes = [n + 1 for n in groups]
        self.features = nn.Sequential(
            nn.PixelUnshuffle(2),
            ConvUnit(12, width),
            Residual(width),
            ConvUnit(width, 2 * width, 2),
            Residual(2 * width),
            ConvUnit(2 * width, 3 * width, 2),
            Residual(3 * width),
            nn.Conv2d(3 * width, 32, 1),
        )
        # The places of parts are nearly fixed in this domain, so the map is flattened, not averaged.
        self.head = nn.Sequential(nn.Flatten(), nn.ReLU(inplace=True), nn.Dropout(dropout), nn.Linear(32 * 64, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, sum(self.sizes)))

    def forward(self, images):
        size = images.shape[-1]
        if size % self.SIZE or images.shape[-2] != size:
            raise ValueError(f"the reader expects square images of 64 px or a multiple of it, got {tuple(images.shape)}")
        if size != self.SIZE:
            images = F.avg_pool2d(images, size // self.SIZE)
        return self.head(self.features(images.contiguous(memory_format=torch.channels_last)))

    def by_group(self, logits) -> list[torch.Tensor]:
        """Logits split into one [B, values + 1] tensor per group."""
        return list(logits.float().split(self.sizes, 1))
