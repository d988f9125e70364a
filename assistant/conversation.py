"""The heart: who speaks when. Knows microphones, speakers and engines only by their protocols.

One event loop owns all state here. A turn is answered by one task (a revision); to interrupt is to cancel that task.
What the user says is heard in `_hear`, frame by frame; how a turn is answered is read from top to bottom in `_answer`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing
from dataclasses import dataclass, field

import numpy as np

from assistant.audio import FRAME_SECONDS, Microphone, Speaker
from assistant.backchannel import is_backchannel
from assistant.config import Settings
from assistant.endpointing import Endpointer, Event
from assistant.engines import Engines
from assistant.errors import AssistantError, DeviceError
from assistant.events import Notice, Observer, Speaking, State, StateChanged, Transcribed, TurnEnded
from assistant.heard import Reply
from assistant.llm import Message
from assistant.safety import Policy
from assistant.sentences import SentenceSplitter
from assistant.speakable import speakable
from assistant.stt import Transcript
from assistant.tts import SAMPLE_RATE as SPEECH_RATE
from assistant.turn import Revision, Turn

_PARTIAL_INTERVAL = 0.7  # seconds of new speech between partial transcripts
_TICK = 0.1  # seconds between two reports of what was heard while a reply plays
_AHEAD = 6.0  # seconds of speech kept ready; synthesizing more would be wasted (and paid for) when interrupted
_WORDLESS = 2.5  # seconds of sound without words after which a reply paused for it goes on
_LLM_FAILED = "Sorry, the language model did not answer."


@dataclass
class _Answer:
    """One revision of a turn, being answered."""

    turn: Turn
    reply: Reply = field(default_factory=Reply)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """Open once the user has surely finished; nothing is heard before."""
    base: int = 0
    """The speaker's sample count where this reply begins."""
    task: asyncio.Task | None = None


@dataclass
class _Utterance:
    """What the user is saying right now."""

    turn: Turn
    frames: list[np.ndarray]
    transcribed: int = 0
    """Frames that the newest partial transcript covers."""

    def audio(self) -> np.ndarray:
        return np.concatenate(self.frames)


