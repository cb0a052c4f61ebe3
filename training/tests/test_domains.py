"""What belongs to one domain is found by its config, and the embedded pack's stays what it was."""

import tempfile
import tomllib
import unittest
from pathlib import Path

import numpy as np
import torch

from ..common import paths
from ..evaluate.arms import STRESSED, may_be_stressed
from ..evaluate.parts import evaluation_folder
from ..evaluate.prompts import draw_composition
from ..export.load_pack import initialisers
from ..export.onnx_file import byte_exact, to_bytes, write_onnx
from ..reader.strange import plain, strange_over
from ..text import nulls
from ..text.corpus import caption_columns

CONFIGS = {name: tomllib.loads((paths.ROOT / "training" / "configs" / f"{name}.toml").read_text()) for name in ("first", "scenes")}


class Words:
    """Stands for a glossary of one food, one vehicle and a plant."""

    groups = {"food": ["slice of pizza"], "vehicle": ["rocket"], "plant": ["cactus"], "foodPlace": ["left"]}
    index = {("food", "slice of pizza"): 0, ("vehicle", "rocket"): 1, ("plant", "cactus"): 2, ("foodPlace", "left"): 3}
    nouns: dict[str, str] = {}
    colours: set[str] = set()
    phrases = [{"text": "a slice of pizza"}, {"text": "a space rocket"}]
    held_phrases = [{"text": "a parasol with a handle"}]


class Places(unittest.TestCase):
    def test_the_embedded_packs_parts_keep_their_names(self):
        self.assertEqual(paths.data(CONFIGS["first"]), paths.data())
        self.assertEqual(evaluation_folder(CONFIGS["first"], "reader"), paths.ROOT / "models" / "evaluation" / "reader")
        self.assertEqual(evaluation_folder(CONFIGS["first"], "sample"), paths.ROOT / "models" / "sample")
        self.assertEqual(paths.config_of_pack(paths.ROOT / "models" / "first"), CONFIGS["first"])

    def test_those_of_another_domain_end_in_its_name(self):
        self.assertEqual(paths.data(CONFIGS["scenes"]), paths.cache() / "data-scenes")
        self.assertEqual(evaluation_folder(CONFIGS["scenes"], "prompts").name, "prompts-scenes")
        self.assertTrue(any(evaluation_folder(CONFIGS["scenes"], "sample").glob("*.png")))
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "manifest.json").write_text('{"domain": "scenes"}')
            self.assertEqual(paths.config_of_pack(Path(folder))["name"], "scenes")


class Nulls(unittest.TestCase):
    def test_what_a_domain_shows_is_no_null_there(self):
        outside = set(nulls.training()) - set(nulls.training(Words))
        # An adjective goes with a noun by its number, so those after one that is left out have others.
        self.assertLessEqual({"a pizza", "a rocket"}, outside)
        self.assertNotIn("a pizza", nulls.training(Words))
        self.assertIn("a desert", nulls.training(Words), "a desert cactus is no desert")
        self.assertNotIn("a parasol", nulls.calibration(Words))
        self.assertIn("a parasol", nulls.calibration())


class Captions(unittest.TestCase):
    def test_columns_are_of_the_details_and_of_what_they_imply(self):
        record = {"scene": {"food": "slice of pizza", "foodPlace": "left", "vehicle": "rocket"}}
        caption = {"details": [{"attributes": {"food": "slice of pizza"}}, {"attributes": {"vehicle": "rocket"}}], "implied": {"foodPlace": "left"}}
        self.assertEqual(caption_columns(Words, record, caption), frozenset([0, 1, 3]))


class Prompts(unittest.TestCase):
    details = [{"phrase": "three lemons", "attributes": {"fruit": "lemon", "fruitNumber": "three"}}, {"phrase": "a fox", "attributes": {"animal": "fox"}}, {"phrase": "a grey ground", "attributes": {"ground": "grey"}}]

    def test_a_group_may_be_stressed_never_seldom_or_always(self):
        rng = np.random.default_rng(0)
        grounds = lambda chance: sum(len(may_be_stressed(self.details, {"ground": chance}, rng)) - 2 for _ in range(1000))
        self.assertEqual([grounds(0), grounds(1)], [0, 1000])
        self.assertAlmostEqual(grounds(0.4), 400, delta=60)
        state = rng.bit_generator.state
        self.assertEqual(len(may_be_stressed([{"attributes": {"background": "cream"}}, *self.details], STRESSED, rng)), 3)
        self.assertEqual(rng.bit_generator.state, state, "the embedded pack's prompts are drawn by the same chances as before")

    def test_one_phrase_may_name_a_held_out_pair_where_the_config_says_so(self):
        record = {"scene": {"fruit": "lemon", "fruitNumber": "three", "animal": "fox", "ground": "grey"}, "captions": [{"text": "three lemons and a fox on a grey ground", "details": self.details}]}
        pair = (("fruit", "lemon"), ("fruitNumber", "three"))
        self.assertEqual(draw_composition([record], [pair], 1, CONFIGS["first"]), [])
        (prompt,) = draw_composition([record], [pair], 1, CONFIGS["scenes"])
        phrases = [e["phrase"] for e in prompt["emphases"]]
        self.assertEqual(phrases[0], "three lemons")
        self.assertEqual(len(phrases), len(set(phrases)))
        self.assertGreaterEqual(len(phrases), 2)


class Reader(unittest.TestCase):
    def test_a_domain_without_places_of_its_parts_is_read_on_plain_pictures(self):
        self.assertIs(strange_over(None, Words, 0.0, 0.0), plain)
        images, asked = plain(torch.zeros(2, 3, 64, 64), torch.zeros(2, 5, dtype=torch.int64))
        self.assertEqual((tuple(images.shape), asked.tolist()), ((2, 3, 64, 64), [[1] * 5] * 2))


class Bytes(unittest.TestCase):
    def test_weights_stored_as_bytes_come_back_exactly_at_half_the_size(self):
        torch.manual_seed(0)
        made = {}
        for name, change in (("bytes", byte_exact), ("halves", lambda m: m.half().float())):
            module = change(torch.nn.Sequential(torch.nn.Linear(64, 300), torch.nn.ReLU(), torch.nn.Linear(300, 64)))
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "part.onnx"
                write_onnx(file, module, {"x": torch.randn(2, 64)}, ["y"], {"x": {0: "batch"}})
                made[name] = file.stat().st_size
                found = initialisers(file)
                for key, own in module.state_dict().items():
                    self.assertTrue(torch.equal(found[key], own), key)
                import onnxruntime

                x = torch.randn(3, 64)
                y = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"]).run(None, {"x": x.numpy()})[0]
                np.testing.assert_allclose(y, module(x).detach().numpy(), atol=2e-5)
        self.assertLess(made["bytes"], 0.6 * made["halves"])

    def test_only_what_bytes_hold_exactly_is_stored_so(self):
        rng = np.random.default_rng(1)
        self.assertIsNone(to_bytes(rng.normal(size=(8, 64)).astype(np.float32)))
        self.assertIsNone(to_bytes(np.ones(300, np.float32)))
        layer = byte_exact(torch.nn.Linear(64, 8, bias=False))
        whole, scale = to_bytes(layer.weight.detach().numpy())
        self.assertEqual((whole.dtype, whole.shape, scale.shape), (np.int8, (8, 64), (8, 1)))
        self.assertTrue((np.abs(whole).max(1) == 127).all())


if __name__ == "__main__":
    unittest.main()
