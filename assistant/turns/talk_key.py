"""Push-to-talk: whether the microphone is open, from the key's presses and releases. On the caller's clock, in seconds.

hold: it is open while the key is down. toggle: one press opens, the next one closes. auto: both, by how long the key is
down. What gets lost on the way locks nothing up: a press soon after another one without a release between them is a key
that repeats, a later one a new press after a lost release, and nothing stays open longer than ``longest``.
"""

from __future__ import annotations

from typing import Literal

TAP = 0.3
"""Seconds that a key is down at most for a tap."""
_REPEATS = 1.0  # seconds between the presses of a key that repeats, at most: the longest delay before the first of them

Style = Literal["auto", "hold", "toggle"]


class TalkKey:
    def __init__(self, style: Style, longest: float) -> None:
        self._style = style
        self._longest = longest
        self._opened: float | None = None
        self._latched = False  # it stays open when the key comes up
        self._pressed: float | None = None  # the newest press whose release is not known

    def is_open(self, now: float) -> bool:
        return self._opened is not None and now - self._opened < self._longest

    def press(self, now: float) -> None:
        """The key went down, or repeats."""
        repeats = self._pressed is not None and now - self._pressed < _REPEATS
        self._pressed = now
        if repeats:
            return
        if not self.is_open(now):
            self._opened, self._latched = now, self._style == "toggle"
        elif self._style != "hold" or self._latched:
            self._opened = None

    def release(self, now: float) -> None:
        """The key came up."""
        self._pressed = None
        if self._opened is None or self._latched:
            return
        if self._style == "auto" and now - self._opened < TAP:
            self._latched = True
        else:
            self._opened = None

    def toggle(self, now: float) -> None:
        """Open or close it, whatever the style: for buttons that tell of presses only."""
        if self.is_open(now):
            self._opened = None
        else:
            self._opened, self._latched = now, True
