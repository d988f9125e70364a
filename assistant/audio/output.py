"""What a speaker plays: the event loop appends speech to a queue, the audio callback takes a block of it at a time.

What the loop and the callback share changes in single assignments or in a deque's atomic appends: there are no locks.

To go silent, the callback ends the stream, which throws away what the device still holds (`_halt`): that takes one
block instead of block and buffer, so the buffer can be long enough not to crackle. Pa_AbortStream from the loop would
not wait for the block, but on ALSA it cancels the callback's thread, which may be waiting for Python's lock then.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from assistant.audio.devices import Device, cannot_open, format_for, is_active, portaudio, reason
from assistant.errors import DeviceError
from assistant.tts import SAMPLE_RATE

_FADE = 120  # samples (5 ms): sound that sets in at once clicks
_FADE_IN = np.linspace(0.0, 1.0, _FADE, dtype=np.float32)
_BLOCKS_BUFFERED = 3  # blocks in the device's buffer; more stop sooner and cost CPU all the time
_RESAMPLED_BLOCK = 240  # samples rendered at once for a device that refuses 24 kHz
REMEMBERED = 512  # blocks, several seconds: more than any device's latency
_LONGEST_LATENCY = 2.0  # seconds; what drivers report beyond it is wrong
_REST_AFTER = (
    1.0  # seconds of silence until the stream rests: idle it costs CPU, and new sound waits behind its silence
)


class Queue:
    """What was written since the last `clear`. The loop appends chunks, the audio thread takes samples."""

    def __init__(self, position: int) -> None:
        self.chunks: deque[np.ndarray] = deque()
        self.position = position
        """Samples taken since the speaker was opened, less those that were taken and thrown away."""
        self.blocks: deque[tuple[float, int, np.ndarray]] = deque(maxlen=REMEMBERED)
        """(seconds on time.monotonic when it is heard, position of its first sample, sound) per block taken."""
        self._start = position
        self._offset = 0  # into the first chunk

    def take(self, block: np.ndarray, heard_at: float) -> int:
        """Fill ``block`` from its beginning; returns how many samples there were."""
        filled = 0
        while filled < len(block) and self.chunks:
            chunk = self.chunks[0]
            part = chunk[self._offset : self._offset + len(block) - filled]
            block[filled : filled + len(part)] = part
            filled += len(part)
            self._offset += len(part)
            if self._offset == len(chunk):
                self.chunks.popleft()
                self._offset = 0
        if filled:
            self.blocks.append((heard_at, self.position, block[:filled].copy()))
            self.position += filled
        return filled

    def heard(self, now: float) -> int:
        """The position that is heard at ``now``."""
        for heard_at, position, sound in reversed(self.blocks.copy()):
            if heard_at <= now:
                return position + min(len(sound), int((now - heard_at) * SAMPLE_RATE))
        return self._start if len(self.blocks) < REMEMBERED else self.blocks[0][1]

    def put_back(self, position: int) -> None:
        """What was taken from ``position`` on comes again. In the audio thread."""
        unheard: list[np.ndarray] = []
        while self.blocks and self.blocks[-1][1] + len(self.blocks[-1][2]) > position:
            heard_at, begin, sound = self.blocks.pop()
            unheard.insert(0, sound[max(0, position - begin) :])
            if begin < position:
                self.blocks.append((heard_at, begin, sound[: position - begin]))
        if self._offset:
            self.chunks[0] = self.chunks[0][self._offset :]
            self._offset = 0
        if unheard:
            self.chunks.appendleft(np.concatenate(unheard))
        self.position = position


@dataclass
class Line:
    """What the event loop and the audio thread share."""

    queue: Queue
    paused: bool = False
    chime: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))
    """What is left of the tone that is mixed in; paused or not, and not counted."""
    played: int = 0
    """Samples that have left the speaker for sure."""
    started_at: float | None = None
    """When sound last began after silence, on time.monotonic."""
    reference: deque[tuple[float, np.ndarray]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """What was really put out, silence too: (seconds on time.monotonic when the block's first sample is heard, 24 kHz
    block), oldest first. For the echo canceller, which takes from its left end."""


class Output:
    """A device's stream, playing. While there is nothing to say it runs on for a moment, silent, but not between an
    interruption and the next sound."""

    def __init__(self, device: Device, latency: float, line: Line) -> None:
        """Open and start it. Raises DeviceError."""
        sounddevice = portaudio()
        self.calls = 0
        """Callbacks since it was started last."""
        self.called_at = time.monotonic()
        self.halted = False
        """Whether the callback ended the stream; it is started again when there is something to play."""
        self.live = False
        """Whether it may take what is to be played; it is silent until then, and when it is not used any more."""
        self.opened_on: object = None
        self._line = line
        # Owned by the audio thread: the queue the last block came from, when its last sound is heard, and whether it
        # was sound to its end.
        self._last_queue = line.queue
        self._sounds_until = time.monotonic()
        self._sounding = False
        self._chimes_until = 0.0
        rate, channels = format_for(device, "output", SAMPLE_RATE)
        self._rate = rate
        self._resampler = None
        self._resampled = np.empty(0, np.float32)
        if rate != SAMPLE_RATE:
            import soxr

            self._resampler = soxr.ResampleStream(SAMPLE_RATE, rate, 1, dtype="float32", quality="HQ")
        try:
            self._stream = sounddevice.OutputStream(
                samplerate=rate,
                blocksize=round(rate * latency / _BLOCKS_BUFFERED),
                device=device.number,
                channels=channels,
                dtype="float32",
                latency=latency,
                callback=self._callback,
            )
            self._latency = self._stream.latency
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise cannot_open(device, "output", error) from None

    @property
    def active(self) -> bool:
        return is_active(self._stream)

    def start(self) -> None:
        """Start again what was halted. Raises DeviceError."""
        self.halted, self.calls = False, 0
        self._stream.stop(ignore_errors=True)  # it has ended, and must be told so before it can start
        try:
            self._stream.start()
        except portaudio().PortAudioError as error:
            raise DeviceError(reason(error)) from None

    def close(self) -> None:
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    # ---- in the audio thread -----------------------------------------------------------------------------------

    def _callback(self, out: np.ndarray, count: int, moment: Any, status: Any) -> None:
        self.calls += 1
        delay = moment.outputBufferDacTime - moment.currentTime
        now = self.called_at = time.monotonic()
        if not self.live:
            out[:] = 0.0
            return
        if self._sounds_until > now and (self._line.paused or self._line.queue is not self._last_queue):
            self._halt(now)
        silent = not self._line.queue.chunks and not len(self._line.chime)
        if silent and now - max(self._sounds_until, self._chimes_until) > _REST_AFTER:
            self.halted = True
            raise portaudio().CallbackAbort
        heard_at = now + (delay if 0 < delay < _LONGEST_LATENCY else self._latency)
        if self._resampler is None:
            out[:] = self._render(count, heard_at)[:, None]
            return
        while len(self._resampled) < count:
            behind = (len(self._resampled) + self._resampler.delay()) / self._rate
            block = self._resampler.resample_chunk(self._render(_RESAMPLED_BLOCK, heard_at + behind))
            self._resampled = np.concatenate([self._resampled, block])
        out[:] = self._resampled[:count, None]
        self._resampled = self._resampled[count:]

    def _halt(self, now: float) -> None:
        """Throw away what the device holds; what was not heard of it is played after `resume`. Ends the stream."""
        queue = self._last_queue
        queue.put_back(max(self._line.played, queue.heard(now)))
        while self._line.reference and self._line.reference[-1][0] > now:
            self._line.reference.pop()
        self._sounds_until, self._sounding, self._last_queue = 0.0, False, self._line.queue
        if self._resampler is not None:
            self._resampler.clear()
            self._resampled = np.empty(0, np.float32)
        self.halted = True
        raise portaudio().CallbackAbort

    def _render(self, count: int, heard_at: float) -> np.ndarray:
        """The next ``count`` samples at 24 kHz, the first of which is heard at ``heard_at``."""
        block = np.zeros(count, np.float32)
        queue = self._last_queue = self._line.queue
        filled = 0 if self._line.paused else queue.take(block, heard_at)
        if filled:
            if not self._sounding:
                fade = min(_FADE, filled)
                block[:fade] *= _FADE_IN[:fade]
                self._line.started_at = heard_at
            self._sounds_until = heard_at + filled / SAMPLE_RATE
        self._sounding = filled == count
        if len(chime := self._line.chime):
            block[: len(chime)] += chime[:count]
            self._chimes_until = heard_at + len(chime) / SAMPLE_RATE
            if chime is self._line.chime:  # not another one meanwhile
                self._line.chime = chime[count:]
        self._line.reference.append((heard_at, block))
        return block
