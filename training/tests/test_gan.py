"""The GAN's shapes, its pseudo text features, its losses, that a few steps teach it, and how its pictures are scored."""

import copy
import json
import math
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..clip.vit import ImageEncoder
from ..common import paths
from ..evaluate.paired import read_results
from ..evaluate.so_far import rows_of
from ..gan.model import Discriminator, Generator, contrast, pseudo_text
from ..evaluate.frechet import frechet
from ..gan.score import against, centred, generate, seen_in, write_results
from ..gan.train import Training, generator_loss, penalty

SMALL = {
    "lr": 2e-3, "ema": 0.9, "noise": 0.25, "temperature": 0.1, "semantic": 1.0, "encoder": 0.5, "guided": 4, "penalty": 1.0,
    "penaltyEvery": 4, "penaltyBatch": 4,
    "generator": {"dims": 8, "noise": 4, "style": 16, "widths": [16, 16, 16, 16], "blocks": [1, 1, 1, 0]},
    "discriminator": {"dims": 8, "widths": [16, 16, 16], "hidden": 32, "fine": 8},
}
PROMPT = {"text": "a red cap", "emphases": [{"phrase": "a red cap", "details": {"hat": "cap", "hatColour": "red"}}], "others": {"mouth": "smile"}}
RIGHT, HALF = {"hat": "cap", "hatColour": "red", "mouth": "smile"}, {"hat": "cap", "hatColour": None, "mouth": None}


def units(n: int, dims: int) -> torch.Tensor:
    return F.normalize(torch.randn(n, dims), dim=-1)


class Networks(unittest.TestCase):
    def test_shapes(self):
        h = units(3, 192)
        model = Generator()
        images = model(torch.randn(3, model.noise), h)
        self.assertEqual((images.shape, images.dtype), ((3, 3, 64, 64), torch.float32))
        logits, semantic = Discriminator()(images, h)
        self.assertEqual((logits.shape, semantic.shape), ((3,), (3, 192)))

    def test_generator_follows_noise_and_condition(self):
        torch.manual_seed(0)
        model, h, z = Generator(), units(2, 192), torch.randn(2, 64)
        first = model(z[:1], h[:1])
        self.assertGreater((first - model(z[1:], h[:1])).abs().mean().item(), 1e-3)
        self.assertGreater((first - model(z[:1], h[1:])).abs().mean().item(), 1e-3)

    def test_verdict_of_an_image_knows_nothing_of_the_others(self):
        torch.manual_seed(0)
        model, x, h = Discriminator(), torch.randn(4, 3, 64, 64), units(4, 192)
        torch.testing.assert_close(model(x, h)[0][:1], model(x[:1], h[:1])[0], atol=1e-5, rtol=1e-4)

    def test_discriminator_sees_every_pixel(self):
        x = torch.randn(1, 3, 64, 64, requires_grad=True)
        Discriminator()(x, units(1, 192))[0].sum().backward()
        self.assertTrue((x.grad.abs().sum(1) > 0).all())


class PseudoText(unittest.TestCase):
    def test_unit_at_the_asked_angles(self):
        torch.manual_seed(0)
        h = units(4096, 192)
        for size in (0.1, 0.25, 0.7):
            out = pseudo_text(h, size)
            torch.testing.assert_close(out.norm(dim=-1), torch.ones(4096))
            cosine = (out * h).sum(-1)
            # Noise in 192 dimensions is nearly at a right angle to h: the angle is atan(size), a little more or less.
            self.assertAlmostEqual(cosine.mean().item(), 1 / math.sqrt(1 + size**2), places=2)
            self.assertGreater((out[0] - out[1]).norm().item(), 0.5)
            self.assertGreater(cosine.std().item(), 1e-5)

    def test_without_noise_it_is_the_embedding(self):
        h = units(5, 192)
        torch.testing.assert_close(pseudo_text(h, 0.0), h)


class Losses(unittest.TestCase):
    def test_contrast_is_least_where_each_finds_its_own(self):
        h = torch.eye(8)
        right, wrong = contrast(3 * h, h, 0.1), contrast(3 * h.roll(1, 0), h, 0.1)
        self.assertAlmostEqual(right.item(), math.log(1 + 7 * math.exp(-10)), places=5)
        self.assertAlmostEqual(wrong.item() - right.item(), 10, places=3)
        self.assertAlmostEqual(contrast(h[:2], h, 0.1).item(), right.item(), places=5)

    def test_penalty_is_the_squared_norm_of_the_gradient(self):
        weights = torch.randn(3, 4, 4, requires_grad=True)
        linear = lambda x, h: ((x * weights).sum((1, 2, 3)), None)
        size = penalty(linear, torch.randn(5, 3, 4, 4), None)
        self.assertAlmostEqual(size.item(), weights.pow(2).sum().item(), places=3)
        size.backward()
        torch.testing.assert_close(weights.grad, 2 * weights.detach())


