"""Reading pictures by hand against the reader: what is counted, and that nothing is skipped."""

import unittest

from training.evaluate.hand import agreement, draw_items, wilson

PROMPT = {"emphases": [{"phrase": "a red hat", "details": {"hat": "cap", "hatColour": "red"}}], "others": {"mouth": "smile"}}
FACTS = {"promptSet": {"prompts": [PROMPT] * 3}}
SEEN = {(p, 0, "refined"): {"hat": "cap", "hatColour": None, "mouth": "smile" if p else "grin"} for p in range(3)}


class TestHand(unittest.TestCase):
    def items(self):
        drawn = draw_items(FACTS, SEEN, "refined", 3, seed=1)
        return drawn, {str(i["picture"]): {k: i[k] for k in ("verdicts", "reads", "stressed")} for i in drawn}

    def test_draws_every_detail_once_with_the_readers_verdict(self):
        drawn, verdicts = self.items()
        self.assertEqual(sorted(i["prompt"] for i in drawn), [0, 1, 2])
        self.assertEqual(drawn[0]["details"], ["mouth: smile", "hat: cap", "hatColour: red"])
        for i in drawn:
            self.assertEqual(i["verdicts"], "010" if i["prompt"] == 0 else "110")
            self.assertEqual(i["stressed"], [False, True, True])
        with self.assertRaisesRegex(ValueError, "fewer than 4"):
            draw_items(FACTS, SEEN, "refined", 4, seed=1)

    def test_counts_agreement_and_names_what_is_apart(self):
        drawn, verdicts = self.items()
        got = agreement(drawn, verdicts, {str(i["picture"]): "111" for i in drawn})
        self.assertEqual((got["all"]["same"], got["all"]["of"], got["stressed"]["same"], got["stressed"]["of"]), (5, 9, 3, 6))
        self.assertEqual((got["personYesReaderNo"], got["personNoReaderYes"], len(got["apart"])), (4, 0, 4))
        self.assertIn({"detail": "mouth: smile", "readerReads": "grin"}, [{k: a[k] for k in ("detail", "readerReads")} for a in got["apart"]])
        for bad in ({}, {"1": "11"}, {"1": "112", "2": "111", "3": "111"}):
            with self.assertRaisesRegex(ValueError, "expected 3 digits"):
                agreement(drawn, verdicts, bad)

    def test_wilson_is_the_known_interval(self):
        # Newcombe 1998, table I: 81 of 263.
        low, high = wilson(81, 263)
        self.assertAlmostEqual(low, 0.2553, 4)
        self.assertAlmostEqual(high, 0.3662, 4)
        with self.assertRaises(ValueError):
            wilson(0, 0)


if __name__ == "__main__":
    unittest.main()
