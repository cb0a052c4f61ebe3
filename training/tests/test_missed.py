import unittest

import numpy as np

from ..evaluate.missed import missed, possible

#: Three images of two values.
LABELS = np.array([[1, 0], [1, 1], [0, 1]], np.uint8)


class Missed(unittest.TestCase):
    def test_a_missing_detail_counts_as_found_where_all_images_of_its_phrase_show_it(self):
        shows = np.array([1, 2])
        mixed = np.array([0, 1])
        for top, found in ((shows, True), (mixed, False)):
            lacks, by_phrase = missed(np.array([0]), [[np.array([0, 1]), top]], [[[0], [1]]], LABELS)
            self.assertEqual((lacks.tolist(), by_phrase.tolist()), ([True], [found]))

    def test_a_phrase_whose_detail_is_there_adds_nothing(self):
        lacks, found = missed(np.array([1]), [[np.array([1]), np.array([1])]], [[[0], [1]]], LABELS)
        self.assertEqual((lacks.tolist(), found.tolist()), ([False], [False]))

    def test_a_phrase_of_two_values_needs_both(self):
        lacks, found = missed(np.array([0]), [[np.array([1, 1])]], [[[0, 1]]], LABELS)
        self.assertEqual((lacks.tolist(), found.tolist()), ([True], [True]))

    def test_a_prompt_is_possible_where_one_image_shows_all(self):
        self.assertEqual(possible([[[0], [1]], [[0]]], LABELS).tolist(), [True, True])
        self.assertEqual(possible([[[0], [1]]], LABELS[[0, 2]]).tolist(), [False])


if __name__ == "__main__":
    unittest.main()
