"""The reader's shapes and names, what it refuses, and the scores built on it."""

import unittest

import numpy as np
import torch

from ..reader.check import accuracy
from ..reader.degrade import degrade, gaussian_blur
from ..reader.model import AttributeReader
from ..reader.read import Reader
from ..reader.score import detail_matching, difference, interval
from ..reader.regions import regions
from ..reader.strange import Strange, recolour
from ..reader.train import targets
from ..reader.visible import hidden, shown

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


class VisibleTest(unittest.TestCase):
    def test_stubble_under_a_hat_leaves_no_hair_colour(self):
        scene = {"subject": "person", "hat": "cap", "beard": "stubble", "hairColour": "green"}
        self.assertEqual(shown(scene), {"subject": "person", "hat": "cap", "beard": "stubble"})
        self.assertEqual(hidden({**scene, "beard": "full"}), set())
        self.assertEqual(hidden({"subject": "person", "hair": "afro", "beard": "stubble", "hairColour": "green"}), set())

    def test_what_is_hidden_is_neither_taught_nor_asked(self):
        scene = {"hat": "cap", "beard": "stubble", "hairColour": "green"}
        groups = {"hat": ["cap"], "beard": ["stubble"], "hairColour": ["green"]}
        np.testing.assert_array_equal(targets([scene], groups), [[0, 0, 1]])


class StrangeTest(unittest.TestCase):
    """Two subjects of 64 px: a's top half shows `hat`, its bottom half `shirt`; b is grey."""

    groups = {"subject": ["a", "b"], "hat": ["red", "blue"], "shirt": ["red", "blue"]}

    def drawn(self, n=200):
        rng = np.random.default_rng(1)
        scenes, images = [], np.full((n, 3, 64, 64), 128, np.uint8)
        for i in range(n):
            if i % 2:
                scenes.append({"subject": "b"})
                continue
            top, bottom = rng.integers(0, 2, 2)
            scenes.append({"subject": "a", "hat": ["red", "blue"][top], "shirt": ["red", "blue"][bottom]})
            images[i, :, :32] = np.array([[255, 0, 0], [0, 0, 255]])[top][:, None, None]
            images[i, :, 32:] = np.array([[255, 0, 0], [0, 0, 255]])[bottom][:, None, None]
        return images, scenes

    def test_regions_are_where_a_group_is_drawn(self):
        found = regions(*self.drawn(), self.groups)
        self.assertEqual(set(found), {("a", "hat"), ("a", "shirt")})
        self.assertTrue(found["a", "hat"][:32].all() and not found["a", "hat"][32:].any())
        self.assertTrue(found["a", "shirt"][32:].all() and not found["a", "shirt"][:32].any())

    def test_asks_only_for_what_is_still_shown(self):
        images, scenes = self.drawn()
        torch.manual_seed(4)
        x = torch.from_numpy(images).float() / 127.5 - 1
        strange = Strange(regions(images, scenes, self.groups), self.groups, {"hat"}, covered=1.0, coloured=0.0)
        out, asked = strange(x, torch.from_numpy(targets(scenes, self.groups)))
        for i in range(0, 200, 2):
            covered = (out[i] != x[i]).any(0)
            for k, half, most in ((1, covered[:32], 0.55), (2, covered[32:], 0.02)):
                # Half of a colour's part must be left, and all of a shape's; an untouched picture is asked for everything.
                self.assertEqual(asked[i, k].item(), float(half.float().mean() <= most), (i, k))
        self.assertGreater((asked[::2, 2] == 0).sum().item(), 10)
        self.assertGreater((asked[::2, 2] == 1).sum().item(), 10)

    def test_recoloured_pictures_are_asked_for_no_colour(self):
        images, scenes = self.drawn()
        x = torch.from_numpy(images).float() / 127.5 - 1
        strange = Strange(regions(images, scenes, self.groups), self.groups, {"hat"}, covered=0.0, coloured=1.0)
        out, asked = strange(x, torch.from_numpy(targets(scenes, self.groups)))
        self.assertEqual(asked[::2].unique(dim=0).tolist(), [[0, 0, 1]])
        self.assertLessEqual(out.abs().max().item(), 1)
        # Edges stay where they were.
        edges = (recolour(x[:1])[0].diff(dim=1).abs().sum((0, 2)) > 0).nonzero().flatten().tolist()
        self.assertLessEqual(set(edges), {31})


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
