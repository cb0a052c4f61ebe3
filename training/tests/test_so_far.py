"""An evaluation that was stopped, arm by arm."""

import unittest

from ..evaluate.so_far import rows_of

PROMPT = {"emphases": [{"details": {"hat": "cap", "hatColour": "red"}}], "others": {"mouth": "smile"}}
RIGHT, HALF = {"hat": "cap", "hatColour": "red", "mouth": "smile"}, {"hat": "cap", "hatColour": None, "mouth": "frown"}


class SoFar(unittest.TestCase):
    def test_counts_only_the_prompts_that_every_arm_has(self):
        seen = {(0, 0, "refined"): RIGHT, (0, 0, "coarse"): HALF, (1, 0, "refined"): HALF}
        refined, coarse = rows_of([PROMPT] * 2, seen, ["refined", "coarse"])
        self.assertEqual((refined["pictures"], refined["details"], refined["shown"][0], refined["allRight"], refined["kept"][0]), (1, 2, 100, 100, 100))
        self.assertEqual((coarse["shown"][0], coarse["allRight"], coarse["kept"][0]), (50, 0, 0))
        self.assertEqual(coarse["refined - coarse"], [50, 50, 50])

    def test_says_when_nothing_can_be_held_against_each_other(self):
        with self.assertRaisesRegex(ValueError, "refined, wrong"):
            rows_of([PROMPT], {(0, 0, "refined"): RIGHT}, ["refined", "wrong"])


if __name__ == "__main__":
    unittest.main()
