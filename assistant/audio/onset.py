"""Whether a voice may just have set in, known 30 to 100 ms before speech is confirmed, and often wrong."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from assistant.audio import FRAME_SECONDS

_FRAMES = 2  # loud frames in a row that WebRTC's detector takes for speech: an onset ...
_LOUD = 5.0  # ... loud: so many times the room's level in the last second, ...
_ROOM = 0.002  # ... which is taken to be at least this (RMS)
_FADES = 0.8  # of an echo's power, by frame after its sound: what a filter cannot know fades with the room
_RISE, _FALL = 1.6, 0.935  # steps of the share: seven frames of eight are below it (2 dB up, 0.3 dB down)
_ECHO, _FRESH = 1e-5, 0.3  # power of an echo from which the share is learned, and as part of what still fades
_BEFORE = 14  # frames (0.3 s): what is learned under a voice that sets in does not count against it
_MARGIN = 4.0  # power over the usual rest of an echo that an echo alone hardly reaches


class Onset:
    """Call it with every frame of shape (320,), in order; ``voiced``: WebRTC's verdict on the frame; ``echo``: level
    (RMS) below which it may be the assistant's own voice."""

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=round(1.0 / FRAME_SECONDS))
        self._loud = 0  # frames in a row

    def __call__(self, frame: np.ndarray, voiced: bool, echo: float = 0.0) -> bool:
        level = loudest(frame)
        room = sorted(self._levels)[len(self._levels) // 3] if self._levels else 0.0
        loud = voiced and level > max(_LOUD * max(_ROOM, room), echo)
        self._loud = self._loud + 1 if loud else 0
        self._levels.append(level)
        return self._loud >= _FRAMES


class EchoRest:
    """How much an echo filter leaves of an echo: the share of its power that seven frames of eight stay below."""

    def __init__(self, share: float = 0.5) -> None:
        self._share = share
        self._shares = deque([share], maxlen=_BEFORE)
        self._echo = 0.0  # power, fading

    def __call__(self, echo: np.ndarray, left: np.ndarray) -> float:
        """Take in one frame of what the filter took for echo and of what it ``left``; returns the level (RMS) that the
        rest of an echo hardly reaches."""
        power = loudest(echo) ** 2
        self._echo = max(power, _FADES * self._echo)
        level = math.sqrt(_MARGIN * min(self._shares) * self._echo)
        if power > max(_ECHO, _FRESH * self._echo):
            more = loudest(left) ** 2 > self._share * self._echo
            self._share = min(self._share * (_RISE if more else _FALL), 1.0)
        self._shares.append(self._share)
        return level


def is_loud(frame: np.ndarray) -> bool:
    """Whether a frame is as loud as a voice in a quiet room."""
    return loudest(frame) > _LOUD * _ROOM


def loudest(frame: np.ndarray) -> float:
    """RMS of the louder half (10 ms) of a frame."""
    first, second = frame[: len(frame) // 2], frame[len(frame) // 2 :]
    return math.sqrt(max(float(first @ first), float(second @ second)) / len(first))
