"""The image encoder as safetensors with Hugging Face CLIPVisionModelWithProjection names."""

import json

import torch
from safetensors.torch import save

from ..clip.vit import ImageEncoder


def hugging_face_tensors(encoder: ImageEncoder) -> dict[str, torch.Tensor]:
    c, out = encoder.config, {}
    root = "vision_model"
    out[f"{root}.embeddings.class_embedding"] = encoder.class_embedding
    out[f"{root}.embeddings.patch_embedding.weight"] = encoder.patch_embedding.weight.view(c["width"], 3, c["patch"], c["patch"])
    out[f"{root}.embeddings.position_embedding.weight"] = encoder.position_embedding
    for name, norm in (("pre_layrnorm", encoder.pre_layernorm), ("post_layernorm", encoder.post_layernorm)):
        out[f"{root}.{name}.weight"], out[f"{root}.{name}.bias"] = norm.weight, norm.bias
    for i, block in enumerate(encoder.blocks):
        base = f"{root}.encoder.layers.{i}"
        for part, w, b in zip("qkv", block.qkv.weight.chunk(3), block.qkv.bias.chunk(3)):
            out[f"{base}.self_attn.{part}_proj.weight"], out[f"{base}.self_attn.{part}_proj.bias"] = w, b
        for name, layer in (("self_attn.out_proj", block.out_proj), ("layer_norm1", block.layer_norm1), ("layer_norm2", block.layer_norm2), ("mlp.fc1", block.fc1), ("mlp.fc2", block.fc2)):
            out[f"{base}.{name}.weight"], out[f"{base}.{name}.bias"] = layer.weight, layer.bias
    out["visual_projection.weight"] = encoder.visual_projection.weight
    return out


def encoder_safetensors(encoder: ImageEncoder) -> bytes:
    """Small tensors (norms, biases, class token) stay float32; the others are float16, which they must fit exactly."""
    c = encoder.config
    tensors = {k: (v.half() if v.numel() >= 256 else v).detach().clone().contiguous() for k, v in hugging_face_tensors(encoder).items()}
    metadata = {"format": "pt", "hidden_act": "quick_gelu", "layer_norm_eps": "1e-05", "num_attention_heads": str(c["heads"]), "image_size": str(c["size"]), "patch_size": str(c["patch"])}
    return in_order(save(tensors, metadata))


def in_order(file: bytes) -> bytes:
    """The same safetensors file with its metadata in alphabetical order: the writer's order changes, and the file's hash keys vectors."""
    size = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    if len(text) > size:
        raise ValueError("the header grew when it was written again")
    return file[:8] + text.ljust(size) + file[8 + size :]


def load_encoder_file(path) -> ImageEncoder:
    """An ImageEncoder from a committed pack's `encoder.safetensors` (for `--init-from`)."""
    from safetensors import safe_open

    with safe_open(path, "pt") as f:
        m = f.metadata()
        raw = {k: f.get_tensor(k).float() for k in f.keys()}
    width = raw["vision_model.embeddings.class_embedding"].numel()
    layers = 1 + max(int(k.split(".")[3]) for k in raw if ".layers." in k)
    encoder = ImageEncoder(int(m["image_size"]), int(m["patch_size"]), width, layers, int(m["num_attention_heads"]), raw["visual_projection.weight"].shape[0])
    own = hugging_face_tensors(encoder)
    with torch.no_grad():
        for name, target in own.items():
            target.copy_(raw[name])
    return encoder
