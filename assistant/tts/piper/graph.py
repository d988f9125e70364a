"""A Piper model cut in two, so that speech is heard while the sentence is still being made.

The encoder (text to frames, all at once) is most of the file; the decoder (frames to samples, a HiFi-GAN of nothing but
convolutions) may be given the frames bit by bit. Names of nodes differ between exports, so the seam is found by
structure: it is what the convolution before the decoder's first transposed convolution reads.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assistant.errors import EngineError
from rag.text import openable

ENCODER, DECODER = "encoder.onnx", "decoder.onnx"
FORMAT = 1
"""Of the two parts: another number when they are cut in another way."""
_LIKE = {"LeakyRelu", "Tanh", "Relu", "Add", "Div", "Mul", "Unsqueeze", "Squeeze", "Identity", "Clip"}
"""What may stand between the decoder's convolutions: each sample depends on the samples at its own place only."""


class CannotCut(Exception):
    """The model is built in another way; why, in words."""


def cut(model: Path, folder: Path) -> None:
    """Write the parts of ``model`` into ``folder``, which then has all of them or is not there at all.

    The decoder's metadata tell what `assistant.tts.piper_network` must know. A medium voice takes 1 s of CPU and 290 MB
    of memory, once. Raises CannotCut; EngineError when the model is damaged; OSError when the disk refuses.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        whole = onnx.load(model)
    except DecodeError:
        whole = onnx.ModelProto()
    graph = whole.graph
    if not graph.node:
        raise EngineError(f"{model} is damaged or no ONNX model; fetch it again")
    seam, decoder, given = _decoder(graph)
    hop, context = _reach(decoder, seam)
    durations = _durations(graph)
    output = graph.output[0].name
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        outputs = [seam, *given, *durations]
        onnx.save(_part(whole, {entry.name: entry for entry in graph.input}, outputs), part / ENCODER)
        inputs = {name: onnx.helper.make_tensor_value_info(name, 1, [None] * 3) for name in (seam, *given)}
        rest = _part(whole, inputs, [output])
        facts = {"seam": seam, "given": " ".join(given), "hop": str(hop), "context": str(context)}
        onnx.helper.set_model_props(rest, facts)
        onnx.save(rest, part / DECODER)
        _simplify(part / ENCODER)
        try:
            part.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was quicker
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _decoder(graph: Any) -> tuple[str, list[Any], list[str]]:
    """The seam, the nodes that follow from it, and what else they read that is not constant (a speaker's embedding)."""
    made_by = {name: node for node in graph.node for name in node.output}
    first = next((node for node in graph.node if node.op_type == "ConvTranspose"), None)
    if first is None:
        raise CannotCut("it has no transposed convolution")
    if any(attribute.HasField("g") for node in graph.node for attribute in node.attribute):
        raise CannotCut("it has branches")
    queue = [made_by.get(first.input[0])]
    while queue and queue[0] is not None and not _is_wide(queue[0]):
        queue = queue[1:] + [made_by.get(name) for name in queue[0].input if name in made_by]
    if not queue or queue[0] is None:
        raise CannotCut("no convolution stands before its first transposed one")
    seam = queue[0].input[0]
    after = _following(graph.node, [seam])
    decoder = [node for node in graph.node if after & set(node.output)]
    varying = _following(graph.node, [entry.name for entry in graph.input])
    if seam not in varying or graph.output[0].name not in after:
        raise CannotCut("its frames do not come from the text, or its sound not from them")
    given = {name for node in decoder for name in node.input if name in varying and name not in after and name != seam}
    return seam, decoder, sorted(given)


def _is_wide(node: Any) -> bool:
    return node.op_type == "Conv" and (_attribute(node, "kernel_shape") or [1])[0] > 1


def _following(nodes: Iterable[Any], names: Iterable[str]) -> set[str]:
    """The tensors that depend on ``names``; nodes stand in the order in which they are computed."""
    known = {*names}
    after: set[str] = set()
    for node in nodes:
        if not known.isdisjoint(node.input):
            known.update(node.output)
            after.update(node.output)
    return after


def _reach(decoder: list[Any], seam: str) -> tuple[int, int]:
    """Samples per frame, and how many frames to each side a sample depends on."""
    at: dict[str, tuple[int, float]] = {seam: (1, 0.0)}  # tensor -> samples per frame, frames to each side
    for node in decoder:
        rate = max(at[name][0] for name in node.input if name in at)
        reach = max(at[name][1] for name in node.input if name in at)
        kernel = (_attribute(node, "kernel_shape") or [1])[0]
        dilation = (_attribute(node, "dilations") or [1])[0]
        stride = (_attribute(node, "strides") or [1])[0]
        match node.op_type:
            case "Conv" if stride == 1:
                reach += dilation * (kernel - 1) / 2 / rate
            case "ConvTranspose":
                reach += kernel / (2 * stride) / rate
                rate *= stride
            case kind if kind not in _LIKE:
                raise CannotCut(f"its decoder has a {kind}")
        at.update({name: (rate, reach) for name in node.output})
    rate, reach = at[decoder[-1].output[0]]
    return rate, math.ceil(reach)


def _durations(graph: Any) -> list[str]:
    """The tensor with the frames of each phoneme: what is rounded up and then summed up. None when there is no such."""
    found = [
        node.output[0]
        for node in graph.node
        if node.op_type == "Ceil"
        and any(other.op_type == "CumSum" and node.output[0] in other.input for other in graph.node)
    ]
    return found if len(found) == 1 else []


def _part(whole: Any, inputs: dict[str, Any], outputs: list[str]) -> Any:
    """The model that makes ``outputs`` from ``inputs``."""
    import onnx

    graph = whole.graph
    wanted = {*outputs}
    nodes = []
    for node in reversed(graph.node):
        if not wanted.isdisjoint(set(node.output) - set(inputs)):
            nodes.append(node)
            wanted.update(node.input)
    named = {entry.name: entry for entry in graph.output}
    cut = onnx.helper.make_graph(
        nodes[::-1],
        graph.name,
        list(inputs.values()),
        [named.get(name) or onnx.helper.make_tensor_value_info(name, 1, None) for name in outputs],
        [tensor for tensor in graph.initializer if tensor.name in wanted],
    )
    return onnx.helper.make_model(cut, opset_imports=whole.opset_import, ir_version=whole.ir_version)


def _simplify(model: Path) -> None:
    """Fold constants now, so that every later start is quicker: 0.25 s of CPU instead of 0.45 s."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = openable(model.with_suffix(".simple"))
    options.log_severity_level = 3
    try:
        onnxruntime.InferenceSession(openable(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common base class for its errors
        raise CannotCut(f"its parts cannot be read ({str(error).splitlines()[0]})") from None
    model.with_suffix(".simple").replace(model)


def _attribute(node: Any, name: str) -> list[int]:
    return next((list(attribute.ints) for attribute in node.attribute if attribute.name == name), [])
