"""Strange pictures: colours exchanged, parts covered, and their embeddings made anew."""

import unittest

import torch

from ..clip.augment import exchanged
from ..denoiser.strange import covered, made_strange


class StrangePictures(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(3)
        self.images = torch.rand(6, 3, 24, 24) * 2 - 1

    def test_exchanges_channels_and_never_keeps_their_order(self):
        made = exchanged(self.images)
        self.assertTrue(torch.equal(made.sort(1).values, self.images.sort(1).values))
        for before, after in zip(self.images, made):
            self.assertFalse(torch.equal(before, after))

    def test_covers_one_rectangle_with_the_other_picture(self):
        made = covered(self.images, self.images + 10)
        for before, after in zip(self.images, made):
            taken = torch.nonzero((after != before).any(0))
            (top, left), (bottom, right) = taken.min(0).values, taken.max(0).values
            self.assertEqual(len(taken), (bottom - top + 1) * (right - left + 1))
            self.assertGreaterEqual(int(bottom - top + 1), 24 // 6)
            self.assertTrue(torch.allclose(after[:, top : bottom + 1, left : right + 1], before[:, top : bottom + 1, left : right + 1] + 10))

    def test_embeds_what_it_made_and_leaves_the_others(self):
        own = torch.eye(6)
        asked = []

        def encode(images):
            asked.append(images)
            return torch.full((len(images), 6), 0.5)

        x0, made = made_strange(self.images, own, encode, coverings=1, exchanges=2)
        self.assertTrue(torch.equal(x0[:3], asked[0]))
        self.assertTrue(torch.equal(x0[3:], self.images[3:]) and torch.equal(made[3:], own[3:]))
        self.assertTrue(torch.equal(made[:3], torch.full((3, 6), 0.5)))

    def test_makes_nothing_where_nothing_is_asked(self):
        x0, own = made_strange(self.images, torch.eye(6), self.fail, 0, 0)
        self.assertIs(x0, self.images)


if __name__ == "__main__":
    unittest.main()
