"""
Exports a pack from checkpoints: `python -m training.export.pack --config training/configs/first.toml --out models/first`.
`--id`, `--name`, `--part baseline` (an evaluation pack), `--window LO HI`, `--rebuild`, `--guidance` set manifest values.
"""

import argparse
import hashlib
import json
import shutil
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from ..clip.train import embed_all
from ..clip.vit import ImageEncoder
from ..clip.vjp import ImageEncoderVjp
from ..common import paths
from ..common.data import Glossary, Split
from ..denoiser.model import Denoiser
from ..denoiser.train import trained_conditions
from ..prior.model import Prior
from ..retrieval.contrast import Contrast
from ..retrieval.database import BANK_COUNT, BANK_SEED
from ..text import nulls
from ..text.colours import colour_phrases
from ..text.features import FILES, MAX_TOKENS, encode, package
from ..text.load import load_text
from ..text.synonyms import phrases
from ..upscaler.model import Upscaler
from . import named_values
from .encoder_file import encoder_safetensors
from .load_pack import TRAINING_FILE, training_tensors
from .onnx_file import byte_exact, half_exact, write_onnx


def _load(run: str, part: str):
    path = paths.runs() / run / part / "checkpoint.pt"
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None


class Parts:
    """The modules of a pack, rounded to what is stored, and the golden data that they give."""

    def __init__(self, encoder, denoiser, text, prior, upscaler, examples: list[str], small: bool = False):
        """`examples` are two texts for the golden data; `small` stores the denoiser's weights as bytes."""
        self.examples = examples
        self.encoder, self.text, self.prior, self.upscaler = (half_exact(m) if m is not None else None for m in (encoder, text, prior, upscaler))
        self.denoiser = byte_exact(denoiser) if small else half_exact(denoiser)

        self.encode_tokens = lambda texts: encode(texts)

    @torch.no_grad()
    def write(self, out: Path, size: int, dims: int, references: int, channels: int) -> dict[str, torch.Tensor]:
        """Writes every ONNX part; returns golden tensors `<part>.in.*` and `<part>.out.*`."""
        generator = torch.Generator().manual_seed(7)
        randn = lambda *shape: torch.randn(*shape, generator=generator)
        golden: dict[str, torch.Tensor] = {}

        def part(name, file, module, inputs, outputs, dynamic):
            write_onnx(out / file, module, inputs, outputs, dynamic)
            result = module(*inputs.values())
            for k, v in inputs.items():
                golden[f"{name}.in.{k}"] = v.contiguous().clone()
            for k, v in zip(outputs, result if isinstance(result, tuple) else (result,)):
                golden[f"{name}.out.{k}"] = v.float().contiguous().clone()

        image = randn(2, 3, size, size) * 0.7
        unit = torch.nn.functional.normalize(randn(2, 1 + references, dims), dim=-1)
        mask = (torch.rand(2, 1 + references, generator=generator) < 0.7).float()
        inputs = {"x": image, "gradient": randn(2, 3, size, size), "t": torch.tensor([300.0, 750.0]), "condition": unit, "mask": mask}
        module = self.denoiser
        if channels == 3:
            inputs.pop("gradient")
            module = _OneStage(self.denoiser)
        part("denoiser", "denoiser.onnx", module, inputs, ["x0"], {k: {0: "batch"} for k in inputs})
        part("imageEncoder", "image-encoder.onnx", self.encoder, {"image": image}, ["embedding"], {"image": {0: "batch"}})
        part("imageEncoderVjp", "image-encoder-vjp.onnx", ImageEncoderVjp(self.encoder), {"image": image, "cotangent": randn(2, 2, dims)}, ["embedding", "gradient"], {"image": {0: "batch"}, "cotangent": {0: "batch", 1: "cotangents"}})
        tokens, token_mask = self.encode_tokens(self.examples)
        part("textEncoder", "text-encoder.onnx", self.text, {"tokens": tokens, "mask": token_mask}, ["embedding"], {"tokens": {0: "batch", 1: "tokens"}, "mask": {0: "batch", 1: "tokens"}})
        if self.prior is not None:
            part("prior", "prior.onnx", self.prior, {"text": unit[:, 0].clone()}, ["embedding"], {"text": {0: "batch"}})
        if self.upscaler is not None:
            part("upscaler", "upscaler.onnx", self.upscaler, {"image": image[:1].clamp(-1, 1)}, ["enlarged"], {"image": {0: "batch"}})
        return golden


