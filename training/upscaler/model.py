"""The x4 upscaler: residual convolutions at the small size, then one pixel shuffle over repeated pixels."""

import torch
import torch.nn.functional as F
from torch import nn

FACTOR = 4
# Real context (or repeated edges) around the image keeps the convolutions' zero padding out of the picture.
MARGIN = 4


class Block(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, 1, 1)
        self.second = nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x):
        return x + self.second(F.relu(self.first(x)))


class Upscaler(nn.Module):
    """Images [B, 3, S, S] in [-1, 1] to [B, 3, 4S, 4S] in [-1, 1]; any S. Exports as Pad, Conv, Relu, DepthToSpace, Slice, Clip."""

    def __init__(self, width: int = 48, blocks: int = 7):
        super().__init__()
        self.config = dict(width=width, blocks=blocks)
        self.stem = nn.Conv2d(3, width, 3, 1, 1)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.tail = nn.Conv2d(width, 3 * FACTOR**2, 3, 1, 1)
        # A new network repeats pixels and learns from there.
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)
        for block in self.blocks:
            with torch.no_grad():
                block.second.weight.mul_(0.3)

    def enlarge(self, x):
        """Images [B, 3, H, W] that already carry MARGIN pixels of context to [B, 3, 4 (H - 2 MARGIN), 4 (W - 2 MARGIN)], not clipped."""
        h = self.stem(x)
        detail = self.tail(h + self.blocks(h))
        repeated = torch.cat([x[:, c : c + 1].expand(-1, FACTOR**2, -1, -1) for c in range(3)], 1)
        edge = MARGIN * FACTOR
        return F.pixel_shuffle(detail + repeated, FACTOR)[..., edge:-edge, edge:-edge]

    def forward(self, image):
        return self.enlarge(F.pad(image, (MARGIN,) * 4, mode="replicate")).clamp(-1, 1)
