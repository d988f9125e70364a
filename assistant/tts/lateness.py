"""Whether a voice is known to begin its answers late, by how the last ones began."""

from __future__ import annotations

_SURE = 2  # beginnings of one kind in a row
_AGAIN = 30.0  # seconds after which a late voice is tried again


class Lateness:
    def __init__(self) -> None:
        self.known = False
        """Whether it would let the listener wait, as far as one knows. Once is enough; twice in time is its end."""
        self._late = False
        self._row, self._at = 0, 0.0

    @property
    def is_untold(self) -> bool:
        """Whether it has never begun anything."""
        return not self._row

    def note(self, late: bool, now: float) -> None:
        """How an answer began, or would have begun."""
        self._row = self._row + 1 if late == self._late else 1
        self._late, self._at = late, now
        self.known = late or self.known and self._row < _SURE

    def is_doubtful(self, now: float) -> bool:
        """Whether it is to be tried again."""
        return self._row < _SURE or now >= self._at + _AGAIN
