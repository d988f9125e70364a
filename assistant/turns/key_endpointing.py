"""Where a turn begins and ends when the user has a key to say so. Counts frames, knows no clock.

A silence while the key is down is a soft endpoint: the answer is prepared, and going on makes it void. Only the release
is a hard one, at once when the user was silent by then. Who spoke until the release is heard a little longer: sound is
on its way through the device.
"""

from __future__ import annotations

import numpy as np

from assistant.audio import FRAME_SECONDS, IsSpeech
from assistant.turns.endpointing import Boundary, Endpointer

_ON_ITS_WAY = 0.1  # seconds of sound that the device has not handed over yet, at most
_SPOKEN = 0.04  # seconds of speech that count: who presses a key means what they say
_PAUSES = 0.04  # seconds of silence after the release from which the voice may have come to its end
_FADED = 0.03  # of the loudest moments' amplitude: what is left of a voice that has come to its end
_HALVES = 1.0  # seconds after which a loud moment counts half


class UntilFaded:
    """An IsSpeech (see assistant.audio) that ends with the voice. The voice detector behind it goes on for 0.08 s, as it
    should where silence alone ends a turn; here the answer may be begun on suspicion."""

    def __init__(self, is_speech: IsSpeech) -> None:
        self._is_speech = is_speech
        self._loudest = 0.0

    def __call__(self, frame: np.ndarray) -> bool:
        speech, level = self._is_speech(frame), float(np.sqrt(np.mean(frame**2)))
        self._loudest *= 0.5 ** (FRAME_SECONDS / _HALVES)
        if speech:
            self._loudest = max(self._loudest, level)
        return speech and level > _FADED * self._loudest


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
        self._verdicts.clear()  # who fell silent before it was not asking
        return Boundary.START

    def release(self) -> Boundary | None:
        """The microphone closes: HARD if all is known that was said; else that comes with one of the next frames."""
        if not self._in_turn or self._closing:
            return None
        if self._soft and self.silence >= self._settings.soft - 1e-9:
            return self._end()
        self._closing = _ON_ITS_WAY
        return self._pauses()

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
        elif self.length >= self._settings.max_turn - 1e-9:
            return self._end()
        if self._soft and confirmed:
            self._soft = False
            return Boundary.RESUME
        return self._pauses()

    def _pauses(self) -> Boundary | None:
        """SOFT, if the voice may have come to its end, and that is new."""
        needed = _PAUSES if self._closing else self._settings.soft
        if self._soft or not self.spoken or self.silence < needed - 1e-9:
            return None
        self._soft = True
        self._verdicts.clear()
        return Boundary.SOFT

    def _end(self) -> Boundary:
        self.reset()
        return Boundary.HARD if self.spoken else Boundary.NOTHING

    def reset(self) -> None:
        super().reset()
        self._closing = 0.0
