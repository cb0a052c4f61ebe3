"""
What the text head is asked in the image encoder's space: sigmoid loss of texts against cached image embeddings, every image that
has all that a text names a positive, and a pull towards the sum of the named values' vectors.
"""

import math

import torch
import torch.nn.functional as F

from ..common.run import autocast


def positives(wanted: torch.Tensor, count: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """[texts, images] 1 where an image shows one of a text's alternatives whole; labels [images, values]."""
    shown = torch.einsum("tav,iv->tai", wanted, labels)
    return (shown == count.unsqueeze(-1)).any(1).float()


def embed(head, states, mask, rows):
    """Embeddings of texts with words dropped at random, cut to the longest of them (phrases are short, captions long)."""
    length = int(mask[rows].sum(1).max())
    m = mask[rows, :length].float()
    drop = (torch.rand_like(m) > 0.1).float()
    drop[:, 0] = 1
    with autocast():
        return head(states[rows, :length].float(), m * drop)


class TextTask(torch.nn.Module):
    """
    Corpus with its MiniLM states, image embeddings [n, D] and labels [n, values], value vectors [values, D]. Its parameters
    are the sigmoid loss's scale and bias.
    """

    def __init__(self, corpus, states, mask, vectors, images, labels):
        super().__init__()
        self.states, self.mask, self.images, self.labels = states, mask, images, labels
        self.needs, self.counts = corpus.table(labels.shape[1])
        self.examples = torch.tensor(corpus.example)
        unit = F.normalize(vectors, dim=-1)
        named = [sorted({x for alternative in n for x in alternative}) for n in corpus.needs]
        self.target = torch.stack([F.normalize(unit[n].sum(0), dim=-1) if n else torch.zeros(unit.shape[1]) for n in named])
        self.short = torch.tensor([i for i, n in enumerate(corpus.needs) if not n or min(map(len, n)) <= 2])
        self.null = torch.tensor([i for i, n in enumerate(corpus.needs) if not n])
        self.long = torch.tensor([i for i, n in enumerate(corpus.needs) if n and min(map(len, n)) > 2])
        self.log_scale, self.bias = torch.nn.Parameter(torch.tensor(3.0)), torch.nn.Parameter(torch.tensor(-6.0))

    def draw(self, short: int, long: int, null: int = 0) -> list[torch.Tensor]:
        """Rows of so many short texts, with so many more that name nothing, and long texts: a list of rows of like length each."""
        pick = lambda kind, n: kind[torch.randint(len(kind), (n,))]
        few = [pick(kind, n) for kind, n in ((self.short, short), (self.null, null)) if n]
        return [torch.cat(few), *([pick(self.long, long)] if long else [])]

    def forward(self, head, kinds: list[torch.Tensor], images: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(sigmoid loss, pull) of the texts that `draw` gave, against so many images."""
        rows = torch.cat(kinds)
        columns = torch.randint(len(self.images), (images,))
        # Long texts are rarely satisfied by chance: their own images are among those of the batch.
        own = self.examples[rows]
        own = own[own >= 0]
        columns[: len(own)] = own
        embedding = torch.cat([embed(head, self.states, self.mask, kind) for kind in kinds])
        logits = self.log_scale.exp() * embedding @ self.images[columns].T + self.bias
        wanted = positives(self.needs[rows], self.counts[rows], self.labels[columns])
        rate = wanted.mean(1, keepdim=True).clamp(0.01, 0.5)
        weight = torch.where(wanted > 0, 0.5 / rate, 0.5 / (1 - rate))
        loss = F.binary_cross_entropy_with_logits(logits, wanted, weight=weight)
        known = self.target[rows].norm(dim=-1) > 0
        return loss, (1 - (embedding * self.target[rows]).sum(-1))[known].mean()


def warmed(step: int, steps: int) -> float:
    """Factor of the learning rate: a short warmup, then half a cosine to a hundredth."""
    return min(1, (step + 1) / min(200, steps / 4)) * (0.5 * (1 + math.cos(math.pi * step / steps)) + 0.01)
