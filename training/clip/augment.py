"""What the encoder must see through: noise of every level, small shifts, the blur of coarse images, and other colours."""

from itertools import permutations

import torch
import torch.nn.functional as F

#: Every order of the channels but their own.
ORDERS = torch.tensor(list(permutations(range(3)))[1:])


def shift(images, most: int):
    """Shifts the whole batch by one random offset, edges repeated."""
    dx, dy = torch.randint(-most, most + 1, (2,)).tolist()
    padded = F.pad(images, (most, most, most, most), mode="replicate")
    h, w = images.shape[-2:]
    return padded[..., most + dy : most + dy + h, most + dx : most + dx + w]


def blur(images):
    """Down and up again by 2: about what an early clean prediction looks like."""
    small = F.avg_pool2d(images, 2)
    return F.interpolate(small, scale_factor=2, mode="bilinear")


def noised(images, schedule, share: float, top: int):
    """A `share` of the images noised at levels up to `top`, more often at low ones; returns images and levels (0 = clean)."""
    n = images.shape[0]
    t = (torch.rand(n) ** 1.5 * (top + 1)).long() * (torch.rand(n) < share)
    return schedule.add_noise(images, torch.randn_like(images), t), t


def exchanged(images):
    """Images [B, 3, S, S] with the channels of each in another order."""
    order = ORDERS[torch.randint(len(ORDERS), (len(images),))]
    return images.gather(1, order[:, :, None, None].expand_as(images))


def rectangles(count: int, side: int):
    """Corners (x0, y0, x1, y1), each [count], of random rectangles, their sides a sixth to five eighths of `side`; and masks [count, side, side]."""
    w, h = torch.randint(side // 6, side // 2 + 9, (count,)), torch.randint(side // 6, side // 2 + 9, (count,))
    x0, y0 = (torch.rand(count) * (side - w + 1)).long(), (torch.rand(count) * (side - h + 1)).long()
    x1, y1 = x0 + w, y0 + h
    at = torch.arange(side)
    inside = ((at >= y0[:, None]) & (at < y1[:, None]))[:, :, None] & ((at >= x0[:, None]) & (at < x1[:, None]))[:, None, :]
    return (x0, y0, x1, y1), inside
