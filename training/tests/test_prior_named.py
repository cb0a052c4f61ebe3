import unittest

import torch

from ..prior.named import NamedValues

#: Two groups, a of two values and b of two, each with an axis of its own.
COLUMNS = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
HEAD = {"vectors": torch.eye(4), "bias": torch.full((4,), -5.0), "log_scale": torch.tensor(10.0).log()}


class Named(unittest.TestCase):
    def setUp(self):
        self.values = NamedValues(HEAD, COLUMNS)

    def test_loss_asks_only_the_groups_that_are_named(self):
        named = torch.tensor([[True, False, False, False]])
        right, wrong = torch.tensor([[1.0, 0, 0, 0]]), torch.tensor([[0, 1.0, 0, 0]])
        elsewhere = torch.tensor([[1.0, 0, 0, 1.0]])
        self.assertLess(self.values.loss(right, named).item(), 1e-3)
        self.assertGreater(self.values.loss(wrong, named).item(), 9)
        self.assertAlmostEqual(self.values.loss(elsewhere, named).item(), self.values.loss(right, named).item(), places=6)

    def test_lost_is_what_the_image_shows_and_the_embedding_does_not(self):
        named = torch.tensor([[True, False, False, True], [True, False, True, False]])
        own = torch.tensor([[0.8, 0, 0, 0.8], [0.8, 0, 0.1, 0]])
        e = torch.tensor([[0.8, 0, 0, 0.1], [0.1, 0, 0.1, 0]])
        # Of four named values the images show three (the fourth's log odds are below 0); two of those are lost, out of four.
        self.assertAlmostEqual(self.values.lost(e, own, named), 2 / 4)

    def test_first_is_the_largest_of_its_group_alone(self):
        named = torch.tensor([[True, False, False, True]])
        self.assertEqual(self.values.first(torch.tensor([[0.2, 0.1, 0.9, 0.8]]), named).tolist(), [True, False])

    def test_another_glossary_is_refused(self):
        with self.assertRaisesRegex(ValueError, "names 4 values, the glossary 3"):
            NamedValues(HEAD, COLUMNS[:3])


if __name__ == "__main__":
    unittest.main()
