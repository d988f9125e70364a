"""What a recogniser hears in a chapter's file, however long that is. Runs in a process of its own, see `child`."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.errors import AssistantError, EngineError
from assistant.stt import Stt, SttSettings, wanted

_SPAN = 24 * SAMPLE_RATE  # samples heard at once; cut where it is quietest in their last half
_QUIET = SAMPLE_RATE // 10


@functools.cache
def _recogniser(settings: SttSettings, language: str) -> Stt | None:
    settings = dataclasses.replace(settings, language=language)
    for engine in wanted(settings):
        if language == "en" or engine.languages != "en":
            try:
                return engine.imported().load(settings, lambda text: None)
            except EngineError:
                continue
    return None


def name(settings: SttSettings, language: str) -> str | None:
    """Of the recogniser that understands ``language``; None when none is here. Raises UsageError."""
    stt = _recogniser(settings, language)
    return None if stt is None else stt.name


def hear(path: Path, settings: SttSettings, language: str) -> str:
    """All of it. Raises AssistantError when the file is no sound, EngineError."""
    return " ".join(_transcribe(_spans(path), settings, language))


def hear_again(
    path: Path, windows: Sequence[tuple[float, float]], slower: float, settings: SttSettings, language: str
) -> list[str]:
    """What is heard from one second to another, played at ``slower`` times its speed; rising windows. Raises as
    `hear`."""
    import soxr

    pieces = _windows(path, [(round(begin * SAMPLE_RATE), round(end * SAMPLE_RATE)) for begin, end in windows])
    slowed = (soxr.resample(piece, SAMPLE_RATE, SAMPLE_RATE / slower) for piece in pieces)
    return _transcribe(slowed, settings, language)


def _transcribe(sounds: Iterator[np.ndarray], settings: SttSettings, language: str) -> list[str]:
    stt = _recogniser(settings, language)
    assert stt is not None  # `name` told so

    async def texts() -> list[str]:
        return [(await stt.transcribe(sound)).text for sound in sounds]

    return asyncio.run(texts())


def _spans(path: Path) -> Iterator[np.ndarray]:
    held = np.zeros(0, np.float32)
    for sound in _sound(path):
        held = np.concatenate([held, sound])
        while len(held) >= _SPAN:
            cut = _quietest(held[:_SPAN])
            yield held[:cut]
            held = held[cut:]
    if len(held):
        yield held


def _quietest(audio: np.ndarray) -> int:
    begin = len(audio) // 2
    blocks = audio[begin : begin + (len(audio) - begin) // _QUIET * _QUIET].reshape(-1, _QUIET)
    return begin + int(np.argmin(np.square(blocks).sum(axis=1))) * _QUIET + _QUIET // 2


def _windows(path: Path, windows: Sequence[tuple[int, int]]) -> Iterator[np.ndarray]:
    waiting, held, start = list(windows), np.zeros(0, np.float32), 0
    for sound in _sound(path):
        held = np.concatenate([held, sound])
        while waiting and start + len(held) >= waiting[0][1]:
            begin, end = waiting.pop(0)
            yield held[max(0, begin - start) : end - start]
        skipped = min(len(held), max(0, (waiting[0][0] if waiting else start + len(held)) - start))
        held, start = held[skipped:], start + skipped
    for begin, end in waiting:
        yield held[max(0, begin - start) : max(0, end - start)]


def _sound(path: Path) -> Iterator[np.ndarray]:
    """Mono float32 at 16 kHz, a few seconds at a time."""
    import av

    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE, frame_size=4 * SAMPLE_RATE)
            for frame in container.decode(audio=0):
                for piece in resampler.resample(frame):
                    yield piece.to_ndarray()[0]
            for piece in resampler.resample(None):
                yield piece.to_ndarray()[0]
    except av.FFmpegError as error:
        raise AssistantError(f"{path}: cannot be read again ({error}); delete it and run the same command") from None
