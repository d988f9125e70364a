"""The speaker. The event loop appends speech to a queue; the audio callback takes a block of it at a time.

What the loop and the callback share changes in single assignments or in a deque's atomic appends: there are no locks.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

import numpy as np

from assistant.audio.devices import Device, cannot_open, find, format_for, portaudio, vanished
from assistant.config import AudioSettings
from assistant.tts import SAMPLE_RATE

_FADE = 120  # samples (5 ms): a cut without a fade clicks
_FADE_IN = np.linspace(0.0, 1.0, _FADE, dtype=np.float32)
_BLOCKS_BUFFERED = 2  # blocks in the device's buffer; more stop a little sooner and cost CPU all the time
_RESAMPLED_BLOCK = 240  # samples rendered at once for a device that refuses 24 kHz
_REMEMBERED = 512  # blocks, several seconds: more than any device's latency
_LONGEST_LATENCY = 2.0  # seconds; what drivers report beyond it is wrong
_SILENT_DEVICE = 2.0  # seconds without a callback after which the device is held to be gone
_POLL = 0.05  # seconds between looks at the device while `drained` waits


def open_speaker(settings: AudioSettings) -> OutputSpeaker:
    """Open and start the speaker that the settings name. Raises DeviceError, or UsageError for a wrong name."""
    return OutputSpeaker(find("output", settings.output), settings.output_latency)


class _Queue:
    """What was written since the last `clear`. The loop appends chunks, the audio thread takes samples."""

    def __init__(self, position: int) -> None:
        self.chunks: deque[np.ndarray] = deque()
        self.position = position
        """Samples taken since the speaker was opened, less those that were taken and thrown away."""
        self._offset = 0  # into the first chunk

    def take(self, block: np.ndarray) -> int:
        """Fill ``block`` from its beginning; returns how many samples there were."""
        filled = 0
        while filled < len(block) and self.chunks:
            chunk = self.chunks[0]
            part = chunk[self._offset:self._offset + len(block) - filled]
            block[filled:filled + len(part)] = part
            filled += len(part)
            self._offset += len(part)
            if self._offset == len(chunk):
                self.chunks.popleft()
                self._offset = 0
        self.position += filled
        return filled

    def fade_out(self, block: np.ndarray) -> None:
        """Put what would come next at the beginning of ``block``, fading away; it is not taken."""
        if self.chunks:
            tail = self.chunks[0][self._offset:self._offset + min(_FADE, len(block))]
            block[:len(tail)] = tail * np.linspace(1.0, 0.0, len(tail))


class OutputSpeaker:
    """A Speaker (see assistant.audio) on a PortAudio device. Its stream runs, silent, while there is nothing to say."""

    def __init__(self, device: Device, latency: float) -> None:
        sounddevice = portaudio()
        self.device = device
        self.written = 0
        self.reference: deque[tuple[float, np.ndarray]] = deque(maxlen=_REMEMBERED)
        """What was really put out, silence too: (seconds on time.monotonic when the block's first sample is heard,
        24 kHz block), oldest first. For the echo canceller, which takes from its left end."""
        self._started_at: float | None = None
        self._queue = _Queue(0)
        self._paused = False
        self._played = 0
        self._calls = 0
        # Owned by the audio thread: the queue the last block came from, and whether sound was in it to its end.
        self._last_queue = self._queue
        self._sounding = False
        # (seconds on time.monotonic when it is heard, position of its first sample, samples) per block with sound.
        self._blocks: deque[tuple[float, int, int]] = deque(maxlen=_REMEMBERED)
        rate, channels = format_for(device, "output", SAMPLE_RATE)
        self._rate = rate
        self._resampler = None
        self._resampled = np.empty(0, np.float32)
        if rate != SAMPLE_RATE:
            import soxr

            self._resampler = soxr.ResampleStream(SAMPLE_RATE, rate, 1, dtype="float32", quality="HQ")
        try:
            self._stream = sounddevice.OutputStream(
                samplerate=rate, blocksize=round(rate * latency / _BLOCKS_BUFFERED), device=device.number,
                channels=channels, dtype="float32", latency=latency, callback=self._callback)
            self._latency = self._stream.latency
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise cannot_open(device, "output", error) from None

    # ---- in the audio thread -----------------------------------------------------------------------------------

    def _callback(self, out: np.ndarray, count: int, moment: Any, status: Any) -> None:
        self._calls += 1
        delay = moment.outputBufferDacTime - moment.currentTime
        heard_at = time.monotonic() + (delay if 0 < delay < _LONGEST_LATENCY else self._latency)
        if self._resampler is None:
            out[:] = self._render(count, heard_at)[:, None]
            return
        while len(self._resampled) < count:
            behind = (len(self._resampled) + self._resampler.delay()) / self._rate
            block = self._resampler.resample_chunk(self._render(_RESAMPLED_BLOCK, heard_at + behind))
            self._resampled = np.concatenate([self._resampled, block])
        out[:] = self._resampled[:count, None]
        self._resampled = self._resampled[count:]

    def _render(self, count: int, heard_at: float) -> np.ndarray:
        """The next ``count`` samples at 24 kHz, the first of which is heard at ``heard_at``."""
        block = np.zeros(count, np.float32)
        queue, paused = self._queue, self._paused
        if self._sounding and (paused or queue is not self._last_queue):
            self._last_queue.fade_out(block)
            self._sounding = False
        elif not paused:
            position = queue.position
            filled = queue.take(block)
            if filled:
                if not self._sounding:
                    fade = min(_FADE, filled)
                    block[:fade] *= _FADE_IN[:fade]
                    self._started_at = heard_at
                self._blocks.append((heard_at, position, filled))
            self._sounding = filled == count
        self._last_queue = queue
        self.reference.append((heard_at, block))
        return block

    # ---- in the event loop -------------------------------------------------------------------------------------

    @property
    def started_at(self) -> float | None:
        return self._started_at

    @property
    def played(self) -> int:
        now = time.monotonic()
        played = 0
        for heard_at, position, count in reversed(self._blocks.copy()):
            if heard_at <= now:
                played = position + min(count, int((now - heard_at) * SAMPLE_RATE))
                break
        # What drivers report about their delay jitters; a block may be under way while `clear` runs.
        self._played = max(self._played, min(played, self._queue.position))
        return self._played

    def write(self, pcm24k: np.ndarray) -> None:
        if len(pcm24k):
            self._queue.chunks.append(np.array(pcm24k, np.float32))
            self.written += len(pcm24k)

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def clear(self) -> None:
        self._queue = _Queue(self._queue.position)
        self.written = self._queue.position
        self._paused = False

    async def drained(self) -> None:
        calls, quiet = self._calls, 0.0
        while (left := self.written - self.played) > 0:
            if not self._stream.active or quiet > _SILENT_DEVICE:
                raise vanished(self.device, "output")
            pause = min(left / SAMPLE_RATE + 0.002, _POLL)
            await asyncio.sleep(pause)
            calls, quiet = (self._calls, 0.0) if self._calls != calls else (calls, quiet + pause)

    def close(self) -> None:
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)