class Steps(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.encoder = ImageEncoder(width=16, layers=1, heads=2, dims=8).eval().requires_grad_(False)
        # Four plain colours, each with a feature of its own.
        self.images = torch.tensor([[1.0, -1, -1], [-1, 1, -1], [-1, -1, 1], [1, 1, 1]])[:, :, None, None].expand(4, 3, 64, 64).repeat(4, 1, 1, 1)
        self.features = torch.eye(8)[[0, 1, 2, 3] * 4]

    def test_learns_which_colour_a_feature_asks_for(self):
        training = Training({**SMALL, "encoder": 0.0}, self.encoder)
        far = lambda: (training.generator(torch.zeros(16, 4), self.features) - self.images).abs().mean().item()
        first, losses = far(), []
        for _ in range(120):
            losses.append(training.step(self.images, self.features))
        self.assertLess(far(), 0.6 * first)
        self.assertTrue(all(math.isfinite(x) for row in losses for x in row.values()))
        self.assertLess(losses[-1]["generator"], losses[10]["generator"])

    def test_resumes_where_it_stopped(self):
        one, other = Training(SMALL, self.encoder), Training(SMALL, self.encoder)
        one.step(self.images, self.features)
        # As from a file: a state in memory shares its tensors with the optimiser.
        other.load(copy.deepcopy(one.state()))
        for training in (one, other):
            torch.manual_seed(7)
            training.step(self.images, self.features)
        self.assertEqual(one.steps, other.steps)
        for key, value in one.state()["ema"].items():
            torch.testing.assert_close(value, other.state()["ema"][key])
        for key, value in one.discriminator.state_dict().items():
            torch.testing.assert_close(value, other.discriminator.state_dict()[key])

    def test_the_encoder_finds_a_picture_by_its_own_condition(self):
        training, real = Training({**SMALL, "guided": 16}, self.encoder), torch.randn(16, 3, 64, 64)
        h = self.encoder(real)
        found = lambda x: generator_loss(training.discriminator, self.encoder, x, torch.zeros(16), h, training.c)[1].item()
        self.assertLess(found(real), found(real.roll(1, 0)))


class Score(unittest.TestCase):
    def test_reading_rule(self):
        manifest = {"threshold": 0.6, "groups": [{"id": "hat", "values": ["cap", "beanie"]}, {"id": "mouth", "values": ["smile"]}]}
        at = lambda *p: np.log(np.array(p, np.float32))
        self.assertEqual(seen_in(at(0.61, 0.29, 0.1, 0.2, 0.8), manifest), {"hat": "cap", "mouth": None})
        self.assertEqual(seen_in(at(0.59, 0.31, 0.1, 0.8, 0.2), manifest), {"hat": None, "mouth": "smile"})
        with self.assertRaisesRegex(ValueError, "4 columns"):
            seen_in(at(0.2, 0.3, 0.5, 0.1), {"threshold": 0.6, "groups": manifest["groups"][:1]})

    def test_frechet_is_scipys_also_where_features_are_constant(self):
        cases = json.loads((paths.ROOT / "test" / "golden" / "distances.json").read_text())["cases"]
        for case in cases:
            a, b = (np.array(case[k]).reshape(-1, case["dims"]) for k in "ab")
            self.assertAlmostEqual(frechet(a, b), case["frechet"], delta=1e-4 * max(1, case["frechet"]))
            # A constant feature adds nothing.
            self.assertAlmostEqual(frechet(np.pad(a, ((0, 0), (0, 1))), np.pad(b, ((0, 0), (0, 1)))), frechet(a, b), places=4)

    def test_centred_text_lies_where_images_lie(self):
        torch.manual_seed(0)
        images = F.normalize(torch.tensor([1.0, 0, 0, 0]) + 0.3 * torch.randn(500, 4), dim=-1)
        texts = F.normalize(torch.tensor([-1.0, 1, 0, 0]) + 0.3 * torch.randn(500, 4), dim=-1)
        moved = centred(texts, texts, images)
        torch.testing.assert_close(moved.norm(dim=-1), torch.ones(500))
        self.assertLess((moved.mean(0) - images.mean(0)).norm().item(), 0.1)

    def test_a_prompt_has_the_same_noise_alone_and_among_others(self):
        model, h = Generator(**SMALL["generator"]).eval(), units(3, 8)
        np.testing.assert_allclose(generate(model, h)[:1].astype(int), generate(model, h[:1]).astype(int), atol=1)

    def test_rows_are_read_as_an_evaluations_and_held_against_one(self):
        images = np.random.default_rng(0).integers(0, 256, (2, 3, 64, 64), np.uint8)
        facts = {"promptSet": {"prompts": [PROMPT] * 2}, "readerHash": "r"}
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent)
            write_results(folder, facts, images, [RIGHT, HALF])
            stored, pictures, seen = read_results(folder)
            np.testing.assert_array_equal(pictures[1, 0, "gan"], images[1].transpose(1, 2, 0))
            self.assertEqual(rows_of(stored["promptSet"]["prompts"], seen, ["gan"])[0]["shown"][0], 75)
            paired = against(folder, ["gan"], [PROMPT] * 2, [HALF, HALF], "r")["gan - gan"]
            self.assertEqual((paired["prompts"], paired["shown"][0], paired["kept"][0]), (2, -25, -50))
            with self.assertRaisesRegex(ValueError, "another reader"):
                against(folder, ["gan"], [PROMPT] * 2, [HALF, HALF], "other")
            with self.assertRaisesRegex(ValueError, "prompt 0 is another one"):
                against(folder, ["gan"], [{**PROMPT, "text": "a cap"}] * 2, [HALF, HALF], "r")
            with self.assertRaisesRegex(ValueError, "arm refined"):
                against(folder, ["refined"], [PROMPT] * 2, [HALF, HALF], "r")


if __name__ == "__main__":
    unittest.main()