class _OneStage(torch.nn.Module):
    def __init__(self, denoiser):
        super().__init__()
        self.denoiser = denoiser

    def forward(self, x, t, condition, mask):
        return self.denoiser(x, x, t, condition, mask)


FILE_OF = {
    "denoiser": "denoiser.onnx", "imageEncoder": "image-encoder.onnx", "imageEncoderVjp": "image-encoder-vjp.onnx",
    "encoderWeights": "encoder.safetensors", "textEncoder": "text-encoder.onnx", "tokenizer": "tokenizer.json",
    "prior": "prior.onnx", "upscaler": "upscaler.onnx", "contrast": "contrast.safetensors",
}


def describe_file(path: Path) -> dict:
    data = path.read_bytes()
    return {"file": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def null_scores(text, encoder, images: np.ndarray, phrases: list[str]) -> dict:
    """Scores of phrases that name nothing in the domain against single images, as 101 quantiles."""
    scores = (text.embed(phrases) @ embed_all(encoder, images).T).flatten()
    quantiles = torch.quantile(scores.double(), torch.linspace(0, 1, 101, dtype=torch.float64)).tolist()
    return {"phrases": len(phrases), "images": len(images), "quantiles": [round(q, 5) for q in quantiles]}


def kept_tokens(texts: list[str], words: int) -> list[int]:
    """
    Ids that stay: so many of the most frequent words (MiniLM's vocabulary is in that order; rarer ones fall into pieces), and all
    that the text encoder's training and the null phrases use, in their old order.
    """
    ids, mask = encode(texts)
    return sorted(set(range(words)) | set(ids[mask.bool()].tolist()))


def tokenizer_json(kept: list[int]) -> str:
    """The package's tokenizer with the kept tokens numbered anew, without padding and truncation settings."""
    raw = json.loads((package() / FILES[1]).read_text())
    number = {old: new for new, old in enumerate(kept)}
    raw["truncation"] = raw["padding"] = None
    raw["model"]["vocab"] = {t: number[i] for t, i in raw["model"]["vocab"].items() if i in number}
    raw["added_tokens"] = [{**t, "id": number[t["id"]]} for t in raw["added_tokens"]]
    return json.dumps(raw, ensure_ascii=False, separators=(",", ":"))


def prune_words(text, kept: list[int]):
    """Keeps the word rows of these tokens; returns a function from old ids to new ones."""
    words = text.encoder.words.words
    words.bytes = words.bytes[kept].clone()
    number = torch.full((max(kept) + 1,), -1)
    number[torch.tensor(kept)] = torch.arange(len(kept))
    return lambda ids: number[ids]


def card_text(part: str, manifest: dict, images: int, log: list[str], averaged: str | None = None, rows: int = 24) -> str:
    """
    The model card: what it draws, from what, under which licence, its sample sheet and its training log (every n-th row). `averaged`
    names the pack that the denoiser was averaged with.
    """
    seen = manifest["imagesSeen"]
    kept = log[:: max(1, len(log) // rows)] + log[-1:]
    return "\n".join([
        f"# {manifest['name']}", "",
        f"Images seen: encoder {seen['encoder']:,}, {'Baseline' if part == 'baseline' else 'denoiser'} {seen['denoiser']:,}. Data: training/data, seed 1 ({images:,} images).",
        *([f"The denoiser's weights are the mean of this training's end and of {averaged} (training/denoiser/average.py)."] if averaged else []),
        f"Licence {manifest['licence']}; the text encoder holds MiniLM-L6 (Apache-2.0).", "",
        f"What it draws: {manifest['description']}", "",
        *[f"- {a}" for a in manifest["attribution"]], "",
        "`sheet.png`: 64 validation prompts, each without (left) and with refinement, at the pack's own 64 px.",
        "Its figures, what it can do and what not: docs/evaluation.md.", "",
        "The training log, every n-th row:", "", "```", *kept, "```", "",
    ])


def finish(out: Path, golden: dict, manifest: dict, card: str):
    """Golden data, card and manifest; the manifest is written last."""
    save_file(golden, out / "golden.safetensors")
    (out / "card.md").write_text(card)
    manifest["parts"] = {name: describe_file(out / file) for name, file in FILE_OF.items() if (out / file).exists()}
    manifest["golden"] = {**describe_file(out / "golden.safetensors"), "tolerance": {"forward": 2e-5, "gradient": 1e-4}}
    manifest["card"] = {"file": "card.md"}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--part", default="denoiser")
    parser.add_argument("--id")
    parser.add_argument("--name")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--window", type=int, nargs=2, default=[100, 900])
    parser.add_argument("--rebuild", default="mean-shift")
    parser.add_argument("--guidance", type=float, default=3.0)
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    name, about, data, out = config["name"], config["pack"], paths.data(config), Path(args.out)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    e, d, p, u = (_load(name, x) for x in ("encoder", args.part, "prior", "upscaler"))
    encoder = ImageEncoder(**e["config"]["model"])
    encoder.load_state_dict(e["model"])
    denoiser = Denoiser(**d["config"]["model"])
    denoiser.load_state_dict(d["ema"])
    text = load_text(name)
    prior = Prior(**p["config"])
    prior.load_state_dict(p["model"])
    upscaler = None
    if u:
        upscaler = Upscaler(**u.get("config", {}))
        upscaler.load_state_dict(u.get("ema") or u["model"])
    model = d["config"]["model"]
    parts = Parts(encoder.eval(), denoiser.eval(), text.encoder, prior.eval(), upscaler, about["golden"], about.get("bytes", False))
    glossary = Glossary(data)
    nothing = nulls.calibration(glossary)
    scores = null_scores(text, parts.encoder, Split(data, "validation", records=False).images, nothing)
    own = [p["text"] for p in glossary.phrases + glossary.held_phrases] + [text for text, *_ in phrases(glossary) + colour_phrases(glossary)]
    kept = kept_tokens(own + nothing + nulls.training(glossary), about["words"])
    renumber = prune_words(text, kept)

    def encode_tokens(texts):
        ids, mask = encode(texts)
        return renumber(ids), mask

    parts.encode_tokens = encode_tokens
    golden = parts.write(out, model["size"], model["dims"], model["references"], model["channels"])
    (out / "encoder.safetensors").write_bytes(encoder_safetensors(parts.encoder))
    (out / "tokenizer.json").write_text(tokenizer_json(kept))
    save_file(training_tensors(*trained_conditions(name)), out / TRAINING_FILE)
    if d.get("contrast"):
        stored = {k: (v.half() if v.ndim > 1 else v).contiguous() for k, v in d["contrast"].items()}
        save_file(stored, out / FILE_OF["contrast"])
        references = torch.nn.functional.normalize(torch.randn(2, 3, model["dims"], generator=torch.Generator().manual_seed(8)), dim=-1)
        golden |= {"contrast.in.references": references, "contrast.out.direction": Contrast(**{k: v.float() for k, v in stored.items()}).direction(references)}
    manifest = {
        "format": "accent-pack", "schema": 1, "id": args.id or f"accent-{name}", "version": args.version, "name": args.name or about["title"],
        "description": about["description"], **({"domain": config["domain"]} if config.get("domain", "first") != "first" else {}),
        **({"role": "evaluation"} if model["channels"] == 3 else {}),
        "licence": about["licence"], "attribution": about["attribution"], "createdAt": date.today().isoformat(),
        "imagesSeen": {"encoder": int(e["seen"]), "denoiser": int(d["seen"])},
        "image": {"size": model["size"], "channels": 3, "range": [-1, 1]},
        "embedding": {"dims": model["dims"]}, "text": {"maxTokens": MAX_TOKENS},
        "schedule": {"kind": config["schedule"], "levels": 1000},
        "denoiser": {"channels": model["channels"], "maxReferences": model["references"], "prediction": "x0"},
        "gradient": {"at": "prediction" if d.get("contrast") else "noised"},
        "gradientScale": {"levels": [int(x) for x in d["scale"]["levels"]], "rms": d["scale"]["rms"], "clip": d["scale"]["clip"]},
        "noiseBank": {"seed": str(BANK_SEED), "count": BANK_COUNT},
        "sampling": {"steps": 50, "guidance": args.guidance, "rebuild": args.rebuild, "window": args.window},
        "nullScores": scores,
    }
    card = card_text(args.part, manifest, len(list(data.glob("train-[0-9][0-9][0-9].rgb"))) * 1000, (paths.runs() / name / args.part / "log.jsonl").read_text().splitlines(), d.get("averagedWith"))
    finish(out, golden, manifest, card)
    named_values.add_from_renders(out)
    total = sum(f.stat().st_size for f in out.iterdir())
    print(json.dumps({"pack": str(out), "bytes": total, "parts": {k: v["bytes"] for k, v in manifest["parts"].items()}}))


if __name__ == "__main__":
    main()
