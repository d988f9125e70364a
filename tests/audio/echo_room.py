"""A room with a loudspeaker and a microphone in it, and what is heard there."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import soxr

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from assistant.audio.echo import EchoCancellingMicrophone
from assistant.audio.echo_detector import EchoDetector
from assistant.audio.vad import Vad
from assistant.bench.echo import room
from assistant.config import Settings
from assistant.turns.endpointing import Boundary, Endpointer

REPLY = (
    "The Brooklyn Bridge was opened in eighteen eighty three, after fourteen years of work. It connects Manhattan "
    "and Brooklyn, and about one hundred thousand cars cross it every day."
)


LEAD = 1.0  # seconds before the reply begins


PLAYED = FRAME_SAMPLES * 3 // 2  # samples at 24 kHz in one frame


HELD = 3  # frames of sound that the device holds before it is heard


NOT_KEPT = Path("/dev/null/room.npz")


def recorded(
    reply24k: np.ndarray, delay: float, decibels: float | None, user: np.ndarray | None = None, at: float = 0.0
) -> np.ndarray:
    """What the microphone hears, faint hiss included; the user speaks ``at`` seconds after the reply began."""
    far = soxr.resample(reply24k, 24_000, SAMPLE_RATE).astype(np.float32)
    near = np.random.default_rng(1).standard_normal(len(far)).astype(np.float32) * 5e-4
    if decibels is not None:
        near += room(far, delay, decibels)
    if user is not None:
        start = round((LEAD + at) * SAMPLE_RATE)
        near[start : start + len(user)] += user[: len(near) - start]
    return near.reshape(-1, FRAME_SAMPLES)


class RoomMicrophone:
    """A microphone in the same room as a speaker; the sound card hands out and takes in ``burst`` frames at a time. Its
    driver says of the first block that it is heard ``first_late`` seconds after it is."""

    def __init__(
        self, near: np.ndarray, reply24k: np.ndarray, burst: int = 1, lost: range = range(0), first_late: float = 0.0
    ) -> None:
        self._near, self._far = near, reply24k.reshape(-1, PLAYED)
        self._burst, self._lost, self._first_late = burst, lost, first_late
        self.reference: deque[tuple[float, np.ndarray]] = deque()
        self.now = 100.0
        self.overflows = 0
        self.closed = False

    async def frames(self) -> AsyncIterator[np.ndarray]:
        for number, near in enumerate(self._near):
            if number % self._burst == 0:
                begin = 100.0 + number * FRAME_SECONDS
                self.now = begin + self._burst * FRAME_SECONDS
                first = number + HELD if number else 0
                self.reference.extend(
                    (100.0 + position * FRAME_SECONDS + self._first_late * (position == 0), self._far[position])
                    for position in range(first, min(number + HELD + self._burst, len(self._far)))
                )
            if number in self._lost:
                self.overflows += number == self._lost[0]
            else:
                yield near

    def close(self) -> None:
        self.closed = True


def microphone_in(room: RoomMicrophone, kept: Path = NOT_KEPT) -> EchoCancellingMicrophone:
    return EchoCancellingMicrophone(room, room.reference, kept, lambda: room.now)


def hear(near: np.ndarray, reply24k: np.ndarray, kept: Path = NOT_KEPT, **room) -> tuple[np.ndarray, np.ndarray]:
    """The frames that speech recognition gets, and those that the voice detector gets, shape (frames, 320) each."""
    microphone = microphone_in(RoomMicrophone(near, reply24k, **room), kept)
    detected = []
    is_speech = microphone.heard_by(lambda frame: bool(detected.append(frame)))

    async def listen() -> list[np.ndarray]:
        return [frame async for frame in microphone.frames() if not is_speech(frame)]

    frames = np.array(asyncio.run(listen()))
    microphone.close()
    return frames, np.array(detected)


def judged(near: np.ndarray, reply24k: np.ndarray) -> list[bool | None]:
    detector = EchoDetector()
    far = soxr.resample(reply24k, 24_000, SAMPLE_RATE).reshape(-1, FRAME_SAMPLES)
    return [detector(*frames) for frames in zip(near, far)]


def starts(frames: np.ndarray) -> list[float]:
    """Seconds after the beginning of the reply at which a reply would be paused."""
    settings = Settings()
    vad, endpointer = Vad(settings.vad), Endpointer(settings.endpointing)
    return [
        number * FRAME_SECONDS - LEAD
        for number, frame in enumerate(frames, 1)
        if endpointer.push(vad(frame), settings.barge_in.onset) is Boundary.START
    ]


def level(frames: np.ndarray, start: float) -> float:
    """dB of what is heard from ``start`` seconds after the beginning of the reply on."""
    return float(10 * np.log10(np.mean(np.square(frames[round((LEAD + start) / FRAME_SECONDS) :])) + 1e-12))
