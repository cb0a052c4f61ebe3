"""Writes the committed test data of the kernel: tiny encoders in every naming, storage and activation, with inputs and
PyTorch's outputs and gradients, and sampled outputs of the four published CLIP shapes with seeded weights.

    python native/lab/fixtures.py test/native/fixtures            the tiny models
    python native/lab/fixtures.py test/native/fixtures --shapes   also the published shapes (minutes, 3 GB of memory)

The tests need no Python: they read these files. Needs torch and numpy only.
"""

import argparse
import json
import struct
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

M64 = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15


def mix(z):
    with np.errstate(over="ignore"):
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def uniform(seed: int, n: int) -> np.ndarray:
    """n float32 in [-1, 1), exactly as test/native/support.ts makes them: 24 bits of splitmix64 of a counter."""
    with np.errstate(over="ignore"):
        z = mix(np.uint64(seed) * np.uint64(0x100000000) + (np.arange(n, dtype=np.uint64) + np.uint64(1)) * np.uint64(STEP))
    return ((z >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-23) - np.float32(1)).astype(np.float32)


def specs(c):
    """Tensor names (Hugging Face), shapes, scale and offset, in the order in which they take seeds 1, 2, 3, ..."""
    d, m, n, p = c["width"], c["mlp"], (c["size"] // c["patch"]) ** 2 + 1, c["patch"]
    v = "vision_model."
    yield v + "embeddings.class_embedding", (d,), 1.0, 0.0
    yield v + "embeddings.patch_embedding.weight", (d, 3, p, p), 2.0 / np.sqrt(3 * p * p), 0.0
    yield v + "embeddings.position_embedding.weight", (n, d), 0.5, 0.0
    for name in ["pre_layrnorm", "post_layernorm"]:
        yield v + name + ".weight", (d,), 0.25, 1.0
        yield v + name + ".bias", (d,), 0.1, 0.0
    for i in range(c["layers"]):
        b = f"{v}encoder.layers.{i}."
        for name in ["layer_norm1", "layer_norm2"]:
            yield b + name + ".weight", (d,), 0.25, 1.0
            yield b + name + ".bias", (d,), 0.1, 0.0
        for name in ["q_proj", "k_proj", "v_proj", "out_proj"]:
            yield f"{b}self_attn.{name}.weight", (d, d), (2.0 if name[0] in "qk" else 1.5) / np.sqrt(d), 0.0
            yield f"{b}self_attn.{name}.bias", (d,), 0.1, 0.0
        yield b + "mlp.fc1.weight", (m, d), 2.0 / np.sqrt(d), 0.0
        yield b + "mlp.fc1.bias", (m,), 0.1, 0.0
        yield b + "mlp.fc2.weight", (d, m), 1.5 / np.sqrt(m), 0.0
        yield b + "mlp.fc2.bias", (d,), 0.1, 0.0
    if c["dims"]:
        yield "visual_projection.weight", (c["dims"], d), 1.0 / np.sqrt(d), 0.0


def seeded(c):
    out = {}
    for i, (name, shape, scale, offset) in enumerate(specs(c)):
        values = uniform(i + 1, int(np.prod(shape))) * np.float32(scale) + np.float32(offset)
        out[name] = torch.from_numpy(values.astype(np.float32).reshape(shape))
    return out


def encode(w, c, image):
    """CLIP's image encoder, functional, in the dtype of its weights; image [B, 3, size, size] to unit [B, D]."""
    d, h, v = c["width"], c["heads"], "vision_model."
    eps = c.get("eps", 1e-5)
    norm = lambda x, name: F.layer_norm(x, (d,), w[name + ".weight"], w[name + ".bias"], eps)
    x = F.conv2d(image, w[v + "embeddings.patch_embedding.weight"], stride=c["patch"]).flatten(2).transpose(1, 2)
    cls = w[v + "embeddings.class_embedding"].expand(x.shape[0], 1, -1)
    x = torch.cat([cls, x], 1) + w[v + "embeddings.position_embedding.weight"]
    x = norm(x, v + "pre_layrnorm")
    for i in range(c["layers"]):
        b = f"{v}encoder.layers.{i}."
        lin = lambda y, name: F.linear(y, w[b + name + ".weight"], w[b + name + ".bias"])
        a = norm(x, b + "layer_norm1")
        q, k, val = (lin(a, f"self_attn.{n}_proj").unflatten(-1, (h, d // h)).transpose(1, 2) for n in "qkv")
        p = (q @ k.transpose(-1, -2) / (d // h) ** 0.5).softmax(-1)
        x = x + lin((p @ val).transpose(1, 2).flatten(2), "self_attn.out_proj")
        y = lin(norm(x, b + "layer_norm2"), "mlp.fc1")
        y = y * torch.sigmoid(1.702 * y) if c["act"] == "quick_gelu" else F.gelu(y)
        x = x + lin(y, "mlp.fc2")
    z = norm(x[:, 0], v + "post_layernorm")
    if c["dims"]:
        z = z @ w["visual_projection.weight"].T
    return F.normalize(z, dim=-1)


def open_clip(w, c):
    """The same weights under OpenCLIP's names."""
    v, out = "vision_model.", {}
    out["visual.class_embedding"] = w[v + "embeddings.class_embedding"]
    out["visual.conv1.weight"] = w[v + "embeddings.patch_embedding.weight"]
    out["visual.positional_embedding"] = w[v + "embeddings.position_embedding.weight"]
    for ours, theirs in [("pre_layrnorm", "ln_pre"), ("post_layernorm", "ln_post")]:
        for part in ["weight", "bias"]:
            out[f"visual.{theirs}.{part}"] = w[f"{v}{ours}.{part}"]
    for i in range(c["layers"]):
        b, t = f"{v}encoder.layers.{i}.", f"visual.transformer.resblocks.{i}."
        for ours, theirs in [
            ("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj"),
            ("self_attn.out_proj", "attn.out_proj"),
        ]:
            for part in ["weight", "bias"]:
                out[f"{t}{theirs}.{part}"] = w[f"{b}{ours}.{part}"]
        for part in ["weight", "bias"]:
            out[f"{t}attn.in_proj_{part}"] = torch.cat([w[f"{b}self_attn.{n}_proj.{part}"] for n in "qkv"])
    if c["dims"]:
        out["visual.proj"] = w["visual_projection.weight"].T.contiguous()
    # A text tower's tensors, which the kernel must pass over.
    out["logit_scale"] = torch.tensor(4.6)
    out["text_projection"] = torch.zeros(2, 2)
    return out


DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}


def save(path, tensors, metadata=None):
    header, blobs, at = {}, [], 0
    if metadata:
        header["__metadata__"] = metadata
    for name, t in tensors.items():
        raw = t.contiguous().view(torch.uint8).numpy().tobytes() if t.dim() else t.reshape(1).view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": DTYPES[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + len(raw)]}
        blobs.append(raw)
        at += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


TINY = {
    # Widths and token counts that fill no tile, so that every edge of the kernel is met.
    "hf-quick": dict(size=16, patch=4, width=40, heads=5, layers=3, mlp=72, dims=24, act="quick_gelu", store=torch.float32),
    "hf-gelu": dict(size=24, patch=8, width=64, heads=1, layers=2, mlp=256, dims=33, act="gelu", store=torch.float32),
    "hf-f16": dict(size=16, patch=8, width=48, heads=3, layers=2, mlp=96, dims=16, act="gelu", store=torch.float16),
    "hf-bf16": dict(size=16, patch=8, width=48, heads=3, layers=2, mlp=96, dims=16, act="quick_gelu", store=torch.bfloat16),
    "hf-plain": dict(size=12, patch=4, width=32, heads=2, layers=1, mlp=64, dims=0, act="gelu", store=torch.float32),
    "open-clip": dict(size=20, patch=4, width=32, heads=4, layers=2, mlp=128, dims=20, act="gelu", store=torch.float32, oc=True),
}

SHAPES = {
    "b32": dict(size=224, patch=32, width=768, heads=12, layers=12, mlp=3072, dims=512, act="quick_gelu"),
    "b16": dict(size=224, patch=16, width=768, heads=12, layers=12, mlp=3072, dims=512, act="quick_gelu"),
    "l14": dict(size=224, patch=14, width=1024, heads=16, layers=24, mlp=4096, dims=768, act="quick_gelu"),
    "l14-336": dict(size=336, patch=14, width=1024, heads=16, layers=24, mlp=4096, dims=768, act="quick_gelu"),
}


def bicubic(x, size):
    """Shorter side to `size`, centre crop, as torchvision does; differentiable."""
    h, w = x.shape[-2:]
    short = min(h, w)
    nh, nw = (size if s == short else int(size * s / short) for s in (h, w))
    x = F.interpolate(x, (nh, nw), mode="bicubic", antialias=True, align_corners=False)
    top, left = round((nh - size) / 2.0), round((nw - size) / 2.0)
    return x[..., top : top + size, left : left + size]


def tiny(folder):
    for name, c in TINY.items():
        w = {k: t.to(c["store"]) for k, t in seeded(c).items()}
        meta = {"hidden_act": c["act"], "num_attention_heads": str(c["heads"]), "layer_norm_eps": "1e-5",
                "image_size": str(c["size"]), "patch_size": str(c["patch"])}
        extra = {} if c.get("oc") else {"vision_model.embeddings.position_ids": torch.arange(c["width"])[None]}
        save(folder / f"{name}.safetensors", open_clip(w, c) if c.get("oc") else {**w, **extra}, meta)
        w64 = {k: t.double() for k, t in w.items()}
        out = {}
        dims = c["dims"] or c["width"]
        # Beyond [-1, 1]: noised pixels are.
        image = torch.from_numpy(uniform(1001, 2 * 3 * c["size"] ** 2).reshape(2, 3, c["size"], c["size"]) * np.float32(2))
        cot = torch.from_numpy(uniform(1002, 2 * dims).reshape(2, dims))
        x = image.double().requires_grad_()
        e = encode(w64, c, x)
        (e * cot.double()).sum().backward()
        out |= {"image": image, "cotangent": cot, "embedding": e.detach().float(), "gradient": x.grad.float()}
        # One image at another size, with a mean and a deviation.
        mean, std = torch.tensor([0.1, -0.05, 0.2]), torch.tensor([0.5, 0.6, 0.55])
        free = torch.from_numpy(uniform(1003, 3 * 37 * 29).reshape(1, 3, 37, 29))
        x = free.double().requires_grad_()
        seen = (bicubic(x, c["size"]) - mean.double()[:, None, None]) / std.double()[:, None, None]
        e = encode(w64, c, seen)
        (e * cot[:1].double()).sum().backward()
        out |= {"free.image": free, "free.embedding": e.detach().float(), "free.gradient": x.grad.float()}
        save(folder / f"{name}.expected.safetensors", out)
        print(name, "norm of gradient", float(x.grad.norm()))


def shapes(folder):
    for name, c in SHAPES.items():
        w = {k: t.double() for k, t in seeded(c).items()} if c["width"] < 1024 else seeded(c)
        dtype = next(iter(w.values())).dtype
        image = torch.from_numpy(uniform(1001, 3 * c["size"] ** 2).reshape(1, 3, c["size"], c["size"])).to(dtype)
        cot = torch.from_numpy(uniform(1002, c["dims"])[None]).to(dtype)
        image.requires_grad_()
        e = encode(w, c, image)
        (e * cot).sum().backward()
        g = image.grad.flatten()
        at = torch.linspace(0, g.numel() - 1, 257).long()
        sample = {"config": {k: v for k, v in c.items()}, "embedding": e.detach().flatten().tolist()[:64],
                  "gradient": {"at": at.tolist(), "values": g[at].tolist(), "rms": float(g.pow(2).mean().sqrt()),
                               "max": float(g.abs().max())}}
        (folder / f"shape-{name}.json").write_text(json.dumps(sample) + "\n")
        print(name, "rms of gradient", sample["gradient"]["rms"])
        del w, e, image


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shapes", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(2)
    args.folder.mkdir(parents=True, exist_ok=True)
    tiny(args.folder)
    if args.shapes:
        shapes(args.folder)
