import json
import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np

from ..common.paths import ROOT
from ..export import named_values

PACK = ROOT / "models" / "first"


class NamedValues(unittest.TestCase):
    def test_nearest_is_the_largest_inner_product(self):
        vectors = np.array([[1, 0], [0, -1]], np.float32)
        got = named_values.nearest(np.array([[0.6, 0.8], [-0.6, 0.8]], np.float32), vectors)
        np.testing.assert_allclose(got, [0.6, -0.6], atol=1e-6)

    def test_a_finished_pack_gets_the_same_again(self):
        """The committed part and quantiles are what the command makes of the committed pack."""
        with tempfile.TemporaryDirectory() as folder:
            pack = Path(folder)
            for file in ("manifest.json", "training.safetensors", "text-encoder.onnx", "tokenizer.json"):
                shutil.copy(PACK / file, pack)
            named_values.add(pack)
            before, after = (json.loads((p / "manifest.json").read_text()) for p in (PACK, pack))
            np.testing.assert_allclose(after["nullScores"].pop("nearest"), before["nullScores"].pop("nearest"), atol=2e-5)
            self.assertEqual(after, before)


if __name__ == "__main__":
    unittest.main()
