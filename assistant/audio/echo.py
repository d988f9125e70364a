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
_PLAYING = 0.01  # RMS of played speech
_WINDOW = 12_800  # samples (0.8 s) that are correlated
_LONGEST_DELAY = 6_400  # samples (0.4 s) from playing a sound to hearing its echo
_LOOK_EVERY = 5  # frames (0.1 s)
_NO_ECHO, _ECHO = 7.0, 9.0  # peaks below and above which the verdict is clear
_SURE = 3  # windows that must show no echo before it is believed


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


class EchoDetector:
    """Whether the microphone hears the speaker at all. With a headset it does not, and cancelling what is not there
    would only muffle the user who speaks over the assistant.

    An echo makes a sharp peak in the phase correlation of both (GCC-PHAT, Knapp and Carter 1976), even under the user's
    own speech. On 0.8 s of speech, without an echo the peak stayed below 6.5 times the correlation's RMS; with one at
    -20 dB half of the windows reached 14 under speech as loud as what is played, 34 without.
    """

    def __init__(self) -> None:
        self.present = True
        self._near = np.zeros(_WINDOW, np.float32)
        self._far = np.zeros(_WINDOW, np.float32)
        self._frames = 0
        self._without = 0  # windows in a row that show no echo

    def __call__(self, near: np.ndarray, far: np.ndarray) -> bool:
        """Look at one frame of both, at 16 kHz; returns the verdict."""
        self._near = np.append(self._near[len(near):], near)
        self._far = np.append(self._far[len(far):], far)
        self._frames += 1
        if self._frames % _LOOK_EVERY == 0 and self._is_playing():
            peak = self._peak()
            self._without = self._without + 1 if peak < _NO_ECHO else 0
            if peak > _ECHO:
                self.present = True
            elif self._without >= _SURE:
                self.present = False
        return self.present

    def _is_playing(self) -> bool:
        blocks = self._far.reshape(-1, 320)
        loud = np.sqrt(np.mean(np.square(blocks), axis=1)) > _PLAYING
        return bool(loud[:len(loud) // 4].any() and np.mean(loud) > 0.5)  # from the window's beginning on

    def _peak(self) -> float:
        window, size = np.hanning(_WINDOW), 2 * _WINDOW
        cross = np.fft.rfft(self._near * window, size) * np.conj(np.fft.rfft(self._far * window, size))
        cross /= np.abs(cross) + 1e-9
        bands = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
        cross[(bands < 300) | (bands > 4000)] = 0
        correlation = np.fft.irfft(cross, size)[:_LONGEST_DELAY]
        return float(np.abs(correlation).max() / (np.sqrt(np.mean(np.square(correlation))) + 1e-12))


class EchoCancellingMicrophone:
    """A microphone that does not hear the speaker whose ``reference`` it is given (see OutputSpeaker)."""

    def __init__(self, microphone: Microphone, reference: deque[tuple[float, np.ndarray]]) -> None:
        self._microphone = microphone
        self._reference = reference
        self._waiting = np.empty(0, np.float32)  # played sound that no frame was compared with yet
        self._cancel = EchoCanceller()
        self._has_echo = EchoDetector()

    async def frames(self) -> AsyncIterator[np.ndarray]:
        self._reference.clear()
        async with aclosing(self._microphone.frames()) as frames:
            async for frame in frames:
                played = self._played(len(frame) * SPEECH_RATE // SAMPLE_RATE)
                clean = self._cancel(frame, played)  # also while there is no echo: it stays adapted
                yield clean if self._has_echo(frame, _at_16k(played)) else frame

    def _played(self, samples: int) -> np.ndarray:
        while self._reference:
            self._waiting = np.append(self._waiting, self._reference.popleft()[1])
        if len(self._waiting) > _MOST_AHEAD * SPEECH_RATE:
            self._waiting = self._waiting[-round(_AHEAD * SPEECH_RATE):]
        part, self._waiting = self._waiting[:samples], self._waiting[samples:]
        return np.pad(part, (0, samples - len(part)))

    def close(self) -> None:
        self._microphone.close()


def _at_16k(pcm24k: np.ndarray) -> np.ndarray:
    """Good enough to be correlated below 4 kHz."""
    return np.interp(np.arange(0, len(pcm24k), 1.5), np.arange(len(pcm24k)), pcm24k).astype(np.float32)
