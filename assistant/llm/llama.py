"""A GGUF model in this process. The KV cache is kept between turns and across barge-ins, token by token."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import aclosing
from functools import cached_property
from itertools import count as numbers
from pathlib import Path
from typing import Any

import numpy as np

from assistant.concurrency.worker import Worker
from assistant.errors import EngineError
from assistant.llm import Completion, LlmSettings, Message, Piece, Tool, can_call, gguf, llamacpp, quick_copy
from assistant.llm.calling import Caller
from assistant.llm.chat_template import ChatTemplate, Render, plain, spell
from assistant.llm.llamacpp import Model
from assistant.llm.pieces import Pieces
from assistant.llm.room import Room
from assistant.llm.sampling import Sampler, log_probability, log_softmax, softmax
from assistant.llm.thinking import is_mark
from assistant.llm.tools import Written, last_piece, settled
from rag import templates


class Llama:
    """Old turns are left out whole, oldest first, when the next question and reply would not fit into the context; then
    as many at once that half of the room is free again, so that the cached prefix lasts for several turns; those that
    stay are moved up in the cache. A question longer than the whole context loses its beginning, and the user is told.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        settings: LlmSettings,
        notice: Callable[[str], None],
        adapter: Path | None = None,
        why_no_tools: str = "",
    ) -> None:
        self.name = name
        self.why_no_tools = why_no_tools
        """One sentence; empty = it calls tools."""
        self._settings = settings
        self._notice = notice
        templates.start()
        self._model = model = Model(path, settings.context, settings.threads, settings.gpu_layers, adapter)
        text = model.metadata("tokenizer.chat_template")
        control = model.control_tokens()
        self._template = ChatTemplate(
            plain if text is None else _renderer(text, model, path.name),
            control,
            model.special("bos")[0] if model.adds_bos else None,
            model.space_prefix,
        )
        if text is None or self._template.loses_words:
            what = "has no chat template" if text is None else "has a chat template that leaves out the user's words"
            notice(f"{path.name} {what}: it was not made for conversation and may ramble")
        self._tags = {token: tag for tag, token in control.items() if is_mark(tag)}
        self._thinks_first = False  # without a mark that opens the thought, as it turned out
        self._controls = sorted(control.values())
        self._ends = sorted({*self._controls, *(model.tokenize(mark)[0] for mark in (b".", b"?", b"!"))})
        self._room = Room(model, settings.max_tokens, self._tokens, notice)
        self._control = control
        self._called = numbers()  # calls, to number them
        self._newest = 0  # the newest call; older ones that nobody waits for give way to it
        self._closing = False
        self._busy = threading.Lock()
        self._worker = Worker("llm")

    async def warm(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> None:
        """Ends early when another call arrives; what was prefilled until then stays. Raises EngineError."""
        await self._read(messages, False, tools)

    async def completeness(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> float | None:
        """The probability that the user's turn ends, or at least a sentence of it, after the words of the last message.

        Between 0 and 1; None when another call arrived before it was known. A full stop or question mark after the
        last word is not counted: speech recognition puts one after every pause. What a reply to them needs is read in
        the same go, and stays in the KV cache, so that it starts sooner. Raises EngineError.
        """
        return await self._read(messages, True, tools)

    async def _read(self, messages: Sequence[Message], ahead: bool, tools: Sequence[Tool] = ()) -> float | None:
        """See `completeness`; ``ahead``: whether what a reply needs besides is read in the same go."""
        call = self._next_call()
        *earlier, last = messages
        words = Message(last.role, last.content.rstrip(" .?!…")) if last.role == "user" else last

        def produce(cancelled: Callable[[], bool]) -> Iterator[float]:
            model, offered = self._model, self._room.offered(tools)
            kept = self._room.fit([*earlier, words], True, offered)
            tokens = self._tokens(kept, True, offered)
            whole = self._tokens([*kept[:-1], last], False, offered) if ahead and kept[-1] == words else []
            noted = len(tokens) - 1 if whole[: len(tokens)] == tokens else None

            def stopped() -> bool:
                return cancelled() or self._newest != call

            if model.prefill(tokens if noted is None else whole, stopped, move=True, noted=noted):
                logits = model.logits() if noted is None else model.noted
                yield float(softmax(logits)[self._ends].sum())

        async with aclosing(self._run(produce)) as outcomes:
            async for probability in outcomes:
                return probability
        return None

    @property
    def calls_tools(self) -> bool:
        """Whether it was tried here, and could; see `assistant.llm.can_call`."""
        return not self.why_no_tools

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[str, None]:
        """Tools may be offered whatever `calls_tools` says. Arguments always parse: a grammar sees to it."""
        self._next_call()
        async with aclosing(self._run(lambda cancelled: self._write(messages, cancelled, tools))) as pieces:
            async for piece in pieces:
                yield piece

    def answer(
        self,
        messages: Sequence[Message],
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Completion:
        """The reply that `reply` would write, whole and with its token ids; blocks. For comparing models, not talking.

        What is None is as in the settings. ``cancelled`` is asked before each token and prefill batch; once it is true,
        what was written until then comes back, unfinished. Raises EngineError.
        """
        settings, model = self._settings, self._model
        with self._busy:
            began = time.monotonic()
            prompt = self._tokens(self._room.fit(messages))
            read = model.prefill(prompt, cancelled)
            first = time.monotonic() - began
            sampler = Sampler(
                settings.temperature if temperature is None else temperature, settings.seed if seed is None else seed
            )
            pieces = self._pieces()
            said: list[Piece] = []
            tokens: list[int] = []
            log_probabilities: list[float] = []
            finished = False
            for token, logits in self._sample(sampler, (max_tokens or settings.max_tokens) if read else 0):
                if cancelled():
                    break
                tokens.append(token)
                log_probabilities.append(log_probability(logits, token))
                if finished := self._stops(token):
                    break
                said.append(pieces.feed(self._text(token), log_probabilities[-1]))
                if finished := pieces.stopped:
                    break
            self._thinks_first = self._thinks_first or pieces.closed_alone
            told = [piece for piece in said if piece]
            last = pieces.flush()
            last.cut = not finished
            if last or told and last.cut:
                told.append(last)
            return Completion(
                "".join(told).strip(),
                tuple(prompt),
                tuple(tokens),
                tuple(log_probabilities),
                finished,
                first,
                time.monotonic() - began,
                tuple(told),
            )

    def log_probabilities(self, messages: Sequence[Message], reply: str) -> list[float]:
        """Of each token of ``reply``, were it the answer to ``messages``, and that the turn ends after it; blocks.

        Raises EngineError.
        """
        model = self._model
        with self._busy:
            prompt = self._tokens(self._room.fit(messages))
            tokens = model.tokenize(reply.encode("utf-8", "replace"))
            model.prefill(prompt, lambda: False)
            found = []
            for token in tokens[: model.context - len(prompt) - 1]:
                found.append(log_probability(model.logits(), token))
                model.decode([token])
            found.append(float(np.logaddexp.reduce(log_softmax(model.logits())[self._controls])))
            return found

    async def forget(self) -> None:
        """See `Llm`. A call that nobody waits for any more ends within one token or prefill batch."""
        self._next_call()

        def drop() -> None:
            with self._busy:
                if not self._closing:
                    self._room.forget()
                    self._model.forget()

        await self._worker.call(drop)

    def close(self) -> None:
        """Free the model; a call that is running ends within one token or prefill batch. Closing twice does nothing."""
        self._closing = True
        self._worker.close()
        if self._busy.acquire(timeout=0.5):  # else a batch takes its time: the memory goes with the process
            self._model.close()
            self._busy.release()

    def _next_call(self) -> int:
        if self._closing:
            raise EngineError("The language model is closed; load it again")
        self._newest += 1
        return self._newest

    async def _run(self, produce: Callable[[Callable[[], bool]], Iterator]) -> AsyncGenerator:
        def job(cancelled: Callable[[], bool]) -> Iterator:
            with self._busy:
                if not self._closing:
                    yield from produce(lambda: cancelled() or self._closing)

        async with aclosing(self._worker.stream(job)) as items:
            async for item in items:
                yield item

    # ---- in the worker's thread ------------------------------------------------------------------------------

    def _write(
        self, messages: Sequence[Message], cancelled: Callable[[], bool], tools: Sequence[Tool] = ()
    ) -> Iterator[str]:
        tools = self._room.offered(tools)
        said, written = yield from self._say(messages, tools, cancelled)
        if written:
            calls, told = settled(said, written, tools, self._called, last=False)
            if told:
                said, written = yield from self._say([*messages, *told], tools, cancelled)
                calls, _ = settled(said, written, tools, self._called, last=True)
                if written and not calls:
                    raise EngineError(f"{self.name} called a tool wrongly, twice; ask in other words")
            if calls:
                yield last_piece(calls)

    def _say(
        self, messages: Sequence[Message], tools: Sequence[Tool], cancelled: Callable[[], bool]
    ) -> Generator[str, None, tuple[str, list[Written]]]:
        """Gives what may be spoken, and returns it with the calls."""
        model, settings = self._model, self._settings
        caller = self._caller if tools else None
        tokens = self._tokens(self._room.fit(messages, False, tools), False, tools)
        if not model.prefill(tokens, cancelled, move=True):
            return "", []
        spoken = caller.spoken() if caller else None
        pieces, said, finished = self._pieces(), "", False
        for token, logits in self._sample(Sampler(settings.temperature, settings.seed), settings.max_tokens):
            if finished := not (caller and token in caller.marks) and self._stops(token):
                break
            text = caller.marks.get(token) if caller else None
            piece = pieces.feed(text or self._text(token), log_probability(logits, token))
            if spoken:
                piece = piece.as_said(spoken.feed(piece))
            if piece:
                said += piece
                yield piece
            if cancelled():
                return said, []
            if caller and spoken and spoken.opened:
                most = settings.max_tokens
                return said, (yield from caller.write(tokens, token, spoken, tools, most, cancelled))
            if finished := pieces.stopped:
                break
        self._thinks_first = self._thinks_first or pieces.closed_alone
        last = pieces.flush()
        if spoken:
            last = Piece(spoken.feed(last) + spoken.flush())
        last.cut = not finished
        if last or said and last.cut:
            yield last
        elif not said and pieces.thinking:
            raise EngineError(
                f"{self.name} only thought within [llm] max_tokens = {settings.max_tokens}; raise it, or "
                "choose a model that does not think first"
            )
        return said + last, []

    @cached_property
    def _caller(self) -> Caller:
        return Caller(self._model, self._template.calls, self._control)

    def _sample(self, sampler: Sampler, most: int) -> Iterator[tuple[int, np.ndarray]]:
        """Up to ``most`` tokens after what the KV cache holds, each with the logits it was chosen from (valid until the
        next is asked for). Decodes a token only when another one is asked for.
        """
        model = self._model
        last = min(most, model.context - len(model.tokens))
        for count in range(1, last + 1):
            logits = model.logits()
            token = sampler.pick(logits)
            yield token, logits
            if count < last:
                model.decode([token])

    def _pieces(self) -> Pieces:
        template = self._template
        return Pieces(template.opens_thought, self._thinks_first, template.stop)

    def _text(self, token: int) -> str | bytes:
        """What the token adds to the reply: text where it opens or closes a thought, else UTF-8."""
        return self._tags.get(token) or self._model.text(token)

    def _stops(self, token: int) -> bool:
        return token not in self._tags and self._model.ends(token)

    def _tokens(self, messages: Sequence[Message], unfinished: bool = False, tools: Sequence[Tool] = ()) -> list[int]:
        model = self._model
        return spell(self._template.prompt(messages, unfinished, tools), model.tokens, model.text, model.tokenize)


def _renderer(text: str, model: Model, file: str) -> Render:
    template = templates.Template(text, bos_token=model.special("bos")[1], eos_token=model.special("eos")[1])

    def render(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None) -> str:
        # A spoken answer cannot wait for a model that thinks aloud first; templates that know no such switch ignore it.
        switches: dict[str, Any] = {"enable_thinking": False, "reasoning_effort": "low"}
        if tools:
            switches |= {"tools": tools, "tools_in_user_message": False}  # Llama's: a constant place keeps the prefix
        try:
            return template.render(messages, add_generation_prompt=True, **switches)
        except templates.BrokenTemplate as error:
            raise EngineError(
                f"{file} has a chat template that cannot be used: {error}; choose another [llm] model"
            ) from None

    return render


def load(settings: LlmSettings, notice: Callable[[str], None]) -> Llama:
    """Load ``[llm] model`` and what ``[llm] adapter`` adds to it; blocks. Raises EngineError."""
    path = gguf.locate(settings.model, notice)
    gguf.check(path)
    name, adapter = gguf.title(path), None
    if settings.adapter:
        adapter = Path(settings.adapter).expanduser()
        gguf.check(adapter, "[llm] adapter")
        name = f"{name} + {adapter.stem}"
    tried = can_call.result(can_call.key(path, adapter))
    why_no_tools = can_call.why_not(name, settings.model, tried)
    copy = None if llamacpp.uses_gpu(settings.gpu_layers) else quick_copy.of(path, notice)
    if copy is not None:
        try:
            return Llama(copy, f"{name} (as Q8_0)", settings, notice, adapter, why_no_tools)
        except EngineError:
            engine = Llama(
                path, name, settings, notice, adapter, why_no_tools
            )  # raises when it was not the copy's fault
            copy.unlink(missing_ok=True)
            return engine
    return Llama(path, name, settings, notice, adapter, why_no_tools)


def found(settings: LlmSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    path = gguf.here(settings.model)
    if path is None:
        return (
            f"{settings.model} is not on this machine yet",
            "it is fetched on first use, or now with `assistant models get`",
        )
    gguf.check(path)
    return f"{path.name} ({path.stat().st_size / 1e6:.0f} MB)", ""
