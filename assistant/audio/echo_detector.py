"""Whether, how late and how loud a microphone hears a loudspeaker."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from assistant.audio import FRAME_SAMPLES, SAMPLE_RATE
from assistant.audio.onset import is_loud

_PLAYING = 0.01  # RMS of played speech
_HEARD = 6_400  # samples (0.4 s) of the microphone that are compared with what was played ...
_LONGEST_DELAY = 8_960  # ... in them and in the 0.56 s before; sound cards alone take up to 0.2 s
_USUAL_DELAY = 5_600  # samples (0.35 s); later echoes are found too, but their absence is not waited for
_SHORTEST = 1_600  # samples (0.1 s) of an echo that must have been heard
_LOOK_EVERY = 5  # frames (0.1 s)
_NO_ECHO, _ECHO = 6.5, 10.0  # peaks below and above which a look is clear
_FIRST_LOOKS, _MORE_LOOKS = 2, 10  # looks in a row without an echo until that is believed: at first, and against better
# knowledge (low echoes are hidden while somebody speaks or makes noise)
_INAUDIBLE = 0.001  # RMS of a frame: an echo as low is none
_STRANGER, _ECHO_AT_FIRST = 7.5, 11.0  # peaks below and above which a sound that sets in is clear, ...
_AT_FIRST = 1_920  # ... once 0.12 s of it were heard: after 0.1 s an echo has over 9.5 (95 %), somebody who speaks half
# the time under 6.4 and never over 9.5; after 0.2 s over 17.7, and under 7.6
_GAP = 5  # frames (0.1 s) without sound after which the next one is a new one
_LOUDEST = 4.0  # power of an echo over what is played; more is somebody speaking


@dataclass(frozen=True)
class Echo:
    delay: int
    """Samples at 16 kHz by which it is heard after what was played."""
    power: float
    """Of the echo over that of what was played."""


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
        self.echo: Echo | None = None
        """As it was when it was last heard clearly; a delay must have been seen twice."""
        self.stranger = False
        """Whether what is heard now, while `present` is not known, is not what is played."""
        self._heard, self._quiet = 0, _GAP  # samples since a sound set in, frames since it was loud
        self._near: deque[np.ndarray] = deque([np.zeros(_HEARD, np.float32)])
        self._far: deque[np.ndarray] = deque([np.zeros(_HEARD + _LONGEST_DELAY, np.float32)])
        self._frames = 0
        self._without = 0  # looks in a row that showed no echo
        self.delay: int | None = None
        """As in the last look that was clear, be it once."""

    def __call__(self, near: np.ndarray, far: np.ndarray) -> bool | None:
        """Take in one frame of both, at 16 kHz; returns the verdict."""
        self._near.append(near)
        self._far.append(far)
        self._frames += 1
        self.stranger = False
        if self.present is None:
            self._quiet = 0 if is_loud(near) else self._quiet + 1
            self._heard = min(self._heard + len(near), _HEARD) if self._quiet < _GAP else 0
        if self._frames % _LOOK_EVERY == 0:
            self._near = deque([np.concatenate(self._near)[-_HEARD:]])
            self._far = deque([np.concatenate(self._far)[-_HEARD - _LONGEST_DELAY :]])
            self._look(self._near[0], self._far[0])
        if self.present is None and self._heard >= _AT_FIRST:
            self._look_at_first(*self.newest())
        return self.present

    def newest(self) -> tuple[np.ndarray, np.ndarray]:
        """What the microphone heard last (0.4 s) and what was played until then (0.56 s more); both end now."""
        return np.concatenate(self._near)[-_HEARD:], np.concatenate(self._far)[-_HEARD - _LONGEST_DELAY :]

    def expected(self) -> np.ndarray:
        """What the newest frame of the microphone would be of an echo without a room: as late and as loud as `echo`."""
        assert self.echo is not None
        _, far = self.newest()
        return np.sqrt(self.echo.power) * far[-self.echo.delay - FRAME_SAMPLES : len(far) - self.echo.delay]

    def confirm(self, echo: Echo) -> None:
        """Take in what is known from elsewhere about the echo that is heard."""
        self.echo = echo

    def _look(self, near: np.ndarray, far: np.ndarray) -> None:
        loud = _is_loud(far)
        longest = min(_since_first_sound(far) - _SHORTEST, _LONGEST_DELAY)
        if longest <= 0:
            return
        peak, delay = _peak(near, far, longest)
        if self.present is None and _is_silent(near, loud):
            self.present = False
        elif peak > _ECHO:
            self.present, self._without = True, 0
            self._follow(delay, near, far)
        elif _is_playing(loud):
            self._without = self._without + 1 if peak < _NO_ECHO else 0
            if self._without >= (_MORE_LOOKS if self.present else _FIRST_LOOKS):
                self.present = False

    def _look_at_first(self, near: np.ndarray, far: np.ndarray) -> None:
        """Whether a sound that set in a moment ago is an echo: found twice."""
        longest = min(_since_first_sound(far), _LONGEST_DELAY)
        if not longest:
            return
        peak, delay = _peak(near[-self._heard :], far[-self._heard - _LONGEST_DELAY :], longest)
        if peak > _ECHO_AT_FIRST:
            self._follow(delay, near, far)
            self.present = True if self.echo else None
        self.stranger = peak < _STRANGER

    def _follow(self, delay: int, near: np.ndarray, far: np.ndarray) -> None:
        seen_before = self.delay is not None and abs(delay - self.delay) <= 1
        self.delay = delay
        if not seen_before or (self.echo and delay == self.echo.delay):
            return
        if self.echo and abs(delay - self.echo.delay) < FRAME_SAMPLES:
            self.echo = Echo(delay, self.echo.power)  # somebody may be speaking now
            return
        played = far[len(far) - len(near) - delay : len(far) - delay]
        power = float(np.mean(np.square(near)) / (np.mean(np.square(played)) + 1e-9))
        self.echo = Echo(delay, min(power, _LOUDEST))


def _is_loud(far: np.ndarray) -> np.ndarray:
    """By frame, whether something is played."""
    return np.sqrt(np.mean(np.square(far.reshape(-1, FRAME_SAMPLES)), axis=1)) > _PLAYING


def _since_first_sound(far: np.ndarray) -> int:
    """Samples since the first sound of what is played; 0 when there is none."""
    loud = _is_loud(far)
    return len(far) - int(loud.argmax()) * FRAME_SAMPLES if loud.any() else 0


def _is_silent(near: np.ndarray, loud: np.ndarray) -> bool:
    """Whether nothing at all is heard, though some echo of what was played would be by now; ``loud`` as there."""
    early = loud[: len(loud) - _USUAL_DELAY // FRAME_SAMPLES]
    levels = np.sqrt(np.mean(np.square(near.reshape(-1, FRAME_SAMPLES)), axis=1))
    return bool(early.sum() >= _SHORTEST // FRAME_SAMPLES and levels.max() < _INAUDIBLE)


def _is_playing(loud: np.ndarray) -> bool:
    """Whether so much was played, so early, that its echo would be heard by now; ``loud``: by frame, oldest first."""
    early = loud[: len(loud) - _USUAL_DELAY // FRAME_SAMPLES]
    return bool(early.any() and np.mean(loud[-30:]) > 0.4)


def _peak(near: np.ndarray, far: np.ndarray, longest: int) -> tuple[float, int]:
    """The highest phase correlation of ``near`` with ``far``, which begins `_LONGEST_DELAY` earlier, over its RMS, at
    delays up to ``longest`` samples; and the delay at which it is.
    """
    size = len(far)  # nothing wraps around: only delays that fit are looked at
    cross = np.fft.rfft(far, size) * np.conj(np.fft.rfft(near * np.hanning(len(near)), size))
    cross /= np.abs(cross) + 1e-9
    bands = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    cross[(bands < 300) | (bands > 4000)] = 0
    correlation = np.abs(np.fft.irfft(cross, size)[_LONGEST_DELAY - longest : _LONGEST_DELAY])
    place = int(correlation.argmax())
    return float(correlation[place] / (np.sqrt(np.mean(np.square(correlation))) + 1e-12)), longest - place
