"""
Pictures that no scene gives, so that a part is read by itself and not guessed from its company.

Some pairs of attributes never occur in training (the composition test). A reader that is taught on plain renders learns their
absence: it called every white coat a dress. Here a rectangle of a picture of ANOTHER subject covers something, or all colours
are moved; what is still to be seen is asked, the rest is not. No held-out pair is shown by this, since parts of one subject
never come from two of its pictures.
"""

import numpy as np
import torch

from ..clip.augment import rectangles
from ..common.data import Glossary
from .regions import regions


def recolour(images):
    """Channels exchanged, scaled and moved per picture, [B, 3, S, S] in [-1, 1]: shapes stay, no colour keeps its name."""
    b = len(images)
    order = torch.stack([torch.randperm(3) for _ in range(b)])
    x = images.gather(1, order[:, :, None, None].expand_as(images))
    scale = 0.35 + 0.65 * torch.rand(b, 1, 1, 1)
    return (x * scale + (1.1 - scale) * (2 * torch.rand(b, 3, 1, 1) - 1)).clamp(-1, 1)


class Strange:
    """
    `regions` as training.reader.regions gives them; `groups` and `colours` name the columns and those that are colours;
    `covered` and `coloured` are shares of a batch, `recolour` moves the colours of images.
    """

    def __init__(self, regions: dict, groups: dict[str, list[str]], colours: set[str], covered: float = 0.5, coloured: float = 0.15, recolour=recolour):
        self.covered, self.coloured, self.recolour = covered, coloured, recolour
        side = next(iter(regions.values())).shape[0]
        masks = np.zeros((len(groups["subject"]), len(groups), side, side), np.float32)
        for (subject, g), mask in regions.items():
            masks[groups["subject"].index(subject), list(groups).index(g)] = mask
        self.sums = torch.from_numpy(np.pad(masks.cumsum(2).cumsum(3), ((0, 0), (0, 0), (1, 0), (1, 0))))
        # A colour is still seen when half of its part is; a shape only when all of it is.
        self.most = torch.tensor([0.55 if g in colours else 0.02 for g in groups])
        self.is_colour = torch.tensor([g in colours for g in groups])
        self.subject = list(groups).index("subject")
        self.side = side

    def __call__(self, images, y):
        """Images [B, 3, S, S] in [-1, 1] and columns [B, G] to (images, asked [B, G] float: 1 where a group is still to be told)."""
        b = len(images)
        kind = y[:, self.subject]
        chance, order = torch.rand(b), torch.randperm(b)
        patched = (chance < self.covered) & (kind != kind[order])
        coloured = chance > 1 - self.coloured
        (x0, y0, x1, y1), inside = rectangles(b, self.side)
        images = torch.where((inside & patched[:, None, None])[:, None], images[order], images)
        table = self.sums[kind]
        row = torch.arange(b)
        cover = table[row, :, y1, x1] - table[row, :, y0, x1] - table[row, :, y1, x0] + table[row, :, y0, x0]
        whole = table[:, :, -1, -1]
        own = whole > 0
        asked = torch.ones(b, len(self.most))
        asked[patched] = (own & (cover <= self.most * whole))[patched].float()
        if coloured.any():
            images = torch.where(coloured[:, None, None, None], self.recolour(images), images)
            asked[coloured] = (own & ~self.is_colour)[coloured].float()
        return images, asked


def plain(images, y):
    """Every picture as it is, every group asked."""
    return images, torch.ones(y.shape)


def strange_over(train, glossary: Glossary, covered: float, coloured: float, recolour=recolour):
    """
    Strange pictures of a training split, its regions found from its renders; `plain` where none are wanted (a domain whose parts
    have no place of their own has no regions).
    """
    if covered == coloured == 0:
        return plain
    groups, colours = glossary.groups, glossary.colours
    return Strange(regions(train.images, train.scenes, groups), groups, colours, covered, coloured, recolour)
