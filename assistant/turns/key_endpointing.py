"""Where a turn begins and ends when the user has a key to say so. Counts frames, knows no clock.

A silence while the key is down is a soft endpoint: the answer is prepared, and going on makes it void. Only the release
is a hard one, at once when the user was silent by then. Who spoke until the release is heard a little longer: sound is
on its way through the device.
"""

from __future__ import annotations

from assistant.audio import FRAME_SECONDS
from assistant.turns.endpointing import Boundary, Endpointer

_ON_ITS_WAY = 0.1  # seconds of sound that the device has not handed over yet, at most
_SPOKEN = 0.04  # seconds of speech that count: who presses a key means what they say
_PAUSES = 0.04  # seconds of silence after the release from which the voice may have come to its end


class KeyEndpointer(Endpointer):
    """START and HARD, or NOTHING, come from the key (`press`, `release`), between them SOFT and RESUME from silence.

    HARD may come without SOFT.
    """

    by_key = True

    def press(self) -> Boundary | None:
        """The microphone opens."""
        self._closing = 0.0
        if self._in_turn:  # it closed just now, and nothing was made of that
            return None
        self._in_turn, self._soft, self.length, self.silence = True, False, 0.0, 0.0
        self.spoken = False
        return Boundary.START

    def release(self) -> Boundary | None:
        """The microphone closes: HARD if all is known that was said; else that comes with one of the next frames."""
        if not self._in_turn or self._closing:
            return None
        if self._soft and self.silence >= self._settings.soft - 1e-9:
            return self._end()
        self._closing = _ON_ITS_WAY
        return None

    def push(self, speech: bool, min_speech: float) -> Boundary | None:
        """See `Endpointer.push`; ``min_speech`` is what counts where no key tells."""
        self._verdicts.append(speech)
        self.silence = 0.0 if speech else self.silence + FRAME_SECONDS
        if not self._in_turn:
            return None
        self.length += FRAME_SECONDS
        confirmed = self._confirmed(round(_SPOKEN / FRAME_SECONDS))
        self.spoken = self.spoken or confirmed
        if self._closing:
            self._closing = max(0.0, self._closing - FRAME_SECONDS)
            if self._closing < 1e-9:
                return self._end()
        elif self.length >= self._settings.max_turn:
            return self._end()
        if self._soft:
            if confirmed:
                self._soft = False
                return Boundary.RESUME
        elif self.spoken and self.silence >= (_PAUSES if self._closing else self._settings.soft) - 1e-9:
            self._soft = True
            self._verdicts.clear()
            return Boundary.SOFT
        return None

    def _end(self) -> Boundary:
        self.reset()
        return Boundary.HARD if self.spoken else Boundary.NOTHING

    def reset(self) -> None:
        super().reset()
        self._closing = 0.0
