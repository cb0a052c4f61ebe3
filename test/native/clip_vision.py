"""Randomly initialised CLIP vision models and PyTorch's autograd of them, for torch.long.test.ts:

    python test/native/clip_vision.py FOLDER SEED COUNT

writes FOLDER/i.safetensors (weights under the module's own names) and FOLDER/i.expected.safetensors (image, cotangent,
embedding, gradient; computed in float64), and prints which model it used: transformers' own CLIPVisionModelWithProjection
where that package is installed, else the module below, which has the same structure and the same parameter names.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2] / "native" / "lab"))
from fixtures import save  # noqa: E402


class Embeddings(nn.Module):
    def __init__(self, c):
        super().__init__()
        n = (c["image_size"] // c["patch_size"]) ** 2 + 1
        self.class_embedding = nn.Parameter(torch.randn(c["hidden_size"]))
        self.patch_embedding = nn.Conv2d(3, c["hidden_size"], c["patch_size"], c["patch_size"], bias=False)
        self.position_embedding = nn.Embedding(n, c["hidden_size"])

    def forward(self, x):
        x = self.patch_embedding(x).flatten(2).transpose(1, 2)
        return torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.position_embedding.weight


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, self.heads = c["hidden_size"], c["num_attention_heads"]
        self.k_proj, self.v_proj, self.q_proj, self.out_proj = (nn.Linear(d, d) for _ in range(4))

    def forward(self, x):
        q, k, v = (p(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        return self.out_proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.quick = c["hidden_act"] == "quick_gelu"
        self.fc1 = nn.Linear(c["hidden_size"], c["intermediate_size"])
        self.fc2 = nn.Linear(c["intermediate_size"], c["hidden_size"])

    def forward(self, x):
        x = self.fc1(x)
        return self.fc2(x * torch.sigmoid(1.702 * x) if self.quick else F.gelu(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.self_attn, self.mlp = Attention(c), Mlp(c)
        self.layer_norm1, self.layer_norm2 = (nn.LayerNorm(c["hidden_size"]) for _ in range(2))

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))


class Vision(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embeddings, self.encoder = Embeddings(c), Encoder(c)
        # The misspelt name is the published one.
        self.pre_layrnorm, self.post_layernorm = (nn.LayerNorm(c["hidden_size"]) for _ in range(2))

    def forward(self, x):
        x = self.pre_layrnorm(self.embeddings(x))
        for layer in self.encoder.layers:
            x = layer(x)
        return self.post_layernorm(x[:, 0])


class OwnModel(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.vision_model = Vision(c)
        self.visual_projection = nn.Linear(c["hidden_size"], c["projection_dim"], bias=False)

    def forward(self, x):
        return self.visual_projection(self.vision_model(x))


def make(c):
    try:
        from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection
    except ImportError:
        return OwnModel(c), "own module", lambda model, x: model(x)
    model = CLIPVisionModelWithProjection(CLIPVisionConfig(**c))
    return model, "transformers", lambda model, x: model(pixel_values=x).image_embeds


def draw(pick):
    """A random configuration whose widths and token counts fill no tile."""
    heads, patch = pick(1, 4), pick(2, 8)
    return dict(
        num_attention_heads=heads, hidden_size=heads * pick(5, 40), intermediate_size=pick(20, 200),
        num_hidden_layers=pick(1, 4), patch_size=patch, image_size=patch * pick(2, 7), projection_dim=pick(4, 60),
        hidden_act=("gelu", "quick_gelu")[pick(0, 1)],
    )


def main(folder, seed, count):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    pick = lambda lo, hi: int(torch.randint(lo, hi + 1, ()))
    for i in range(count):
        c = draw(pick)
        model, kind, embed = make(c)
        model = model.eval().requires_grad_(False)
        for p in model.parameters():
            # Away from zero biases and unit norms, which would hide an error in either.
            p.add_(torch.randn_like(p) * (0.1 if p.dim() == 1 else p.std()))
        w = {name: t.detach().clone() for name, t in model.state_dict().items()}
        save(folder / f"{i}.safetensors", w,
             {"hidden_act": c["hidden_act"], "num_attention_heads": str(c["num_attention_heads"])})
        image = torch.randn(2, 3, c["image_size"], c["image_size"])
        cotangent = torch.randn(2, c["projection_dim"])
        x = image.double().requires_grad_()
        embedding = F.normalize(embed(model.double(), x), dim=-1)
        (gradient,) = torch.autograd.grad(embedding, x, cotangent.double())
        save(folder / f"{i}.expected.safetensors", {
            "image": image, "cotangent": cotangent, "embedding": embedding.detach().float(), "gradient": gradient.float()})
    print(kind)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
