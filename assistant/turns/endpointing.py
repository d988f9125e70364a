"""Where a turn begins and ends, from one speech/no-speech verdict per frame. Counts frames, knows no clock."""

from __future__ import annotations

import itertools
from collections import deque
from enum import Enum, auto

from assistant.audio import FRAME_SECONDS
from assistant.settings import EndpointingSettings
from assistant.stt import Transcript
from assistant.turns.end_of_turn import silence_needed
from assistant.turns.habit import PAUSE, Habit


class Boundary(Enum):
    START = auto()
    """The user began to speak."""
    SOFT = auto()
    """The user may have finished: begin to work on the answer, let nothing be heard of it."""
    RESUME = auto()
    """The user had not finished: what was begun at SOFT is void."""
    HARD = auto()
    """The user has finished: the answer may be heard."""
    NOTHING = auto()
    """A key opened the microphone and closed it, and nobody spoke since START."""


class Endpointer:
    """START, then any number of SOFT and RESUME, then HARD; HARD comes only after SOFT."""

    by_key = False
    """Whether a key says when the user speaks: silence ends no turn then, and whoever presses it wants to be heard."""
    spoken = True
    """Whether the user said something since START."""

    def __init__(self, settings: EndpointingSettings) -> None:
        self._settings = settings
        # Confirmed frames may have gaps: the verdicts of half as many frames again are looked at.
        self._verdicts: deque[bool] = deque(maxlen=100)
        self._in_turn = False
        self._soft = False
        self.silence = 0.0
        """Seconds since the last frame with speech."""
        self.length = 0.0
        """Seconds since the turn began."""
        self.needed = settings.hard
        """Seconds of silence until HARD. Set after SOFT, once the words are known; speech sets it back."""
        self.habit = Habit()
        self._pause = 0.0  # the longest silence since SOFT

    def reconfigure(self, settings: EndpointingSettings) -> None:
        """Between two turns; what was learnt of the user's habit stays."""
        self._settings = settings

    def push(self, speech: bool, min_speech: float) -> Boundary | None:
        """``min_speech``: seconds of speech that count as the user speaking."""
        self._verdicts.append(speech)
        if speech:
            self._pause = max(self._pause, self.silence)
        self.silence = 0.0 if speech else self.silence + FRAME_SECONDS
        confirmed = self._confirmed(max(1, round(min_speech / FRAME_SECONDS)))
        if not self._in_turn:
            if not confirmed:
                return None
            self._in_turn, self._soft, self.length, self.needed = True, False, 0.0, self._settings.hard
            return Boundary.START
        self.length += FRAME_SECONDS
        if self._soft:
            if confirmed:
                self._soft, self.needed = False, self._settings.hard
                if self._pause >= PAUSE - 1e-9:
                    self.habit.paused()
                return Boundary.RESUME
            if self.silence >= self.needed - 1e-9 or self.length >= self._settings.max_turn:
                self.reset()
                return Boundary.HARD
        elif self.silence >= self._settings.soft - 1e-9 or self.length >= self._settings.max_turn:
            self._soft, self._pause = True, 0.0
            self._verdicts.clear()
            return Boundary.SOFT
        return None

    def expect(self, transcript: Transcript, completeness: float | None) -> None:
        """Wait for the end of the turn as long as its words ask for, see `silence_needed`."""
        settings = self._settings
        self.needed = silence_needed(
            transcript, completeness, self.habit.more_than_usual, settings.complete, settings.hard
        )

    def _confirmed(self, frames: int) -> bool:
        looked_at = frames + frames // 2
        return sum(itertools.islice(reversed(self._verdicts), looked_at)) >= frames

    def reset(self) -> None:
        """Forget the turn; the next confirmed speech starts a new one."""
        self._in_turn = self._soft = False
        self._verdicts.clear()
