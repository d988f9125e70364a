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
from assistant.llm.endpoint_answers import Answer, NoReply, Refused, bounded, said
from assistant.llm.endpoint_calls import Extras
from assistant.llm.endpoint_errors import Service, failure, raw, sentence, unreachable
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
_NO_MATTER_OF_THE_REQUEST = (401, 402, 403, 408, 409, 429, 502, 504)  # statuses
_OF_THE_REQUEST = (400, 422)
_THINKERS = re.compile(r"think|reason|magistral|\bqwq|(?:^|[-_/:])r1(?:$|[-_:])", re.IGNORECASE)
_NO_CHAT = re.compile(
    r"embed|rerank|whisper|moderation|tts|transcribe|speech|dall-e|image|clip|\bbge|\be5-|minilm|nomic|colbert",
    re.IGNORECASE,
)
_LONGEST_NAME = 200  # characters of a model's: it goes into the journal and onto the screen with each turn
_LIMITS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_SMALLER = 0.7  # of the characters of a conversation that did not fit


@dataclass
class _Round:
    """What one request brought."""

    said: str = ""
    written: list[Written] = field(default_factory=list)


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
        self._options: dict[str, Any] = {
            "stream": True,
            preset.limit: settings.max_tokens,
            **({"temperature": settings.temperature} if preset.heeds_temperature else {}),
            **({preset.seed: settings.seed} if preset.seed and settings.seed else {}),
            **preset.extra,
        }
        self._refused: set[str] = set()
        self._headers: dict[str, Any] = {"Authorization": openai.Omit()} if preset.key_header and where.key else {}
        self._system_alone = True  # whether it takes a system message
        self._room: float | None = None  # characters of a conversation that fit; None = not known
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

        loop = asyncio.get_running_loop()
        attempt, offered = 1, tools if self.calls_tools else ()
        known = self._room, self._system_alone, dict(self._options), set(self._refused)
        while True:
            kept = self._fitting(messages if offered else in_words(messages))
            pieces = self._pieces(kept, offered, found)
            try:
                first = await within(max(0.0, deadline - loop.time()), anext(pieces, None))
                if tools and not offered and self.calls_tools:
                    self.why_no_tools = f"{self.name} takes no tools; it answers without them, and skills still work."
                    self._notice(self.why_no_tools)
                return pieces, first
            except (openai.OpenAIError, Refused, TimeoutError, *_NONSENSE) as error:
                if isinstance(error, (openai.APIStatusError, Refused)):
                    if self._adapts(error, kept, bool(offered)):
                        continue  # not an attempt: the request is another one
                    if offered and _refuses_tools(error):
                        offered = ()
                        continue
                pause = _pause(error, attempt)
                attempt -= refusals.while_loading(f"{error} {raw(error)}")  # that may take as long as we have
                if pause is None or attempt == _ATTEMPTS or loop.time() + pause >= deadline:
                    self._room, self._system_alone, self._options, self._refused = known  # leaving out did not help
                    raise failure(error, self._service) from None
            await asyncio.sleep(pause)
            attempt += 1

    async def _pieces(
        self, messages: Sequence[Message], tools: Sequence[Tool], found: _Round
    ) -> AsyncGenerator[str, None]:
        count, finish, written, left = 0, None, "", _LETTERS * self._settings.max_tokens
        thoughts = Thoughts(held=self._thinks_first, suspects=self._may_think)
        taken = messages if self._system_alone else without_system(messages)
        request = self._extras.request(taken)
        options = {**self._options, **({"tools": [described(tool) for tool in tools]} if tools else {})}
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
        if finish == "length" and not count and not last:
            raise EngineError(
                f"{self.name} wrote nothing within [llm] max_tokens = {self._settings.max_tokens}; raise it, or choose "
                "a model that does not think first"
            )
        last.cut = finish == "length"
        if answer.understood and not count and not last.strip():
            what = "called a tool that nobody gave it" if answer.calls_tool else "gave an empty answer"
            raise EngineError(f"{self.name} {what}; ask in other words, or choose another [llm] model")
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

    # ---- what it does not take -------------------------------------------------------------------------------

    def _adapts(self, error: Any, messages: Sequence[Message], with_tools: bool) -> bool:
        """Whether another request can be made that avoids what was refused; if it is answered, all are made so."""
        status = getattr(error, "status_code", 400)
        if status in _NO_MATTER_OF_THE_REQUEST:
            return False
        told = f"{said(getattr(error, 'body', None))} {getattr(error, 'param', '') or ''} {error}"
        if any(self._avoids(words, messages, status) for words in (told, raw(error))):  # the latter may quote all
            return True
        if refusals.option(told, self._refused):
            return False
        meant = refusals.nameless(f"{told} {raw(error)}", self._options) if status in _OF_THE_REQUEST else []
        if meant and not (with_tools and meant[0] in _LIMITS):  # the tools may be meant, too
            for name in meant:
                del self._options[name]
            return True
        if refusals.perhaps_of_length(told) and len(messages) > 2:
            self._room = _SMALLER * _size(messages)
            return True
        return False

    def _avoids(self, words: str, messages: Sequence[Message], status: int) -> bool:
        if refusals.of_length(words, status) and len(messages) > 2:
            self._room = _SMALLER * _size(messages)
            return True
        refused = refusals.option(words, self._options)
        if refused is None and self._system_alone and messages[0].role == "system" and refusals.of_system(words):
            self._system_alone = False
            return True
        if refused is None:
            return False
        value = self._options.pop(refused)
        self._refused.add(refused)
        other = _LIMITS.get(refused)
        if other and other not in self._refused and re.search(rf"\b{other}\b", words):
            self._options[other] = value
        return True

    def _fitting(self, messages: list[Message]) -> list[Message]:
        """Without the oldest turns, where all would not fit; the system prompt and the question always stay."""
        kept = list(messages)
        while self._room is not None and _size(kept) > self._room and len(kept) > 2:
            del kept[1]
            while len(kept) > 2 and kept[1].role != "user":
                del kept[1]
        return kept


def _refuses_tools(error: Any) -> bool:
    """Whether it says so, or refuses the request without a word that tells why."""
    status = getattr(error, "status_code", 400)
    told = f"{said(getattr(error, 'body', None))} {getattr(error, 'param', '') or ''} {error}"
    return status in _OF_THE_REQUEST or status in (404, 405, 500, 501) and refusals.of_tools(told)


def _size(messages: Sequence[Message]) -> int:
    return sum(len(message.content) for message in messages)


def _pause(error: Exception, attempt: int) -> float | None:
    """Seconds to wait before the next attempt; None when another one would meet the same error."""
    import openai

    if isinstance(error, openai.RateLimitError) and error.code == "insufficient_quota":
        return None
    if isinstance(error, openai.APIStatusError) and (error.status_code in (408, 409, 429) or error.status_code >= 500):
        return waits.asked(error) or _BACKOFF * 2 ** (attempt - 1)
    broken = isinstance(error, openai.APIConnectionError) and not isinstance(error, openai.APITimeoutError)
    return _BACKOFF * 2 ** (attempt - 1) if broken and not unreachable(error) else None


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
