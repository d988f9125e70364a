"""Echo cancelling: what the speaker plays is taken out of what the microphone hears, in two ways for two listeners.

Voice detection must never take the assistant for the user: it gets what WebRTC's AEC3 leaves, which suppresses all that
may be echo and muffles a user who speaks over it. Speech recognition must understand that user: it gets what a linear
adaptive filter leaves, some echo and the undistorted user. (Words spoken over a reply 3 s old, echo at 0, -6, -12,
-20 dB: WER 34, 23, 20, 12 % after AEC3, 40, 25, 17, 6 % as they were recorded, 17, 6, 7, 6 % after the filter.)

Both find the delay by themselves; all they need is that each 10 ms of the microphone are preceded by 10 ms of what was
played, in step. Sound is put into the device well before it can come back, so the order is right.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import numpy as np

from assistant.audio import FRAME_SAMPLES, SAMPLE_RATE, Microphone
from assistant.tts import SAMPLE_RATE as SPEECH_RATE

_STEP = 0.01  # seconds; WebRTC's audio processing works on nothing else
_RECORDING = 0.02  # seconds from the beginning of a frame until it is there, at least
_JITTER = 0.03  # seconds by which times that drivers report may be wrong
_LOST = 2.0  # seconds a frame is late when others before it were lost
_LINGERS = 1.0  # seconds after the last played sound in which its echo may still be heard
_PLAYING = 0.01  # RMS of played speech
_HEARD = 6_400  # samples (0.4 s) of the microphone that are compared with what was played ...
_LONGEST_DELAY = 8_960  # ... in them and in the 0.56 s before; sound cards alone take up to 0.2 s
_LOOK_EVERY = 5  # frames (0.1 s)
_NO_ECHO, _ECHO = 6.5, 10.0  # peaks below and above which a look is clear
_FIRST_LOOKS, _MORE_LOOKS = 2, 10  # looks in a row without an echo until that is believed: at first, and against better
# knowledge (low echoes are hidden while somebody speaks or makes noise)
_PARTITIONS = 30  # frames (0.6 s) from playing a sound to the end of its echo
_FIRST_DOUBT = 0.02  # larger learns faster from a loud echo and overshoots with a low one
_SMOOTH, _PERSISTENCE = 0.85, 0.9995
_WORSE, _PATIENCE = 1.2, 30  # 0.6 s


class EchoSuppressor:
    """WebRTC's AEC3: leaves next to nothing of the echo, and little of who speaks over it in the first half second."""

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


class EchoFilter:
    """The echo path as a linear filter, followed by a partitioned-block Kalman filter in the frequency domain (Kuech,
    Mabande, Enzner: "State-space architecture of the partitioned-block-based acoustic echo controller", ICASSP 2014).

    Under the user's voice it keeps what it learned. 10 dB less echo after a second, 20 dB after three; 0.15 ms a frame.
    """

    def __init__(self) -> None:
        self._played = np.zeros(2 * FRAME_SAMPLES, np.float32)  # the block before and this one
        self._forget()

    def _forget(self) -> None:
        shape = (_PARTITIONS, FRAME_SAMPLES + 1)
        self._spectra = np.zeros(shape, np.complex64)  # of what was played, newest first
        self._path = np.zeros(shape, np.complex64)
        self._doubt = np.full(shape, _FIRST_DOUBT, np.float32)  # variance of the path's error
        self._rest = np.zeros(shape[1], np.float32)  # power spectrum of what is no echo
        self._heard = self._left = 0.0  # mean power before and after, over the last 0.2 s or so
        self._worse = 0  # frames in a row with more power after than before

    def __call__(self, near: np.ndarray, far: np.ndarray) -> np.ndarray:
        """Take the echo of ``far`` out of ``near``; both of shape (320,), 16 kHz."""
        self._played = np.concatenate([self._played[FRAME_SAMPLES:], far])
        self._spectra = np.roll(self._spectra, 1, axis=0)
        self._spectra[0] = np.fft.rfft(self._played)
        left = near - np.fft.irfft((self._path * self._spectra).sum(0))[FRAME_SAMPLES:]
        self._heard += 0.1 * (float(np.mean(np.square(near))) - self._heard)
        self._left += 0.1 * (float(np.mean(np.square(left))) - self._left)
        self._worse = self._worse + 1 if self._left > _WORSE * self._heard else 0
        if self._worse > _PATIENCE:  # the delay has jumped: what was learned adds an echo instead
            self._forget()
            return near
        self._learn(np.fft.rfft(np.concatenate([np.zeros_like(near), left])))
        return left.astype(np.float32)

    def _learn(self, error: np.ndarray) -> None:
        power = np.abs(self._spectra) ** 2
        self._rest = _SMOOTH * self._rest + (1 - _SMOOTH) * np.abs(error) ** 2
        gain = self._doubt / (0.5 * (self._doubt * power).sum(0) + self._rest + 1e-6)
        response = np.fft.irfft(self._path + gain * np.conj(self._spectra) * error, axis=1)
        response[:, FRAME_SAMPLES:] = 0
        self._path = np.fft.rfft(response, axis=1).astype(np.complex64)
        kept = _PERSISTENCE**2
        self._doubt = kept * (1 - 0.5 * gain * power) * self._doubt + (1 - kept) * np.abs(self._path) ** 2


