"""The reader's shapes and names, what it refuses, and the scores built on it."""

import unittest

import numpy as np
import torch

from ..reader.check import accuracy
from ..reader.degrade import degrade, gaussian_blur
from ..reader.model import AttributeReader
from ..reader.read import Reader
from ..reader.score import detail_matching, difference, interval
from ..reader.train import targets

GROUPS = {"hat": ["cap", "beanie"], "skin": ["light", "dark"]}


class Fixed(torch.nn.Module):
    """Stands for the network: logits depend on the mean of the image's first channel only."""

    def forward(self, images):
        bright = images[:, 0].mean((1, 2))
        out = torch.zeros(len(images), 6)
        out[:, 0] = 9 * bright  # cap when bright, nothing certain when grey
        out[:, 2] = -9 * bright  # no hat when dark
        out[:, 4] = 9
        return out

    def by_group(self, logits):
        return list(logits.split([3, 3], 1))


def plain(*levels: int) -> np.ndarray:
    return np.stack([np.full((3, 64, 64), level, np.uint8) for level in levels])


class ModelTest(unittest.TestCase):
    def test_shapes_and_averaging_down(self):
        torch.manual_seed(0)
        model = AttributeReader([2, 5, 1], width=8, hidden=16).eval()
        small = torch.rand(2, 3, 64, 64) * 2 - 1
        large = small.repeat_interleave(4, 2).repeat_interleave(4, 3)
        with torch.no_grad():
            self.assertEqual([p.shape for p in model.by_group(model(small))], [(2, 3), (2, 6), (2, 2)])
            torch.testing.assert_close(model(large), model(small), rtol=1e-4, atol=1e-5)
        with self.assertRaisesRegex(ValueError, "64 px"):
            model(torch.zeros(1, 3, 60, 60))

    def test_cost_is_small(self):
        macs = []
        model = AttributeReader([8] * 30)
        for m in model.modules():
            if isinstance(m, torch.nn.Conv2d):
                m.register_forward_hook(lambda m, _, out: macs.append(m.weight.numel() * out.shape[-1] * out.shape[-2]))
        model.eval()(torch.zeros(1, 3, 64, 64))
        self.assertLess(2 * sum(macs), 0.13e9)


class DegradeTest(unittest.TestCase):
    def test_blur_keeps_means_and_removes_detail(self):
        checker = (torch.arange(64)[:, None] + torch.arange(64)[None]) % 2 * 2.0 - 1
        out = gaussian_blur(checker.expand(2, 3, 64, 64).contiguous(), 1.2)
        self.assertLess(out.std().item(), 0.1)
        flat = torch.full((1, 3, 64, 64), 0.4)
        torch.testing.assert_close(gaussian_blur(flat, 0.9), flat)

    def test_degraded_images_stay_images(self):
        torch.manual_seed(3)
        x = torch.rand(16, 3, 64, 64) * 2 - 1
        out = degrade(x)
        self.assertEqual(out.shape, x.shape)
        self.assertLessEqual(out.abs().max().item(), 1)
        self.assertGreater((out - x).abs().mean().item(), 0.01)


class ReadTest(unittest.TestCase):
    reader = Reader(Fixed(), GROUPS)

    def test_values_none_and_cannot_tell(self):
        bright, grey, dark = self.reader.read(plain(255, 127, 0))
        self.assertEqual(bright, {"hat": "cap", "skin": "dark"})
        self.assertEqual(grey, {"hat": None, "skin": "dark"})
        self.assertEqual(dark, {"hat": None, "skin": "dark"})
        self.assertEqual(self.reader.read(plain(140), threshold=0.99)[0]["hat"], None)

    def test_refuses_what_is_no_batch_of_images(self):
        for bad in (np.zeros((1, 3, 64, 64), np.float32), np.zeros((3, 64, 64), np.uint8), np.zeros((1, 3, 65, 65), np.uint8)):
            with self.assertRaisesRegex(ValueError, "expected"):
                self.reader.read(bad)

    def test_targets_put_none_last(self):
        np.testing.assert_array_equal(targets([{"hat": "beanie"}, {"skin": "light"}], GROUPS), [[1, 2], [2, 0]])

    def test_accuracy_counts_shown_and_falsely_shown(self):
        result = accuracy(self.reader, plain(255, 0, 255), [{"hat": "cap", "skin": "dark"}, {"hat": "cap", "skin": "light"}, {"skin": "dark"}])
        self.assertEqual(result["details"], 0.6)  # cap, dark and dark of 5 shown
        self.assertEqual(result["falselyShown"], 1.0)  # the third image's hat
        self.assertEqual(result["groups"]["hat"], {"read": 0.5, "unsure": 0.5, "shown": 2})


class ScoreTest(unittest.TestCase):
    reader = ReadTest.reader

    def test_detail_matching(self):
        wanted = [{"hat": "cap", "skin": "light"}, {"hat": "cap"}, {}]
        self.assertEqual(detail_matching(plain(255, 0, 0), wanted, self.reader), [{"hat": True, "skin": False}, {"hat": False}, {}])
        with self.assertRaisesRegex(ValueError, "hat=fez"):
            detail_matching(plain(0), [{"hat": "fez"}], self.reader)
        with self.assertRaisesRegex(ValueError, "one dictionary"):
            detail_matching(plain(0, 0), [{}], self.reader)

    def test_interval_resamples_prompts(self):
        alone = [{"a": k % 2 == 0} for k in range(200)]
        together = [{f"{j}": k % 2 == 0 for j in range(10)} for k in range(20)]
        rate, low, high = interval(alone)
        self.assertEqual(rate, 0.5)
        self.assertAlmostEqual(high - low, 2 * 1.96 * (0.25 / 200) ** 0.5, delta=0.03)
        _, low_10, high_10 = interval(together)
        # 200 details, but only 20 independent prompts: the interval must be as wide as 20 coins.
        self.assertAlmostEqual(high_10 - low_10, 2 * 1.96 * (0.25 / 20) ** 0.5, delta=0.08)
        with self.assertRaisesRegex(ValueError, "no details"):
            interval([{}])

    def test_difference_is_paired(self):
        base = [{"x": k % 2 == 0} for k in range(100)]
        better = [{"x": k % 2 == 0 or k % 10 == 1} for k in range(100)]
        gain, low, high = difference(better, base)
        self.assertAlmostEqual(gain, 0.1)
        self.assertGreater(low, 0.03)
        self.assertLess(high, 0.17)
        with self.assertRaisesRegex(ValueError, "same prompts"):
            difference(base, base[:-1])


if __name__ == "__main__":
    unittest.main()
