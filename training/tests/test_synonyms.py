"""The extra words of the text encoder keep the held-out synonyms unseen."""

import unittest

from ..common import paths
from ..common.data import Glossary
from ..text.synonyms import NOUNS, bare, phrases


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
        colours = lambda rows: {bare(text).removesuffix(" " + NOUNS[group]) for text, group in rows if group in NOUNS}
        trained = colours((p["text"], p["group"]) for p in glossary.phrases)
        held = colours((p["text"], p["group"]) for p in glossary.held_phrases) - trained
        extra = colours((text, group) for text, group, _ in phrases(glossary))
        self.assertFalse(held & extra)


if __name__ == "__main__":
    unittest.main()
