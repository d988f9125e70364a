"""A voice built like Piper's, small, with random weights: the same seams, 256 samples a frame, no word of sense."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper, save

CHANNELS = 8
SYMBOLS = "_^$ !'(),-.:;?abcdefghijklmnopqrstuvwxyzæçðøħŋœɐɑɒɔəɚɛɜɡɪɫɹɾʃʊʌʒθːˈˌ̃ᵻ"
DURATIONS = 1.2 + 0.7 * (np.arange(len(SYMBOLS)) % 4)
"""Frames of each phoneme, before they are rounded up."""


def frames(ids: np.ndarray, length: float = 1.0) -> np.ndarray:
    """How long each of ``ids`` is spoken."""
    return np.ceil(np.float32(DURATIONS)[ids] * np.float32(length)).astype(int)


def config(**changes: Any) -> dict[str, Any]:
    return {
        "audio": {"sample_rate": 22050, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.0, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_map": {},
        "phoneme_id_map": {symbol: [number] for number, symbol in enumerate(SYMBOLS)},
        "num_symbols": len(SYMBOLS),
        "num_speakers": 1,
        "speaker_id_map": {},
    } | changes


def build(folder: Path, name: str = "tiny", *, speakers: int = 1, strange: bool = False, **changes: Any) -> Path:
    """Write NAME.onnx and NAME.onnx.json; ``changes`` to the latter. ``strange``: a decoder that cannot be cut."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.onnx"
    save(model(speakers, strange), path)
    made = config(num_speakers=speakers, speaker_id_map={f"p{n}": n for n in range(speakers)} if speakers > 1 else {})
    path.with_name(f"{name}.onnx.json").write_text(json.dumps(made | changes), encoding="utf-8")
    return path


def model(speakers: int = 1, strange: bool = False) -> ModelProto:
    graph = _Graph()
    n = graph.node
    # Encoder: each phoneme's row of a table, as often as its duration says, and noise.
    rows = n("Gather", graph.weights((len(SYMBOLS), CHANNELS)), "input")
    noise, length = (n("Gather", "scales", graph.constant(np.array(place))) for place in (0, 1))
    long = n("Ceil", n("Mul", n("Gather", graph.constant(DURATIONS.astype(np.float32)), "input"), length))
    ends = n("CumSum", long, graph.constant(np.array(1)))
    total = n("Cast", n("ReduceSum", long, keepdims=0), to=TensorProto.INT64)
    step = n("Range", graph.constant(np.array(0)), total, graph.constant(np.array(1)))
    step = n("Unsqueeze", n("Cast", step, to=TensorProto.FLOAT), graph.constant(np.array([0, 2])))
    before, until = (
        n("Cast", n("Less", step, n("Unsqueeze", place, graph.constant(np.array([1])))), to=TensorProto.FLOAT)
        for place in (n("Sub", ends, long), ends)
    )
    spread = n("MatMul", n("Sub", until, before), rows)
    spread = n("Add", spread, n("Mul", n("RandomNormalLike", spread), noise))
    seam = n("Mul", n("Transpose", spread, perm=[0, 2, 1]), graph.constant(np.array(1, np.float32)))
    # Decoder: convolutions, as in HiFi-GAN.
    sound = graph.convolution(seam, 7)
    if speakers > 1:
        who = n("Unsqueeze", n("Gather", graph.weights((speakers, CHANNELS)), "sid"), graph.constant(np.array([2])))
        sound = n("Add", sound, graph.convolution(who, 1))
    for kernel, stride in ((16, 8), (16, 8), (8, 4)):
        sound = n("LeakyRelu", sound, alpha=0.1)
        weights = graph.weights((CHANNELS, CHANNELS, kernel), 0.3)
        pads = [(kernel - stride) // 2] * 2
        sound = n("ConvTranspose", sound, weights, strides=[stride], kernel_shape=[kernel], pads=pads)
        parts = [graph.convolution(n("LeakyRelu", sound, alpha=0.1), 3, dilation) for dilation in (1, 3)]
        sound = n("Div", n("Add", *parts), graph.constant(np.array(2, np.float32)))
    sound = graph.convolution(sound, 7, outputs=1)
    if strange:  # for all that is known of it, a sample might depend on all the others
        sound = n("Erf", sound)
    n("Unsqueeze", n("Tanh", sound), graph.constant(np.array([1])), name="output")
    inputs = [("input", TensorProto.INT64, ["batch", "phonemes"]), ("input_lengths", TensorProto.INT64, ["batch"])]
    inputs += [("scales", TensorProto.FLOAT, [3])] + ([("sid", TensorProto.INT64, ["batch"])] if speakers > 1 else [])
    made = helper.make_graph(
        graph.nodes,
        "tiny",
        [helper.make_tensor_value_info(*entry) for entry in inputs],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 1, 1, "time"])],
        graph.tensors,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []
        self._random = np.random.default_rng(7)

    def node(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        output = name or f"/{kind}_{len(self.nodes)}_output_0"
        self.nodes.append(helper.make_node(kind, [*inputs], [output], **attributes))
        return output

    def constant(self, value: np.ndarray) -> str:
        self.tensors.append(numpy_helper.from_array(value, f"w{len(self.tensors)}"))
        return self.tensors[-1].name

    def weights(self, shape: tuple[int, ...], scale: float = 1.0) -> str:
        return self.constant((self._random.standard_normal(shape) * scale).astype(np.float32))

    def convolution(self, tensor: str, kernel: int, dilation: int = 1, outputs: int = CHANNELS) -> str:
        weights = self.weights((outputs, CHANNELS, kernel), 0.2)
        pads = [dilation * (kernel - 1) // 2] * 2
        return self.node("Conv", tensor, weights, kernel_shape=[kernel], pads=pads, dilations=[dilation])
