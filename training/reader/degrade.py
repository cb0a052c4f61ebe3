"""What generated images do to a render: blur, lost resolution, fine and patchy noise, small shifts, a little contrast."""

import torch
import torch.nn.functional as F


def gaussian_blur(images, sigma: float):
    """Separable Gaussian of standard deviation `sigma` pixels (radius 3), edges repeated."""
    at = torch.arange(-3, 4, dtype=images.dtype)
    kernel = torch.exp(-0.5 * (at / max(sigma, 1e-3)) ** 2)
    kernel = (kernel / kernel.sum()).expand(3, 1, 1, 7)
    across = F.conv2d(F.pad(images, (3, 3, 0, 0), mode="replicate"), kernel, groups=3)
    return F.conv2d(F.pad(across, (0, 0, 3, 3), mode="replicate"), kernel.transpose(2, 3), groups=3)


def shift(images, most: int):
    """Moves every image of the batch by the same random offset of at most `most` pixels, edges repeated."""
    dx, dy = torch.randint(-most, most + 1, (2,)).tolist()
    h, w = images.shape[-2:]
    return F.pad(images, (most,) * 4, mode="replicate")[..., most + dy : most + dy + h, most + dx : most + dx + w]


def rescale(images, least: float):
    """Down to a random size between `least` and 1 of the width, and up again."""
    size = images.shape[-1]
    small = int(size * (least + (1 - least) * torch.rand(()).item()))
    down = F.interpolate(images, size=(small, small), mode="bilinear", antialias=True)
    return F.interpolate(down, size=(size, size), mode="bilinear" if torch.rand(()) < 0.5 else "bicubic")


def noise(images, fine: float, patchy: float):
    """Adds per-image random amounts, up to the given standard deviations, of pixel noise and of noise in 4 px patches."""
    b, c, h, w = images.shape
    coarse = F.interpolate(torch.randn(b, c, h // 4, w // 4), size=(h, w), mode="bilinear")
    amount = torch.rand(2, b, 1, 1, 1) ** 2
    return images + amount[0] * fine * torch.randn_like(images) + amount[1] * patchy * coarse


def contrast(images, most: float):
    """Scales contrast and moves brightness of each image by at most `most`; colours have names, so `most` stays small."""
    b = images.shape[0]
    scale = 1 + most * (2 * torch.rand(b, 1, 1, 1) - 1)
    return images * scale + 0.5 * most * (2 * torch.rand(b, 1, 1, 1) - 1)


def degrade(images, chunks: int = 8):
    """Images [B, 3, S, S] in [-1, 1] as a sampler might give them; each of `chunks` parts of the batch gets its own blur, scale and shift."""
    out = []
    for part in images.chunk(chunks):
        part = shift(part, 2)
        kind = torch.rand(()).item()
        if kind < 0.3:
            part = gaussian_blur(part, 0.3 + 0.8 * torch.rand(()).item())
        elif kind < 0.6:
            part = rescale(part, 0.5)
        out.append(part)
    x = torch.cat(out)
    return contrast(noise(x, 0.2, 0.12), 0.08).clamp(-1, 1)
