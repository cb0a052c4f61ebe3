"""Prompt sets at another weight, and with the first of six phrases stressed."""

import unittest

from ..evaluate.variants import PHRASES, draw_progressive, first_stressed, weighted

DETAILS = {"hat": "cap", "hatColour": "red", "beard": "full", "glasses": "shades", "mouth": "smile", "skin": "tan", "hair": "bald"}


def record(count: int) -> dict:
    named = [{"phrase": f"a {v}", "attributes": {g: v}} for g, v in list(DETAILS.items())[:count]]
    return {"scene": {"subject": "person", **DETAILS}, "captions": [{"text": f"{count} things", "details": named}]}


class Variants(unittest.TestCase):
    def test_a_weight_for_all_changes_nothing_else(self):
        prompt = {"text": "a", "emphases": [{"phrase": "b", "details": {"hat": "cap"}}], "others": {}}
        (made,) = weighted([prompt], 1.5)
        self.assertEqual(made, {**prompt, "emphases": [{"phrase": "b", "details": {"hat": "cap"}, "weight": 1.5}]})
        with self.assertRaisesRegex(ValueError, "2.5: expected 0 to 2"):
            weighted([prompt], 2.5)

    def test_progressive_takes_captions_of_six_and_scores_the_same_details_at_each_count(self):
        prompts = draw_progressive([record(5), record(6), record(6), record(6)], 2)
        self.assertEqual([p["text"] for p in prompts], ["6 things", "6 things"])
        of = lambda count: first_stressed(prompts, count)
        for count in range(PHRASES + 1):
            self.assertEqual([e["weight"] for e in of(count)[1]["emphases"]], [1.0] * count + [0.0] * (PHRASES - count))
            self.assertEqual([[e["details"] for e in p["emphases"]] for p in of(count)], [[e["details"] for e in p["emphases"]] for p in of(0)])
        self.assertEqual({g for e in prompts[0]["emphases"] for g in e["details"]}, set(list(DETAILS)[:6]))


if __name__ == "__main__":
    unittest.main()
