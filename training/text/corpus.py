"""The training texts: single phrases, compound details, captions and null phrases, each with the attributes it names."""

import random

from ..common.data import Glossary, Split
from . import nulls
from .colours import colour_phrases
from .synonyms import bare, phrases, reworded, said


class Corpus:
    """`texts`, and for each text a list of alternatives, an alternative being a set of label columns an image must have."""

    def __init__(self):
        self.texts: list[str] = []
        self.needs: list[list[frozenset[int]]] = []
        #: Row of an image that a caption was written for; -1 for phrases.
        self.example: list[int] = []
        self._seen: dict[str, int] = {}

    def add(self, text: str, columns: frozenset[int], example: int = -1):
        if text in self._seen:
            needs = self.needs[self._seen[text]]
            if columns not in needs:
                needs.append(columns)
            return
        self._seen[text] = len(self.texts)
        self.texts.append(text)
        self.needs.append([columns])
        self.example.append(example)

    def add_null(self, text: str):
        self._seen[text] = len(self.texts)
        self.texts.append(text)
        self.needs.append([])
        self.example.append(-1)

    def table(self, values: int):
        """(wanted [texts, alternatives, values] float, count [texts, alternatives]; count -1 where there is no alternative)."""
        import torch

        deepest = max(map(len, self.needs))
        wanted = torch.zeros(len(self.texts), deepest, values)
        count = torch.full((len(self.texts), deepest), -1.0)
        for row, alternatives in enumerate(self.needs):
            for k, columns in enumerate(alternatives):
                wanted[row, k, list(columns)] = 1
                count[row, k] = len(columns)
        return wanted, count


def phrase_corpus(glossary: Glossary, held: bool) -> Corpus:
    corpus = Corpus()
    for p in glossary.held_phrases if held else glossary.phrases:
        columns = frozenset([glossary.index[p["group"], p["value"]]])
        corpus.add(p["text"], columns)
        corpus.add(bare(p["text"]), columns)
    return corpus


def caption_columns(glossary: Glossary, record: dict, caption: dict) -> frozenset[int]:
    """Columns of all that a caption names: the subject, where the domain has one, its details, and what they imply together."""
    scene, named = record["scene"], dict(caption.get("implied", {}))
    if "subject" in scene:
        named["subject"] = scene["subject"]
    for detail in caption["details"]:
        named |= detail["attributes"]
    return frozenset(glossary.index[g, v] for g, v in named.items())


def value_table(named, values: int):
    """bool [texts, values], true at the label columns that each text of `named` has."""
    import torch

    table = torch.zeros(len(named), values, dtype=torch.bool)
    for row, columns in enumerate(named):
        table[row, list(columns)] = True
    return table


def training_corpus(glossary: Glossary, train: Split, captions: int) -> Corpus:
    corpus = phrase_corpus(glossary, held=False)
    for text, group, value in phrases(glossary) + colour_phrases(glossary):
        for form in (text, bare(text)):
            corpus.add(form, frozenset([glossary.index[group, value]]))
    words, chance = said(glossary), random.Random(1)
    for row, record in enumerate(train.records[:captions]):
        for caption in record["captions"]:
            corpus.add(caption["text"], caption_columns(glossary, record, caption), row)
            for detail in caption["details"]:
                columns = frozenset(glossary.index[g, v] for g, v in detail["attributes"].items())
                corpus.add(detail["phrase"], columns)
                corpus.add(bare(detail["phrase"]), columns)
                if chance.random() < 0.5:
                    corpus.add(reworded(detail["phrase"], detail["attributes"], words, chance), columns)
            if chance.random() < 0.3:
                everything = {g: v for d in caption["details"] for g, v in d["attributes"].items()}
                columns = caption_columns(glossary, record, caption)
                corpus.add(reworded(caption["text"], everything, words, chance, 0.4), columns, row)
    for text in nulls.training(glossary):
        corpus.add_null(text)
    return corpus
