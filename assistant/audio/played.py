"""What a loudspeaker played, by the time at which it was heard, for who must know it in step with a microphone."""

from __future__ import annotations

from collections import deque

import numpy as np

from assistant.audio import FRAME_SAMPLES, SAMPLE_RATE
from assistant.tts import SAMPLE_RATE as SPEECH_RATE

_JITTER = 0.03  # seconds by which times that drivers report may be wrong
_STEADY = 0.001  # seconds by which reports differ that agree
_SETTLING = 12  # blocks from a stream's beginning on. PulseAudio reports the first one 60 ms too late, puts the next
# three right behind their forerunners, and tells the truth, some milliseconds away, from the fifth on
_MISREPORTED = 0.1  # seconds by which reports may be wrong until then
_SURE = 3  # reports in a row of a gap until it is believed: after a stall blocks come in a burst, and PulseAudio
# reports the first one 0.1 s and the second one 80 ms too late, at worst, though nothing was interrupted
_LOST = 2.0  # seconds a frame is late when others before it were lost, whatever the device says
_DRIFTED, _DRIFT = 0.002, 0.0002  # seconds; sound cards' clocks differ from the computer's by up to 0.1 ms a second


class Played:
    """What the speaker played, by the time at which it was heard, so that late callbacks and a stream that was stopped
    and started again change nothing about the delay that canceller, filter and detector have learned."""

    def __init__(self, reference: deque[tuple[float, np.ndarray]]) -> None:
        self._reference = reference
        self._sound = np.empty(0, np.float32)  # 24 kHz
        self._begin = 0.0  # when its first sample is heard
        self._sounding = False  # whether sound was taken last: while it lasts, jitter moves nothing
        self._blocks = 0  # since the stream began
        self._late = deque([0.0], maxlen=_SURE)  # seconds by which the last blocks were later than those before say

    def take(self, at: float, samples: int) -> np.ndarray:
        """``samples`` of what is heard from ``at`` on; silence for what nobody played. Call with rising times."""
        if not self._reference and not len(self._sound):
            return np.zeros(samples, np.float32)
        while self._reference:
            self._append(*self._reference.popleft())
        ahead = round((self._begin - at) * SPEECH_RATE)
        if self._sounding and abs(ahead) <= _JITTER * SPEECH_RATE:
            ahead = 0
        self._sound = self._sound[max(0, -ahead) :]
        before = min(samples, max(0, ahead)) if len(self._sound) else samples
        part, self._sound = self._sound[: samples - before], self._sound[samples - before :]
        self._sounding = before + len(part) == samples and len(part) > 0
        self._begin = self._begin + (len(part) + max(0, -ahead)) / SPEECH_RATE
        return np.pad(part, (before, samples - before - len(part)))

    def _append(self, heard_at: float, block: np.ndarray) -> None:
        if not len(self._sound) and abs(heard_at - self._begin) > _JITTER:
            self._begin, self._blocks = heard_at, 0
        late = heard_at - self._begin - len(self._sound) / SPEECH_RATE
        steady = abs(late - self._late[-1]) < _STEADY
        self._late.append(late)
        self._blocks += 1
        settling, gap = self._blocks < _SETTLING, min(self._late)
        if gap > (_MISREPORTED if settling else _JITTER):
            at = max(0, len(self._sound) - (_SURE - 1) * len(block))  # where the first of the reports was put
            silence = np.zeros(min(round(gap * SPEECH_RATE), 2 * SPEECH_RATE), np.float32)
            self._sound = np.insert(self._sound, at, silence)
            self._blocks, self._late = 0, deque([0.0], maxlen=_SURE)
        elif late < -_JITTER or (settling and steady and abs(late) > _STEADY):
            self._begin += late
            self._late = deque([0.0], maxlen=_SURE)
            self._sounding = False
        self._sound = np.append(self._sound, block)


class FrameClock:
    """When each frame would have come if the event loop were never late: frames come in bursts, but not in reality.

    A device may hand out its frames later from some moment on, because it has more of them waiting; that moves nothing,
    or echoes would come at another delay than was learned. When sound was lost, later frames belong to later times.
    """

    def __init__(self, now: float) -> None:
        self._at = now
        self._late = deque([0.0], maxlen=100)  # how late the last frames came, 2 s
        self._lost = False  # since the clock was set

    def __call__(self, now: float, lost: bool = False) -> float:
        """The time of the next frame, which came at ``now``; ``lost``: between it and the one before sound was lost."""
        self._at += FRAME_SAMPLES / SAMPLE_RATE
        if lost:
            self._lost = True
            self._late.clear()
        self._late.append(now - self._at)
        least = min(self._late)
        if now - self._at > _LOST:
            self._move(now - self._at, now)
        elif least < 0:
            self._move(least, now)
        elif len(self._late) == self._late.maxlen and least > _DRIFTED:
            self._move(least if self._lost else _DRIFT, now)
            self._lost = False
        return self._at

    def _move(self, seconds: float, now: float) -> None:
        self._at += seconds
        self._late = deque([now - self._at], maxlen=100)


class Resampler:
    """24 to 16 kHz, frame by frame: by way of 48 kHz through a low-pass of 1.3 ms."""

    def __init__(self) -> None:
        taps = np.arange(-30, 31)
        self._filter = (2 * 0.31 * np.sinc(0.31 * taps) * np.hamming(len(taps))).astype(np.float32)  # 7.4 kHz
        self._before = np.zeros(len(taps) - 1, np.float32)

    def __call__(self, audio24k: np.ndarray) -> np.ndarray:
        stuffed = np.zeros(2 * len(audio24k), np.float32)
        stuffed[::2] = audio24k
        stuffed = np.concatenate([self._before, stuffed])
        self._before = stuffed[-len(self._before) :]
        return np.convolve(stuffed, self._filter, "valid")[::3]
