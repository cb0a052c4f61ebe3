"""What an embedding names: the frozen encoder's value head, asked only about the groups of attributes that a caption names."""

import torch
import torch.nn.functional as F

from ..common.data import Glossary
from ..text.corpus import caption_columns, value_table


def named_by_captions(glossary: Glossary, records: list[dict]) -> torch.Tensor:
    """bool [n, captions, columns]: the values that each caption names."""
    named = [caption_columns(glossary, record, caption) for record in records for caption in record["captions"]]
    return value_table(named, len(glossary.columns)).view(len(records), -1, len(glossary.columns))


class NamedValues:
    """
    `columns` are the glossary's (group, value) pairs in the order of the head. `named` below is bool [B, columns]: the values
    that each caption names, at most one a group.
    """

    def __init__(self, head: dict, columns: list[tuple[str, str]]):
        self.vectors, self.bias, self.scale = F.normalize(head["vectors"], dim=-1).detach(), head["bias"].detach(), head["log_scale"].detach().exp()
        if len(columns) != len(self.vectors):
            raise ValueError(f"the head names {len(self.vectors)} values, the glossary {len(columns)}: build the data of the encoder's own training")
        number = {g: i for i, g in enumerate(dict.fromkeys(g for g, _ in columns))}
        group = torch.tensor([number[g] for g, _ in columns])
        #: [columns, columns], true where two values are of one group
        self.rivals = group[:, None] == group[None]

    def logits(self, e):
        """Log odds [B, columns] that an image with embeddings e [B, D] shows each value."""
        return self.scale * e @ self.vectors.T + self.bias

    def _among(self, e, named):
        """Log odds [named values, columns] within the group of each named value, and its column."""
        row, column = named.nonzero().T
        return self.logits(e)[row].masked_fill(~self.rivals[column], -torch.inf), column

    def loss(self, e, named):
        """Mean cross-entropy of each named value among the values of its group."""
        return F.cross_entropy(*self._among(e, named))

    def first(self, e, named) -> torch.Tensor:
        """bool [named values]: does each come first in its group?"""
        among, column = self._among(e, named)
        return among.argmax(1) == column

    def lost(self, e, own, named) -> float:
        """Share of the named values that the image's own embedding [B, D] shows and e does not."""
        shown = self.logits(own)[named] > 0
        return (shown & (self.logits(e)[named] <= 0)).float().mean().item()
