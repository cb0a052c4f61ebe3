import tomllib
import unittest

import torch
from safetensors.torch import load_file

from ..clip.vit import ImageEncoder
from ..common.paths import ROOT
from ..denoiser.model import Denoiser
from ..export.load_pack import init_from, initialisers
from ..export.unpack import reader_state, states, weights
from ..prior.model import Prior
from ..reader.model import AttributeReader
from ..text.minilm import ByteEmbedding, MiniLm, TextEncoder, TextHead
from ..upscaler.model import Upscaler

PACK = ROOT / "models" / "first"
READER = ROOT / "models" / "evaluation" / "reader"


class Unpack(unittest.TestCase):
    """What comes back from the committed pack computes what the pack's golden data says."""

    @classmethod
    def setUpClass(cls):
        config = tomllib.loads((ROOT / "training" / "configs" / "first.toml").read_text())
        cls.states, cls.golden = states(PACK, config, "refine"), load_file(PACK / "golden.safetensors")

    def given(self, part: str) -> dict[str, torch.Tensor]:
        return {k.split(".")[2]: v for k, v in self.golden.items() if k.startswith(f"{part}.in.")}

    def check(self, part: str, output: str, model: torch.nn.Module, state: dict):
        model.load_state_dict(state)
        with torch.no_grad():
            made = model.eval()(**self.given(part)) if len(self.given(part)) > 1 else model.eval()(*self.given(part).values())
        torch.testing.assert_close(made, self.golden[f"{part}.out.{output}"], rtol=0, atol=2e-5)

    def test_encoder(self):
        state = self.states["encoder"]
        self.check("imageEncoder", "embedding", ImageEncoder(**state["config"]["model"]), state["model"])

    def test_text_head(self):
        file = PACK / "text-encoder.onnx"
        words = MiniLm()
        words.words = ByteEmbedding(len(initialisers(file)["words.words.bytes"]))
        text = TextEncoder(words, TextHead(self.states["text"]["dims"]))
        text.head.load_state_dict(self.states["text"]["head"])
        self.check("textEncoder", "embedding", text, weights(file, text))

    def test_prior(self):
        state = self.states["prior"]
        self.check("prior", "embedding", Prior(**state["config"]), state["model"])

    def test_denoiser(self):
        state = self.states["refine"]
        self.check("denoiser", "x0", Denoiser(**state["config"]["model"]), state["ema"])

    def test_a_one_stage_model_begins_as_the_coarse_stage(self):
        two, config = Denoiser(**self.states["refine"]["config"]["model"]), self.states["refine"]["config"]["model"]
        one = Denoiser(**{**config, "channels": 3})
        self.assertEqual(init_from(PACK, two), init_from(PACK, one))
        given = self.given("denoiser")
        nothing = torch.zeros_like(given["gradient"])
        with torch.no_grad():
            coarse, own = two.eval()(**{**given, "gradient": nothing}), one.eval()(**{**given, "gradient": nothing})
        torch.testing.assert_close(own, coarse, rtol=0, atol=1e-5)

    def test_upscaler(self):
        self.check("upscaler", "enlarged", Upscaler(), self.states["upscaler"]["model"])

    def test_reader(self):
        state, golden = reader_state(READER), load_file(READER / "golden.safetensors")
        model = AttributeReader(**state["config"])
        model.load_state_dict(state["ema"])
        with torch.no_grad():
            made = model.eval()(golden["reader.in.image"])
        torch.testing.assert_close(made, golden["reader.out.logits"], rtol=0, atol=1e-3)

    def test_another_shape_is_refused(self):
        config = tomllib.loads((ROOT / "training" / "configs" / "first.toml").read_text())
        config["denoiser"]["model"]["width"] = 128
        with self.assertRaisesRegex(ValueError, r"denoiser\.onnx: expected .* of \(.*128"):
            states(PACK, config, "refine")


if __name__ == "__main__":
    unittest.main()
