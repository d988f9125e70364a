"""From single keys to the chord: when it goes down and when it comes up."""

from __future__ import annotations

from assistant.modes.keys.names import MODIFIERS, Chord, satisfied


class Held:
    """Which keys are down. The chord goes down with its key while exactly its modifiers are held (modifiers alone: with
    the last of them, in any order), and comes up with the first of its keys that comes up.
    """

    def __init__(self, chord: Chord) -> None:
        self._chord = chord
        self._keys: set[str] = set()
        self.down = False
        """Whether the chord is."""

    def change(self, name: str, down: bool) -> bool:
        """One key went down or came up (modifiers with their side: ``left_ctrl``); gives whether the chord is down."""
        known = name in self._keys
        if not down:
            self._keys.discard(name)
            self.down = self.down and self._complete()
        elif not known:  # else it repeats
            self._keys.add(name)
            if self._chord.bare_modifiers:
                self.down = self._complete()
            elif satisfied(self._chord.key, name):
                self.down = self._complete() and not self._others()
        return self.down

    def _complete(self) -> bool:
        wanted = (*self._chord.modifiers, self._chord.key)
        return all(any(satisfied(one, held) for held in self._keys) for one in wanted)

    def _others(self) -> bool:
        """Whether a modifier is held that the chord does not have: ctrl+f9 is not f9."""
        held = self._keys.intersection(MODIFIERS)
        return any(not any(satisfied(one, name) for one in self._chord.modifiers) for name in held)
