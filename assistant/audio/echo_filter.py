"""What a room makes of a loudspeaker's sound, learned and taken out of what a microphone hears there."""

from __future__ import annotations

import numpy as np

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS
from assistant.audio.echo_detector import Echo

PARTITIONS = 30  # frames (0.6 s) from playing a sound to the end of its echo
_FIRST_DOUBT = 0.02  # while the delay is not known; larger overshoots with a low echo
_FALL = 0.5  # of the doubt, by frame after the direct sound: a room's echo falls by 60 dB in 0.2 to 0.5 s
_LATE, _EARLY = 1e-3, 1e-4  # doubt about sounds much later than the direct one, and about those before it
_AGAIN = 0.1  # of the first doubt, when the delay has moved a little: a fraction of a sample changes high sounds
_SMOOTH, _PERSISTENCE = 0.85, 0.9995
_WORSE, _PATIENCE = 1.2, 30  # 0.6 s


class EchoFilter:
    """The echo path as a linear filter, followed by a partitioned-block Kalman filter in the frequency domain (Kuech,
    Mabande, Enzner: "State-space architecture of the partitioned-block-based acoustic echo controller", ICASSP 2014).

    Under the user's voice it keeps what it learned. Told the delay (`expect`), it looks for the path where it must be:
    15 to 20 dB less echo half a second later, 30 after three seconds; 0.15 ms a frame.
    """

    def __init__(self) -> None:
        self._played = np.zeros(2 * FRAME_SAMPLES, np.float32)  # the block before and this one
        self._forget()

    def _forget(self) -> None:
        shape = (PARTITIONS, FRAME_SAMPLES + 1)
        self._spectra = np.zeros(shape, np.complex64)  # of what was played, newest first
        self._path = np.zeros(shape, np.complex64)
        self._doubt = np.full(shape, _FIRST_DOUBT, np.float32)  # variance of the path's error
        self._rest = np.zeros(shape[1], np.float32)  # power spectrum of what is no echo
        self._heard = self._left = 0.0  # mean power before and after, over the last 0.2 s or so
        self._worse = 0  # frames in a row with more power after than before
        self._echo: Echo | None = None
        self.learned = 0.0
        """Seconds of echoes that the path was learned from."""

    def expect(self, echo: Echo) -> None:
        """Take in how late and how loud the echo is, as often as it is known."""
        if self._echo is None:
            self._doubt[:] = _likely(echo)
            self._path[:] = 0
        elif echo.delay != self._echo.delay:
            moved = echo.delay - self._echo.delay
            self._move(moved)
            self.learned *= abs(moved) < FRAME_SAMPLES
            self._doubt = np.maximum(self._doubt, (_AGAIN if abs(moved) < FRAME_SAMPLES else 1.0) * _likely(echo))
        self._echo = echo

    def recall(self, echo: Echo, path: np.ndarray) -> None:
        """Go on with what was learned in this room before; see `path`."""
        self._echo = None
        self.expect(echo)
        self._path[:] = path
        self._doubt *= _AGAIN

    @property
    def path(self) -> np.ndarray:
        """What was learned: spectra of shape (partitions, FRAME_SAMPLES + 1), one a frame of the room's response."""
        return self._path.copy()

    def _move(self, samples: int) -> None:
        taps = np.fft.irfft(self._path, axis=1)[:, :FRAME_SAMPLES].ravel()
        later, earlier = max(0, samples), max(0, -samples)
        moved = np.pad(taps, (later, earlier))[earlier : earlier + len(taps)].reshape(PARTITIONS, FRAME_SAMPLES)
        self._path = np.fft.rfft(moved, 2 * FRAME_SAMPLES, axis=1).astype(np.complex64)

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
        self.learned += FRAME_SECONDS * bool(self._echo and far.any())
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


def _likely(echo: Echo) -> np.ndarray:
    """Power of the path in each partition, of shape (partitions, 1)."""
    direct = min(echo.delay // FRAME_SAMPLES, PARTITIONS - 1)
    after = np.arange(PARTITIONS) - direct
    power = np.where(after < 0, _EARLY, np.maximum(0.3 * _FALL**after, _LATE))
    power[direct] = 1.0
    return (echo.power * power[:, None]).astype(np.float32)
