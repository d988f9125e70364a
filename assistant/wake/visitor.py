"""Whom the kiosk listens to after the wake word: who speaks about as loudly as the wake word was said.

A radio, a television or people further away are softer than who stands before the microphone and calls. So speech
counts only while its loudest moments come near the visitor's own. Nobody talks to an assistant without a pause for
long, either: such speech counts no longer until it has paused.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, IsSpeech

_LOUD = 90  # percentile of the frames of speech that tells how loud a voice is
_BEGINS = 8.0  # dB below the visitor's loudness: a turn begins no softer ...
_GOES_ON = 8.0  # ... and goes on no softer than this below that turn's own, for people lower their voices
_GAP = 0.6  # seconds: who begins again sooner goes on
_PEAK = 3.0  # dB from a voice's loudness to its loudest moment
_HOLD = 0.3  # seconds after the last loud frame that belong to the turn
_SMOOTH = 8  # frames whose mean power counts as one level
_NEWEST = 0.4  # weight of an answered turn in the visitor's loudness
_SOFTEST = -6.0  # dB: as far may the visitor's loudness fall below the wake word's
_BREATHLESS = 15.0  # seconds of speech without a pause, longer than anybody asks
_PAUSE = 0.5  # seconds
_FAINT = -70.0  # dB of full scale: nobody speaks so softly


class Visitor:
    """One visitor. ``woken``: the wake word's sound, mono float32 at 16 kHz; None when there was none: then whoever is
    answered first is the visitor."""

    def __init__(self, woken: np.ndarray | None = None) -> None:
        self._woken = self._loudness = None if woken is None else _loudness(_decibels(woken))
        self._powers: deque[float] = deque(maxlen=_SMOOTH)
        self._turn: list[float] = []  # dB of the visitor's frames since the last turn's end
        self._loudest = 0.0  # dB of these
        self._held = 0.0  # seconds that speech still counts
        self._speaking = 0.0  # seconds of the visitor's speech without a pause
        self._paused = 0.0  # seconds since the visitor's last speech
        self.silent = 0.0
        """Seconds since the visitor last said something that was answered, or since the visit began."""

    def heard(self, frame: np.ndarray, speech: bool) -> bool:
        """Whether ``frame`` (the next 20 ms, shape (320,)) is the visitor's speech; ``speech``: whether it is any."""
        self.silent += FRAME_SECONDS
        self._powers.append(float(np.mean(np.square(frame))))
        level = 10 * np.log10(np.mean(self._powers) + 1e-12)
        self._held = max(0.0, self._held - FRAME_SECONDS)
        if speech and level >= self._enough():
            self._held = _HOLD
        near = speech and self._held > 0
        self._paused = 0.0 if near else self._paused + FRAME_SECONDS
        self._speaking = 0.0 if self._paused >= _PAUSE else self._speaking + FRAME_SECONDS
        if not near or self.breathless:
            return False
        self._loudest = max(self._loudest, level) if self._turn else level
        self._turn.append(level)
        return True

    def heard_by(self, is_speech: IsSpeech) -> IsSpeech:
        """``is_speech``, of the visitor only."""
        return lambda frame: self.heard(frame, is_speech(frame))

    def answered(self) -> None:
        """The visitor's turn that just ended was understood and is answered: `silent` begins anew."""
        self.silent = 0.0
        if len(self._turn) > _SMOOTH:
            newest = float(np.percentile(self._turn, _LOUD))
            if self._loudness is None or self._woken is None:
                self._woken = self._loudness = newest
            else:
                moved = self._loudness + _NEWEST * (newest - self._loudness)
                self._loudness = max(moved, self._woken + _SOFTEST)
        self._turn.clear()

    def ignored(self) -> None:
        """What just ended was not understood, or nothing to answer: it says nothing about the visitor."""
        self._turn.clear()

    @property
    def breathless(self) -> bool:
        """Whether somebody has been speaking for longer than people ask, without a pause."""
        return self._speaking > _BREATHLESS

    def _enough(self) -> float:
        if self._loudness is None:
            return _FAINT
        if self._paused >= _GAP or not self._turn:
            return self._loudness - _BEGINS
        return min(self._loudness, self._loudest - _PEAK) - _GOES_ON


def _decibels(audio: np.ndarray) -> np.ndarray:
    frames = audio[: len(audio) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    powers = np.convolve(np.mean(np.square(frames), axis=1), np.full(_SMOOTH, 1 / _SMOOTH))
    return 10 * np.log10(powers + 1e-12)


def _loudness(levels: np.ndarray) -> float:
    """dB of full scale of the voice in ``levels``, those of 20 ms each."""
    if not len(levels):
        return _FAINT
    spoken = levels[levels > levels.max() - 20]
    return float(np.percentile(spoken, _LOUD))
