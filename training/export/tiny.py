"""
The tiny pack for tests (under 1 MB): the same modules and export, very small and untrained, with a small vocabulary.

    python -m training.export.tiny --out test/golden/packs/tiny
"""

import argparse
import json
import shutil
from datetime import date
from pathlib import Path

import torch

from ..clip.vit import ImageEncoder
from ..denoiser.model import Denoiser
from ..prior.model import Prior
from ..upscaler.model import Upscaler
from . import pack
from .encoder_file import encoder_safetensors

DIMS, SIZE, REFERENCES = 32, 32, 4
WORDS = """a an the and with on of person critter plant robot hair beard full shades glasses round square blue red green
yellow pink white black hat beanie smile frown background eyes visor horns pot cactus flower antenna heart""".split()


class TinyText(torch.nn.Module):
    """A bag of word vectors: enough to give different texts different embeddings."""

    def __init__(self, words: int):
        super().__init__()
        self.table = torch.nn.Embedding(words, DIMS)

    def forward(self, tokens, mask):
        keep = mask.unsqueeze(-1).float()
        return torch.nn.functional.normalize((self.table(tokens) * keep).sum(1), dim=-1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    out = Path(args.out)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    torch.manual_seed(5)
    letters = "abcdefghijklmnopqrstuvwxyz"
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *",.:;()'-", *letters, *(f"##{x}" for x in letters), *WORDS]
    vocabulary = {t: i for i, t in enumerate(dict.fromkeys(tokens))}
    (out / "tokenizer.json").write_text(json.dumps({"model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": vocabulary}}))
    tokens_of = lambda texts: (torch.tensor([[2, 60, 61, 3], [2, 70, 3, 0]]), torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]]))
    encoder = ImageEncoder(size=SIZE, patch=8, width=32, layers=2, heads=2, dims=DIMS)
    for name, p in encoder.named_parameters():
        if p.ndim > 1:
            torch.nn.init.normal_(p, std=0.15)
    denoiser = Denoiser(size=SIZE, dims=DIMS, width=32, depth=1, heads=2, fine=16, fine_in=1, fine_out=1, fine_heads=1, modulation=32, references=REFERENCES)
    # An untrained network that gives zeros would make every test of refinement pass or fail for nothing.
    torch.nn.init.normal_(denoiser.head.weight, std=0.3)
    parts = pack.Parts(encoder.eval(), denoiser.eval(), TinyText(len(vocabulary)).eval(), Prior(DIMS, 64, 1).eval(), Upscaler(width=8, blocks=1).eval(), ["a person", "a robot"])
    parts.encode_tokens = tokens_of
    golden = parts.write(out, SIZE, DIMS, REFERENCES, 6)
    (out / "encoder.safetensors").write_bytes(encoder_safetensors(parts.encoder))
    manifest = {
        "format": "accent-pack", "schema": 1, "id": "tiny", "version": "1.0.0", "name": "Tiny test pack",
        "description": "Untrained and very small: it runs the whole path in tests. Its pictures mean nothing.", "role": "evaluation",
        "licence": "CC0-1.0", "attribution": [], "createdAt": date.today().isoformat(), "imagesSeen": {"encoder": 0, "denoiser": 0},
        "image": {"size": SIZE, "channels": 3, "range": [-1, 1]}, "embedding": {"dims": DIMS}, "text": {"maxTokens": 32},
        "schedule": {"kind": "cosine", "levels": 1000}, "denoiser": {"channels": 6, "maxReferences": REFERENCES, "prediction": "x0"},
        "gradientScale": {"levels": [0, 500, 1000], "rms": [0.007, 0.007, 0.007], "clip": 5.0},
        "noiseBank": {"seed": "1", "count": 8}, "sampling": {"steps": 50, "guidance": 3.0, "rebuild": "mean-shift", "window": [100, 900]},
        "nullScores": {"phrases": 1, "images": 1, "quantiles": [round(-0.5 + 0.01 * i, 4) for i in range(101)]},
    }
    pack.finish(out, golden, manifest, "# Tiny test pack\n\nUntrained; for tests only.\n")
    print(sum(f.stat().st_size for f in out.iterdir()))


if __name__ == "__main__":
    main()
