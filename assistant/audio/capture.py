"""The microphone. The audio callback copies into a ring buffer; the event loop takes frames out of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np

from assistant.audio import FRAME_SAMPLES, SAMPLE_RATE
from assistant.audio.devices import Device, cannot_open, find, format_for, portaudio, vanished
from assistant.audio.ring import Ring
from assistant.settings import AudioSettings

_BLOCK_SECONDS = (
    0.03  # per callback; 0.02 hears an interruption some 5 ms sooner and costs 0.6 % of a core all the time
)
_LATENCY = 0.06  # seconds asked of the device
_KEPT_SECONDS = 10.0  # what may wait while the loop is busy before the oldest is lost
_SOON = 0.003  # seconds; the loop looks this long after a block is due: a wake-up from the callback would put
# asyncio, and its locks, into the audio thread, and polling every 10 ms costs 1 % of a core
_SILENT_DEVICE = 2.0  # seconds without a callback after which the device is held to be gone


def open_microphone(settings: AudioSettings) -> InputMicrophone:
    """Open and start the microphone that the settings name. Raises DeviceError, or UsageError for a wrong name."""
    return InputMicrophone(find("input", settings.input))


class InputMicrophone:
    """A Microphone (see assistant.audio) on a PortAudio device."""

    def __init__(self, device: Device) -> None:
        sounddevice = portaudio()
        self.device = device
        self.overflows = 0
        """How often the device lost sound because nobody took it in time."""
        rate, channels = format_for(device, "input", SAMPLE_RATE)
        self._rate = rate
        self._ring = Ring(round(_KEPT_SECONDS * rate))
        self._called_at = time.monotonic()
        self._pending = np.empty(0, np.float32)  # resampled, less than one frame
        self._resampler = None
        if rate != SAMPLE_RATE:
            import soxr

            self._resampler = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")
        try:
            self._stream = sounddevice.InputStream(
                samplerate=rate,
                blocksize=round(rate * _BLOCK_SECONDS),
                device=device.number,
                channels=channels,
                dtype="float32",
                latency=_LATENCY,
                callback=self._callback,
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise cannot_open(device, "input", error) from None

    def _callback(self, recorded: np.ndarray, count: int, moment: Any, status: Any) -> None:
        """In the audio thread. ``recorded`` has shape (count, channels)."""
        self._ring.write(recorded[:, 0])
        self.overflows += bool(status.input_overflow)
        self._called_at = time.monotonic()

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        """Yield frames of shape (320,), 16 kHz, beginning with what is said now. Raises DeviceError."""
        self._ring.skip()
        called_at, quiet = self._called_at, 0.0
        while True:
            while (frame := self._take()) is not None:
                yield frame
            # Counted in pauses, not by the clock: after the process was stopped for a while the device is not gone.
            called_at, quiet = (self._called_at, 0.0) if self._called_at != called_at else (called_at, quiet)
            if not self._stream.active or quiet > _SILENT_DEVICE:
                raise vanished(self.device, "input")
            pause = max(called_at + _BLOCK_SECONDS + _SOON - time.monotonic(), 2 * _SOON)
            await asyncio.sleep(pause)
            quiet += pause

    def _take(self) -> np.ndarray | None:
        if self._resampler is None:
            return self._ring.read(FRAME_SAMPLES)
        block = round(self._rate * 0.01)
        while len(self._pending) < FRAME_SAMPLES:
            recorded = self._ring.read(block)
            if recorded is None:
                return None
            self._pending = np.concatenate([self._pending, self._resampler.resample_chunk(recorded)])
        frame, self._pending = self._pending[:FRAME_SAMPLES], self._pending[FRAME_SAMPLES:]
        return frame

    def close(self) -> None:
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)