class Conversation:
    def __init__(self, settings: Settings, engines: Engines, speaker: Speaker, policy: Policy, observe: Observer,
                 vad=None) -> None:
        self._settings = settings
        self._engines = engines
        self._speaker = speaker
        self._policy = policy
        self._observe = observe
        self._vad = vad
        self.history: list[Message] = []
        """User and assistant messages; of a reply only the words that were heard."""
        self.state: State = "listening"
        self._endpointer = Endpointer(settings.endpointing, settings.vad.min_speech)
        self._pre_roll: deque[np.ndarray] = deque(
            maxlen=round((settings.vad.pre_roll + settings.vad.min_speech) / FRAME_SECONDS) + 1)
        self._utterance: _Utterance | None = None
        self._answer: _Answer | None = None  # the newest revision of the turn that is being answered
        self._paused: _Answer | None = None  # a reply that was stopped because the user made a sound
        self._partial: asyncio.Task | None = None
        self._turns = 0
        self._tasks: asyncio.TaskGroup | None = None

    # ---- the two ways in -------------------------------------------------------------------------------------

    async def listen(self, microphone: Microphone) -> None:
        """Converse until the microphone ends (a file does) or this is cancelled. Raises DeviceError."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._prefill()
                async with aclosing(microphone.frames()) as frames:
                    async for frame in frames:
                        self._hear(frame)
                if self._utterance is not None:
                    self._on_soft()
                    self._on_hard()
        except* AssistantError as group:
            raise _first(group) from None
        finally:
            self._abandon()

    async def ask(self, text: str) -> Turn:
        """Answer one typed question aloud and return its turn. Raises DeviceError."""
        turn = self._new_turn()
        now = asyncio.get_running_loop().time()
        turn.timings["speech_end"] = turn.timings["hard_endpoint"] = now
        self._answer = answer = _Answer(turn)
        answer.gate.set()
        try:
            await self._respond(answer, Transcript(text.strip()))
        finally:
            self._abandon()
        return turn

    # ---- hearing -----------------------------------------------------------------------------------------------

    def _hear(self, frame: np.ndarray) -> None:
        self._pre_roll.append(frame)
        if self._is_deaf():
            return
        event = self._endpointer.push(self._vad(frame))
        if self._utterance is not None:
            self._utterance.frames.append(frame)
        match event:
            case Event.START:
                self._on_start()
            case Event.SOFT:
                self._on_soft()
            case Event.RESUME:
                self._on_resume()
            case Event.HARD:
                self._on_hard()
            case None if self._utterance is not None and not self._endpointer.silence:
                self._on_speech()

    def _is_deaf(self) -> bool:
        return (not self._settings.barge_in.enabled and self._utterance is None
                and self._answer is not None and self._answer.gate.is_set())

    def _on_start(self) -> None:
        """The user began to speak: stop talking at once; whether it is an interruption, the words will show."""
        frames = list(self._pre_roll)
        answer = self._answer
        if answer is not None and self._heard_any(answer):
            self._speaker.pause()
            self._paused, self._answer = answer, None
            turn = self._new_turn()
        elif answer is not None:  # nothing of the answer was heard: the user goes on with the same turn
            turn = answer.turn
            frames = [*turn.frames, *frames]
            self._cancel_answer()
        else:
            turn = self._new_turn()
        now = asyncio.get_running_loop().time()
        turn.timings.setdefault("speech_start", now - self._settings.vad.min_speech)
        self._utterance = _Utterance(turn, frames)
        self._set_state("hearing")

    def _on_speech(self) -> None:
        """While the user speaks: partial transcripts, and an early look at whether this is an interruption."""
        utterance = self._utterance
        new = (len(utterance.frames) - utterance.transcribed) * FRAME_SECONDS
        wait = self._settings.barge_in.confirm if self._paused and not utterance.transcribed else _PARTIAL_INTERVAL
        if self._partial is None and new >= wait + (0 if utterance.transcribed else self._settings.vad.pre_roll):
            self._partial = self._tasks.create_task(self._transcribe_partly(utterance))
        if self._paused and self._endpointer.length >= _WORDLESS and utterance.transcribed:
            self._go_on_speaking()

    async def _transcribe_partly(self, utterance: _Utterance) -> None:
        try:
            utterance.transcribed = len(utterance.frames)
            transcript = await self._engines.stt.transcribe(utterance.audio())
        except AssistantError:
            return  # the final pass meets the same error and reports it
        finally:
            self._partial = None
        if utterance is self._utterance and transcript.text:
            self._observe(Transcribed(transcript.text, final=False))
            if self._paused and not is_backchannel(transcript.text):
                self._interrupt()

    def _on_soft(self) -> None:
        """The user may have finished: answer a new revision behind a closed gate."""
        utterance = self._utterance
        if utterance is None:
            return
        if self._partial is not None:
            self._partial.cancel()
        loop = asyncio.get_running_loop()
        timings = utterance.turn.timings
        timings["soft_endpoint"] = loop.time()
        timings["speech_end"] = loop.time() - self._endpointer.silence
        self._answer = answer = _Answer(utterance.turn)
        answer.task = self._tasks.create_task(self._understand(answer, utterance.audio()))

    def _on_resume(self) -> None:
        """The user had not finished: nothing of the revision was heard, nothing of it stays."""
        self._cancel_answer()
        self._set_state("hearing")

    def _on_hard(self) -> None:
        """The user has finished: the answer may be heard."""
        utterance, self._utterance = self._utterance, None
        if utterance is None:
            return
        utterance.turn.frames = utterance.frames
        if self._answer is not None and self._answer.turn is utterance.turn:
            utterance.turn.timings["hard_endpoint"] = asyncio.get_running_loop().time()
            self._answer.gate.set()
            self._set_state("thinking")
        elif self._paused is None and self._answer is None:
            self._set_state("listening")

    # ---- answering ---------------------------------------------------------------------------------------------

    async def _understand(self, answer: _Answer, audio: np.ndarray) -> None:
        """Transcribe the turn's audio and answer it, unless there were no words in it."""
        turn = answer.turn
        try:
            transcript = await self._engines.stt.transcribe(audio)
        except AssistantError as error:
            turn.error = str(error)
            self._observe(Notice(str(error)))
            transcript = Transcript("")
        turn.timings["stt_done"] = asyncio.get_running_loop().time()
        no_words = is_backchannel(transcript.text) if self._paused else not transcript.text
        if no_words:
            await answer.gate.wait()
            self._answer = None
            turn.user = transcript.text
            self._end(turn, "failed" if turn.error else "nothing_said")
            if self._paused:
                self._go_on_speaking()
            else:
                self._set_state("listening")
            return
        if self._paused:
            self._interrupt()
        self._observe(Transcribed(transcript.text, final=True))
        await self._respond(answer, transcript)

    async def _respond(self, answer: _Answer, transcript: Transcript) -> None:
        """Write, speak and play the reply to a final transcript; history gets what was heard of it."""
        turn = answer.turn
        loop = asyncio.get_running_loop()
        turn.revisions.append(Revision(turn.revision + 1, transcript.text, transcript.confidence, loop.time()))
        turn.user = transcript.text
        sentences: asyncio.Queue[str | None] = asyncio.Queue(maxsize=2)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write(answer, sentences))
                group.create_task(self._speak(answer, sentences))
        except* AssistantError as errors:
            error = _first(errors)
            turn.error = str(error)
            self._observe(Notice(str(error)))
            if isinstance(error, DeviceError):
                raise error from None
        if self._answer is answer:
            self._answer = None
            self._remember(answer, turn.outcome or ("failed" if turn.error else "answered"))
            self._set_state("listening")
            self._prefill()

    async def _write(self, answer: _Answer, sentences: asyncio.Queue[str | None]) -> None:
        """Language model -> sentences. An engine that fails is said aloud instead of leaving silence."""
        turn, reply = answer.turn, answer.reply
        loop = asyncio.get_running_loop()
        refusal = self._policy.check_question(turn.user)
        if refusal is not None:
            turn.outcome, reply.written = "refused", refusal.sentence
            await sentences.put(refusal.sentence)
            await sentences.put(None)
            return
        splitter = SentenceSplitter()

        async def put(sentence: str) -> bool:
            """False when the policy forbids to say it; the reply ends there."""
            turn.timings.setdefault("first_sentence", loop.time())
            refusal = self._policy.check_answer(sentence)
            await sentences.put(sentence if refusal is None else refusal.sentence)
            if refusal is not None:
                turn.outcome = "refused"
                reply.written = refusal.sentence
            return refusal is None

        allowed = True
        try:
            async with aclosing(self._engines.llm.reply(self._prompt(turn.user))) as pieces:
                async for piece in pieces:
                    turn.timings.setdefault("llm_first_token", loop.time())
                    reply.written += piece
                    for sentence in splitter.feed(piece):
                        allowed = allowed and await put(sentence)
                    if not allowed:
                        break
        except AssistantError as error:
            turn.error = str(error)
            self._observe(Notice(str(error)))
            await sentences.put(_LLM_FAILED)
        else:
            for sentence in splitter.flush():
                allowed = allowed and await put(sentence)
        await sentences.put(None)

    async def _speak(self, answer: _Answer, sentences: asyncio.Queue[str | None]) -> None:
        """Sentences -> sound -> speaker, behind the gate; ends when all of it was heard."""
        turn, reply, speaker = answer.turn, answer.reply, self._speaker
        loop = asyncio.get_running_loop()
        ticker: asyncio.Task | None = None
        answer.base = speaker.written
        try:
            while (sentence := await sentences.get()) is not None:
                await self._until_needed()
                words = speakable(sentence)
                begun = False
                async with aclosing(self._engines.tts.speak(words)) as chunks:
                    async for chunk in chunks:
                        turn.timings.setdefault("tts_first_audio", loop.time())
                        if not answer.gate.is_set():
                            await answer.gate.wait()
                        if not begun:
                            answer.base = answer.base if ticker else speaker.written
                            reply.begin(sentence, words, speaker.written)
                            begun = True
                        reply.add(chunk)
                        speaker.write(chunk.pcm24k)
                        ticker = ticker or asyncio.create_task(self._report(answer))
                if not begun:  # nothing in it is read aloud, e.g. a code block
                    reply.begin(sentence, "", speaker.written)
                reply.complete()
            await answer.gate.wait()
            await speaker.drained()
        finally:
            if ticker:
                ticker.cancel()

    async def _until_needed(self) -> None:
        ahead = (self._speaker.written - self._speaker.played) / SPEECH_RATE - _AHEAD
        while ahead > 0:
            await asyncio.sleep(max(ahead, _TICK))
            ahead = (self._speaker.written - self._speaker.played) / SPEECH_RATE - _AHEAD

    async def _report(self, answer: _Answer) -> None:
        """While the reply plays, tell the observer what was heard of it."""
        while True:
            if self._heard_any(answer) and "first_sound" not in answer.turn.timings:
                answer.turn.timings["first_sound"] = self._speaker.started_at
                if self._answer is answer:
                    self._set_state("speaking")
            if "first_sound" in answer.turn.timings:
                self._observe(Speaking(answer.reply.heard(self._speaker.played), answer.reply.written))
            await asyncio.sleep(_TICK)

    # ---- interruptions -----------------------------------------------------------------------------------------

    def _heard_any(self, answer: _Answer) -> bool:
        return answer.gate.is_set() and self._speaker.written > answer.base and self._speaker.played > answer.base

    def _interrupt(self) -> None:
        """The user took over: the paused reply ends, history keeps the words of it that were heard."""
        answer, self._paused = self._paused, None
        heard_to = self._speaker.played
        if answer.task is not None:
            answer.task.cancel()
        self._speaker.clear()
        self._remember(answer, "interrupted", heard_to)

    def _go_on_speaking(self) -> None:
        """It was no interruption: the reply goes on where it stopped, the sound is forgotten."""
        self._answer, self._paused = self._paused, None
        self._utterance = None
        self._endpointer.reset()
        self._set_state("speaking")
        self._speaker.resume()

    def _cancel_answer(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and answer.task is not None:
            answer.task.cancel()

    def _abandon(self) -> None:
        """The conversation ends here: what was said and heard until now is kept."""
        for answer in (self._paused, self._answer):
            if answer is not None and answer.turn.user:
                self._remember(answer, "interrupted")
        self._paused = self._answer = self._utterance = None

    # ---- memory ------------------------------------------------------------------------------------------------

    def _prompt(self, user: str) -> list[Message]:
        return _merged([self._system(), *self.history, Message("user", user)])

    def _system(self) -> Message:
        return Message("system", self._settings.llm.system_prompt)

    def _remember(self, answer: _Answer, outcome: str, heard_to: int | None = None) -> None:
        turn = answer.turn
        turn.reply = answer.reply.written
        turn.heard = answer.reply.heard(self._speaker.played if heard_to is None else heard_to)
        if outcome == "interrupted" and turn.heard == " ".join(turn.reply.split()):
            outcome = "answered"  # the interruption came after the last word
        self.history.append(Message("user", turn.user))
        if turn.heard:
            self.history.append(Message("assistant", turn.heard))
        self._end(turn, outcome)

    def _end(self, turn: Turn, outcome: str) -> None:
        turn.outcome = outcome
        turn.engines = {"stt": self._engines.stt.name, "llm": self._engines.llm.name, "tts": self._engines.tts.name}
        turn.timings["reply_end"] = asyncio.get_running_loop().time()
        self._observe(TurnEnded(turn))

    def _prefill(self) -> None:
        """While nobody waits, bring the KV cache to where the next turn begins."""
        if self._tasks is not None:
            self._tasks.create_task(self._warm())

    async def _warm(self) -> None:
        try:
            await self._engines.llm.warm(_merged([self._system(), *self.history]))
        except AssistantError as error:
            self._observe(Notice(str(error)))

    def _new_turn(self) -> Turn:
        self._turns += 1
        return Turn(id=self._turns)

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._observe(StateChanged(state))


def _merged(messages: list[Message]) -> list[Message]:
    """Join neighbours of one role: a turn of whose answer nothing was heard, followed by the next question.

    Several chat templates refuse two user messages in a row.
    """
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, f"{merged[-1].content}\n{message.content}")
        else:
            merged.append(message)
    return merged


def _first(group: BaseExceptionGroup) -> BaseException:
    """The first error inside nested groups; DeviceErrors come before others, they end the conversation."""
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves.append(_first(error) if isinstance(error, BaseExceptionGroup) else error)
    return next((error for error in leaves if isinstance(error, DeviceError)), leaves[0])
