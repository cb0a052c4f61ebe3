"""The upscaler's shapes, its start from repeated pixels, its borders, and its ONNX form."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from ..export.onnx_file import half_exact, write_onnx
from ..upscaler.model import FACTOR, Upscaler
from ..upscaler.train import edge_loss, sample_like
from ..upscaler.twins import Twins


def trained_like(**kwargs) -> Upscaler:
    torch.manual_seed(0)
    model = Upscaler(**kwargs).eval()
    torch.nn.init.normal_(model.tail.weight, std=0.02)
    return model


class UpscalerTest(unittest.TestCase):
    def test_starts_as_repeated_pixels(self):
        x = torch.rand(2, 3, 16, 16) * 2 - 1
        with torch.no_grad():
            out = Upscaler(width=8, blocks=1)(x)
        torch.testing.assert_close(out, x.repeat_interleave(FACTOR, 2).repeat_interleave(FACTOR, 3))

    def test_any_size_and_range(self):
        model = trained_like(width=8, blocks=2)
        with torch.no_grad():
            for size in (9, 32, 64):
                out = model(torch.randn(1, 3, size, size))
                self.assertEqual(out.shape, (1, 3, 4 * size, 4 * size))
                self.assertLessEqual(out.abs().max().item(), 1)

    def test_small_enough_to_ship(self):
        count = sum(p.numel() for p in Upscaler().parameters())
        self.assertGreater(count, 300_000)
        self.assertLess(count, 600_000)

    def test_onnx_equals_torch_in_plain_operators(self):
        import onnx
        import onnxruntime

        model = half_exact(trained_like(width=8, blocks=2))
        x = torch.rand(1, 3, 32, 32) * 2 - 1
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "upscaler.onnx"
            write_onnx(path, model, {"image": x}, ["enlarged"], {"image": {0: "batch"}})
            kinds = {n.op_type for n in onnx.load(path).graph.node}
            two = torch.rand(2, 3, 32, 32) * 2 - 1
            got = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"image": two.numpy()})[0]
        with torch.no_grad():
            np.testing.assert_allclose(got, model(two).numpy(), atol=2e-5)
        self.assertIn("Conv", kinds)
        self.assertFalse(kinds & {"Loop", "If", "Resize", "GridSample"}, kinds)


class TrainingTest(unittest.TestCase):
    def test_edge_loss_sees_edges_only(self):
        x = torch.rand(1, 3, 8, 8)
        self.assertAlmostEqual(edge_loss(x + 0.3, x).item(), 0, places=5)
        moved = x.clone()
        moved[..., 4:] += 1
        self.assertAlmostEqual(edge_loss(moved, x).item(), 1 / 7, places=5)

    def test_a_share_stays_as_rendered(self):
        torch.manual_seed(0)
        x = torch.rand(64, 3, 16, 16) * 2 - 1
        same = (sample_like(x, 0.5) == x).flatten(1).all(1).float().mean().item()
        self.assertGreater(same, 0.3)
        self.assertLess(same, 0.7)

    def test_twins_pair_by_index_and_crop(self):
        with tempfile.TemporaryDirectory() as folder:
            root, generator = Path(folder), np.random.default_rng(0)
            small = generator.integers(0, 256, (3, 64, 64, 3), np.uint8)
            large = generator.integers(0, 256, (2, 256, 256, 3), np.uint8)
            small.tofile(root / "train-000.rgb")
            large.tofile(root / "train-000.256.rgb")
            twins = Twins(root, "train")
            self.assertEqual(len(twins), 2)
            np.testing.assert_array_equal(twins.small[1], small[1].transpose(2, 0, 1))
            np.testing.assert_array_equal(twins.large([1], 8, 12, 16)[0], large[1, 8:24, 12:28].transpose(2, 0, 1))
            with self.assertRaisesRegex(FileNotFoundError, "256 px twins"):
                Twins(root, "test")


if __name__ == "__main__":
    unittest.main()
