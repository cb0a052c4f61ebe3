"""Writes a module as an ONNX file of plain operators, weights stored as float16 or as bytes with a scale a row, and widened at load."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
_SMALL = 256


def row_scale(rows: np.ndarray) -> np.ndarray:
    """[n, 1] float32 by which rows [n, ...] of bytes are multiplied: their largest entry is 127 of it; 1 where all are 0."""
    top = np.abs(rows.reshape(len(rows), -1)).max(1, keepdims=True).astype(np.float32)
    return np.where(top > 0, top / np.float32(127), np.float32(1))


def to_bytes(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """
    (int8 of the same shape, float32 scale [rows, 1, ...]) of a weight that `byte_exact` has rounded, so that their product is the
    weight; None for one that is no such product.
    """
    if weight.ndim < 2:
        return None
    scale = row_scale(weight).reshape(-1, *[1] * (weight.ndim - 1))
    whole = np.round(weight / scale).astype(np.int8)
    return (whole, scale) if np.array_equal(whole.astype(np.float32) * scale, weight) else None


def _shrink(model: onnx.ModelProto):
    """
    Float32 initialisers become bytes behind a Cast and a Mul where that is exact, else float16 behind a Cast; the runtime folds
    both away when it loads.
    """
    graph, casts, kept = model.graph, [], []
    for tensor in graph.initializer:
        large = tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= _SMALL
        if large and (parts := to_bytes(numpy_helper.to_array(tensor))):
            kept += [numpy_helper.from_array(part, f"{tensor.name}.{name}") for part, name in zip(parts, ("bytes8", "scale8"))]
            casts.append(helper.make_node("Cast", [f"{tensor.name}.bytes8"], [f"{tensor.name}.whole"], to=TensorProto.FLOAT))
            casts.append(helper.make_node("Mul", [f"{tensor.name}.whole", f"{tensor.name}.scale8"], [tensor.name]))
        elif large:
            half = numpy_helper.to_array(tensor).astype(np.float16)
            kept.append(numpy_helper.from_array(half, f"{tensor.name}.half"))
            casts.append(helper.make_node("Cast", [f"{tensor.name}.half"], [tensor.name], to=TensorProto.FLOAT))
        else:
            kept.append(tensor)
    del graph.initializer[:]
    graph.initializer.extend(kept)
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)


def _strip(model: onnx.ModelProto):
    """Removes what is not needed to run: source lines of the machine that exported it, shape annotations, metadata."""
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for tensor in [*model.graph.initializer, *model.graph.input, *model.graph.output]:
        tensor.doc_string = ""
        del tensor.metadata_props[:]
    del model.graph.value_info[:]
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    model.doc_string = model.graph.doc_string = ""


def _name_outputs(model: onnx.ModelProto, names: list[str]):
    """Gives the outputs their names, after moving inner values of the same names out of the way."""
    graph = model.graph
    wanted = {o.name: n for o, n in zip(graph.output, names, strict=True)}
    taken = set(names) - set(wanted)
    rename = lambda value: wanted.get(value, f"inner_{value}" if value in taken else value)
    for node in graph.node:
        node.input[:] = [rename(v) for v in node.input]
        node.output[:] = [rename(v) for v in node.output]
    for o in graph.output:
        o.name = wanted[o.name]


Axes = dict[int, str | torch.export.Dim]


def write_onnx(
    path: Path, module: torch.nn.Module, inputs: dict[str, torch.Tensor], outputs: list[str], dynamic: dict[str, Axes], half: bool = True
):
    """
    Exports `module(**inputs)`; `dynamic` names the free axes of each input (1 to 4096 long, or as a given Dim says). Float weights
    must already be half-exact or byte-exact, unless `half` is off: then they are kept as float32.
    """
    module = module.eval()
    shared: dict[str, torch.export.Dim] = {}
    dim = lambda n: shared.setdefault(n, torch.export.Dim(n, min=1, max=4096)) if isinstance(n, str) else n
    shapes = tuple({axis: dim(n) for axis, n in dynamic.get(name, {}).items()} for name in inputs)
    program = torch.onnx.export(
        module, tuple(inputs.values()), dynamo=True, opset_version=OPSET, optimize=False, verbose=False,
        input_names=list(inputs), dynamic_shapes=shapes,
    )
    model = program.model_proto
    _name_outputs(model, outputs)
    if half:
        _shrink(model)
    _strip(model)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def half_exact(module: torch.nn.Module):
    """Rounds float parameters in place to what float16 holds, so that file, kernel and PyTorch compute with the same weights."""
    with torch.no_grad():
        for p in [*module.parameters(), *module.buffers()]:
            if p.dtype == torch.float32 and p.numel() >= _SMALL:
                p.copy_(p.half().float())
    return module


def byte_exact(module: torch.nn.Module):
    """
    Rounds matrices and kernels in place, row by row, to 255 steps between minus and plus their largest entry, and the other
    parameters as `half_exact` does. 1-byte weights halve a denoiser's file.
    """
    half_exact(module)
    with torch.no_grad():
        for p in module.parameters():
            if p.ndim >= 2 and p.numel() >= _SMALL:
                scale = torch.from_numpy(row_scale(p.numpy())).view(-1, *[1] * (p.ndim - 1))
                # Rounded twice: the largest entry becomes 127 scales, of which the scale is found again.
                p.copy_((p / scale).round() * scale)
    return module
