"""
Pictures that no render shows, for the denoiser: channels in another order, and a rectangle of a quite different picture. What it
is conditioned on is the encoder's embedding of just that picture, so it learns to take each part of an embedding by itself, and
not to forbid a colour or a part because of its company (docs/decisions/0008). No label and no caption is read.
"""

import torch

from ..clip.augment import exchanged, rectangles


def covered(images, others):
    """Images with a rectangle of `others` [B, 3, S, S] in the same place."""
    _, inside = rectangles(len(images), images.shape[-1])
    return torch.where(inside[:, None], others, images)


def made_strange(x0, own, encode, coverings: int, exchanges: int):
    """
    (x0, own) with the first `coverings` images covered by the least similar one of the batch, the next `exchanges` in other
    channels, and their embeddings own [B, D] made anew by `encode`.
    """
    n = coverings + exchanges
    if n == 0:
        return x0, own
    least = (own[:coverings] @ own.T).argmin(1)
    odd = torch.cat([covered(x0[:coverings], x0[least]), exchanged(x0[coverings:n])])
    with torch.no_grad():
        return torch.cat([odd, x0[n:]]), torch.cat([encode(odd), own[n:]])
