"""Echo cancelling: what the speaker plays is taken out of what the microphone hears (WebRTC's AEC3).

The canceller finds the delay between both by itself; all it needs is that each 10 ms of the microphone are preceded by
10 ms of what was played, in step. Sound is put into the device well before it can come back, so the order is right.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing

import numpy as np

from assistant.audio import SAMPLE_RATE, Microphone
from assistant.tts import SAMPLE_RATE as SPEECH_RATE

_STEP = 0.01  # seconds; WebRTC's audio processing works on nothing else
_MOST_AHEAD = 0.5  # seconds the played sound may be ahead of the microphone; more means that frames were lost
_AHEAD = 0.1  # seconds it is ahead after such a loss


class EchoCanceller:
    def __init__(self) -> None:
        from livekit import rtc

        self._frame = rtc.AudioFrame
        self._processing = rtc.AudioProcessingModule(echo_cancellation=True, high_pass_filter=True)

    def __call__(self, near: np.ndarray, far24k: np.ndarray) -> np.ndarray:
        """Take the echo of ``far24k`` (played from now on) out of ``near`` (16 kHz); both of one length in time, a
        multiple of 10 ms, mono float32 in [-1, 1]."""
        steps = round(len(near) / SAMPLE_RATE / _STEP)
        clean = np.empty(len(near), np.float32)
        for near_part, far_part, out in zip(*(np.split(audio, steps) for audio in (near, far24k, clean)), strict=True):
            self._processing.process_reverse_stream(self._pack(far_part, SPEECH_RATE))
            frame = self._pack(near_part, SAMPLE_RATE)
            self._processing.process_stream(frame)
            out[:] = np.frombuffer(frame.data, np.int16) / np.float32(32768)
        return clean

    def _pack(self, audio: np.ndarray, rate: int):
        pcm = (np.clip(audio, -1.0, 1.0) * 32767).astype(np.int16)
        return self._frame(bytearray(pcm.tobytes()), rate, 1, len(pcm))


class EchoCancellingMicrophone:
    """A microphone that does not hear the speaker whose ``reference`` it is given (see OutputSpeaker)."""

    def __init__(self, microphone: Microphone, reference: deque[tuple[float, np.ndarray]]) -> None:
        self._microphone = microphone
        self._reference = reference
        self._waiting = np.empty(0, np.float32)  # played sound that no frame was compared with yet
        self._cancel = EchoCanceller()

    async def frames(self) -> AsyncIterator[np.ndarray]:
        self._reference.clear()
        async with aclosing(self._microphone.frames()) as frames:
            async for frame in frames:
                yield self._cancel(frame, self._played(len(frame) * SPEECH_RATE // SAMPLE_RATE))

    def _played(self, samples: int) -> np.ndarray:
        while self._reference:
            self._waiting = np.append(self._waiting, self._reference.popleft()[1])
        if len(self._waiting) > _MOST_AHEAD * SPEECH_RATE:
            self._waiting = self._waiting[-round(_AHEAD * SPEECH_RATE):]
        part, self._waiting = self._waiting[:samples], self._waiting[samples:]
        return np.pad(part, (0, samples - len(part)))

    def close(self) -> None:
        self._microphone.close()
