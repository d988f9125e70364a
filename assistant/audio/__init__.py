"""Sound in and out. Inside the program audio is mono float32 in [-1, 1] at 16 kHz unless a name says otherwise."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

import numpy as np

SAMPLE_RATE = 16_000
FRAME_SECONDS = 0.02
FRAME_SAMPLES = 320
"""Samples in one microphone frame (20 ms), a length that WebRTC's VAD accepts."""


IsSpeech = Callable[[np.ndarray], bool]
"""Whether there is speech in a frame; asked about every frame, in order."""
IsOnset = Callable[[], bool]
"""Whether a voice may have just set in; asked after `IsSpeech` about the same frame."""


class Microphone(Protocol):
    def frames(self) -> AsyncGenerator[np.ndarray, None]:
        """Yield frames of shape (320,), 16 kHz, as they are recorded. Ends with a file; raises DeviceError.

        Microphones that heal themselves yield silence while there is no device.

        Consume with ``contextlib.aclosing``.
        """

    def close(self) -> None: ...


class Speaker(Protocol):
    """Plays 24 kHz audio in the order it is written. Counters are samples at 24 kHz since the speaker was opened."""

    written: int
    """Samples written, less those that `clear` threw away."""

    @property
    def played(self) -> int:
        """Samples that have left the speaker, the device's output latency taken off: what the listener heard."""

    @property
    def started_at(self) -> float | None:
        """When sound last began after silence, in seconds of the event loop's clock; None before the first."""

    def write(self, pcm24k: np.ndarray) -> None:
        """Append audio; never blocks."""

    def chime(self, pcm24k: np.ndarray) -> None:
        """Play a short sound at once, over what else is played, in place of one that still sounds. It is not counted,
        and neither `pause` nor `clear` stops it."""

    def pause(self) -> None:
        """Go silent within one device block and keep what is not played yet. Idempotent."""

    def resume(self) -> None:
        """Go on where `pause` stopped. Idempotent."""

    def clear(self) -> None:
        """Go silent within one device block and throw away what is not played yet; leaves the speaker not paused."""

    async def drained(self) -> None:
        """Wait until everything written has been heard.

        Raises DeviceError when the device is gone for good; AssistantError when it has been gone so long that what was
        written is given up, and the conversation goes on without.
        """

    def close(self) -> None: ...
