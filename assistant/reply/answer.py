"""A revision of a turn, answered: prompt -> sentences -> sound -> speaker, behind a gate, and what was heard of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing

from assistant.audio import Speaker
from assistant.audio.tones import tone
from assistant.concurrency.failures import explained, failure
from assistant.engines import Engines
from assistant.errors import AssistantError, DeviceError, EngineError
from assistant.events import Notice, Observer, Speaking
from assistant.llm import Message
from assistant.reply import apology
from assistant.reply.guard import Guard
from assistant.reply.heard import SpokenReply
from assistant.reply.repetition import repeats, without_conversation
from assistant.reply.sentences import SentenceSplitter, whole_sentences
from assistant.reply.speakable import speakable
from assistant.safety import Policy
from assistant.settings import MannersSettings
from assistant.tts import SAMPLE_RATE as SPEECH_RATE
from assistant.tts import Tts, prepare
from assistant.turn import Outcome, Turn

_TICK = 0.1  # seconds between two reports of what was heard while a reply plays
_LONGEST = 100_000  # characters of a reply; the highest [llm] max_tokens, 8192, has some 40,000
_AHEAD = 6.0  # seconds of speech kept ready; synthesizing more would be wasted (and paid for) when interrupted


class Answer:
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
    ) -> None:
        self.turn = turn
        self.reply = SpokenReply()
        self.gate = asyncio.Event()
        """Open once the user has surely finished; nothing is heard before."""
        self.task: asyncio.Task | None = None
        self._engines = engines
        self._speaker = speaker
        self._policy = policy
        self._manners = manners
        self._guard = guard
        self._observe = observe
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

    def _sorry(self, sentence: str) -> str:
        """``sentence``, the last of the reply."""
        self.reply.written = " ".join([*self.reply.written.split(), sentence])
        return sentence

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

    def failed(self, error: BaseException) -> None:
        """Note it and tell it; one failure may bring others, which are not told."""
        if self.turn.error is None:
            self.turn.error = explained(error, "The answer")
            self._observe(Notice(self.turn.error))

    async def write(
        self, messages: Sequence[Message], opening: str, instead: str, sentences: asyncio.Queue[str | None]
    ) -> None:
        """Language model -> policy and guard -> sentences, None last; the other arguments are as in `respond`.

        An engine that fails is said aloud instead of leaving silence.
        """
        try:
            await self._write(messages, opening, instead, sentences)
        except BaseException as error:  # what a model writes is put to many rules; one may break
            self.failed(failure(error))
            await sentences.put(self._sorry(apology.OF_ANYTHING))
        await sentences.put(None)

    async def _write(
        self, messages: Sequence[Message], opening: str, instead: str, sentences: asyncio.Queue[str | None]
    ) -> None:
        """See `write`."""
        loop = asyncio.get_running_loop()
        self._prepare("")
        policy, turn = self._policy, self.turn
        refusal = policy.check_question(turn.user, turn.language)
        if refusal is not None:
            turn.refuse(refusal.category, refusal.by)
            instead = refusal.sentence
        if instead:
            self.reply.written = instead
            await sentences.put(instead)
            return
        before = ""
        async with aclosing(self._guarded(messages, opening)) as units:
            async for sentence in units:
                turn.timings.setdefault("first_sentence", loop.time())
                refusal = policy.check_answer(sentence, before, turn.user, turn.language)
                before = sentence
                if refusal is not None:
                    turn.refuse(refusal.category, f"{refusal.by}, the answer")
                    self.reply.written = refusal.sentence
                    await sentences.put(refusal.sentence)
                    break
                await sentences.put(sentence)
                if self.gate.is_set():  # what may never be heard is not asked for ahead of its time
                    self._prepare(sentence)
            else:
                if besides := policy.besides(turn.user, turn.language):
                    self.reply.written = f"{self.reply.written.rstrip()} {besides}"
                    await sentences.put(besides)

    async def _guarded(self, messages: Sequence[Message], opening: str = "") -> AsyncGenerator[str, None]:
        """The reply in units to speak, as the guard lets them pass."""
        guard, turn, reply = self._guard, self.turn, self.reply
        earlier = "\n".join(message.content for message in messages[:-1])
        if opening:
            reply.written = f"{opening} "
            yield opening
        before = reply.written
        chances: list[float] = []
        first = True
        async with aclosing(self._units(messages, chances)) as units:
            async for unit in units:
                if first and not guard.is_sure(chances, turn):
                    if not guard.hedges(turn):
                        break
                    turn.guarded = turn.guarded or "hedged"
                    reply.written = before + guard.hedged(reply.written[len(before) :].lstrip())
                    unit = guard.hedged(unit)
                first = False
                if correction := guard.correction(unit, turn, earlier):
                    turn.guarded = "corrected"
                    reply.written = f"{reply.written.rpartition(unit)[0]}{correction}"
                    yield correction
                    return
                yield unit
            else:
                return
        reply.written = before
        if passages := await guard.look_up(turn, messages):
            turn.guarded = "looked_up"
            async with aclosing(self._guarded(passages)) as units:
                async for unit in units:
                    yield unit
        else:
            turn.guarded, turn.outcome = "withheld", "unknown"
            reply.written += guard.settings.unknown
            yield guard.settings.unknown

    async def _units(self, messages: Sequence[Message], chances: list[float]) -> AsyncGenerator[str, None]:
        """The model's reply in units to speak, as it writes it; adds each token's log-probability to ``chances``.

        One that repeats an earlier reply is asked for once more, see `repetition`.
        """
        before, first = self.reply.written, True
        async with aclosing(self._written(messages, chances)) as units:
            async for unit in units:
                if first and repeats(unit, self.turn.user, messages):
                    break
                first = False
                yield unit
            else:
                return
        chances.clear()
        self.reply.written = before
        async with aclosing(self._written(without_conversation(messages), chances)) as units:
            async for unit in units:
                yield unit

    async def _written(self, messages: Sequence[Message], chances: list[float]) -> AsyncGenerator[str, None]:
        """See `_units`. An engine that fails is said aloud."""
        splitter, whole = SentenceSplitter(), False
        try:
            async with aclosing(self._engines.llm.reply(messages)) as pieces:
                async for piece in pieces:
                    self.turn.timings.setdefault("llm_first_token", asyncio.get_running_loop().time())
                    if (room := _LONGEST - len(self.reply.written)) < len(piece):
                        piece = type(piece)(piece[:room])
                    self.reply.written += piece
                    chances += getattr(piece, "log_probabilities", ())
                    self.turn.cut = getattr(piece, "cut", False)
                    for unit in splitter.feed(piece):
                        whole = whole or bool(whole_sentences(unit))
                        yield unit
                    if len(self.reply.written) >= _LONGEST:
                        raise EngineError(
                            f"The language model's reply has no end; it was cut after {_LONGEST:,} characters; choose "
                            "another [llm] model or endpoint"
                        )
            for unit in splitter.flush():
                if self.turn.cut and whole and not whole_sentences(unit):  # better said: nothing than half a sentence
                    self.turn.cut = False
                    self.reply.written = self.reply.written.rstrip().removesuffix(unit).rstrip()
                else:
                    yield unit
        except AssistantError as error:
            self.failed(error)
            sorry = apology.of_thinking(error, begun=bool(self.reply.written.strip()))
            for unit in [*splitter.flush(), self._sorry(sorry)]:
                yield unit

    def _prepare(self, sentence: str) -> None:
        """See `assistant.tts.prepare`. What fails here fails again when the sentence is spoken."""
        try:
            prepare(self._engines.tts, sentence and speakable(sentence, self._engines.tts.language))
        except BaseException as error:
            failure(error)

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
            sentence = await self._first(sentences, voice)
            while sentence is not None:
                await self._until_needed()
                language = voice.language
                words = speakable(sentence, language)
                begun = False
                async with aclosing(voice.speak(words)) as chunks:
                    async for chunk in chunks:
                        self.turn.timings.setdefault("tts_first_audio", loop.time())
                        await self.gate.wait()
                        if self._base is None:
                            self._base = speaker.written
                        if not begun:
                            reply.begin(sentence, words, language, speaker.written)
                            begun = True
                        reply.add(chunk)
                        speaker.write(chunk.pcm24k)
                        ticker = ticker or group.create_task(self._report())
                if not begun:  # nothing in it is read aloud, e.g. a code block
                    reply.begin(sentence, "", language, speaker.written)
                reply.complete()
                sentence = await sentences.get()
            await self.gate.wait()
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

    async def _first(self, sentences: asyncio.Queue[str | None], voice: Tts) -> str | None:
        """The first sentence; a filler is spoken when it lets the user wait."""
        first = asyncio.ensure_future(sentences.get())
        try:
            await asyncio.wait(
                [first, gate := asyncio.ensure_future(self.gate.wait())], return_when=asyncio.FIRST_COMPLETED
            )
            if not first.done() and self._manners.filler:
                await asyncio.wait([first], timeout=self._manners.filler_after)
                if not first.done():
                    await self._fill(voice)
            return await first
        finally:
            first.cancel()
            gate.cancel()

    async def _fill(self, voice: Tts) -> None:
        try:
            filler = speakable(self._manners.filler, voice.language)
            async with aclosing(voice.speak(filler)) as chunks:
                async for chunk in chunks:
                    self._speaker.write(chunk.pcm24k)
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
