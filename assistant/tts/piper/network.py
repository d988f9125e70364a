"""A Piper voice's network: phonemes to samples, decoded bit by bit where its graph could be cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.concurrency import threads
from assistant.errors import EngineError, NativeError
from assistant.tts.piper import graph
from rag.text import openable

_FIRST = 24  # frames: 0.28 s of sound at once
_MOST = 96  # frames a later step: what it computes twice, around its edges, is a fifth then


@dataclass(frozen=True)
class Speech:
    """One piece of speech that is being made."""

    ends: np.ndarray | None
    """Sample at which each phoneme ends, shape (ids,); None when the network does not tell."""
    sound: Iterator[np.ndarray]
    """Its samples, float32, at the voice's own rate, bit by bit."""


class Network:
    """Raises EngineError when the model cannot be read or is none of Piper's."""

    def __init__(self, model: Path, parts: Path | None) -> None:
        """``parts``: the folder that `graph.cut` wrote, None where it could not."""
        self._decoder: Any = None
        if parts is None:
            self._encoder = _session(model)
        else:
            self._encoder = _session(parts / graph.ENCODER, folded=True)
            self._decoder = _session(parts / graph.DECODER)
            facts = self._decoder.get_modelmeta().custom_metadata_map
            self._seam, self._given = facts["seam"], facts["given"].split()
            self._hop, self._context = int(facts["hop"]), int(facts["context"])
        self._inputs = {entry.name for entry in self._encoder.get_inputs()}
        if not {"input", "input_lengths", "scales"} <= self._inputs <= {"input", "input_lengths", "scales", "sid"}:
            raise EngineError(f"{model} is no Piper voice: its inputs are {', '.join(sorted(self._inputs))}")
        self.many_speakers = "sid" in self._inputs

    def speak(self, ids: np.ndarray, scales: tuple[float, float, float], speaker: int = 0) -> Speech:
        """Begin with phonemes ``ids``, int64 of shape (ids,). ``scales``: noise, length, noise of the lengths.

        A sample is the same to the last bits of a float, whether it is decoded in steps or with all others.
        """
        given: dict[str, np.ndarray] = {
            "input": ids[None].astype(np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array(scales, np.float32),
            "sid": np.array([speaker], np.int64),
        }
        made = _run(self._encoder, {name: value for name, value in given.items() if name in self._inputs})
        if self._decoder is None:
            return Speech(None, iter([made[0].reshape(-1)]))
        named = dict(zip((entry.name for entry in self._encoder.get_outputs()), made))
        frames = named.pop(self._seam)
        others = {name: named.pop(name) for name in self._given}
        ends = None
        for durations in named.values():
            if durations.size == len(ids):
                ends = np.cumsum(durations.reshape(-1)).astype(int) * self._hop
        return Speech(ends, self._decoded(frames, others))

    def _decoded(self, frames: np.ndarray, others: dict[str, np.ndarray]) -> Iterator[np.ndarray]:
        count = frames.shape[2]
        constant = all(value.shape[-1] == 1 for value in others.values())
        begin, step = 0, _FIRST if constant else count
        while begin < count:
            end = min(count, begin + step)
            first = max(0, begin - self._context)
            inputs = {self._seam: frames[:, :, first : end + self._context], **others}
            sound = _run(self._decoder, inputs)[0].reshape(-1)
            yield sound[(begin - first) * self._hop : (end - first) * self._hop]
            begin, step = end, _MOST


def _run(session: Any, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    try:
        return session.run(None, inputs)
    except Exception as error:  # onnxruntime has no common base class for its errors
        reason = str(error).splitlines()[0]
        raise NativeError(f"piper: the voice cannot say this, its two files do not fit together ({reason})") from None


def _session(path: Path, folded: bool = False) -> Any:
    """``folded``: its constants were folded when it was written."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads.choose(0, "tts")
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if folded:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(openable(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common base class for its errors
        reason = str(error).splitlines()[0]
        raise EngineError(f"{path} is damaged or no ONNX model ({reason}); fetch it again") from None
