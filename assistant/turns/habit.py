"""How often this user pauses within a turn: who does gets more time, who does not is answered sooner."""

from __future__ import annotations

import math
from dataclasses import dataclass

PAUSE = 0.2
"""Seconds of silence within a turn that count as a pause; shorter ones lie between the words of everybody."""
LATEST = 2.0
"""Seconds of silence after which who speaks on begins anew; until then the end that was taken for one was a pause."""
_USUAL = 0.3  # pauses in a turn of people nobody knows yet, as in the recordings of `assistant bench endpointing`
_DOUBT = 3.0  # turns that this is worth
_KEPT = 0.9  # of what is known with every turn: another person may talk


@dataclass
class Habit:
    """Learnt while they talk, from their pauses and from the turns that ended; forgotten when the program ends."""

    pauses: float = 0.0
    turns: float = 0.0
    now: float = 0.0
    """Pauses in the turn that is being spoken."""

    def paused(self) -> None:
        self.now += 1.0

    def finished(self, with_words: bool) -> None:
        """A turn ended; what a door or a cough did is not counted."""
        if with_words:
            self.pauses, self.turns = (self.pauses + self.now) * _KEPT, (self.turns + 1.0) * _KEPT
        self.now = 0.0

    @property
    def more_than_usual(self) -> float:
        """How many more pauses in a turn than people usually make, as a logarithm; 0 when nothing is known."""
        return math.log((_DOUBT * _USUAL + self.pauses + self.now) / (_DOUBT + self.turns) / _USUAL)
