"""Any OpenAI-compatible endpoint, through the official client (imported late: it takes half a second)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count as numbers
from typing import Any, cast

import httpx2

from assistant.concurrency.patience import within
from assistant.errors import EngineError, UsageError
from assistant.llm import LlmSettings, Message, Piece, Tool, waits, without_system
from assistant.llm import endpoint_refusals as refusals
from assistant.llm.address import Address, address, client, connection
from assistant.llm.call_text import MARKS, Spoken
from assistant.llm.call_text import read as read_calls
from assistant.llm.citations import CITES, Citations
from assistant.llm.endpoint_answers import Answer, Empty, NoReply, Refused, bounded
from assistant.llm.endpoint_calls import Extras
from assistant.llm.endpoint_errors import Service, broken, failure, perhaps_too_long, raw, sentence, too_long
from assistant.llm.endpoint_room import Room
from assistant.llm.endpoint_takes import Takes, Trial, is_full, refuses_tools, seems_full, unexplained
from assistant.llm.presets import CHECKED, PRESETS
from assistant.llm.thinking import Thoughts
from assistant.llm.tools import Written, described, in_words, last_piece, settled
from rag.text import readable

_ATTEMPTS = 3
_BACKOFF = 0.5  # seconds before the second attempt, doubled before the third
_TIMES = 2  # as many pieces as tokens were asked for: a piece is mostly one token, or more
_LETTERS = 40  # characters for each of them, in pieces of any size: a token has 4, of spaces or dashes many more
# What comes of answers that no endpoint gives; the client hands on HTTPError where the text of a refusal breaks off.
_NONSENSE = (ValueError, RecursionError, AttributeError, TypeError, httpx2.HTTPError)
_CONNECT = 5.0  # seconds; an address that does not answer by then will not
_THINKERS = re.compile(r"think|reason|magistral|\bqwq|(?:^|[-_/:])r1(?:$|[-_:])", re.IGNORECASE)
_NO_CHAT = re.compile(
    r"embed|rerank|whisper|moderation|tts|transcribe|speech|dall-e|image|clip|\bbge|\be5-|minilm|nomic|colbert",
    re.IGNORECASE,
)
_LONGEST_NAME = 200  # characters of a model's: it goes into the journal and onto the screen with each turn
_FULL = re.compile(r"context|window|model_?length|max_?length", re.IGNORECASE)  # why an answer ended, of some


@dataclass
class _Round:
    """What one request brought."""

    said: str = ""
    written: list[Written] = field(default_factory=list)
    sent: tuple[Sequence[Message], Sequence[Tool]] = (), ()


class Endpoint:
    def __init__(
        self, settings: LlmSettings, where: Address, model: str, notice: Callable[[str], None] = lambda text: None
    ) -> None:
        import openai

        preset = where.preset
        self.name = f"{model} ({preset.title})"
        self._settings, self._notice = settings, notice
        self._model = model = readable(model)
        self._service = _service(settings, where, model)
        self._client = openai.AsyncOpenAI(
            **connection(where),
            timeout=_timeout(settings),
            max_retries=0,
            http_client=client(where.url, "[llm] base_url", [bounded]),
        )  # the client's own one closes itself in a loop that is gone
        options = {
            "stream": True,
            preset.limit: settings.max_tokens,
            **({"temperature": settings.temperature} if preset.heeds_temperature else {}),
            **({preset.seed: settings.seed} if preset.seed and settings.seed else {}),
            **preset.extra,
        }
        self._takes = Takes(options, Room(self.name, notice))
        self._headers: dict[str, Any] = {"Authorization": openai.Omit()} if preset.key_header and where.key else {}
        self._thinks_first = bool(_THINKERS.search(model))
        self._may_think = True  # whether it was never wrong to suspect it
        self._extras = Extras()
        self._called = numbers()  # calls, to number those that come without an id
        self.why_no_tools = ""
        """One sentence; empty = it takes tools, as far as is known."""

    async def warm(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> None:
        """Nothing to do: the endpoint keeps its own cache."""

    async def completeness(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> None:
        """Not known: asking would cost a request for each pause."""

    @property
    def calls_tools(self) -> bool:
        return not self.why_no_tools

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[str, None]:
        """Waits at most [llm] timeout for the first piece, tries included, and as long for each that follows.

        Overload, rate limits and broken connections are tried again, but never after the first piece. Where it takes no
        ``tools`` it answers without them, and the user is told once. Pieces of calls give empty pieces.
        """
        asked = list(messages)
        for last in (False, True):
            found = _Round()
            async with aclosing(self._round(asked, tools, found)) as pieces:
                async for piece in pieces:
                    yield piece
            if not found.written:
                return
            calls, told = settled(found.said, found.written, tools, self._called, last)
            if calls:
                yield last_piece(calls)
                return
            asked += told
        raise EngineError(f"{self.name} called a tool wrongly, twice; ask in other words")

    async def _round(self, messages: list[Message], tools: Sequence[Tool], found: _Round) -> AsyncGenerator[str, None]:
        import openai

        deadline = asyncio.get_running_loop().time() + self._settings.timeout
        pieces, first = await self._first_piece(messages, tools, found, deadline)
        async with aclosing(pieces):
            if first is not None:
                yield first
            try:
                while True:
                    piece = await within(self._settings.timeout, anext(pieces, None))
                    if piece is None:
                        return
                    yield piece
            except (openai.OpenAIError, TimeoutError, Refused, *_NONSENSE) as error:
                if is_full(error):
                    self._takes.room.refused(*found.sent, guessed=False)  # the next question has room
                raise failure(error, self._service, begun=True) from None

    async def forget(self) -> None:
        """Nothing is kept here; what the service keeps is its own affair."""

    def close(self) -> None:
        """Connections end with the event loop."""

    async def _first_piece(
        self, messages: list[Message], tools: Sequence[Tool], found: _Round, deadline: float
    ) -> tuple[AsyncGenerator[str, None], str | None]:
        """The open stream and its first piece (None: the reply is empty), after as many attempts as make sense."""
        import openai

        loop, room, trial = asyncio.get_running_loop(), self._takes.room, Trial(self._takes)
        attempt, with_tools, suspected = 1, bool(tools) and self.calls_tools, not self._takes.took_tools
        while True:
            offered = room.offered(tools) if with_tools else ()
            kept = room.fit(messages, offered, trial.alone)
            pieces = self._pieces(kept, offered, found)
            try:
                first = await within(max(0.0, deadline - loop.time()), anext(pieces, None))
                trial.answered()
                room.answered(messages, kept, offered, len(tools))
                self._takes.took_tools = self._takes.took_tools or bool(offered)
                if tools and not with_tools and self.calls_tools:
                    self.why_no_tools = f"{self.name} takes no tools; it answers without them, and skills still work."
                    self._notice(self.why_no_tools)
                return pieces, first
            except (openai.OpenAIError, Refused, TimeoutError, Empty, *_NONSENSE) as error:
                if trial.avoids(error, kept, offered):
                    continue  # not an attempt: the request is another one
                blamed = bool(offered) and refuses_tools(error) and not is_full(error)
                if blamed and suspected:
                    with_tools = False
                    continue
                pause = _pause(error, attempt)
                attempt -= refusals.while_loading(f"{error} {raw(error)}")  # that may take as long as we have
                given_up = pause is None or attempt == _ATTEMPTS or loop.time() + pause >= deadline
                if (given_up or attempt == _ATTEMPTS - 1 or seems_full(error)) and trial.guesses(error, kept, offered):
                    with_tools, suspected = bool(tools) and self.calls_tools, False
                    pause = None if given_up else pause
                elif blamed:
                    with_tools = False
                    continue
                elif given_up:
                    trial.failed()
                    raise self._failure(trial.told or error, kept) from None
            if pause is not None:
                await asyncio.sleep(pause)
                attempt += 1

    def _failure(self, error: Exception, kept: Sequence[Message]) -> EngineError:
        unusual = self._takes.room.unusual(kept)
        if is_full(error) or (unusual and seems_full(error)):
            return too_long(error, self._service)
        if unusual and unexplained(error):
            return perhaps_too_long(error, self._service)
        return error if isinstance(error, EngineError) else failure(error, self._service)

    async def _pieces(
        self, messages: Sequence[Message], tools: Sequence[Tool], found: _Round
    ) -> AsyncGenerator[str, None]:
        count, finish, written, left = 0, None, "", _LETTERS * self._settings.max_tokens
        thoughts = Thoughts(held=self._thinks_first, suspects=self._may_think)
        told = messages if tools else in_words(messages)
        request = self._extras.request(told if self._takes.system_alone else without_system(told))
        found.sent = messages, tools
        options = {**self._takes.options, **({"tools": [described(tool) for tool in tools]} if tools else {})}
        spoken = Spoken(MARKS if tools else ())
        cited = Citations() if CITES.search(self._model) else None
        create = self._client.chat.completions.with_streaming_response.create
        asked = cast(Any, request)
        async with create(
            model=self._model, messages=asked, extra_body=options, extra_headers=self._headers
        ) as response:
            answer = Answer(response)
            async for choice in answer:
                finish = choice.finish or finish
                text = thoughts.feed(choice.text)
                text = cited.feed(text) if cited else text
                if text := (spoken.feed(text) if tools else text)[:left]:
                    left -= len(text)
                    count, written = count + 1, text
                    found.said += text
                    yield text
                elif tools and (answer.calls_tool or spoken.opened):
                    yield Piece()
                if finish == "content_filter":
                    raise EngineError(f"{self.name} withheld the answer (its content filter)")
                if count > _TIMES * self._settings.max_tokens or not left:  # it does not heed them, and may never end
                    finish = "length"
                    break
        self._thinks_first = self._thinks_first or thoughts.closed_alone
        self._may_think = self._may_think and not thoughts.suspected
        text = cited.feed(thoughts.flush()) + cited.flush() if cited else thoughts.flush()
        if tools:
            text = spoken.feed(text) + spoken.flush()
            found.written = self._written(answer, spoken)
            if spoken.unmarked and not found.written:  # an answer that is JSON
                text = spoken.calls
        last = Piece(text[:left])
        found.said += last
        if found.written:
            if last:
                yield last
            return
        full = finish is not None and _FULL.search(finish) is not None
        if not count and not last.strip() and (finish == "length" or full):
            raise Empty(
                f"{self.name} wrote nothing within [llm] max_tokens = {self._settings.max_tokens}; raise it, or choose "
                "a model that does not think first",
                full,
                answer.thought,
            )
        last.cut = finish == "length" or full
        if answer.understood and not count and not last.strip():
            what = "called a tool that nobody gave it" if answer.calls_tool else "gave an empty answer"
            message = f"{self.name} {what}; ask in other words, or choose another [llm] model"
            raise Empty(message, False, answer.thought or answer.calls_tool)
        few = max(answer.tokens, answer.written) < self._settings.max_tokens  # a token has one letter or more
        if full or (last.cut and few):
            self._takes.room.filled(*found.sent)
        if last or last.cut:
            yield last
        if not answer.understood:  # a web page, or some other service's answer
            raise NoReply(answer.instead)
        # Some endpoints never say that they have finished; who breaks off ends in the middle of a sentence.
        if finish is None and not answer.ended and not (written + last).rstrip().endswith((".", "!", "?", "…")):
            raise EngineError(f"The connection to {self._service.url} broke off in the middle of the answer; try again")

    def _written(self, answer: Answer, spoken: Spoken) -> list[Written]:
        """The calls, each with an id of its own."""
        calls: list[tuple[Written, Any]] = [*answer.calls.written()]
        if not calls and spoken.opened:
            calls = [(call, None) for call in read_calls(spoken.calls)]
            if not calls and not spoken.unmarked:
                calls = [(Written("", spoken.calls), None)]  # which is given back
        found: list[Written] = []
        for call, extra in calls:
            fresh = call.id and call.id not in {one.id for one in found}
            found.append(call if fresh else Written(call.name, call.arguments, f"call{next(self._called):05d}"))
            if extra is not None:
                self._extras.keep(found[-1].id, extra)
        return found


def _pause(error: Exception, attempt: int) -> float | None:
    """Seconds to wait before the next attempt; None when another one would meet the same error."""
    import openai

    if isinstance(error, openai.RateLimitError) and error.code == "insufficient_quota":
        return None
    if isinstance(error, openai.APIStatusError) and (error.status_code in (408, 409, 429) or error.status_code >= 500):
        return waits.asked(error) or _BACKOFF * 2 ** (attempt - 1)
    return _BACKOFF * 2 ** (attempt - 1) if broken(error) else None


def _service(settings: LlmSettings, where: Address, model: str) -> Service:
    preset = where.preset
    hint = "check the network" if preset.needs_key else f"is {preset.title} running?"
    return Service(preset.title, where.url, preset.key, where.key, model, settings.timeout, when_unreachable=hint)


def _timeout(settings: LlmSettings) -> Any:
    import openai

    return openai.Timeout(settings.timeout, connect=min(_CONNECT, settings.timeout))


def load(settings: LlmSettings, notice: Callable[[str], None]) -> Endpoint:
    """Check key and address, and ask for the model's name when none is set; blocks. Raises EngineError, UsageError."""
    where = address(PRESETS[settings.preset], settings.base_url)
    model = settings.model
    if model in ("bundled", "auto") and not where.preset.names_models:
        model = _deployment(where)
    elif model in ("bundled", "auto"):
        model = where.preset.model or _first_model(settings, where)
        notice(f"[llm] model is not set; {where.preset.title} answers with {model}.")
    return Endpoint(settings, where, model, notice)


