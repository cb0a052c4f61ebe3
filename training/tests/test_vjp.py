"""The hand-written VJP equals autograd, on clean and noised images, for one and several cotangents."""

import unittest

import torch

from ..clip.vit import ImageEncoder
from ..clip.vjp import ImageEncoderVjp
from ..diffusion.gradient import semantic_gradient


class VjpTest(unittest.TestCase):
    def test_equals_autograd(self):
        torch.manual_seed(0)
        encoder = ImageEncoder(size=32, patch=8, width=48, layers=3, heads=3, dims=24).double().eval()
        encoder.forward = lambda x: torch.nn.functional.normalize(encoder.visual_projection(encoder.features(x)), dim=-1)
        for scale in (1.0, 3.0):
            image = torch.randn(2, 3, 32, 32, dtype=torch.float64) * scale
            cotangent = torch.randn(2, 3, 24, dtype=torch.float64)
            embedding, gradient = ImageEncoderVjp(encoder)(image, cotangent)
            torch.testing.assert_close(embedding, encoder(image))
            for c in range(3):
                want = semantic_gradient(encoder, image, cotangent[:, c])
                torch.testing.assert_close(gradient[:, c].float(), want, rtol=1e-5, atol=1e-7)


if __name__ == "__main__":
    unittest.main()
