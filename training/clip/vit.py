"""CLIP-shaped vision transformer (pre-norm, class token, learned positions, final norm, projection, L2 norm)."""

import torch
import torch.nn.functional as F
from torch import nn

from ..common.attention import attention


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.layer_norm1 = nn.LayerNorm(width, eps=1e-5)
        self.qkv = nn.Linear(width, 3 * width)
        self.out_proj = nn.Linear(width, width)
        self.layer_norm2 = nn.LayerNorm(width, eps=1e-5)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(self.layer_norm1(x)).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        a = attention(q, k, v).transpose(1, 2).reshape(b, n, d)
        x = x + self.out_proj(a)
        return x + self.fc2(quick_gelu(self.fc1(self.layer_norm2(x))))


class ImageEncoder(nn.Module):
    """Images [B, 3, S, S], nominally in [-1, 1] and never clamped, to unit embeddings [B, dims]."""

    def __init__(self, size=64, patch=8, width=192, layers=5, heads=3, dims=192):
        super().__init__()
        self.config = dict(size=size, patch=patch, width=width, layers=layers, heads=heads, dims=dims)
        self.patch, self.grid = patch, size // patch
        self.patch_embedding = nn.Linear(3 * patch * patch, width, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(width) * 0.02)
        self.position_embedding = nn.Parameter(torch.randn(self.grid**2 + 1, width) * 0.02)
        self.pre_layernorm = nn.LayerNorm(width, eps=1e-5)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.post_layernorm = nn.LayerNorm(width, eps=1e-5)
        self.visual_projection = nn.Linear(width, dims, bias=False)
        for name, p in self.named_parameters():
            if name.endswith(("out_proj.weight", "fc2.weight")):
                nn.init.normal_(p, std=0.02 / (2 * layers) ** 0.5)

    def patches(self, images):
        """[B, 3, S, S] to [B, grid*grid, 3*p*p], each patch channel-major as a convolution's weight is."""
        b, p, g = images.shape[0], self.patch, self.grid
        return images.reshape(b, 3, g, p, g, p).permute(0, 2, 4, 1, 3, 5).reshape(b, g * g, 3 * p * p)

    def features(self, images):
        """Class-token output after the final norm, before the projection."""
        x = self.patch_embedding(self.patches(images))
        x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1).to(x.dtype), x], 1) + self.position_embedding
        x = self.pre_layernorm(x)
        for block in self.blocks:
            x = block(x)
        return self.post_layernorm(x[:, 0])

    def forward(self, images):
        return F.normalize(self.visual_projection(self.features(images)).float(), dim=-1)
