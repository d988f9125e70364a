"""Writing: language model -> policy and guard -> sentences to speak. Needs no speaker; the sound is answer.py's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from assistant.concurrency.failures import explained, failure
from assistant.engines import Engines
from assistant.errors import AssistantError, EngineError
from assistant.events import Notice, Observer
from assistant.llm import Message, ToolCall
from assistant.reply import apology
from assistant.reply import doubt as doubts
from assistant.reply.claims import NOTHING_DONE, claims_deed
from assistant.reply.guard import Guard
from assistant.reply.heard import SpokenReply
from assistant.reply.reaction import is_bare, is_statement, reaction
from assistant.reply.repetition import echoes, joined, repeats, without_conversation
from assistant.reply.sentences import SentenceSplitter, whole_sentences
from assistant.reply.speakable import speakable
from assistant.reply.tool_use import BRIDGE, ROUNDS, ToolUse
from assistant.safety import Policy
from assistant.tts import prepare
from assistant.turn import Turn

_LONGEST = 100_000  # characters of a reply; the highest [llm] max_tokens, 8192, has some 40,000


class Writing:
    """The words of an answer, as they are written."""

    def __init__(
        self,
        turn: Turn,
        engines: Engines,
        policy: Policy,
        guard: Guard,
        observe: Observer,
        tools: ToolUse | None = None,
    ) -> None:
        self.turn = turn
        self.reply = SpokenReply()
        self.gate = asyncio.Event()
        """Open once the user has surely finished; nothing is heard before, and no tool is called."""
        self.acted = False
        """Whether something was done for the user: going on with the same turn would do it twice."""
        self._engines, self._policy, self._guard, self._observe, self._tools = engines, policy, guard, observe, tools

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
        elif instead and (refusal := policy.check_answer(instead, "", turn.user, turn.language)):
            turn.refuse(refusal.category, f"{refusal.by}, the answer")
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
                doubt = doubts.of(turn, unit) if first else ""
                if doubt:
                    reply.written = f"{before}{doubt} {reply.written[len(before) :].lstrip()}"
                    yield doubt
                if first and not guard.is_sure(chances, turn) and not doubt:
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

        One that repeats an earlier reply, or the user's own words, is asked for once more without the conversation. Who
        made a statement and gets none even so, or a mere exclamation, is asked back.
        """
        before, user, error = self.reply.written, self.turn.user, self.turn.error
        alone, tells = without_conversation(messages), is_statement(user)
        for shown in (messages, alone) if len(alone) < len(messages) else (messages,):
            chances.clear()
            self.reply.written, sentence, first = before, "", True
            self.turn.error = error  # of a reply that is not said none is left
            async with aclosing(joined(self._written(shown, chances), user)) as units:
                async for unit in units:
                    again = (shown is messages or tells) and repeats(unit, user, messages)
                    if first and (again or echoes(unit, user)):
                        break
                    first = False
                    sentence = unit if whole_sentences(sentence) else f"{sentence} {unit}".lstrip()
                    if self._only_says() and claims_deed(sentence, user):
                        yield self._instead(unit, NOTHING_DONE)
                        return
                    yield unit
                else:
                    if tells and not self.turn.error and is_bare(self.reply.written[len(before) :]):
                        yield self._sorry(reaction(user, self.turn.id))
                    return
        self.reply.written = before
        yield self._instead("", reaction(user, self.turn.id))

    def _only_says(self) -> bool:
        """Whether the model can do nothing, and tells nothing that stands in documents."""
        can_do = self._tools is not None and self._engines.llm.calls_tools
        return not (can_do or self.acted or self.turn.found and self.turn.found.shown)

    def _instead(self, unit: str, sentence: str) -> str:
        """``sentence``, the last of the reply, said instead of ``unit`` and all that follows it."""
        self.turn.outcome = "unsure"
        written = self.reply.written
        self.reply.written = written[: written.rfind(unit)] if unit else written
        return self._sorry(sentence)

    async def _written(self, messages: Sequence[Message], chances: list[float]) -> AsyncGenerator[str, None]:
        """See `_units`; what tools give is put behind the messages. An engine that fails is said aloud."""
        prompt, tools = list(messages), self._tools
        calls = tools.allowed if tools else ()
        instructed = bool(self.turn.found and self.turn.found.shown) or any(one.role == "tool" for one in messages)
        for left in reversed(range(ROUNDS)):
            if tools and calls:
                if asked := tools.question(calls, instructed):
                    self._add(asked.question)
                    yield asked.question
                    await self.gate.wait()
                    tools.ask(asked)
                    return
                prompt.append(Message("assistant", "", calls))
                async with aclosing(self._called(tools, prompt, calls)) as bridges:
                    async for bridge in bridges:
                        yield bridge
                instructed = True
            calls = ()
            async with aclosing(self._streamed(prompt, chances, tools if left else None)) as units:
                async for unit in units:
                    if isinstance(unit, tuple):
                        calls = unit
                    else:
                        yield unit
            if not calls:
                return

    async def _called(
        self, tools: ToolUse, prompt: list[Message], calls: tuple[ToolCall, ...]
    ) -> AsyncGenerator[str, None]:
        """Do the calls and add their results to ``prompt``; gives what is said while that takes long."""
        await self.gate.wait()
        self.acted = True
        results = tools.begin(calls)
        try:
            await asyncio.wait([results], timeout=BRIDGE)
            if not results.done() and (bridge := tools.bridge()):
                self._add(bridge)
                yield bridge
            prompt += await asyncio.shield(results)
        finally:
            if not results.done():
                tools.given_up(prompt, calls, results)

    def allow(self, calls: tuple[ToolCall, ...]) -> None:
        """The user said yes to them: the answer begins with them."""
        if self._tools is not None:
            self._tools.allowed = calls

    def _add(self, sentence: str) -> None:
        self.reply.written = f"{self.reply.written.rstrip()} {sentence} ".lstrip()

    async def _streamed(
        self, messages: Sequence[Message], chances: list[float], tools: ToolUse | None
    ) -> AsyncGenerator[str | tuple[ToolCall, ...], None]:
        """The units of one reply of the model; the last may be the calls that it makes."""
        splitter, whole = SentenceSplitter(), False
        llm, calls = self._engines.llm, ()
        offered = tools.offered(self.turn.user) if tools and llm.calls_tools else ()
        try:
            async with aclosing(llm.reply(messages, offered) if offered else llm.reply(messages)) as pieces:
                async for piece in pieces:
                    self.turn.timings.setdefault("llm_first_token", asyncio.get_running_loop().time())
                    if (room := _LONGEST - len(self.reply.written)) < len(piece):
                        piece = type(piece)(piece[:room])
                    self.reply.written += piece
                    chances += getattr(piece, "log_probabilities", ())
                    self.turn.cut = getattr(piece, "cut", False)
                    calls = getattr(piece, "calls", ())
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
            if calls:
                yield calls
        except AssistantError as error:
            self.failed(error)
            sorry = apology.of_thinking(error, begun=bool(self.reply.written.strip()))
            for unit in [*splitter.flush(), self._sorry(sorry)]:
                yield unit

    def _sorry(self, sentence: str) -> str:
        """``sentence``, the last of the reply."""
        self.reply.written = " ".join([*self.reply.written.split(), sentence])
        return sentence

    def _prepare(self, sentence: str) -> None:
        """See `assistant.tts.prepare`. What fails here fails again when the sentence is spoken."""
        try:
            prepare(self._engines.tts, sentence and speakable(sentence, self._engines.tts.language))
        except BaseException as error:
            failure(error)
