"""How often this user pauses within a turn: who does gets more time, who does not is answered sooner."""

from __future__ import annotations

import math
from dataclasses import dataclass

PAUSE = 0.2
"""Seconds of silence within a turn that count as a pause; shorter ones lie between the words of everybody."""
_USUAL = 0.3  # pauses in a turn of people nobody knows yet, as in the recordings of `assistant bench endpointing`
_DOUBT = 3.0  # turns that this is worth
_KEPT = 0.9  # of what is known with every turn: another person may talk


@dataclass
class Habit:
    """Learnt while they talk, from pauses that were listened through and turns that ended; forgotten at the end."""

    pauses: float = 0.0
    turns: float = 0.0

    def paused(self) -> None:
        self.pauses += 1.0

    def finished(self) -> None:
        self.pauses, self.turns = self.pauses * _KEPT, (self.turns + 1.0) * _KEPT

    def went_on(self) -> None:
        """What was taken for the end of the turn was a pause."""
        self.pauses, self.turns = self.pauses + 1.0, max(0.0, self.turns - 1.0)

    @property
    def more_than_usual(self) -> float:
        """How many more pauses in a turn than people usually make, as a logarithm; 0 when nothing is known."""
        return math.log((_DOUBT * _USUAL + self.pauses) / (_DOUBT + self.turns) / _USUAL)
