"""Which pictures are shown as failures."""

import unittest

from ..evaluate.failures import missed, worst

PROMPTS = [
    {"emphases": [{"details": {"hat": "beanie", "hatColour": "blue"}}, {"details": {"beard": "full"}}]},
    {"emphases": [{"details": {"hat": "cap"}}]},
    {"emphases": [{"details": {"glasses": "round"}}]},
    {"emphases": [{"details": {"mouth": "smile"}}]},
]


class Failures(unittest.TestCase):
    def test_names_what_is_absent_unread_or_another_value(self):
        self.assertEqual(missed(PROMPTS[0], {"hat": "beanie", "hatColour": None}), {"hatColour": "blue", "beard": "full"})

    def test_takes_the_most_missed_first_and_no_attribute_twice(self):
        seen = {0: {"hat": "cap", "hatColour": "red", "beard": "full"}, 1: {"hat": None}, 2: {"glasses": "shades"}, 3: {"mouth": "smile"}}
        self.assertEqual([p for p, _ in worst(PROMPTS, seen, 5)], [0, 2])
        self.assertEqual([p for p, _ in worst(PROMPTS, seen, 1)], [0])


if __name__ == "__main__":
    unittest.main()
