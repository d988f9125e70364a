"""Speaks the missing pieces, several at once, each on disk as soon as it is whole."""

from __future__ import annotations

import asyncio
import statistics
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import numpy as np

from assistant.books.store import Store
from assistant.errors import AssistantError, EngineError
from assistant.tts import CHARACTERS_PER_SECOND, SAMPLE_RATE, Tts

_TRIES = 6  # of a piece, 31 s in all: longer than most rate limits, shorter than anybody watches nothing happen
_BACK_OFF = 1.0  # seconds after the first failure; doubled each time
_RECOVERED = 10  # pieces in a row without a failure, after which one more is spoken at once

_SILENT = 0.005  # -46 dBFS, see assistant.tts.silence
_BLOCK = SAMPLE_RATE // 100
_SURELY_CUT = 60.0  # characters a second; quick readers reach 25, espeak at its quickest 45
_CUT = 1.8  # times the usual pace of this voice
_PACES = 5  # pieces after which the usual pace is known
_SHORTEST = 40  # characters from which on a pace can be judged
_ENDLESS = 8.0  # times as long as expected, and 20 s more


@dataclass
class Report:
    spoken: int = 0
    """Pieces that were synthesized in this run."""
    characters: int = 0
    seconds: float = 0.0
    """Of their sound."""
    doubtful: list[tuple[str, str]] = field(default_factory=list)
    """What is wrong with a piece, also when asked again, and its words."""


async def speak(
    words: Sequence[str],
    voices: Sequence[Tts],
    store: Store,
    done: Callable[[Report], None] = lambda report: None,
    write: Callable[..., Awaitable[object]] = asyncio.to_thread,
    notice: Callable[[str], None] = lambda text: None,
) -> Report:
    """One worker for each of ``voices``; ``done`` is told after each piece and may raise.

    A voice that fails is asked again, later and by fewer workers at once. Raises its last EngineError, or what ``done``
    or the disk said, when the pieces under way are finished: they are paid for, and kept.
    ``write``: how ``store.put`` is run; ``notice`` is told when a voice failed and is asked again.
    """
    report, queue, gate, pace = Report(), deque(words), _Gate(len(voices), notice), _Pace()
    errors: list[Exception] = []

    async def keep(text: str, sound: np.ndarray, fault: str) -> None:
        try:
            await write(store.put, text, sound)
            report.spoken += 1
            report.characters += len(text)
            report.seconds += len(sound) / SAMPLE_RATE
            if fault:
                report.doubtful.append((fault, text))
            done(report)
        except AssistantError as error:
            errors.append(error)

    async def work(voice: Tts, group: asyncio.TaskGroup) -> None:
        kept: asyncio.Task[None] | None = None
        while queue and not errors:
            async with gate:
                if not queue or errors:
                    return
                text = queue.popleft()
                try:
                    sound, fault = await _whole(voice, text, gate, pace, errors)
                except AssistantError as error:
                    errors.append(error)
                    return
            if kept is not None:  # at most one waits for the disk, for each worker
                await kept
            kept = group.create_task(keep(text, sound, fault))
            if len(voices) == 1:  # whose machine is ended then loses nothing that was finished
                await kept

    async with asyncio.TaskGroup() as group:
        for voice in voices:
            group.create_task(work(voice, group))
    if errors:
        raise errors[0]
    return report


async def _whole(voice: Tts, text: str, gate: _Gate, pace: _Pace, stop: Sequence[Exception]) -> tuple[np.ndarray, str]:
    """The sound, and what is wrong with it, also when asked again. Raises EngineError."""
    best, fault = None, ""
    for attempt in range(1, _TRIES + 1):
        try:
            sound, said = await once(voice, text)
        except EngineError as error:
            gate.failed()
            if error.lasting or attempt == _TRIES or stop:
                raise
            gate.tell(f"{error}; asked again, {_TRIES - attempt} times more at most")
            await asyncio.sleep(_BACK_OFF * 2 ** (attempt - 1))
            continue
        gate.succeeded()
        fault = "" if pace.fits(text, sound) else "far too little sound"
        if not fault and said is not None:
            fault = f"the voice said {said!r}"
        if not fault:
            return sound, ""
        if best is not None:
            return max(best, sound, key=len), fault
        best = sound
    assert best is not None
    return best, fault


async def once(voice: Tts, text: str) -> tuple[np.ndarray, str | None]:
    """Mono float32 at 24 kHz, and the words if they are others (`SpeechChunk.said`). Raises EngineError, also for sound
    without an end."""
    chunks, samples, said = [np.zeros(0, np.float32)], 0, None
    most = (len(text) / CHARACTERS_PER_SECOND * _ENDLESS + 20) * SAMPLE_RATE
    async with aclosing(voice.speak(text)) as stream:
        async for chunk in stream:
            chunks.append(chunk.pcm24k)
            said = chunk.said
            samples += len(chunk.pcm24k)
            if samples > most:
                raise EngineError(f"{voice.name}: does not come to an end with {text[:40]!r}; try another voice")
    sound = np.concatenate(chunks)
    if not np.isfinite(sound).all():
        raise EngineError(f"{voice.name}: gives samples that are not numbers for {text[:40]!r}; try another voice")
    return sound, said


class _Gate:
    """How many pieces are spoken at once: half as many after a failure, one more after a while without any."""

    def __init__(self, most: int, notice: Callable[[str], None]) -> None:
        self._most = self._allowed = most
        self._running = self._good = 0
        self._notice, self._told = notice, False
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._running < self._allowed)
            self._running += 1

    async def __aexit__(self, *_: object) -> None:
        async with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def failed(self) -> None:
        self._good = 0
        self._allowed = max(1, self._allowed // 2)

    def tell(self, failure: str) -> None:
        """Once, until pieces succeed again."""
        if not self._told:
            self._notice(failure)
        self._told = True

    def succeeded(self) -> None:
        self._told = False
        self._good += 1
        if self._good >= _RECOVERED and self._allowed < self._most:
            self._good = 0
            self._allowed += 1


class _Pace:
    """How quickly the voice usually speaks, in characters a second."""

    def __init__(self) -> None:
        self._known: deque[float] = deque(maxlen=50)

    def fits(self, text: str, sound: np.ndarray) -> bool:
        """Whether there is sound enough for the words; what fits is learned from."""
        blocks = sound[: len(sound) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
        loud = np.abs(blocks).max(axis=1, initial=0.0) > _SILENT
        seconds = int(np.count_nonzero(loud)) * _BLOCK / SAMPLE_RATE
        pace = len(text) / seconds if seconds else float("inf")
        if len(text) < _SHORTEST:
            return seconds > 0
        usual = statistics.median(self._known) * _CUT if len(self._known) >= _PACES else _SURELY_CUT
        if pace > min(usual, _SURELY_CUT):
            return False
        self._known.append(pace)
        return True
