"""Barge-in: is a sound while the assistant speaks an interruption, and when does the reply go on?

What may be a voice stops the reply for a moment; confirmed speech holds it, until its words show what it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.audio import FRAME_SECONDS, IsOnset, Speaker
from assistant.config import Settings
from assistant.stt import Transcript
from assistant.turns.backchannel import is_backchannel
from assistant.turns.endpointing import Boundary
from assistant.turns.hypotheses import is_poor

if TYPE_CHECKING:
    from assistant.reply.answer import Answer

_WORDLESS = 2.5  # seconds of sound without words after which a reply held for it goes on
_SURELY_SPOKEN = 0.6  # seconds of confirmed speech; noises that recognisers find words in have 0.36 at most
UNTIL_GOING_ON = 0.3  # seconds of silence until a reply goes on that no interruption stopped: more words may follow
_FLINCH = 18  # frames (0.36 s) a reply stops for what may be the onset of a voice, unless that is confirmed meanwhile,
_AGAIN = 12  # and at least as many (0.24 s) after the last such sound, ...
LONGEST_FLINCH = 36  # ... but no more than 0.72 s in all
_CALM = 500  # frames (10 s) after a false one until the next sound may do so: in noise, only speech stops a reply


class BargeIn:
    def __init__(self, settings: Settings) -> None:
        self.held: Answer | None = None
        """A reply that was stopped because the user made a sound."""
        self._settings = settings
        self._flinching = self._flinched = self._calm = 0  # frames: still, already, after a false alarm

    def flinch(self, speaker: Speaker, speaking: bool, event: Boundary | None, is_onset: IsOnset) -> None:
        """Once a frame in which the user says nothing: stop the reply at the first sound that may be a voice, let it go
        on if that turns out not to be one. ``speaking``: a reply can be heard; ``event``: what the frame brought.
        """
        self._calm = max(0, self._calm - 1)
        if event is not None or not speaking:
            if self._flinching and not speaking:  # the sound came with the last word: the next reply must be heard
                speaker.resume()
                self._flinched = 0
            self._flinching = 0
        elif self._flinching:
            self._flinched += 1
            left = max(self._flinching - 1, _AGAIN * is_onset())
            self._flinching = min(left, LONGEST_FLINCH - self._flinched)
            if not self._flinching:
                speaker.resume()
                self._flinched, self._calm = 0, _CALM
        elif not self._calm and is_onset():
            speaker.pause()
            self._flinching, self._flinched = _FLINCH, 0

    def voice_confirmed(self) -> int:
        """The user speaks: if a reply stopped for it and went on, it was no false alarm. Returns for how many frames it
        is stopped already."""
        self._calm = 0
        flinched, self._flinched = self._flinched, 0
        return flinched

    def hold(self, answer: Answer, speaker: Speaker) -> None:
        """Stop the reply at once; the words will show whether the sound interrupts it."""
        speaker.pause()
        self.held = answer

    def release(self) -> Answer:
        """The reply that was held, to be ended or to go on."""
        assert self.held is not None
        answer, self.held = self.held, None
        return answer

    def is_deaf(self, answer: Answer | None) -> bool:
        """Whether sound is ignored while ``answer`` is given: no barge-in wanted, or a turn of full length waits."""
        if answer is None or not answer.gate.is_set():
            return False
        too_long = len(answer.turn.frames) * FRAME_SECONDS >= self._settings.endpointing.max_turn
        return not self._settings.barge_in.enabled or (too_long and not answer.heard_any())

    def is_interruption(self, transcript: Transcript, spoken: float = 0.0) -> bool:
        """Whether these words, spoken over the reply, end it; ``spoken``: seconds of them, once they are all there. Who
        spoke so long is asked again when they were hardly understood; noise is not."""
        made_up = is_poor(transcript.confidence, self._settings.manners)
        return not is_backchannel(transcript.text) and (not made_up or spoken >= _SURELY_SPOKEN)

    def is_wordless(self, seconds: float) -> bool:
        """Whether a reply is held for a sound that has gone on too long when it had no words in so many ``seconds``."""
        return self.held is not None and seconds >= _WORDLESS
