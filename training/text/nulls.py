"""
Phrases that name nothing in the pack's world. Those for training teach the text encoder to say so; those for calibration
(`nullScores` of the manifest) share no noun with them, so that the background is measured on words never trained on.
"""

import re

from ..common.data import Glossary
from .synonyms import phrases

_ADJECTIVES = ["small", "old", "broken", "wooden", "shiny", "modern", "huge", "wet", "famous", "quiet", "dusty", "sleek"]
_TRAINING = """truck sandwich guitar castle bridge volcano umbrella piano bicycle lighthouse mountain river sofa candle
telescope pizza dolphin helicopter waterfall newspaper calendar tent ladder violin pyramid airport hammer kettle rocket
carpet statue desert highway wallet pillow microscope bakery library canoe tractor fountain violinist engine invoice
printer skyscraper glacier stadium trumpet wheel battery curtain elevator fridge orchestra museum""".split()
_CALIBRATION = """locomotive cheeseburger harp cathedral viaduct geyser parasol accordion motorcycle harbour canyon lagoon
armchair lantern binoculars lasagna whale submarine rapids magazine clock hammock staircase cello obelisk runway
screwdriver teapot satellite tapestry monument savanna motorway purse mattress oscilloscope butcher archive kayak
bulldozer aqueduct drummer turbine receipt scanner warehouse iceberg arena clarinet gearbox charger blinds escalator
dishwasher choir gallery spaghetti zebra anchor parliament tennis thunderstorm chessboard bathtub envelope microwave
wristwatch keyboard ambulance windmill vineyard surfboard donut sculpture sailboat courthouse chandelier""".split()


def _heads(text: str) -> set[str]:
    """What a phrase is of: its last word, and the one before "of", "with" or "in" ("slice of pizza": slice, pizza)."""
    return {re.findall(r"[a-z]+", part)[-1].rstrip("s") for part in re.split(r" of | with | in ", text)}


def _outside(nouns: list[str], glossary: Glossary | None) -> list[str]:
    """All nouns, or, with a glossary, those that no phrase of the glossary is of, held-out ones among them: what one domain shows is nothing in another."""
    if glossary is None:
        return nouns
    texts = [p["text"] for p in glossary.phrases + glossary.held_phrases] + [text for text, *_ in phrases(glossary)]
    own = set().union(*map(_heads, texts))
    return [n for n in nouns if n.rstrip("s") not in own]


def training(glossary: Glossary | None = None) -> list[str]:
    nouns = _outside(_TRAINING, glossary)
    return [f"a {n}" for n in nouns] + [f"a {a} {n}" for i, n in enumerate(nouns) for a in (_ADJECTIVES[i % 12], _ADJECTIVES[(i + 5) % 12])]


def calibration(glossary: Glossary | None = None) -> list[str]:
    nouns = _outside(_CALIBRATION, glossary)
    return [f"{'an' if n[0] in 'aeiou' else 'a'} {n}" for n in nouns] + [f"a {a} {n}" for i, n in enumerate(nouns) for a in (_ADJECTIVES[i % 12], _ADJECTIVES[(i + 4) % 12], _ADJECTIVES[(i + 7) % 12])]
