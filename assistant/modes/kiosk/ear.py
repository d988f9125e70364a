"""The kiosk's ear: takes the microphone's frames for ever, keeps the last seconds, and lets visits listen to both."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np

from assistant.audio import FRAME_SECONDS, Microphone
from assistant.audio.echo import EchoCancellingMicrophone
from assistant.audio.vad import Vad

_KEPT = round(4.0 / FRAME_SECONDS)  # frames: a slowly spoken wake word with what the loop may lag behind


@dataclass(frozen=True)
class Heard:
    """A frame of 20 ms, in both ways in which it is listened to."""

    frame: np.ndarray
    """For speech recognition."""
    voice: np.ndarray
    """For voice detection: without what may be the assistant's own voice."""
    onset: bool
    """Whether, over an echo, a voice may just have set in."""


class Ear:
    def __init__(self, microphone: Microphone, fed: Callable[[], None] = lambda: None) -> None:
        """``fed`` is called for each frame that was captured."""
        self._microphone = microphone
        self._fed = fed
        self._kept: deque[Heard] = deque(maxlen=_KEPT)
        self.frames = 0
        """Captured until now."""
        self._more = asyncio.Event()

    async def listen(self, notice: Callable[[Heard], None]) -> None:
        """Take frames until the microphone ends (a file does); ``notice`` is called with each. Raises DeviceError."""
        canceller = self._microphone if isinstance(self._microphone, EchoCancellingMicrophone) else None
        captured = 0
        async with aclosing(self._microphone.frames()) as frames:
            async for frame in frames:
                heard = Heard(frame, canceller.voice, canceller.onset) if canceller else Heard(frame, frame, False)
                self._kept.append(heard)
                self.frames += 1
                before, captured = captured, getattr(self._microphone, "captured", self.frames)  # a file counts none
                if captured > before:
                    self._fed()
                notice(heard)
                self._more.set()

    async def since(self, first: int) -> AsyncGenerator[Heard, None]:
        """What was captured from frame ``first`` on, or of it what is kept, and then each new one. For one listener."""
        while True:
            while first < self.frames:
                oldest = self.frames - len(self._kept)
                first = max(first, oldest) + 1
                yield self._kept[first - 1 - oldest]
            self._more.clear()
            await self._more.wait()

    def sound(self, first: int) -> np.ndarray:
        """What was captured from frame ``first`` on, or of it what is kept: mono float32, 16 kHz."""
        oldest = self.frames - len(self._kept)
        newest = [heard.frame for heard in self._kept][max(0, first - oldest) :]
        return np.concatenate([*newest, np.empty(0, np.float32)])

    def forget(self, before: int) -> None:
        """Drop what was captured before frame ``before``."""
        while self._kept and self.frames - len(self._kept) < before:
            self._kept.popleft()


class Replay:
    """A `Microphone` of one visit: what the ear heard from frame ``first`` on. Ask `is_speech` and `is_onset` about
    each frame that it yields, in order.
    """

    def __init__(self, ear: Ear, first: int, vad: Vad) -> None:
        self._ear, self._first, self._vad = ear, first, vad
        self._before = ear.frames - max(first, 0)
        self._now: Heard | None = None
        self.was_before = False
        """Whether the frame that `frames` just yielded was heard before the visit began: it holds the wake word."""
        vad.reset()

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        async with aclosing(self._ear.since(self._first)) as all_heard:
            async for self._now in all_heard:
                self.was_before, self._before = self._before > 0, self._before - 1
                yield self._now.frame

    def is_speech(self, frame: np.ndarray) -> bool:
        return self._now is not None and self._vad(self._now.voice)

    def is_onset(self) -> bool:
        return self._vad.onset or bool(self._now and self._now.onset)

    def close(self) -> None:
        """The ear goes on without it."""