class EchoDetector:
    """Whether the microphone hears the speaker at all. With a headset it does not, and cancelling what is not there
    would only muffle the user who speaks over the assistant.

    An echo makes a sharp peak in the phase correlation of both (GCC-PHAT, Knapp and Carter 1976), even under the user's
    own speech. In multiples of the correlation's RMS, for delays of 20 to 250 ms, 0.5 s and more after a reply began:
    without an echo 4.2 (at most 7), under the user's speech 4.8 (95 %: 6.8), under noise 4.5 (at most 7.4); with an
    echo at -20 dB 24 (95 %: over 7.7), under speech 9.5, under noise 7.2; at 0 dB over 20 in all three.
    """

    def __init__(self) -> None:
        self.present: bool | None = None
        """None until enough was played to know."""
        self._near: deque[np.ndarray] = deque([np.zeros(_HEARD, np.float32)])
        self._far: deque[np.ndarray] = deque([np.zeros(_HEARD + _LONGEST_DELAY, np.float32)])
        self._frames = 0
        self._without = 0  # looks in a row that showed no echo

    def __call__(self, near: np.ndarray, far: np.ndarray) -> bool | None:
        """Take in one frame of both, at 16 kHz; returns the verdict."""
        self._near.append(near)
        self._far.append(far)
        self._frames += 1
        if self._frames % _LOOK_EVERY == 0:
            self._near = deque([np.concatenate(self._near)[-_HEARD:]])
            self._far = deque([np.concatenate(self._far)[-_HEARD - _LONGEST_DELAY:]])
            if _is_playing(self._far[0]):
                self._judge(_peak(self._near[0], self._far[0]))
        return self.present

    def _judge(self, peak: float) -> None:
        self._without = self._without + 1 if peak < _NO_ECHO else 0
        if peak > _ECHO:
            self.present = True
        elif self._without >= (_MORE_LOOKS if self.present else _FIRST_LOOKS):
            self.present = False


