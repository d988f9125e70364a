"""What the user is saying right now, and when its words are looked at although it goes on."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from assistant.audio import FRAME_SECONDS
from assistant.config import Settings
from assistant.settings import VadSettings
from assistant.turn import Turn
from assistant.turns.barge_in import LONGEST_FLINCH

PARTIAL_INTERVAL = 0.35  # seconds of new speech between partial transcripts: documents are searched for their words,
# and the language model reads them, so that little is left to do at the end


def pre_roll(settings: VadSettings) -> deque[np.ndarray]:
    """For the newest frames, see `beginning`."""
    return deque(maxlen=_before_speech(settings) + LONGEST_FLINCH)


def beginning(newest: deque[np.ndarray], settings: VadSettings, flinched: int = 0) -> list[np.ndarray]:
    """The frames that belong to an utterance when its beginning is confirmed, ``flinched`` frames after a reply stopped
    for what may be a voice."""
    return list(newest)[-_before_speech(settings) - flinched :]


def _before_speech(settings: VadSettings) -> int:
    return round((settings.pre_roll + settings.min_speech) / FRAME_SECONDS) + 1


@dataclass
class Utterance:
    turn: Turn
    frames: list[np.ndarray]
    """Of 20 ms at 16 kHz; the pre-roll is among them, and what the user said of the same turn before."""
    transcribed: int = 0
    """Frames that the newest partial transcript covers."""

    def audio(self) -> np.ndarray:
        return np.concatenate(self.frames)

    def is_partial_due(self, settings: Settings, held: bool) -> bool:
        """``held``: a reply waits for its words, see BargeIn."""
        new = (len(self.frames) - self.transcribed) * FRAME_SECONDS
        if self.transcribed:
            return new >= PARTIAL_INTERVAL
        return new >= (settings.barge_in.confirm if held else PARTIAL_INTERVAL) + settings.vad.pre_roll
