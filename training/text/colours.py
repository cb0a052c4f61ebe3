"""
Colour words by hue: each name of a colour survey says the value of a colour group whose own words look nearest to it.

The text head reads colours off frozen word states; the glossary's few words a colour do not show it where the hue lies in them,
hundreds of survey names do. No name contains a held-out colour word (a test holds that).
"""

from functools import cache
from pathlib import Path

import numpy as np

from ..common.data import Glossary
from .synonyms import bare, extras

#: Largest CIE76 distance of a name to the nearest word of its value, and how much farther another value's words must be.
REACH, MARGIN = 18.0, 1.3


def lab(hexes: list[str]) -> np.ndarray:
    """[n, 3] CIE L*a*b* (D65) of colours '#rrggbb'."""
    rgb = np.array([[int(h[i : i + 2], 16) for i in (1, 3, 5)] for h in hexes]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
    xyz = linear @ to_xyz.T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], 1)


@cache
def survey() -> dict[str, str]:
    """Name to '#rrggbb' of colour-names.tsv."""
    lines = (Path(__file__).parent / "colour-names.tsv").read_text().splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


def own_words(glossary: Glossary, held: bool) -> dict[tuple[str, str], list[str]]:
    """The glossary's colour words of each value of a colour group, without noun: those of the captions, or the held-out ones."""
    out: dict[tuple[str, str], list[str]] = {}
    for p in glossary.held_phrases if held else glossary.phrases:
        noun = glossary.nouns.get(p["group"])
        if noun:
            out.setdefault((p["group"], p["value"]), []).append(bare(p["text"]).removesuffix(" " + noun))
    return out


def held_words(glossary: Glossary) -> set[str]:
    """Single words of held-out colours, of any group, that no training phrase of a colour says: 'scarlet', not 'deep' or 'brown'."""
    words = lambda held: {w for said in own_words(glossary, held).values() for s in said for w in s.replace("-", " ").split()}
    return words(True) - words(False)


def tells(name: str, held: set[str]) -> bool:
    """Whether a name contains a held-out word, written apart, together or with an ending ('aqua marine', 'goldenrod')."""
    joined = name.replace("-", "").replace(" ", "").replace("'", "")
    return any(word in joined for word in held)


def colour_phrases(glossary: Glossary) -> list[tuple[str, str, str]]:
    """(text, group, value) of every survey name near enough to one value of a colour group and clearly farther from the others."""
    held, own, colours = held_words(glossary), own_words(glossary, False), survey()
    secret = {s for said in own_words(glossary, True).values() for s in said}
    names = [n for n in colours if len(n.split()) <= 3 and n not in secret and not tells(n, held)]
    points = lab([colours[n] for n in names])
    out = []
    for group, noun in glossary.nouns.items():
        distances = []
        for value in glossary.groups[group]:
            anchors = [colours[w] for w in own.get((group, value), []) + extras(group, value) if w in colours]
            if not anchors:
                raise ValueError(f"no word of {group}={value} is among the survey's colour names: give it one in synonyms.py")
            distances.append(np.linalg.norm(points[:, None] - lab(anchors)[None], axis=-1).min(1))
        order = np.argsort(distances, axis=0)
        near, second = np.take_along_axis(np.array(distances), order[:2], 0)
        for name, value, a, b in zip(names, order[0], near, second):
            if a <= REACH and b >= MARGIN * a:
                out.append((f"{name} {noun}", group, glossary.groups[group][value]))
    return out
