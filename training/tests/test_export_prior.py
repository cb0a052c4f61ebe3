import hashlib
import json
import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from ..common.paths import ROOT
from ..export.load_pack import load_training
from ..export.prior import replace
from ..export.unpack import prior_of
from ..prior.model import Prior

PACK = ROOT / "models" / "first"
FILES = ("manifest.json", "golden.safetensors", "training.safetensors", "prior.onnx")


class ReplacePrior(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.pack = Path(folder.name)
        for file in FILES:
            shutil.copy(PACK / file, self.pack)

    def test_only_the_prior_changes(self):
        torch.manual_seed(3)
        prior = Prior(192, 64, 2)
        errors = {"own": torch.randn(300, 192), "made": torch.randn(300, 3, 192)}
        replace(self.pack, prior, errors, "9.9.9")
        before, after = (json.loads((p / "manifest.json").read_text()) for p in (PACK, self.pack))
        for entry in (after["parts"]["prior"], after["golden"]):
            self.assertEqual(entry["sha256"], hashlib.sha256((self.pack / entry["file"]).read_bytes()).hexdigest())
        self.assertEqual(after["version"], "9.9.9")
        for manifest in (before, after):
            manifest["parts"].pop("prior")
            manifest["golden"] = manifest["golden"]["tolerance"]
            manifest["version"] = manifest["createdAt"] = ""
        self.assertEqual(after, before)
        old, new = (load_file(p / "golden.safetensors") for p in (PACK, self.pack))
        self.assertEqual([k for k in old if not torch.equal(old[k], new[k])], ["prior.out.embedding"])
        text = new["prior.in.text"]
        with torch.no_grad():
            torch.testing.assert_close(prior_of(self.pack / "prior.onnx")(text), new["prior.out.embedding"], rtol=0, atol=2e-5)
        head, kept = load_training(self.pack)
        np.testing.assert_allclose(kept["own"], errors["own"][:256].half().float())
        self.assertTrue(torch.equal(head["vectors"], load_training(PACK)[0]["vectors"]))

    def test_another_width_of_embedding_is_refused(self):
        with self.assertRaisesRegex(ValueError, "a prior of 64 dims"):
            replace(self.pack, Prior(64, 32, 1), {}, "9.9.9")


if __name__ == "__main__":
    unittest.main()
