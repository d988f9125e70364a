"""An utterance cut into pieces that a model can take, and what it made of them joined again.

Speech models invent words for silence and noise ("Thank you for watching."), so Silero's voice detector looks over the
whole utterance first, at some 2 ms per second of audio, and only what holds speech goes on to the model.

An utterance is transcribed again and again while it grows: its beginning must then be neither judged nor decoded anew.
The judgements of the audio that came last are kept, each piece ends where more audio behind it changes nothing any
more, and `Known` remembers what was made of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

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
_MARGIN = SAMPLE_RATE // 2  # samples kept before speech: Silero is late on soft first sounds
_TAIL = SAMPLE_RATE // 10  # samples kept behind it: less than a soft endpoint waits, so that more silence adds nothing
_PAUSE = 16  # windows without speech, 0.5 s, that are welcome as a place to cut
_REMEMBERED = 64  # pieces; a turn of 60 s has ten


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


def _nothing(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


@dataclass(frozen=True)
class _Judged:
    """Whole windows of audio, how likely each holds speech, and the detector's state behind them."""

    audio: np.ndarray = field(default_factory=lambda: _nothing(0))
    probabilities: np.ndarray = field(default_factory=lambda: _nothing(0))
    h: np.ndarray = field(default_factory=lambda: _nothing(1, 1, 128))
    c: np.ndarray = field(default_factory=lambda: _nothing(1, 1, 128))


class Pieces:
    def __init__(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(str(silero_path()), options, providers=["CPUExecutionProvider"])
        self._judged = _Judged()

    def __call__(self, audio: np.ndarray, longest: float) -> list[np.ndarray]:
        """The pieces with speech in them, at most ``longest`` seconds each, cut at pauses where there are any."""
        speech = self.probabilities(audio)
        pieces = []
        for start, end in _cuts(speech, int(longest * SAMPLE_RATE) // _WINDOW):
            found = start + np.flatnonzero(speech[start:end] >= _SPEECH)
            if len(found) >= _LEAST and speech[start:end].max() >= _PEAK:
                first = max(start * _WINDOW, found[0] * _WINDOW - _MARGIN)
                pieces.append(audio[first:min(end * _WINDOW, (found[-1] + 1) * _WINDOW + _TAIL)])
        return pieces

    def probabilities(self, audio: np.ndarray) -> np.ndarray:
        """How likely each 32 ms holds speech, shape (windows,). Only what follows the audio of the last call is judged."""
        known = self._judged
        whole = len(known.probabilities) * _WINDOW
        if len(audio) < whole or not np.array_equal(audio[:whole], known.audio):
            known, whole = _Judged(), 0
        new, rest = np.split(audio[whole:], [(len(audio) - whole) // _WINDOW * _WINDOW])
        self._judged = known = self._judge(known, new)
        return self._judge(known, np.pad(rest, (0, _WINDOW - len(rest)))).probabilities if len(rest) else known.probabilities

    def _judge(self, known: _Judged, audio: np.ndarray) -> _Judged:
        before = known.audio[-_CONTEXT:] if known.audio.size else np.zeros(_CONTEXT, np.float32)
        samples = np.lib.stride_tricks.sliding_window_view(np.concatenate([before, audio]), _CONTEXT + _WINDOW)[::_WINDOW]
        h, c, found = known.h, known.c, [known.probabilities]
        for start in range(0, len(samples), _BATCH):
            out, h, c = self._session.run(None, {"input": samples[start:start + _BATCH], "h": h, "c": c})
            found.append(out.reshape(-1))
        return _Judged(np.concatenate([known.audio, audio]), np.concatenate(found), h, c)

def _cuts(speech: np.ndarray, longest: int) -> list[tuple[int, int]]:
    """Ranges of at most ``longest`` windows; each but the last ends in its later half, in the first pause there, or
    else where speech is least likely."""
    smooth = np.convolve(speech, np.ones(5) / 5, "same") if len(speech) else speech
    quiet = np.convolve(speech < _SPEECH, np.ones(_PAUSE), "valid") >= _PAUSE if len(speech) >= _PAUSE else np.zeros(0)
    pauses = np.flatnonzero(quiet) + _PAUSE // 2
    ranges, start = [], 0
    while len(speech) - start > longest // 2:
        middle, end = start + longest // 2, start + longest
        here = pauses[(pauses >= middle) & (pauses < end)]
        if here.size:
            cut = int(here[0])
        elif len(speech) > end:
            cut = middle + int(np.argmin(smooth[middle:end]))
        else:
            break
        ranges.append((start, cut))
        start = cut
    return [*ranges, (start, len(speech))]


class Known:
    """What was made of the last pieces, by their samples."""

    def __init__(self) -> None:
        self._parts: dict[bytes, Part] = {}

    def __call__(self, piece: np.ndarray, decode: Callable[[np.ndarray], Part | None]) -> Part | None:
        """What is known of ``piece``, else what ``decode`` makes of it; None, which is not remembered, if it gave up."""
        key = hashlib.blake2b(piece.tobytes(), digest_size=16).digest()
        part = self._parts.pop(key, None) or decode(piece)
        if part is not None:
            self._parts[key] = part  # at the end: the first is the one not asked for the longest
            if len(self._parts) > _REMEMBERED:
                del self._parts[next(iter(self._parts))]
        return part


def joined(parts: Iterable[Part]) -> Transcript:
    parts = [part for part in parts if part.text]
    if not parts:
        return Transcript("")
    tokens = sum(part.tokens for part in parts)
    return Transcript(" ".join(part.text for part in parts),
                      sum(part.confidence * part.tokens for part in parts) / max(1, tokens),
                      max(parts, key=lambda part: part.tokens).language, parts[-1].goes_on)
