"""One more phrase stressed after another."""

import unittest

from ..evaluate.progressive import rows_of


def prompts(*weights: float) -> list[dict]:
    names = [{"hat": "cap"}, {"mouth": "smile"}]
    return [{"emphases": [{"details": d, "weight": w} for d, w in zip(names, weights)]}]


class Progressive(unittest.TestCase):
    def test_scores_all_details_at_each_count_and_holds_them_against_the_first(self):
        key = (0, 0, "refined")
        none, one = rows_of([(prompts(0, 0), {key: {"hat": None, "mouth": "smile"}}), (prompts(1, 0), {key: {"hat": "cap", "mouth": "smile"}})])
        self.assertEqual((none["stressed"], none["all six"][0], none["of the stressed"], none["allRight"]), (0, 50, None, 0))
        self.assertEqual((one["stressed"], one["all six"][0], one["of the stressed"][0], one["allRight"], one["to the first"][0]), (1, 100, 100, 100, 50))

    def test_refuses_runs_of_other_pictures(self):
        with self.assertRaisesRegex(ValueError, "was a run stopped"):
            rows_of([(prompts(0, 0), {(0, 0, "refined"): {}}), (prompts(1, 0), {(0, 1, "refined"): {}})])


if __name__ == "__main__":
    unittest.main()
