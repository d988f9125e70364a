"""The speaker, as the event loop sees it; what its audio thread does stands in assistant/audio/output.py."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from assistant.audio.devices import Device, find, vanished
from assistant.audio.driver import Driver
from assistant.audio.output import Line, Output, Queue
from assistant.audio.sound_server import confirmed
from assistant.audio.watch import Watch
from assistant.errors import AssistantError, DeviceError
from assistant.settings import AudioSettings
from assistant.tts import SAMPLE_RATE

PATIENCE = 10.0  # seconds without a speaker after which what was written is given up
_POLL = 0.05  # seconds between looks at the device while `drained` waits


def open_speaker(settings: AudioSettings) -> OutputSpeaker:
    """Open and start the speaker that the settings name. Raises DeviceError, or UsageError for a wrong name."""
    device = find("output", settings.output)
    speaker = OutputSpeaker(Driver(), settings.output_latency)
    speaker.attach(device, confirmed("output", speaker.opened(device), device))
    return speaker


class OutputSpeaker:
    """A Speaker (see assistant.audio) on a PortAudio device. Without a Card it ends with DeviceError when the device is
    lost; with one it keeps what is not heard yet until there is a device again."""

    def __init__(self, driver: Driver, latency: float, closed: Callable[[], None] | None = None) -> None:
        """``closed``: called in place of closing the stream, by the Card's."""
        self.device: Device | None = None
        """The one that is, or was last, open; None before the first."""
        self.stream: Output | None = None
        self.written = 0
        self.away = 0.0
        """Seconds for which there has been no device; counted by the Card."""
        self._driver, self._latency, self._closed = driver, latency, closed
        self._line = Line(Queue(0))
        self._watch = Watch()
        self._starting: asyncio.Task[None] | None = None
        self._failed = False  # the device could not be started again

    @property
    def name(self) -> str:
        """The device's; empty before the first."""
        return self.device.name if self.device else ""

    def opened(self, device: Device) -> Output:
        """A stream for `attach`. Raises DeviceError; may block."""
        return Output(device, self._latency, self._line)

    def attach(self, device: Device, stream: Output) -> None:
        if self.away > PATIENCE:
            self.clear()  # nobody waits for it any more
        self.device, self.stream, self.away = device, stream, 0.0
        self._watch, self._failed = Watch(), False
        stream.live = True

    def detach(self) -> Output | None:
        """The stream, which somebody else must close, and give to `take_back` then."""
        stream, self.stream = self.stream, None
        if stream:
            stream.live = False
        return stream

    def take_back(self, stream: Output) -> None:
        """What the stream took and did not play comes again: it is sure of what was heard at its last callback only."""
        queue = self._line.queue
        queue.put_back(max(self._line.played, min(queue.heard(stream.called_at), queue.position)))
        while self.reference and self.reference[-1][0] > stream.called_at:
            self.reference.pop()

    def is_lost(self, pause: float) -> bool:
        """Asked again and again, every ``pause`` seconds, while there is a stream."""
        stream = self.stream
        if stream is None or self._starting:
            return False
        if self._failed:
            return True
        silent = not len(self._line.chime) and (self._line.paused or not self._line.queue.chunks)
        if stream.halted and (silent or not stream.active):
            self._watch.rest()
            return False
        # One that was halted and is active: its driver does not come back from ending it.
        return self._watch.is_lost(stream.active, stream.calls, pause)

    @property
    def reference(self) -> deque[tuple[float, np.ndarray]]:
        """See Line."""
        return self._line.reference

    @property
    def started_at(self) -> float | None:
        return self._line.started_at

    @property
    def played(self) -> int:
        self._wake()  # sound may have come in the moment in which the callback ended the stream
        line = self._line
        # What drivers report about their delay jitters.
        line.played = max(line.played, min(line.queue.heard(time.monotonic()), line.queue.position))
        return line.played

    def write(self, pcm24k: np.ndarray) -> None:
        if len(pcm24k):
            self._line.queue.chunks.append(np.array(pcm24k, np.float32))
            self.written += len(pcm24k)
            self._wake()

    def chime(self, pcm24k: np.ndarray) -> None:
        self._line.chime = np.array(pcm24k, np.float32)
        self._wake()
        asyncio.get_running_loop().call_later(_POLL, self._wake)  # an interruption may just be ending the stream

    def pause(self) -> None:
        self._line.paused = True

    def resume(self) -> None:
        self._line.paused = False
        self._wake()

    def clear(self) -> None:
        self._line.queue = Queue(self.played)
        self.written = self._line.queue.position
        self._line.paused = False

    def _wake(self) -> None:
        """Start the stream that the callback ended, when there is something to play."""
        stream, line = self.stream, self._line
        if stream and self.device and stream.halted and not self._starting and not self._failed:
            due = len(line.chime) or line.queue.chunks and not line.paused
            if due and not stream.active:
                self._starting = asyncio.get_running_loop().create_task(self._start(stream, self.device))

    async def _start(self, stream: Output, device: Device) -> None:
        try:
            await self._driver.start(stream, device)
        except DeviceError:
            self._failed = stream is self.stream
        finally:
            self._starting = None

    async def drained(self) -> None:
        while (left := self.written - self.played) > 0:
            pause = min(left / SAMPLE_RATE + 0.002, _POLL)
            if self.away > PATIENCE:
                self.clear()
                raise AssistantError(
                    "the reply could not be heard: there is no speaker; plug one in, or choose another one with "
                    "[audio] output (see `assistant devices`)"
                )
            await asyncio.sleep(pause)
            if self.device and self._closed is None and self.is_lost(pause):
                raise vanished(self.device, "output")

    def close(self) -> None:
        if self._closed:
            self._closed()
        elif stream := self.detach():
            self._driver.end(stream)
