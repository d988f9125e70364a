"""Kokoro and JETS as small as they get: graphs with their inputs, their outputs and their way of working.

The tiny Kokoro hums where its token is no pad, blank or mark, as loud as the first value of the style.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FRAME = 600
"""Samples of Kokoro's frame."""
_SYMBOLS = 178
ARPABET = (
    "<blank> <unk> AH0 N T D S R L DH K Z IH1 IH0 M EH1 W P AE1 AH1 V ER0 F , AA1 B HH IY1 UW1 IY0 AO1 EY1 AY1 . "
    "OW1 SH NG G ER1 CH JH Y AW1 TH UH1 EH2 OW0 EY2 AO0 IH2 AE2 AY2 AA2 UW0 EH0 OY1 EY0 AO2 ZH OW2 AE0 UW2 AH2 AY0 "
    "IY2 AW2 AA0 ' ER2 UH2 ? OY2 ! AW0 UH0 OY0 .. <sos/eos>"
).split()
"""The tokens of the published JETS model's config.yaml."""


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray | float | int | list[int]) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def __call__(self, operator: str, *inputs: str, to: str = "", **attributes) -> str:
        output = to or f"{operator.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def save(self, path: Path, inputs: dict[str, tuple[int, list]], outputs: dict[str, list]) -> None:
        graph = helper.make_graph(
            self.nodes,
            "tiny",
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
            self.constants,
        )
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)


def kokoro(path: Path, ids: str = "input_ids", rounds: bool = True, whole_speed: bool = False, loud: float = 1) -> None:
    """``rounds``: whether durations come of a node Round, as in the real graph. Every token lasts 1 to 3 frames."""
    graph = _Graph()
    lasting = np.where(np.arange(_SYMBOLS) == 0, 8, 1 + np.arange(_SYMBOLS) % 3).astype(np.float32)
    sounding = np.where(np.arange(_SYMBOLS) <= 16, 0, loud).astype(np.float32)
    speed = _cast(graph, "speed", TensorProto.FLOAT)
    predicted = graph("Div", graph("Gather", graph.constant(lasting), ids), speed)
    rounded = graph("Round", predicted) if rounds else graph("Floor", predicted)
    lasts = graph("Max", rounded, graph.constant(np.float32(1)))
    ends = graph("CumSum", lasts, graph.constant(np.int64(1)))
    total = graph("ReduceSum", lasts, keepdims=0)
    frames = graph("Range", graph.constant(np.float32(0)), total, graph.constant(np.float32(1)))
    past = graph("GreaterOrEqual", graph("Unsqueeze", frames, graph.constant([1])), ends)
    index = graph("ReduceSum", _cast(graph, past, TensorProto.INT64), graph.constant([1]), keepdims=0)
    token = graph("Gather", graph("Squeeze", ids, graph.constant([0])), index)
    loudness = graph("Unsqueeze", graph("Gather", graph.constant(sounding), token), graph.constant([1]))
    hum = graph.constant(np.sin(np.arange(FRAME) * 2 * np.pi / 100).astype(np.float32)[None])
    shaped = graph("Reshape", graph("Mul", loudness, hum), graph.constant([-1]))
    style = graph("Slice", "style", graph.constant([0]), graph.constant([1]), graph.constant([1]))
    graph("Mul", shaped, graph("Reshape", style, graph.constant([-1])), to="waveform")
    kind = TensorProto.INT32 if whole_speed else TensorProto.FLOAT
    inputs = {ids: (TensorProto.INT64, [1, None]), "style": (TensorProto.FLOAT, [1, 256]), "speed": (kind, [1])}
    graph.save(path, inputs, {"waveform": [None]})


def _cast(graph: _Graph, name: str, kind: int) -> str:
    output = f"cast{len(graph.nodes)}"
    graph.nodes.append(helper.make_node("Cast", [name], [output], to=kind))
    return output


def styles() -> np.ndarray:
    """Shape (510, 256): the style for ``n`` tokens hums with an amplitude of 0.1 + n / 1000."""
    return np.repeat((0.1 + np.arange(1, 511) / 1000).astype(np.float32)[:, None], 256, axis=1)


def jets(path: Path, text: str = "text", loud: float = 1) -> None:
    """Embedding, encoder, durations, Gaussian upsampling, decoder and a HiFi-GAN; hop 256, weights of chance."""
    graph, chance, width = _Graph(), np.random.default_rng(3), 8

    def weights(*shape: int, scale: float = 0.4) -> str:
        return graph.constant((chance.standard_normal(shape) * scale).astype(np.float32))

    def convolution(name: str, into: int, out: int, size: int, scale: float = 0.4) -> str:
        return graph("Conv", name, weights(out, into, size, scale=scale), pads=[size // 2] * 2)

    embedded = graph("Unsqueeze", graph("Gather", weights(len(ARPABET), width, scale=1), text), graph.constant([0]))
    hidden = graph("Relu", convolution(graph("Transpose", embedded, perm=[0, 2, 1]), width, width, 3))
    logarithms = graph("Squeeze", convolution(hidden, width, 1, 3), graph.constant([0, 1]))
    lasts = graph("Add", graph("Round", graph("Exp", logarithms)), graph.constant(np.float32(4)), to="dur")
    middles = graph(
        "Sub", graph("CumSum", lasts, graph.constant(np.int64(0))), graph("Div", lasts, graph.constant(np.float32(2)))
    )
    zero, one = graph.constant(np.float32(0)), graph.constant(np.float32(1))
    frames = graph("Unsqueeze", graph("Range", zero, graph("ReduceSum", lasts, keepdims=0), one), graph.constant([1]))
    distance = graph("Sub", frames, graph("Unsqueeze", middles, graph.constant([0])))
    energy = graph("Mul", graph("Mul", distance, distance), graph.constant(np.float32(-0.1)))
    attention = graph("Softmax", energy, axis=1)
    regulated = graph(
        "MatMul", attention, graph("Squeeze", graph("Transpose", hidden, perm=[0, 2, 1]), graph.constant([0]))
    )
    features = graph("Transpose", graph("Unsqueeze", regulated, graph.constant([0])), perm=[0, 2, 1])
    sound = convolution(features, width, width, 7)
    for out in (4, 2):
        into = width if out == 4 else 4
        sound = graph("ConvTranspose", graph("LeakyRelu", sound), weights(into, out, 32), strides=[16], pads=[8, 8])
    last = graph("Tanh", convolution(graph("LeakyRelu", sound), 2, 1, 7))
    graph("Mul", graph("Reshape", last, graph.constant([-1])), graph.constant(np.float32(loud)), to="wav")
    graph.save(path, {text: (TensorProto.INT64, [None])}, {"wav": [None], "dur": [None]})
