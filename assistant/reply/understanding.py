"""Understanding: what of the sound becomes words that are answered, and what becomes of a reply that was spoken over.

When the user speaks is known in assistant/conversation.py.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from assistant import events
from assistant.concurrency.failures import failure
from assistant.config import Settings
from assistant.errors import DeviceError, EngineError
from assistant.reply import apology
from assistant.reply.answer import Answer
from assistant.reply.answering import Answering
from assistant.reply.misheard import as_command
from assistant.skills.words.assent import wakes
from assistant.stt import Stt, Transcript
from assistant.turn import Turn
from assistant.turns.backchannel import says_nothing
from assistant.turns.barge_in import UNTIL_GOING_ON, BargeIn
from assistant.turns.end_of_turn import only_asks_to_wait
from assistant.turns.endpointing import Endpointer
from assistant.turns.hypotheses import is_unsure
from assistant.turns.utterance import Utterance

_ASLEEP = 'asleep: nothing is answered until you say "wake up"'


class Understanding(Answering):
    def __init__(self, settings: Settings, *answering: Any) -> None:
        """``answering``: see `Answering`."""
        super().__init__(settings, *answering)
        self._endpointer = Endpointer(settings.endpointing)
        self._barge_in = BargeIn(settings)
        self._utterance: Utterance | None = None

    async def _understand(self, answer: Answer, audio: np.ndarray) -> None:
        """Transcribe the turn's audio and answer it, unless there were no words in it."""
        spoken = self._endpointer.length - self._endpointer.silence
        failed = None
        try:
            transcript = self._reading.choose(await self._stt.transcribe(audio))
        except BaseException as error:
            answer.failed(failed := failure(error, DeviceError))
            transcript = Transcript("")
        turn = answer.turn
        turn.language = transcript.language
        transcript = await self._perhaps_misheard(turn, transcript, audio)
        turn.timings["stt_done"] = self._now()
        if await self._was_for_what_rings(answer, transcript) or await self._sleeps_on(answer, transcript):
            return
        if self._barge_in.held and not failed and not self._barge_in.is_interruption(transcript, spoken):
            self._endpointer.needed = UNTIL_GOING_ON
            await answer.gate.wait()
            turn.user, turn.outcome = transcript.text, "nothing_said"
            self._end(turn)
            self._go_on_speaking()
            return
        if self._barge_in.held:
            self._interrupt(self._barge_in.release())
        if says_nothing(transcript.text) or only_asks_to_wait(transcript.text):
            if failed:
                await answer.say(apology.of_hearing(failed))
            else:
                await answer.gate.wait()
            self._finish(answer, "failed" if failed else "nothing_said")
        elif is_unsure(transcript, self._settings.manners) and not self.commands.are_meant(turn, transcript.text):
            self._observe(events.Transcribed(transcript.text, final=True))
            turn.user = transcript.text
            await answer.say(self._history.asking_back(self._settings.manners))
            self._finish(answer, "unsure")
        else:
            self._observe(events.Transcribed(transcript.text, final=True))
            if not answer.gate.is_set() and not self._endpointer.by_key:
                meant = self.commands.are_meant(turn, transcript.text)  # a whole command is a whole sentence
                complete = 1.0 if meant else await self._reading.completeness(turn, transcript.text)
                self._endpointer.expect(transcript, complete)
            await self._respond(answer, transcript)

    async def _perhaps_misheard(self, turn: Turn, transcript: Transcript, audio: np.ndarray) -> Transcript:
        """The transcript, or the command that it may have been; see `as_command`."""
        if not self.commands.are_there or self.commands.answered(transcript.text) is not None:
            return transcript
        means, others = partial(self.commands.understood, turn), partial(self._stt.others, audio)
        try:
            return await as_command(transcript, means, others)
        except EngineError:
            return transcript  # was heard all the same

    async def _was_for_what_rings(self, answer: Answer, transcript: Transcript) -> bool:
        """Whether the words stopped a timer or an alarm; they are not answered then."""
        rings = self.steering.ringing
        if rings is None or not rings.heard(transcript.text):
            return False
        if self._barge_in.held:
            self._interrupt(self._barge_in.release())
        answer.turn.revise(transcript.text, transcript.confidence, self._now())
        answer.turn.skill, answer.turn.aside = "stop_ringing", True
        answer.acted = True
        await answer.gate.wait()
        self._finish(answer, "answered")
        return True

    async def _sleeps_on(self, answer: Answer, transcript: Transcript) -> bool:
        """Whether it was sent to sleep, and neither a key nor these words wake it."""
        if not self.steering.asleep or self._endpointer.by_key or wakes(transcript.text):
            self.steering.wake()
            return False
        if transcript.text and not self.steering.asleep_told:
            self.steering.asleep_told = True
            self._observe(events.Notice(_ASLEEP))
        await answer.gate.wait()
        answer.turn.user = ""
        self._finish(answer, "nothing_said")
        return True

    async def _apologise(self, answer: Answer) -> None:
        if self._barge_in.held:
            self._interrupt(self._barge_in.release())
        await super()._apologise(answer)

    # ---- interruptions ----------------------------------------------------------------------------------------

    def _interrupt(self, answer: Answer) -> None:
        """The user took over: the reply ends, history keeps the words of it that were heard."""
        played = self.speaker.played
        answer.cancel()
        try:
            self.speaker.clear()
        finally:
            self._remember(answer, "interrupted", played)

    def _go_on_speaking(self) -> None:
        """It was no interruption: the reply goes on where it stopped, the sound is forgotten."""
        answer = self._barge_in.release()
        self._cancel_answer()
        self._answer, self._utterance = answer, None
        self._endpointer.reset()
        self.speaker.resume()
        if answer.is_done():  # the user's sound came with the last word
            self._finish(answer, "answered")
        else:
            self._set_state("speaking")

    # ---- the end of a turn ------------------------------------------------------------------------------------

    def _abandon(self) -> None:
        held, self._barge_in.held, self._utterance = self._barge_in.held, None, None
        if held is not None and held.turn.user:
            self._remember(held, "interrupted")
        super()._abandon()

    def _end(self, turn: Turn) -> None:
        if turn.frames:
            self._endpointer.habit.finished(with_words=bool(turn.user) and turn.outcome != "nothing_said")
        super()._end(turn)

    @property
    def _stt(self) -> Stt:
        assert self._engines.stt is not None  # it is None only where all questions are typed
        return self._engines.stt
