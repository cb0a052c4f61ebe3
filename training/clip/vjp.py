"""
The image encoder's input VJP as ordinary forward operators (torch cannot export autograd): every execution provider that
runs matrix products can give the semantic-induced gradient. Equal to autograd; training/tests holds the proof.
"""

import torch
from torch import nn

from .vit import ImageEncoder


def _norm_forward(x, norm: nn.LayerNorm):
    """(y, xhat, 1/std) of a layer norm over the last dimension."""
    centred = x - x.mean(-1, keepdim=True)
    inverse = (centred.pow(2).mean(-1, keepdim=True) + norm.eps).rsqrt()
    hat = centred * inverse
    return hat * norm.weight + norm.bias, hat, inverse


def _norm_vjp(dy, norm: nn.LayerNorm, hat, inverse):
    d = dy * norm.weight
    return inverse * (d - d.mean(-1, keepdim=True) - hat * (d * hat).mean(-1, keepdim=True))


class ImageEncoderVjp(nn.Module):
    """image [B, 3, S, S], cotangent [B, C, D] to embedding [B, D], gradient [B, C, 3, S, S]."""

    def __init__(self, encoder: ImageEncoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, image, cotangent):
        e = self.encoder
        b, heads = image.shape[0], e.blocks[0].heads
        x = e.patch_embedding(e.patches(image))
        x = torch.cat([e.class_embedding.expand(b, 1, -1), x], 1) + e.position_embedding
        x, pre_hat, pre_inverse = _norm_forward(x, e.pre_layernorm)
        n, d = x.shape[1:]
        saved = []
        for block in e.blocks:
            h, hat1, inverse1 = _norm_forward(x, block.layer_norm1)
            q, k, v = block.qkv(h).view(b, n, 3, heads, d // heads).permute(2, 0, 3, 1, 4).unbind(0)
            p = ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)).softmax(-1)
            x = x + block.out_proj((p @ v).transpose(1, 2).reshape(b, n, d))
            h, hat2, inverse2 = _norm_forward(x, block.layer_norm2)
            u = block.fc1(h)
            s = torch.sigmoid(1.702 * u)
            x = x + block.fc2(u * s)
            saved.append((hat1, inverse1, q, k, v, p, hat2, inverse2, u, s))
        y, post_hat, post_inverse = _norm_forward(x[:, 0], e.post_layernorm)
        z = e.visual_projection(y)
        length = z.pow(2).sum(-1, keepdim=True).sqrt()
        embedding = z / length
        # Backward. Saved activations get a cotangent axis of size 1: [B, 1, ...] against [B, C, ...].
        unit = embedding[:, None]
        dz = (cotangent - (cotangent * unit).sum(-1, keepdim=True) * unit) / length[:, None]
        dclass = _norm_vjp(dz @ e.visual_projection.weight, e.post_layernorm, post_hat[:, None], post_inverse[:, None])
        c = cotangent.shape[1]
        dx = torch.cat([dclass[:, :, None], torch.zeros_like(dclass)[:, :, None].expand(b, c, n - 1, d)], 2)
        for block, (hat1, inverse1, q, k, v, p, hat2, inverse2, u, s) in zip(reversed(e.blocks), reversed(saved)):
            u, s = u[:, None], s[:, None]
            dh = (dx @ block.fc2.weight) * (s + 1.702 * u * s * (1 - s))
            dx = dx + _norm_vjp(dh @ block.fc1.weight, block.layer_norm2, hat2[:, None], inverse2[:, None])
            q, k, v, p = q[:, None], k[:, None], v[:, None], p[:, None]
            da = (dx @ block.out_proj.weight).reshape(b, c, n, heads, d // heads).transpose(2, 3)
            dp = da @ v.transpose(-1, -2)
            ds = p * (dp - (dp * p).sum(-1, keepdim=True)) * (d // heads) ** -0.5
            dqkv = torch.stack([ds @ k, ds.transpose(-1, -2) @ q, p.transpose(-1, -2) @ da], 2)
            dqkv = dqkv.permute(0, 1, 4, 2, 3, 5).reshape(b, c, n, 3 * d)
            dx = dx + _norm_vjp(dqkv @ block.qkv.weight, block.layer_norm1, hat1[:, None], inverse1[:, None])
        dx = _norm_vjp(dx, e.pre_layernorm, pre_hat[:, None], pre_inverse[:, None])
        g, size = e.grid, e.config["size"]
        patches = (dx[:, :, 1:] @ e.patch_embedding.weight).reshape(b, c, g, g, 3, e.patch, e.patch)
        return embedding, patches.permute(0, 1, 4, 2, 5, 3, 6).reshape(b, c, 3, size, size)