def _deployment(where: Address) -> str:
    """The name that a model has at this place; addresses of one alone hold it."""
    if match := re.search(r"/deployments/([^/]+)", where.url):
        return match[1]
    raise UsageError(f"[llm] model is not set; set it to the name of your deployment at {where.preset.title}")


def _first_model(settings: LlmSettings, where: Address) -> str:
    """The first listed one that can chat."""
    import openai

    async def listed() -> list[Any]:
        async with openai.AsyncOpenAI(
            **connection(where),
            timeout=_timeout(settings),
            max_retries=1,
            http_client=client(where.url, "[llm] base_url", [bounded]),
        ) as asking:
            return [model async for model in asking.models.list()]

    try:
        names = [model.id for model in asyncio.run(listed()) if isinstance(model.id, str)]
        models = [name for name in names if len(name) <= _LONGEST_NAME]
    except (openai.OpenAIError, *_NONSENSE) as error:
        raise EngineError(sentence(error, _service(settings, where, ""))) from None
    if not models:
        raise EngineError(
            f"{where.preset.title} at {where.url} has no model loaded; load one there, or set [llm] model"
        )
    return next((name for name in models if not _NO_CHAT.search(name)), models[0])


def found(settings: LlmSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    where = address(PRESETS[settings.preset], settings.base_url)
    terms = f"; it {where.preset.terms} ({CHECKED})" if where.preset.terms else ""
    return f"{where.preset.title} at {where.url}{terms}", ""
