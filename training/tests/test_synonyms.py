"""The extra words and the colour names of the text encoder keep the held-out synonyms unseen."""

import unittest
from collections import Counter

import numpy as np

from ..common import paths
from ..common.data import Glossary
from ..text.colours import colour_phrases, held_words, lab, tells
from ..text.synonyms import bare, phrases


@unittest.skipUnless((paths.data() / "glossary.json").exists(), "the data is not built")
class SynonymsTest(unittest.TestCase):
    def test_no_extra_phrase_is_a_held_one(self):
        glossary = Glossary(paths.data())
        held = {bare(p["text"]) for p in glossary.held_phrases}
        extra = {bare(text) for text, _, _ in phrases(glossary)}
        self.assertFalse(held & extra)
        self.assertGreater(len(extra), 900)

    def test_no_held_colour_is_an_extra_colour_of_any_group(self):
        glossary = Glossary(paths.data())
        colours = lambda rows: {bare(text).removesuffix(" " + glossary.nouns[group]) for text, group in rows if group in glossary.nouns}
        trained = colours((p["text"], p["group"]) for p in glossary.phrases)
        held = colours((p["text"], p["group"]) for p in glossary.held_phrases) - trained
        extra = colours((text, group) for text, group, _ in phrases(glossary))
        self.assertFalse(held & extra)

    def test_no_colour_word_contains_a_held_one(self):
        glossary = Glossary(paths.data())
        held = held_words(glossary)
        self.assertTrue({"azure", "scarlet", "emerald", "tangerine", "rose", "golden", "lilac", "chartreuse", "snow"} <= held)
        rows = phrases(glossary) + colour_phrases(glossary)
        names = {bare(text).removesuffix(" " + glossary.nouns[group]) for text, group, _ in rows if group in glossary.nouns}
        self.assertEqual([n for n in names if tells(n, held)], [])
        secret = {bare(p["text"]) for p in glossary.held_phrases}
        self.assertEqual([text for text, _, _ in rows if bare(text) in secret], [])

    def test_survey_names_reach_every_colour_once(self):
        glossary = Glossary(paths.data())
        rows = colour_phrases(glossary)
        self.assertGreater(len(rows), 3000)
        self.assertEqual({(g, v) for _, g, v in rows}, {(g, v) for g in glossary.nouns for v in glossary.groups[g]})
        self.assertEqual(max(Counter((text, group) for text, group, _ in rows).values()), 1)
        self.assertIn(("shamrock metal", "robotColour", "green"), rows)
        self.assertIn(("neon red lights", "glow", "red"), rows)


SCENES = paths.data(paths.config_of("scenes"))


@unittest.skipUnless((SCENES / "glossary.json").exists(), "the data of scenes is not built")
class ScenesTest(unittest.TestCase):
    def test_every_value_but_numbers_and_places_has_more_words_and_none_is_held_out(self):
        glossary = Glossary(SCENES)
        rows = phrases(glossary) + colour_phrases(glossary)
        said = {(g, v) for _, g, v in phrases(glossary)}
        self.assertEqual({(g, v) for g, v in glossary.columns if not g.endswith(("Number", "Place"))}, said)
        secret, held = {bare(p["text"]) for p in glossary.held_phrases}, held_words(glossary)
        self.assertEqual([text for text, _, _ in rows if bare(text) in secret], [])
        names = {bare(text).removesuffix(" " + glossary.nouns[group]) for text, group, _ in rows if group in glossary.nouns}
        self.assertEqual([n for n in names if tells(n, held)], [])


class ColoursTest(unittest.TestCase):
    def test_lab_of_known_colours(self):
        # Reference values of sRGB white, black and red under D65.
        expected = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20]]
        np.testing.assert_allclose(lab(["#ffffff", "#000000", "#ff0000"]), expected, atol=0.05)

    def test_a_held_word_is_found_apart_together_and_with_an_ending(self):
        held = {"golden", "aquamarine"}
        self.assertEqual([tells(n, held) for n in ("goldenrod", "aqua marine", "dark golden-brown", "gold")], [True, True, True, False])


if __name__ == "__main__":
    unittest.main()
