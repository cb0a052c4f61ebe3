"""Writes a module as an ONNX file of plain operators, weights stored as float16 (or bytes) and widened at load."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
_SMALL = 256


def _halve(model: onnx.ModelProto):
    """Float32 initialisers become float16 behind a Cast; the runtime folds the Cast away when it loads."""
    graph, casts, kept = model.graph, [], []
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= _SMALL:
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
    must already be half-exact, unless `half` is off: then they are kept as float32.
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
        _halve(model)
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
