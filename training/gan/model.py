"""
A small language-free text-to-image GAN in the spirit of LAFITE (Zhou et al. 2022): a generator on noise and a feature of the
pack's own embedding space, a discriminator with a real/fake head and a semantic head. Convolutions work at 4 to 32 px; the last
step to 64 px is a pixel shuffle, whose convolution overlaps the patches, so that no seam is left.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

#: Unit embeddings of 192 dimensions have entries near 0.07: at this gain they weigh as much as the noise.
GAIN = 8.0


def pseudo_text(h, size: float):
    """
    LAFITE's pseudo text features: unit features [B, D] at the angle atan(size) or less from image embeddings h [B, D]:
    h + size * |h| * eps / |eps|, normalised. `size` is the paper's xi.
    """
    noise = F.normalize(torch.randn_like(h), dim=-1)
    return F.normalize(h + size * h.norm(dim=-1, keepdim=True) * noise, dim=-1)


def contrast(features, targets, temperature: float):
    """Cross entropy, a scalar: each of features [n, D] must find its own by cosine among targets [B, D], whose first n are theirs."""
    logits = F.normalize(features.float(), dim=-1) @ F.normalize(targets.float(), dim=-1).T / temperature
    return F.cross_entropy(logits, torch.arange(len(features), device=features.device))


class Styled(nn.Module):
    """x + conv(act(x * (1 + a) + b)) with a and b from the style: a residual 3x3 block."""

    def __init__(self, width: int, style: int):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.affine = nn.Linear(style, 2 * width)
        nn.init.normal_(self.affine.weight, std=0.5 / math.sqrt(style))
        nn.init.zeros_(self.affine.bias)

    def forward(self, x, w):
        a, b = self.affine(w)[:, :, None, None].chunk(2, 1)
        return x + self.conv(F.leaky_relu(torch.addcmul(b, x, 1 + a), 0.2))


class Generator(nn.Module):
    """Noise z [B, noise] and unit features h [B, dims] to images [B, 3, 64, 64], nominally in [-1, 1], not clamped."""

    def __init__(self, dims=192, noise=64, style=256, widths=(256, 160, 96, 32), blocks=(1, 2, 1, 0)):
        super().__init__()
        self.config = dict(dims=dims, noise=noise, style=style, widths=list(widths), blocks=list(blocks))
        self.noise, self.first = noise, widths[0]
        self.mapping = nn.Sequential(nn.Linear(dims + noise, style), nn.LeakyReLU(0.2), nn.Linear(style, style), nn.LeakyReLU(0.2))
        self.start = nn.Linear(dims + noise, widths[0] * 16)
        self.levels = nn.ModuleList(nn.ModuleList(Styled(w, style) for _ in range(n)) for w, n in zip(widths, blocks))
        self.up = nn.ModuleList(nn.Conv2d(a, 4 * b, 1) for a, b in zip(widths, widths[1:]))
        self.out = nn.Conv2d(widths[-1], 12, 3, padding=1)

    def forward(self, z, h):
        c = torch.cat([z, h * GAIN], 1)
        w = self.mapping(c)
        x = self.start(c).view(-1, self.first, 4, 4).contiguous(memory_format=torch.channels_last)
        for i, blocks in enumerate(self.levels):
            if i:
                x = F.pixel_shuffle(self.up[i - 1](x), 2)
            for block in blocks:
                x = block(x, w)
        return F.pixel_shuffle(self.out(F.leaky_relu(x, 0.2)), 2).float()


class Plain(nn.Module):
    """x + conv(act(x)): a residual 3x3 block."""

    def __init__(self, width: int):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return x + self.conv(F.leaky_relu(x, 0.2))


def patches(images, p: int):
    """Images [B, 3, S, S] to [B, 3 * p * p, S / p, S / p] in channels-last order."""
    b, _, size, _ = images.shape
    x = images.reshape(b, 3, size // p, p, size // p, p).permute(0, 2, 4, 1, 3, 5)
    return x.reshape(b, size // p, size // p, 3 * p * p).permute(0, 3, 1, 2)


class Discriminator(nn.Module):
    """
    Images [B, 3, 64, 64] to (real/fake logits [B] under the features h [B, dims], semantic features [B, dims]). The logit is
    LAFITE's f_d(x) + <h, f_s(x)>. `stem` sees 3 x 3 patches of 4 x 4 px, seams between them as well; but its few numbers a patch
    miss much of what single pixels do: without `fine`, on patches of 2 x 2 px, generated pictures keep a grain.
    """

    def __init__(self, dims=192, widths=(64, 128, 192), hidden=256, fine=32):
        super().__init__()
        self.config = dict(dims=dims, widths=list(widths), hidden=hidden, fine=fine)
        self.stem = nn.Conv2d(48, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList(Plain(w) for w in widths)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in zip(widths, widths[1:]))
        self.hidden = nn.Linear(widths[-1] * 16, hidden)
        self.real = nn.Linear(hidden, 1)
        self.semantic = nn.Linear(hidden, dims)
        self.fine = nn.Conv2d(12, fine, 3, padding=1)
        self.fine_down = nn.Conv2d(fine, widths[0], 2, stride=2)
        nn.init.zeros_(self.fine_down.weight)
        nn.init.zeros_(self.fine_down.bias)

    def forward(self, images, h):
        x = self.stem(patches(images, 4)) + self.fine_down(F.leaky_relu(self.fine(patches(images, 2)), 0.2))
        for i, block in enumerate(self.blocks):
            x = block(self.down[i - 1](F.leaky_relu(x, 0.2)) if i else x)
        x = F.leaky_relu(self.hidden(F.leaky_relu(x, 0.2).flatten(1)), 0.2)
        s = self.semantic(x).float()
        return self.real(x).float()[:, 0] + (s * h).sum(-1), s
