"""A microphone and a speaker in one synthetic room, on scripted time."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import soxr

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from assistant.audio.echo import EchoCancellingMicrophone
from assistant.bench.echo import room

LEAD = 1.0  # seconds before the reply begins
PLAYED = FRAME_SAMPLES * 3 // 2  # samples at 24 kHz in one frame
_HELD = 3  # frames of sound that the device holds before it is heard
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

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        for number, near in enumerate(self._near):
            if number % self._burst == 0:
                begin = 100.0 + number * FRAME_SECONDS
                self.now = begin + self._burst * FRAME_SECONDS
                first = number + _HELD if number else 0
                self.reference.extend(
                    (100.0 + position * FRAME_SECONDS + self._first_late * (position == 0), self._far[position])
                    for position in range(first, min(number + _HELD + self._burst, len(self._far)))
                )
            if number in self._lost:
                self.overflows += number == self._lost[0]
            else:
                yield near

    def close(self) -> None:
        self.closed = True


def microphone_in(room: RoomMicrophone, kept: Path = NOT_KEPT) -> EchoCancellingMicrophone:
    return EchoCancellingMicrophone(room, room.reference, lambda: kept, lambda: room.now)
