"""An utterance cut into pieces that a model can take, and what it made of them joined again.

Speech models invent words for silence and noise ("Thank you for watching."), so Silero's voice detector looks over the
whole utterance first, at some 2 ms per second of audio, and only what holds speech goes on to the model.

An utterance is transcribed again and again while it grows: its beginning must then be neither judged nor decoded anew.
What was judged last is kept, and `Known` remembers what was made of the pieces, which stay what they are when audio
comes behind them; only the last one grows, and silence behind its last word adds nothing to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.audio.vad import silero_session
from assistant.stt import Hypothesis, Transcript

_WINDOW = 512  # samples Silero judges at once; the 64 before go with them
_CONTEXT = 64
_BATCH = 256  # windows in one call: 8 s; more only needs more memory
_SPEECH = 0.5  # probability from which a window counts as speech
_PEAK = 0.8  # speech reaches 0.95 and more somewhere, music and machines stay below this
_LEAST = 3  # windows of speech, 0.1 s: less is a click
_MARGIN = SAMPLE_RATE // 2  # samples kept before speech: Silero is late on soft first sounds
_TAIL = SAMPLE_RATE // 10  # samples kept behind it: less than a soft endpoint waits, so that more silence adds nothing
_REMEMBERED = 64  # pieces; a turn of 60 s has ten


@dataclass(frozen=True)
class Part:
    """What a model made of one piece."""

    text: str
    tokens: int = 0
    confidence: float = 0.0
    """Mean probability of the tokens."""
    language: str = ""
    goes_on: float | None = None
    """See `Transcript`."""
    weakest: float | None = None
    other: Hypothesis | None = None


@dataclass(frozen=True)
class _Judged:
    """Whole windows of audio, how likely each holds speech, and the detector's state behind them."""

    audio: np.ndarray
    probabilities: np.ndarray
    h: np.ndarray
    c: np.ndarray


_NOTHING = _Judged(*(np.zeros(shape, np.float32) for shape in (0, 0, (1, 1, 128), (1, 1, 128))))


class AudioPieces:
    def __init__(self) -> None:
        self._session = silero_session()
        self._judged = _NOTHING

    def __call__(self, audio: np.ndarray, longest: float) -> list[np.ndarray]:
        """The pieces with speech in them, at most ``longest`` seconds each, cut at pauses where there are any."""
        speech = self.probabilities(audio)
        pieces = []
        for start, end in _cuts(speech, int(longest * SAMPLE_RATE) // _WINDOW):
            found = start + np.flatnonzero(speech[start:end] >= _SPEECH)
            if len(found) >= _LEAST and speech[start:end].max() >= _PEAK:
                first = max(start * _WINDOW, found[0] * _WINDOW - _MARGIN)
                pieces.append(audio[first : min(end * _WINDOW, (found[-1] + 1) * _WINDOW + _TAIL)])
        return pieces

    def forget(self) -> None:
        self._judged = _NOTHING

    def probabilities(self, audio: np.ndarray) -> np.ndarray:
        """How likely each 32 ms holds speech, shape (windows,); what the last call judged is not judged again."""
        whole = len(self._judged.audio)
        if len(audio) < whole or not np.array_equal(audio[:whole], self._judged.audio):
            self._judged, whole = _NOTHING, 0
        rest = len(audio) % _WINDOW
        self._judged = self._judge(self._judged, audio[whole : len(audio) - rest])
        return self._judge(self._judged, np.pad(audio[len(audio) - rest :], (0, -rest % _WINDOW))).probabilities

    def _judge(self, known: _Judged, new: np.ndarray) -> _Judged:
        """``known`` and the whole windows ``new`` behind it."""
        audio = np.concatenate([known.audio, new.astype(np.float32)])
        padded = np.pad(audio[max(0, len(known.audio) - _CONTEXT) :], (0 if known.audio.size else _CONTEXT, 0))
        h, c, found = known.h, known.c, [known.probabilities]
        samples = [padded[start : start + _CONTEXT + _WINDOW] for start in range(0, len(new), _WINDOW)]
        for start in range(0, len(samples), _BATCH):
            out, h, c = self._session.run(None, {"input": np.stack(samples[start : start + _BATCH]), "h": h, "c": c})
            found.append(out.reshape(-1))
        return _Judged(audio, np.concatenate(found), h, c)


def _cuts(speech: np.ndarray, longest: int) -> list[tuple[int, int]]:
    """Ranges of at most ``longest`` windows; each but the last ends in its later half, where speech is least likely."""
    smooth = np.convolve(speech, np.ones(5) / 5, "same") if len(speech) else speech
    ranges, start = [], 0
    while len(speech) - start > longest:
        middle = start + longest // 2
        cut = middle + int(np.argmin(smooth[middle : start + longest]))
        ranges.append((start, cut))
        start = cut
    return [*ranges, (start, len(speech))]


class Known:
    """What was made of the last pieces, by their samples."""

    def __init__(self) -> None:
        self._parts: dict[bytes, Part] = {}

    def __call__(self, piece: np.ndarray, decode: Callable[[np.ndarray], Part | None]) -> Part | None:
        """What is known of ``piece``, else what ``decode`` makes of it; None, when it gave up, is not remembered."""
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
    text, confidence, weakest = _measures(parts)
    return Transcript(
        text, confidence, max(parts, key=lambda part: part.tokens).language, parts[-1].goes_on, weakest, _other(parts)
    )


def _other(parts: list[Part]) -> Hypothesis | None:
    """All of them with the most probable other hypothesis of one."""
    others = [(part.other.log_odds, place, part.other) for place, part in enumerate(parts) if part.other]
    if not others:
        return None
    log_odds, place, other = max(others, key=lambda found: found[0])
    said = replace(parts[place], text=other.text, confidence=other.confidence or 0.0, weakest=other.weakest)
    return Hypothesis(*_measures([*parts[:place], said, *parts[place + 1 :]]), log_odds=log_odds)


def _measures(parts: list[Part]) -> tuple[str, float, float | None]:
    """The text of all, their mean confidence and that of the weakest."""
    tokens = sum(part.tokens for part in parts)
    return (
        " ".join(part.text for part in parts),
        sum(part.confidence * part.tokens for part in parts) / max(1, tokens),
        min((part.weakest for part in parts if part.weakest is not None), default=None),
    )
