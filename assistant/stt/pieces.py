"""An utterance cut into pieces that a model can take, and what it made of them joined again.

Speech models invent words for silence and noise ("Thank you for watching."), so Silero's voice detector looks over the
whole utterance first, at some 2 ms per second of audio, and only what holds speech goes on to the model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.stt import Transcript
from assistant.vad import silero_path

_WINDOW = 512  # samples Silero judges at once; the 64 before go with them
_CONTEXT = 64
_BATCH = 256  # windows in one call: 8 s; more only needs more memory
_SPEECH = 0.5  # probability from which a window counts as speech
_PEAK = 0.8  # speech reaches 0.95 and more somewhere, music and machines stay below this
_LEAST = 3  # windows of speech, 0.1 s: less is a click
_MARGIN = SAMPLE_RATE // 2  # samples kept around speech: Silero is late on soft first sounds


@dataclass(frozen=True)
class Part:
    """What a model made of one piece."""

    text: str
    tokens: int = 0
    confidence: float = 0.0
    """Mean probability of the tokens."""
    language: str = "en"
    goes_on: float | None = None
    """See `Transcript`."""


class Pieces:
    def __init__(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(str(silero_path()), options, providers=["CPUExecutionProvider"])

    def __call__(self, audio: np.ndarray, longest: float) -> list[np.ndarray]:
        """The pieces with speech in them, at most ``longest`` seconds each, cut at pauses where there are any."""
        speech = self.probabilities(audio)
        pieces = []
        for start, end in _cuts(speech, int(longest * SAMPLE_RATE) // _WINDOW):
            found = start + np.flatnonzero(speech[start:end] >= _SPEECH)
            if len(found) >= _LEAST and speech[start:end].max() >= _PEAK:
                first = max(start * _WINDOW, found[0] * _WINDOW - _MARGIN)
                pieces.append(audio[first:min(end * _WINDOW, (found[-1] + 1) * _WINDOW + _MARGIN)])
        return pieces

    def probabilities(self, audio: np.ndarray) -> np.ndarray:
        """How likely each 32 ms holds speech, shape (windows,)."""
        windows = np.pad(audio, (0, -len(audio) % _WINDOW)).astype(np.float32).reshape(-1, _WINDOW)
        before = np.concatenate([np.zeros((1, _CONTEXT), np.float32), windows[:-1, -_CONTEXT:]])[:len(windows)]
        samples = np.concatenate([before, windows], 1)
        h = c = np.zeros((1, 1, 128), np.float32)
        found = [np.zeros(0, np.float32)]
        for start in range(0, len(samples), _BATCH):
            out, h, c = self._session.run(None, {"input": samples[start:start + _BATCH], "h": h, "c": c})
            found.append(out.reshape(-1))
        return np.concatenate(found)


def _cuts(speech: np.ndarray, longest: int) -> list[tuple[int, int]]:
    """Ranges of at most ``longest`` windows; each but the last ends in its later half, where speech is least likely."""
    smooth = np.convolve(speech, np.ones(5) / 5, "same") if len(speech) else speech
    ranges, start = [], 0
    while len(speech) - start > longest:
        middle = start + longest // 2
        cut = middle + int(np.argmin(smooth[middle:start + longest]))
        ranges.append((start, cut))
        start = cut
    return [*ranges, (start, len(speech))]


def joined(parts: Iterable[Part]) -> Transcript:
    parts = [part for part in parts if part.text]
    if not parts:
        return Transcript("")
    tokens = sum(part.tokens for part in parts)
    return Transcript(" ".join(part.text for part in parts),
                      sum(part.confidence * part.tokens for part in parts) / max(1, tokens),
                      max(parts, key=lambda part: part.tokens).language, parts[-1].goes_on)
