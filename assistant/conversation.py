"""The heart: who speaks when. Knows microphones, speakers and engines only by their protocols.

One event loop owns all state here. A turn is answered by one task (a revision); to interrupt is to cancel that task.
What the user says is heard in `_hear`, frame by frame; how it is understood and answered stands in assistant/reply/,
in understanding.py, answering.py and answer.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import numpy as np

from assistant import events
from assistant.audio import IsOnset, IsSpeech, Microphone, Speaker
from assistant.concurrency.failures import Contained, failure, leaf
from assistant.config import Settings
from assistant.engines import Engines
from assistant.errors import DeviceError
from assistant.events import Observer
from assistant.reply.commands import Equipment
from assistant.reply.guard import Guard
from assistant.reply.partials import Partials
from assistant.reply.understanding import Understanding
from assistant.retrieved import Knowledge
from assistant.safety import Policy
from assistant.stt import Transcript
from assistant.tools import Toolbox
from assistant.turn import Turn
from assistant.turns.barge_in import BargeIn
from assistant.turns.endpointing import Boundary, Endpointer
from assistant.turns.habit import LATEST
from assistant.turns.utterance import Utterance, beginning, pre_roll

_QUIET = 0.5  # seconds in which nobody speaks until something is said that nobody asked for now


class Conversation(Understanding):
    def __init__(
        self,
        settings: Settings,
        engines: Engines,
        speaker: Speaker,
        policy: Policy,
        observe: Observer,
        knowledge: Knowledge | None = None,
        guard: Guard | None = None,
        leaves: Callable[[str], bool] = lambda words: False,
        equipment: Equipment | None = None,
        toolbox: Toolbox | None = None,
    ) -> None:
        """See `Answering`."""
        super().__init__(settings, engines, speaker, policy, observe, knowledge, guard, leaves, equipment, toolbox)
        self._pre_roll = pre_roll(settings.vad)
        self._partials = Partials(self._reading, self._start, self._on_partial, self._is_open, self.commands.are_meant)
        self._idle_said = False
        self._unheard = Contained("Listening", lambda text: self._observe(events.Notice(text)))

    # ---- the ways in ----------------------------------------------------------------------------------------

    async def listen(
        self,
        microphone: Microphone,
        is_speech: IsSpeech,
        is_onset: IsOnset = lambda: False,
        endpointer: Endpointer | None = None,
    ) -> None:
        """Converse until the microphone ends (a file does) or this is cancelled. Raises DeviceError.

        ``is_speech`` is asked about every frame, in order, then ``is_onset`` whether a voice may have just set in.
        ``endpointer``: another one than that which waits for silence; what its key does, `reach` must be told.
        """
        self._endpointer = endpointer or self._endpointer
        self._endpointer.reset()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await self._reading.ahead()
                self._set_state("listening")
                async with aclosing(microphone.frames()) as frames:
                    async for frame in frames:
                        self._contain(self._hear, frame, is_speech, is_onset)
                self._contain(self._on_hard)
        except BaseExceptionGroup as group:
            raise leaf(group) from None
        finally:
            self._tasks = None
            self._abandon()
            self._between_turns.set()

    async def ask_aloud(self, audio: np.ndarray) -> Turn:
        """Answer one recorded question (mono float32, 16 kHz), taken as one turn. Raises DeviceError."""
        return await self._ask(lambda answer: self._understand(answer, audio))

    async def say(self, sentence: str) -> None:
        """Speak a sentence of the assistant's own, unless somebody speaks; returns when it was heard. While `listen`
        runs, who speaks over it cancels it. Raises DeviceError.
        """
        if self._utterance is not None or self._answer is not None:
            return
        answer = self._answer = self._new_answer(self._new_turn())
        answer.task = asyncio.current_task()
        answer.gate.set()
        await answer.say(sentence)
        self._finish(answer, "answered")

    async def reconfigure(self, settings: Settings, engines: Engines, policy: Policy, guard: Guard) -> None:
        """Between two turns take other settings and engines; what was said and heard stays. While `listen` runs."""
        while not self._between_turns.is_set():
            await self._between_turns.wait()
        self._settings, self._engines, self._policy, self._guard = settings, engines, policy, guard
        self._reading.llm, self._history.system = engines.llm, self._system_prompt()
        self._endpointer.reconfigure(settings.endpointing)
        self._barge_in, self._pre_roll = BargeIn(settings), pre_roll(settings.vad)

    # ---- hearing -----------------------------------------------------------------------------------------------

    def _hear(self, frame: np.ndarray, is_speech: IsSpeech, is_onset: IsOnset) -> None:
        self._pre_roll.append(frame)
        if self._utterance is None and self._barge_in.is_deaf(self._answer):
            return
        speaking = self._answer is not None and self._answer.heard_any()
        event = self._endpointer.push(
            is_speech(frame), self._settings.barge_in.onset if speaking else self._settings.vad.min_speech
        )
        if self._utterance is None:
            self._barge_in.flinch(self.speaker, speaking, event, is_onset)
        elif self._endpointer.spoken:
            self._utterance.frames.append(frame)
        else:  # a key opened the microphone, and nobody speaks yet
            self._utterance.frames = beginning(self._pre_roll, self._settings.vad)
        self._reach(event)

    def reach(self, boundary: Boundary | None) -> None:
        """The user's turn is at ``boundary``; within `listen`."""
        self._contain(self._reach, boundary)

    def _reach(self, boundary: Boundary | None) -> None:
        match boundary:
            case Boundary.START:
                self._on_start()
            case Boundary.SOFT:
                self._on_soft()
            case Boundary.RESUME:
                self._on_resume()
            case Boundary.HARD:
                self._on_hard()
            case Boundary.NOTHING:
                self._utterance = None
                self._set_state("listening")
            case None if self._utterance is not None and not self._endpointer.silence:
                self._on_speech(self._utterance)
            case None if self.state == "listening":
                self._on_silence()

    def _on_start(self) -> None:
        """The user began to speak: stop talking at once; whether it is an interruption, the words will show."""
        self._idle_said = False
        frames = beginning(self._pre_roll, self._settings.vad, self._barge_in.voice_confirmed())
        if (answer := self._answer) and self._now() - answer.turn.timings.get("speech_end", -LATEST) < LATEST:
            self._endpointer.habit.paused()
        if answer is not None and (answer.heard_any() or answer.acted):
            if self._endpointer.by_key:
                self._interrupt(answer)
            else:
                self._barge_in.hold(answer, self.speaker)
            self._answer = None
            turn = self._new_turn()
        elif answer is not None:  # nothing of the answer was heard: the user goes on with the same turn
            self.speaker.clear()  # a filler may be playing
            turn = answer.turn
            frames = [*turn.frames, *frames]
            self._cancel_answer()
        else:
            turn = self._new_turn()
        turn.timings.setdefault("speech_start", self._now() - self._settings.vad.min_speech)
        self._endpointer.spoken |= bool(turn.frames)
        self._utterance = Utterance(turn, frames)
        self._set_state("hearing")

    def _on_speech(self, utterance: Utterance) -> None:
        """While the user speaks: partial transcripts, and an early look at whether this is an interruption."""
        held = self._barge_in.held is not None
        if utterance.is_partial_due(self._settings, held):
            self._partials.begin(self._stt, utterance)
        if utterance.transcribed and self._barge_in.is_wordless(self._endpointer.length):
            self._go_on_speaking()

    def _on_silence(self) -> None:
        """Nobody speaks: say what waits for that, or that nobody does, once, if that is wanted."""
        manners = self._settings.manners
        if self._waiting and self._answer is None and self._now() - self._quiet_since >= _QUIET:
            self._quiet_since = self._now()
            self._start(self._tell, self._waiting.popleft())
            return
        if manners.idle and not self._idle_said and self._now() - self._quiet_since >= manners.idle_after:
            self._idle_said = True
            self._start(self.say, manners.idle)

    def _on_partial(self, utterance: Utterance, transcript: Transcript) -> None:
        if utterance is self._utterance:
            self._observe(events.Transcribed(transcript.text, final=False))
            if self._barge_in.held and self._barge_in.is_interruption(transcript):
                self._interrupt(self._barge_in.release())

    def _is_open(self, utterance: Utterance) -> bool:
        """Whether ``utterance`` goes on, and is surely meant for the assistant."""
        return utterance is self._utterance and not self._answer and not self._barge_in.held

    def _on_soft(self) -> None:
        """The user may have finished: answer a new revision behind a closed gate."""
        utterance = self._utterance
        if utterance is None:
            return
        self._partials.cancel()
        utterance.turn.paused(self._now(), self._endpointer.silence)
        answer = self._answer = self._new_answer(utterance.turn)
        answer.task = self._start(self._settle, self._understand, answer, utterance.audio())

    def _on_resume(self) -> None:
        """The user had not finished: nothing of the revision was heard, nothing of it stays."""
        self._cancel_answer()
        self._set_state("hearing")

    def _on_hard(self) -> None:
        """The user has finished: the answer may be heard."""
        if self._answer is None:
            self._on_soft()
        utterance, self._utterance = self._utterance, None
        if utterance is None:
            return
        utterance.turn.frames = utterance.frames
        self._pre_roll.clear()  # who goes on with this turn does not say it twice
        if self._answer is not None and self._answer.turn is utterance.turn:
            utterance.turn.timings["hard_endpoint"] = self._now()
            self._answer.gate.set()
            self._set_state("thinking")

    # ---- failures ----------------------------------------------------------------------------------------------

    def _contain(self, act: Callable[..., None], *args: Any) -> None:
        """Do what happens between two frames. What goes wrong in it fails the turn that the user is saying, and no
        more; aloud, unless they go on with it. Raises DeviceError.
        """
        try:
            act(*args)
        except BaseException as caught:
            error = failure(caught, DeviceError)
            sentence = self._unheard.failed(error)
            self._endpointer.reset()
            utterance, self._utterance = self._utterance, None
            if utterance is None:
                if self._answer is None and not self._barge_in.held:
                    self._set_state("listening")
                return
            self._partials.cancel()
            self._cancel_answer()
            utterance.turn.frames = utterance.frames
            answer = self._answer = self._new_answer(utterance.turn)
            answer.gate.set()
            answer.turn.error = sentence
            answer.task = self._start(self._apologise, answer)

    # ---- interruptions -----------------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """End at once what is spoken or thought, if anything is; what the user is saying is still heard."""
        self._contain(self._stop)

    def _stop(self) -> None:
        self.steering.stop()
        if self._barge_in.held:
            self._interrupt(self._barge_in.release())
        elif (answer := self._answer) and answer.gate.is_set():
            self._answer = None
            self._interrupt(answer)
            self._set_state("listening")
