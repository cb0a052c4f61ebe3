"""
The embedded pack's denoiser: an hourglass transformer. 4x4 patches carry the fine grid (blocks of width `fine`), 2x2 of
them are merged for the deep middle (width `width`), and a small convolution over the assembled picture removes patch
seams. It predicts the clean image x_0 from (image, gradient) at level t under condition c.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from ..common.attention import attention


WINDOW = 8
GAIN = 8.0


def to_windows(x, grid: int, shift: int):
    """[B, grid*grid, d] to windows [B * n, 64, d]; a shift of half a window lets neighbours across borders meet."""
    b, _, d = x.shape
    n = grid // WINDOW
    x = x.reshape(b, grid, grid, d)
    if shift:
        x = torch.roll(x, (-shift, -shift), (1, 2))
    return x.reshape(b, n, WINDOW, n, WINDOW, d).permute(0, 1, 3, 2, 4, 5).reshape(b * n * n, WINDOW * WINDOW, d)


def from_windows(x, grid: int, shift: int):
    """Inverse of `to_windows`."""
    n, d = grid // WINDOW, x.shape[-1]
    x = x.reshape(-1, n, n, WINDOW, WINDOW, d).permute(0, 1, 3, 2, 4, 5).reshape(-1, grid, grid, d)
    if shift:
        x = torch.roll(x, (shift, shift), (1, 2))
    return x.reshape(-1, grid * grid, d)


def level_features(t, width: int):
    """Sinusoids of level t [B] in [0, 1000] to [B, width]."""
    half = width // 2
    freq = torch.exp(-math.log(10_000) * torch.arange(half, dtype=torch.float32, device=t.device) / half)
    angle = t.float()[:, None] * freq[None]
    return torch.cat([angle.cos(), angle.sin()], 1)


class Block(nn.Module):
    """Pre-norm transformer block whose norms are shifted and scaled, and whose branches are gated, by the level and c."""

    def __init__(self, width: int, heads: int, modulation: int, grid: int = 0, shift: int = 0):
        """With `grid` the tokens are a grid and attention stays in windows of 8x8; else it is over all tokens."""
        super().__init__()
        self.heads, self.grid, self.shift = heads, grid, shift
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)
        self.modulate = nn.Linear(modulation, 6 * width)
        nn.init.normal_(self.modulate.weight, std=0.002)
        nn.init.zeros_(self.modulate.bias)
        with torch.no_grad():
            self.modulate.bias.view(6, width)[[2, 5]] = 0.2

    def forward(self, x, m):
        b, n, d = x.shape
        s1, a1, g1, s2, a2, g2 = self.modulate(m)[:, None].chunk(6, -1)
        h = self.qkv(self.norm1(x) * (1 + a1) + s1)
        if self.grid:
            h = to_windows(h, self.grid, self.shift)
        q, k, v = h.reshape(h.shape[0], h.shape[1], 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        h = attention(q, k, v).transpose(1, 2).reshape(h.shape[0], h.shape[1], d)
        if self.grid:
            h = from_windows(h, self.grid, self.shift)
        x = x + g1 * self.proj(h)
        h = self.norm2(x) * (1 + a2) + s2
        return x + g2 * self.fc2(F.gelu(self.fc1(h), approximate="tanh"))


class Denoiser(nn.Module):
    """
    f(x, g, t, c): x and g [B, 3, S, S] (g zeros = null; absent when `channels` is 3), t [B] level, condition
    [B, 1 + K, dims] unit embeddings, mask [B, 1 + K] (1 = present). Returns the clean prediction x0 [B, 3, S, S].
    """

    def __init__(self, channels=6, size=64, dims=192, width=256, depth=8, heads=4, fine=96, fine_in=1, fine_out=2, fine_heads=2, modulation=256, references=8):
        super().__init__()
        self.config = dict(channels=channels, size=size, dims=dims, width=width, depth=depth, heads=heads, fine=fine, fine_in=fine_in, fine_out=fine_out, fine_heads=fine_heads, modulation=modulation, references=references)
        self.channels, self.size, self.fine, self.width = channels, size, fine, width
        self.grid = size // 4
        self.patch = nn.Linear(channels * 16, fine)
        self.fine_position = nn.Parameter(torch.randn(self.grid**2, fine) * 0.02)
        self.fine_in = nn.ModuleList(Block(fine, fine_heads, modulation, self.grid, i % 2 * 4) for i in range(fine_in))
        self.merge = nn.Linear(4 * fine, width)
        self.position = nn.Parameter(torch.randn((self.grid // 2) ** 2, width) * 0.02)
        self.token = nn.Linear(dims, width)
        self.token_role = nn.Parameter(torch.randn(2, width) * 0.02)
        self.absent = nn.Parameter(torch.randn(width) * 0.02)
        self.level = nn.Sequential(nn.Linear(256, modulation), nn.SiLU(), nn.Linear(modulation, modulation))
        self.pooled = nn.Linear(2 * dims + 1, modulation)
        self.middle = nn.ModuleList(Block(width, heads, modulation) for _ in range(depth))
        self.split = nn.Linear(width, 4 * fine)
        self.fine_out = nn.ModuleList(Block(fine, fine_heads, modulation, self.grid, (i + 1) % 2 * 4) for i in range(fine_out))
        self.norm = nn.LayerNorm(fine, eps=1e-5)
        self.head = nn.Linear(fine, 16 * 11)
        self.seam1 = nn.Conv2d(11 + 3, 16, 3, padding=1)
        self.seam2 = nn.Conv2d(16, 3, 3, padding=1)
        nn.init.zeros_(self.seam2.weight)
        nn.init.zeros_(self.seam2.bias)
        nn.init.normal_(self.head.weight, std=0.01)

    def forward(self, x, gradient, t, condition, mask):
        b, g, f, w = x.shape[0], self.grid, self.fine, self.width
        image = x if self.channels == 3 else torch.cat([x, gradient], 1)
        present = mask.unsqueeze(-1)
        refs = (condition[:, 1:] * present[:, 1:]).sum(1) / present[:, 1:].sum(1).clamp_min(1)
        # Unit embeddings have entries near 0.07: at this gain they weigh as much as the level from the first step on.
        pooled = torch.cat([condition[:, 0] * present[:, 0] * GAIN, refs * GAIN, mask[:, :1]], 1)
        m = F.silu(self.level(level_features(t, 256)) + self.pooled(pooled))
        h = image.reshape(b, self.channels, g, 4, g, 4).permute(0, 2, 4, 1, 3, 5).reshape(b, g * g, -1)
        h = self.patch(h) + self.fine_position
        for block in self.fine_in:
            h = block(h, m)
        skip = h
        h = h.reshape(b, g // 2, 2, g // 2, 2, f).permute(0, 1, 3, 2, 4, 5).reshape(b, (g // 2) ** 2, 4 * f)
        h = self.merge(h) + self.position
        role = torch.cat([self.token_role[:1], self.token_role[1:].expand(mask.shape[1] - 1, w)], 0)
        tokens = torch.where(present > 0.5, self.token(condition * GAIN) + role, self.absent + role)
        h = torch.cat([h, tokens.to(h.dtype)], 1)
        for block in self.middle:
            h = block(h, m)
        h = self.split(h[:, : (g // 2) ** 2])
        h = h.reshape(b, g // 2, g // 2, 2, 2, f).permute(0, 1, 3, 2, 4, 5).reshape(b, g * g, f) + skip
        for block in self.fine_out:
            h = block(h, m)
        h = self.head(self.norm(h)).reshape(b, g, g, 11, 4, 4).permute(0, 3, 1, 4, 2, 5).reshape(b, 11, self.size, self.size)
        smooth = self.seam2(F.gelu(self.seam1(torch.cat([h, x.to(h.dtype)], 1)), approximate="tanh"))
        return (h[:, :3] + smooth).float()
