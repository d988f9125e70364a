"""What was heard of an echo in the last seconds, heard once more with what was learned of the room since.

In a new room the first echo is passed on as it is, and who speaks over it has the assistant's words before their own in
the transcript: recognisers understand what is 30 dB lower, too. So the newest frames, which wait for the end of the
utterance, are filtered again while the room is learned, and those that hold hardly more than an echo become silence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from assistant.audio import FRAME_SAMPLES
from assistant.audio.echo_filter import PARTITIONS, convolved

_KEPT = 100  # frames (2 s): who speaks over a reply stops it, and with it the echo
_EXPLAINED = 0.25  # of an echo's power: a frame of which less is left holds nobody's words
_FADES = 0.8  # of an echo's power, by frame after its sound
_ONSET = 2  # frames before somebody's words that may be theirs


class HeardAgain:
    """Frames of the microphone and of what was played, and what was handed on of them, which changes."""

    def __init__(self) -> None:
        self._near: deque[np.ndarray] = deque(maxlen=_KEPT)
        self._handed_on: deque[np.ndarray] = deque(maxlen=_KEPT)
        self._far: deque[np.ndarray] = deque(maxlen=_KEPT + PARTITIONS)
        self.count = 0
        """Frames appended so far."""

    def append(self, near: np.ndarray, far: np.ndarray, handed_on: np.ndarray) -> None:
        """One frame of each, at 16 kHz; only ``handed_on`` will be changed."""
        self._near.append(near)
        self._far.append(far)
        self._handed_on.append(handed_on)
        self.count += 1

    def frames(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Of the microphone and of what was played, oldest first."""
        return zip(self._near, list(self._far)[-len(self._near) :])

    def better(self, response: np.ndarray) -> None:
        """Take what the room makes of the played sound, its ``response`` to an impulse, out of all that is kept."""
        if not self._near:
            return
        echo = convolved(np.concatenate(self._far), response).reshape(-1, FRAME_SAMPLES)[-len(self._near) :]
        left = np.array(self._near) - echo
        for handed_on, frame, theirs in zip(self._handed_on, left, _holds_words(left, echo)):
            handed_on[:] = frame * theirs

    def clear(self) -> None:
        for kept in (self._near, self._handed_on, self._far):
            kept.clear()


def _holds_words(left: np.ndarray, echo: np.ndarray) -> np.ndarray:
    """By frame, whether it may hold somebody's words; what is ``left`` of an ``echo``, both of shape (frames, 320)."""
    powers = np.mean(np.square(echo), axis=1)
    for number in range(1, len(powers)):
        powers[number] = max(powers[number], _FADES * powers[number - 1])
    theirs = np.mean(np.square(left), axis=1) >= _EXPLAINED * powers
    return np.convolve(theirs[::-1], np.ones(_ONSET + 1))[: len(theirs)][::-1] > 0
