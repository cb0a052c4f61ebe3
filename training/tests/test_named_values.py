import hashlib
import json
import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from ..common.paths import ROOT
from ..export import named_values
from ..text import nulls

PACK = ROOT / "models" / "first"


class NamedValues(unittest.TestCase):
    def test_nearest_is_the_largest_inner_product(self):
        vectors = np.array([[1, 0], [0, -1]], np.float32)
        got = named_values.nearest(np.array([[0.6, 0.8], [-0.6, 0.8]], np.float32), vectors)
        np.testing.assert_allclose(got, [0.6, -0.6], atol=1e-6)

    def test_values_of_groups_that_meet_are_seen_together(self):
        columns = [("hat", "cap"), ("hat", "beanie"), ("colour", "red"), ("colour", "blue"), ("leaf", "fern")]
        # A red cap, a blue cap and a fern: a beanie can be blue too, no hat is two, and nothing else goes with a fern.
        labels = np.array([[1, 0, 1, 0, 0], [1, 0, 0, 1, 0], [0, 0, 0, 0, 1]], np.uint8)
        got = named_values.together(columns, labels)
        np.testing.assert_array_equal(got, [[1, 0, 1, 1, 0], [0, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 1, 0, 1, 0], [0, 0, 0, 0, 1]])

    def test_calibrated_odds_are_the_shares_of_the_labels(self):
        rng = np.random.default_rng(1)
        logits = rng.normal(0, 3, (200, 500))
        labels = rng.random(logits.shape) < 1 / (1 + np.exp(-(1.7 * logits - 2)))
        np.testing.assert_allclose(named_values.calibrate(logits, labels), (1.7, -2), atol=0.05)

    def test_odds_that_never_settle_are_refused(self):
        for labels in ([0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 1]):
            with self.subTest(labels=labels), self.assertRaisesRegex(ValueError, "no slope above 0"):
                named_values.calibrate(np.array([-2.0, -1.0, 1.0, 2.0]), np.array(labels))

    def test_a_finished_pack_gets_the_same_again(self):
        """The committed directions and quantiles are what the command makes of the committed pack; the odds are its value head's, calibrated."""
        with tempfile.TemporaryDirectory() as folder:
            pack = Path(folder)
            for file in ("manifest.json", "training.safetensors", "text-encoder.onnx", "tokenizer.json", "image-encoder.onnx"):
                shutil.copy(PACK / file, pack)
            head = load_file(PACK / "training.safetensors")
            values = len(head["head.vectors"])
            columns = [(f"group {i // 5}", str(i)) for i in range(values)]
            rng = np.random.default_rng(2)
            images = rng.integers(0, 256, (8, 3, 64, 64), np.uint8)
            unit = head["head.vectors"].astype(np.float32)
            unit /= np.linalg.norm(unit, axis=1, keepdims=True)
            logits = np.exp(head["head.log_scale"]) * named_values.embed_images(pack, images) @ unit.T + head["head.bias"]
            labels = (rng.random(logits.shape) < 1 / (1 + np.exp(-(2 * logits + 3)))).astype(np.uint8)
            named_values.add(pack, columns, images, labels, nulls.calibration())
            before, after = (json.loads((p / "manifest.json").read_text()) for p in (PACK, pack))
            np.testing.assert_allclose(after["nullScores"].pop("nearest"), before["nullScores"].pop("nearest"), atol=2e-5)
            was, part = (load_file(p / named_values.FILE) for p in (PACK, pack))
            np.testing.assert_array_equal(part["vectors"], was["vectors"])
            slope = part["scale"][0] / np.exp(head["head.log_scale"])
            self.assertAlmostEqual(float(slope), 2, delta=0.5)
            offset = part["bias"] - slope * head["head.bias"]
            np.testing.assert_allclose(offset, offset[0], atol=1e-4)
            self.assertEqual(part["together"].shape, (values, values))
            entry = after["parts"].pop("namedValues")
            self.assertEqual(entry["sha256"], hashlib.sha256((pack / named_values.FILE).read_bytes()).hexdigest())
            del before["parts"]["namedValues"]
            self.assertEqual(after, before)
            with self.assertRaisesRegex(ValueError, "was the pack trained on these data"):
                named_values.add(pack, columns[1:], images, labels[:, 1:], ["a sofa"])


if __name__ == "__main__":
    unittest.main()
