"""A revision of a turn, answered: prompt -> sentences -> sound -> speaker, behind a gate, and what was heard of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing

from assistant.audio import Speaker
from assistant.audio.tones import tone
from assistant.concurrency.failures import failure
from assistant.engines import Engines
from assistant.errors import AssistantError, DeviceError, EngineError
from assistant.events import Observer, Speaking
from assistant.llm import Message
from assistant.reply import apology
from assistant.reply.guard import Guard
from assistant.reply.heard import SpokenReply
from assistant.reply.speakable import speakable
from assistant.reply.tool_use import BRIDGE, ToolUse
from assistant.reply.writing import Writing
from assistant.safety import Policy
from assistant.settings import MannersSettings
from assistant.skills import Action
from assistant.tts import SAMPLE_RATE as SPEECH_RATE
from assistant.tts.pace import Pace
from assistant.turn import Outcome, Turn

_TICK = 0.1  # seconds between two reports of what was heard while a reply plays
_BRIDGE = "One moment."
_AHEAD = 6.0  # seconds of speech kept ready; synthesizing more would be wasted (and paid for) when interrupted


class Answer(Writing):
    """One revision of a turn, being answered. To interrupt it is to cancel the task that runs `respond`."""

    def __init__(
        self,
        turn: Turn,
        engines: Engines,
        speaker: Speaker,
        policy: Policy,
        manners: MannersSettings,
        guard: Guard,
        observe: Observer,
        pace: Pace | None = None,
        tools: ToolUse | None = None,
        later: Callable[[asyncio.Future[str | None]], None] = lambda doing: None,
    ) -> None:
        """``pace``: how loud and quick it speaks; ``tools``: what the model may call; ``later`` is told of what goes
        on though the answer was interrupted.
        """
        super().__init__(turn, engines, policy, guard, observe, tools)
        self.task: asyncio.Task | None = None
        self._speaker, self._manners, self._pace, self._later = speaker, manners, pace or Pace(), later
        self._may_sound = asyncio.Event()
        """Not while something is done first, see `act`."""
        self._may_sound.set()
        self._base: int | None = None
        """The speaker's sample count where this reply begins; None while nothing was written to the speaker."""

    def heard_any(self) -> bool:
        return self._base is not None and self._speaker.played > self._base

    async def respond(self, messages: Sequence[Message], opening: str = "", instead: str = "") -> None:
        """Write, speak and play the reply to ``messages``; returns when all of it was heard.

        ``opening`` begins the reply; ``instead`` is the reply, unless the policy refuses the question. An engine that
        fails is noted in the turn and shown. Raises DeviceError.
        """
        sentences: asyncio.Queue[str | None] = asyncio.Queue(maxsize=2)
        await self._play(self.write(messages, opening, instead, sentences), sentences)

    async def say(self, sentence: str) -> None:
        """Speak one fixed sentence instead of asking the language model; the rest is as in `respond`."""
        sentences: asyncio.Queue[str | None] = asyncio.Queue()
        await self._play(self._dictate(sentence, sentences), sentences)

    async def act(self, action: Action) -> None:
        """Do ``action`` once the user has surely finished, then say what came of it. Raises DeviceError."""
        if action.do is None:
            await self.say(action.say)
            return
        self._may_sound.clear()
        ready = asyncio.ensure_future(self.say(action.say)) if action.say else None
        try:
            await self.gate.wait()
            self.acted = True
            instead = await self._done(action.do)
            if ready and instead is None:
                self._may_sound.set()
                await ready
                return
        finally:
            if ready:
                ready.cancel()
        if ready:
            await asyncio.wait([ready])
        self._may_sound.set()
        if instead:
            self.reply = SpokenReply()
            await self.say(instead)

    async def _done(self, do: Callable[[], Awaitable[str | None]]) -> str | None:
        """What ``do`` gives, or a sentence about its failure. What is begun is done, whoever interrupts."""
        doing = asyncio.ensure_future(do())
        try:
            await asyncio.wait([doing], timeout=BRIDGE)
            if not doing.done():
                await self._fill(_BRIDGE)
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            self._later(doing)
            raise
        except BaseException as caught:
            error = failure(caught, DeviceError)
            self.failed(error)
            return f"{error}." if isinstance(error, AssistantError) else apology.OF_ANYTHING

    async def _play(self, writer: Coroutine[None, None, None], sentences: asyncio.Queue[str | None]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(writer)
                group.create_task(self._speak(sentences, group))
        except BaseException as caught:
            error = failure(caught, DeviceError)
            self.failed(error)
            await self.gate.wait()
            await self._say_sorry(has_voice=not isinstance(error, EngineError))

    async def _say_sorry(self, has_voice: bool) -> None:
        """By a tone where no voice can. What was written to the speaker before is still heard."""
        if has_voice:
            sentences: asyncio.Queue[str | None] = asyncio.Queue()
            sentences.put_nowait(self._sorry(apology.OF_ANYTHING))
            sentences.put_nowait(None)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._speak(sentences, group))
                return
            except BaseException as error:
                failure(error, DeviceError)  # one failure was told already
        try:
            self._speaker.write(tone("error"))
            await self._speaker.drained()
        except BaseException as error:
            failure(error, DeviceError)

    def cancel(self) -> None:
        """Nothing more is said, unless it is the caller who says it."""
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()

    def is_done(self) -> bool:
        return self.task is not None and self.task.done()

    def conclude(self, outcome: Outcome, played: int | None = None) -> None:
        """Write into the turn what was replied, what of it was heard when the speaker stood at ``played`` (None: where
        it stands now), and the outcome: ``outcome``, unless more is known of it.
        """
        turn = self.turn
        turn.reply = self.reply.written
        try:
            played = self._speaker.played if played is None else played
            turn.heard, turn.voice_differs = self.reply.heard(played), self.reply.differences(played)
        except BaseException as error:
            self.failed(failure(error))
            outcome = "failed"
        if outcome == "interrupted" and turn.heard and turn.heard.split() == turn.reply.split():
            outcome = "answered"  # the interruption came after the last word
        if outcome == "answered":
            outcome = turn.outcome or ("failed" if turn.error else "answered")
        turn.outcome = outcome

    async def _dictate(self, sentence: str, sentences: asyncio.Queue[str | None]) -> None:
        self.reply.written = sentence
        await sentences.put(sentence)
        await sentences.put(None)

    async def _speak(self, sentences: asyncio.Queue[str | None], group: asyncio.TaskGroup) -> None:
        """Sentences -> sound -> speaker, behind the gate; ends when all of it was heard."""
        loop = asyncio.get_running_loop()
        speaker, reply = self._speaker, self.reply
        ticker: asyncio.Task | None = None
        try:
            voice = await self._engines.voice(self.turn.language, self._silence)
            sentence = await self._first(sentences)
            while sentence is not None:
                await self._until_needed()
                language = voice.language
                words = speakable(sentence, language)
                begun = False
                async with aclosing(self._pace.paced(voice.speak(words))) as chunks:
                    async for chunk in chunks:
                        self.turn.timings.setdefault("tts_first_audio", loop.time())
                        await self.gate.wait()
                        await self._may_sound.wait()
                        if self._base is None:
                            self._base = speaker.written
                        if not begun:
                            reply.begin(sentence, words, language, speaker.written)
                            begun = True
                        reply.add(chunk)
                        speaker.write(self._pace.loud(chunk.pcm24k))
                        ticker = ticker or group.create_task(self._report())
                if not begun:  # nothing in it is read aloud, e.g. a code block
                    reply.begin(sentence, "", language, speaker.written)
                reply.complete()
                sentence = await sentences.get()
            await self.gate.wait()
            await self._may_sound.wait()
            await speaker.drained()
            self._note_first_sound()
        except asyncio.CancelledError:
            self._prepare("")
            raise
        finally:
            if ticker:
                ticker.cancel()

    async def _silence(self) -> None:
        """Returns when the user waits for a sound: has surely finished, and all that was written was heard."""
        await self.gate.wait()
        await self._speaker.drained()

    async def _first(self, sentences: asyncio.Queue[str | None]) -> str | None:
        """The first sentence; a filler is spoken when it lets the user wait."""
        first = asyncio.ensure_future(sentences.get())
        try:
            await asyncio.wait(
                [first, gate := asyncio.ensure_future(self.gate.wait())], return_when=asyncio.FIRST_COMPLETED
            )
            if not first.done() and self._manners.filler:
                await asyncio.wait([first], timeout=self._manners.filler_after)
                if not first.done():
                    await self._fill(self._manners.filler)
            return await first
        finally:
            first.cancel()
            gate.cancel()

    async def _fill(self, words: str) -> None:
        """Say them in between; they are no part of the reply."""
        try:
            voice = await self._engines.voice(self.turn.language, self._silence)
            async with aclosing(self._pace.paced(voice.speak(speakable(words, voice.language)))) as chunks:
                async for chunk in chunks:
                    self._speaker.write(self._pace.loud(chunk.pcm24k))
        except BaseException as error:
            failure(error, DeviceError)  # the reply meets the same error and reports it

    async def _until_needed(self) -> None:
        while (ahead := (self._speaker.written - self._speaker.played) / SPEECH_RATE - _AHEAD) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(ahead, _TICK)):
                    await self._speaker.drained()  # tells when the device is gone

    async def _report(self) -> None:
        """While the reply plays, tell the observer what was heard of it."""
        while True:
            if self.heard_any():
                self._note_first_sound()
                self._observe(Speaking(self.reply.heard(self._speaker.played), self.reply.written))
            await asyncio.sleep(_TICK)

    def _note_first_sound(self) -> None:
        if self.heard_any() and self._speaker.started_at is not None:
            self.turn.timings.setdefault("first_sound", self._speaker.started_at)
