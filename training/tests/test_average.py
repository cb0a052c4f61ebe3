"""The mean of two denoisers of one training."""

import json
import tempfile
import tomllib
import unittest
from pathlib import Path
from unittest import mock

import torch

from training.common import paths
from training.denoiser import average as tool
from training.denoiser.model import Denoiser
from training.export.load_pack import initialisers

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "training" / "configs" / "scenes.toml"


class TestAverage(unittest.TestCase):
    def test_is_the_mean_weight_by_weight_and_leaves_counters(self):
        first = {"w": torch.tensor([1.0, 3.0]), "n": torch.tensor(7)}
        second = {"w": torch.tensor([2.0, -1.0]), "n": torch.tensor(9)}
        mean = tool.average(first, second)
        self.assertEqual(mean["w"].tolist(), [1.5, 1.0])
        self.assertEqual(mean["n"].item(), 7)

    def test_names_what_differs(self):
        with self.assertRaisesRegex(ValueError, "patch.weight"):
            tool.average({"patch.weight": torch.zeros(2)}, {"patch.weight": torch.zeros(3)})
        with self.assertRaisesRegex(ValueError, "b differs"):
            tool.average({"a": torch.zeros(2)}, {"a": torch.zeros(2), "b": torch.zeros(1)})

    def test_a_runs_checkpoint_becomes_the_mean_with_a_packs_coarse_stage_and_the_one_before_stays(self):
        config = tomllib.load(open(CONFIG, "rb"))
        c = config["denoiser"] | config["baseline"]
        torch.manual_seed(0)
        own = {k: v.half().float() for k, v in Denoiser(**c["model"]).state_dict().items()}
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(paths, "runs", return_value=Path(folder)):
            run = Path(folder) / config["name"] / "baseline"
            run.mkdir(parents=True)
            torch.save({"model": own, "ema": own, "seen": 5, "config": c, "optimizers": [1]}, run / "checkpoint.pt")
            with mock.patch("sys.argv", ["average", "--config", str(CONFIG), "--part", "baseline", "--pack", str(ROOT / "models" / "scenes")]), mock.patch("builtins.print"):
                tool.main()
            after = torch.load(run / "checkpoint.pt", weights_only=True)
            before = torch.load(run / "before-average.pt", weights_only=True)
        manifest = json.loads((ROOT / "models" / "scenes" / "manifest.json").read_text())
        pack = initialisers(ROOT / "models" / "scenes" / manifest["parts"]["denoiser"]["file"])["patch.weight"]
        self.assertTrue(torch.allclose(after["ema"]["patch.weight"], (own["patch.weight"] + pack[:, : 3 * 16]) / 2))
        self.assertTrue(torch.equal(before["ema"]["patch.weight"], own["patch.weight"]))
        self.assertEqual((after["seen"], after["optimizers"], after["averagedWith"].split()[0]), (5, [], "accent-scenes"))


if __name__ == "__main__":
    unittest.main()
