"""The microphone. The audio callback copies into a ring buffer; the event loop takes frames out of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

import numpy as np

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from assistant.audio.channels import Channels
from assistant.audio.devices import Device, cannot_open, find, format_for, is_active, portaudio, vanished
from assistant.audio.ring import Ring
from assistant.audio.sound_server import confirmed
from assistant.audio.watch import Watch
from assistant.settings import AudioSettings

_BLOCK_SECONDS = (
    0.03  # per callback; 0.02 hears an interruption some 5 ms sooner and costs 0.6 % of a core all the time
)
_LATENCY = 0.06  # seconds asked of the device
_KEPT_SECONDS = 10.0  # what may wait while the loop is busy before the oldest is lost
_SOON = 0.003  # seconds; the loop looks this long after a block is due: a wake-up from the callback would put
# asyncio, and its locks, into the audio thread, and polling every 10 ms costs 1 % of a core


def open_microphone(settings: AudioSettings) -> InputMicrophone:
    """Open and start the microphone that the settings name. Raises DeviceError, or UsageError for a wrong name."""
    device = find("input", settings.input)
    microphone = InputMicrophone()
    microphone.attach(device, confirmed("input", Input(device), device))
    return microphone


class Input:
    """A device's stream, recording."""

    def __init__(self, device: Device) -> None:
        """Open and start it. Raises DeviceError."""
        sounddevice = portaudio()
        self.opened_on: object = None
        self.calls = 0
        """Callbacks so far."""
        self.called_at = time.monotonic()
        self.zeros = 0.0
        """Seconds of exact zeros it has recorded last, as a muted microphone gives them."""
        self.overflows = 0
        rate, channels = format_for(device, "input", SAMPLE_RATE)
        self._rate = rate
        self._ring = Ring(round(_KEPT_SECONDS * rate), channels)
        self._channels = Channels(channels)
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
        self._ring.write(recorded)
        self.overflows += bool(status.input_overflow)
        self.zeros = 0.0 if recorded.any() else self.zeros + count / self._rate
        self.called_at = time.monotonic()
        self.calls += 1

    @property
    def active(self) -> bool:
        return is_active(self._stream)

    def skip(self) -> None:
        """Forget what was recorded until now."""
        self._ring.skip()

    def take(self) -> np.ndarray | None:
        """The next frame, 16 kHz, or None when it is not there yet."""
        block = round(self._rate * FRAME_SECONDS)
        while len(self._pending) < FRAME_SAMPLES:
            recorded = self._ring.read(block)
            if recorded is None:
                return None
            mono = self._channels.mono(recorded)
            if self._resampler is None:
                return mono
            self._pending = np.concatenate([self._pending, self._resampler.resample_chunk(mono)])
        frame, self._pending = self._pending[:FRAME_SAMPLES], self._pending[FRAME_SAMPLES:]
        return frame

    def close(self) -> None:
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)


class InputMicrophone:
    """A Microphone (see assistant.audio) on a PortAudio device. Without a Card its frames end with DeviceError when the
    device is lost; with one they are silent until there is a device again."""

    def __init__(self, closed: Callable[[], None] | None = None) -> None:
        """``closed``: called in place of closing the stream, by the Card's."""
        self.device: Device | None = None
        """The one that is, or was last, open; None before the first."""
        self.stream: Input | None = None
        self.captured = 0
        """Frames that a device has recorded, those of silence without one not counted: what shows that it hears."""
        self.broken: BaseException | None = None
        """Why the Card heals nothing any more."""
        self._closed = closed
        self._lost = 0
        self._watch = Watch()

    def attach(self, device: Device, stream: Input) -> None:
        self.device, self.stream, self._watch = device, stream, Watch()

    @property
    def name(self) -> str:
        """The device's; empty before the first."""
        return self.device.name if self.device else ""

    def detach(self) -> Input | None:
        """The stream, which somebody else must close."""
        self._lost = self.overflows + 1
        stream, self.stream = self.stream, None
        return stream

    @property
    def overflows(self) -> int:
        """How often sound was lost: nobody took it in time, or the device was opened anew."""
        return self._lost + (self.stream.overflows if self.stream else 0)

    def is_lost(self, pause: float) -> bool:
        """Asked again and again, every ``pause`` seconds, while there is a stream."""
        return self.stream is not None and self._watch.is_lost(self.stream.active, self.stream.calls, pause)

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        """Yield frames of shape (320,), 16 kHz, beginning with what is said now. Raises DeviceError."""
        if self.stream:
            self.stream.skip()
        while True:
            if self.broken:
                raise self.broken
            if (stream := self.stream) is None:
                yield np.zeros(FRAME_SAMPLES, np.float32)
                await asyncio.sleep(FRAME_SECONDS)
                continue
            while (frame := stream.take()) is not None:
                self.captured += 1
                yield frame
            pause = max(stream.called_at + _BLOCK_SECONDS + _SOON - time.monotonic(), 2 * _SOON)
            await asyncio.sleep(pause)
            if self.device and self._closed is None and self.is_lost(pause):
                raise vanished(self.device, "input")

    def close(self) -> None:
        if self._closed:
            self._closed()
        elif stream := self.detach():
            stream.close()
