"""Pictures read at 64 and at 256 px."""

import unittest

import numpy as np
import torch

from ..evaluate.enlarged import compared, enlarge


class Enlarged(unittest.TestCase):
    def test_enlarges_in_batches_and_keeps_the_range(self):
        images = np.random.default_rng(0).integers(0, 256, (21, 3, 64, 64), dtype=np.uint8)
        made = enlarge(torch.nn.Upsample(scale_factor=4), images)
        np.testing.assert_array_equal(made, images.repeat(4, 2).repeat(4, 3))

    def test_counts_what_the_size_changes(self):
        prompts = [{"emphases": [{"details": {"hat": "cap", "beard": "full"}}]}] * 2
        row = compared(prompts, [{"hat": "cap", "beard": None}] * 2, [{"hat": "cap", "beard": "full"}, {"hat": "cap", "beard": None}])
        self.assertEqual((row["small"][0], row["large"][0], row["large - small"][0], row["readingsChanged"]), (50, 75, 25, 1))


if __name__ == "__main__":
    unittest.main()