def _is_playing(far: np.ndarray) -> bool:
    """Whether so much was played, so early, that its echo would be heard by now whatever its delay."""
    loud = np.sqrt(np.mean(np.square(far.reshape(-1, 320)), axis=1)) > _PLAYING
    early = loud[:len(loud) - _LONGEST_DELAY // 320]  # heard even at the longest delay
    return bool(early.any() and np.mean(loud[-30:]) > 0.4)


def _peak(near: np.ndarray, far: np.ndarray) -> float:
    """The highest phase correlation of ``near`` with ``far``, which begins `_LONGEST_DELAY` earlier, over its RMS."""
    size = len(far)  # nothing wraps around: only delays that fit are looked at
    cross = np.fft.rfft(far, size) * np.conj(np.fft.rfft(near * np.hanning(len(near)), size))
    cross /= np.abs(cross) + 1e-9
    bands = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    cross[(bands < 300) | (bands > 4000)] = 0
    correlation = np.fft.irfft(cross, size)[:_LONGEST_DELAY]
    return float(np.abs(correlation).max() / (np.sqrt(np.mean(np.square(correlation))) + 1e-12))


class _Resampler:
    """24 to 16 kHz, frame by frame: by way of 48 kHz through a low-pass of 1.3 ms."""

    def __init__(self) -> None:
        taps = np.arange(-30, 31)
        self._filter = (2 * 0.31 * np.sinc(0.31 * taps) * np.hamming(len(taps))).astype(np.float32)  # 7.4 kHz
        self._before = np.zeros(len(taps) - 1, np.float32)

    def __call__(self, audio24k: np.ndarray) -> np.ndarray:
        stuffed = np.zeros(2 * len(audio24k), np.float32)
        stuffed[::2] = audio24k
        stuffed = np.concatenate([self._before, stuffed])
        self._before = stuffed[-len(self._before):]
        return np.convolve(stuffed, self._filter, "valid")[::3]


class _Played:
    """What the speaker played, by the time at which it was heard, so that late callbacks and a stream that was stopped
    and started again change nothing about the delay that canceller, filter and detector have learned."""

    def __init__(self, reference: deque[tuple[float, np.ndarray]]) -> None:
        self._reference = reference
        self._sound = np.empty(0, np.float32)  # 24 kHz
        self._begin = 0.0  # when its first sample is heard
        self._sounding = False  # whether sound was taken last: while it lasts, jitter moves nothing

    def take(self, at: float, samples: int) -> np.ndarray:
        """``samples`` of what is heard from ``at`` on; silence for what nobody played. Call with rising times."""
        if not self._reference and not len(self._sound):
            return np.zeros(samples, np.float32)
        while self._reference:
            self._append(*self._reference.popleft())
        ahead = round((self._begin - at) * SPEECH_RATE)
        if self._sounding and abs(ahead) <= _JITTER * SPEECH_RATE:
            ahead = 0
        self._sound = self._sound[max(0, -ahead):]
        before = min(samples, max(0, ahead)) if len(self._sound) else samples
        part, self._sound = self._sound[:samples - before], self._sound[samples - before:]
        self._sounding = before + len(part) == samples and len(part) > 0
        self._begin = self._begin + (len(part) + max(0, -ahead)) / SPEECH_RATE
        return np.pad(part, (before, samples - before - len(part)))

    def _append(self, heard_at: float, block: np.ndarray) -> None:
        if not len(self._sound):
            self._begin = heard_at if abs(heard_at - self._begin) > _JITTER else self._begin
        gap = round((heard_at - self._begin) * SPEECH_RATE) - len(self._sound)
        if gap > _JITTER * SPEECH_RATE:
            self._sound = np.pad(self._sound, (0, min(gap, 2 * SPEECH_RATE)))
        elif gap < -_JITTER * SPEECH_RATE:  # PulseAudio says of a stream's first block that it is heard 60 ms too late, and
            self._begin += gap / SPEECH_RATE  # no canceller finds an echo that comes before its sound
        self._sound = np.append(self._sound, block)


class EchoCancellingMicrophone:
    """A microphone that does not hear the speaker whose ``reference`` it is given (see OutputSpeaker).

    Its frames are for speech recognition; a voice detector is asked through `heard_by`.
    """

    def __init__(self, microphone: Microphone, reference: deque[tuple[float, np.ndarray]],
                 now: Callable[[], float] = time.monotonic) -> None:
        self._microphone = microphone
        self._now = now
        self._played = _Played(reference)
        self._suppress, self._filter, self._has_echo = EchoSuppressor(), EchoFilter(), EchoDetector()
        self._at_16k = _Resampler()
        self._silent = _LINGERS  # seconds since something was played
        self._suppressed = np.zeros(FRAME_SAMPLES, np.float32)  # the newest frame, as voice detection may hear it

    async def frames(self) -> AsyncIterator[np.ndarray]:
        clock = _FrameClock(self._now())
        async with aclosing(self._microphone.frames()) as frames:
            async for frame in frames:
                at = clock(self._now()) - _RECORDING
                yield self._without_echo(frame, self._played.take(at, len(frame) * SPEECH_RATE // SAMPLE_RATE))

    def heard_by(self, is_speech: Callable[[np.ndarray], bool]) -> Callable[[np.ndarray], bool]:
        """Whether there is speech in the frame that `frames` just yielded, when ``is_speech`` does not hear the echo."""
        return lambda frame: is_speech(self._suppressed)

    def _without_echo(self, frame: np.ndarray, played: np.ndarray) -> np.ndarray:
        self._suppressed = frame
        self._silent = 0.0 if played.any() else self._silent + len(frame) / SAMPLE_RATE
        if self._silent >= _LINGERS:
            return frame  # most of the time there is nothing to do, and it costs 2 % of a core
        far = self._at_16k(played)
        suppressed, filtered = self._suppress(frame, played), self._filter(frame, far)  # always: they stay adapted
        if self._has_echo(frame, far) is False:
            return frame
        self._suppressed = suppressed
        return filtered

    def close(self) -> None:
        self._microphone.close()


class _FrameClock:
    """When each frame would have come if the event loop were never late: frames come in bursts, but not in reality."""

    def __init__(self, now: float) -> None:
        self._at = now
        self._late = deque([0.0], maxlen=100)  # how late the last frames came, 2 s

    def __call__(self, now: float) -> float:
        self._at += FRAME_SAMPLES / SAMPLE_RATE
        self._late.append(now - self._at)
        least = min(self._late)
        if least < 0 or (least > _JITTER and len(self._late) == self._late.maxlen) or now - self._at > _LOST:
            self._at += now - self._at if now - self._at > _LOST else least
            self._late = deque([now - self._at], maxlen=100)
        return self._at
