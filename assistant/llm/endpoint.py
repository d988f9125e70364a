"""Any OpenAI-compatible endpoint, through the official client (imported late: it takes half a second)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import httpx2

from assistant.errors import EngineError, UsageError
from assistant.llm import LlmSettings, Message, Piece
from assistant.llm.endpoint_answers import bounded, first_choice
from assistant.llm.endpoint_errors import Service, sentence, unreachable
from assistant.llm.presets import PRESETS, Preset
from assistant.llm.thinking import Thoughts
from assistant.patience import within
from assistant.secrets import secret

_ATTEMPTS = 3
_BACKOFF = 0.5  # seconds before the second attempt, doubled before the third
_TIMES = 2  # as many pieces as tokens were asked for: a piece is mostly one token, or more
# What comes of answers that no endpoint gives; the client hands on HTTPError where the text of a refusal breaks off.
_NONSENSE = (ValueError, RecursionError, httpx2.HTTPError)
_CONNECT = 5.0  # seconds; an address that does not answer by then will not


class Endpoint:
    def __init__(self, settings: LlmSettings, preset: Preset, url: str, key: str | None, model: str) -> None:
        import openai

        self.name = f"{model} ({preset.title})"
        self._settings = settings
        self._model = model
        self._service = _service(settings, preset, url, key, model)
        self._client = openai.AsyncOpenAI(
            base_url=url,
            api_key=key or "none",
            timeout=_timeout(settings),
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(event_hooks={"response": [bounded]}),
        )  # the client's own one closes itself in a loop that is gone
        self._options: dict[str, Any] = {
            preset.limit: settings.max_tokens,
            "temperature": settings.temperature,
            "seed": settings.seed,
            **preset.extra,
        }

    async def warm(self, messages: Sequence[Message]) -> None:
        """Nothing to do: the endpoint keeps its own cache."""

    async def completeness(self, messages: Sequence[Message]) -> None:
        """Not known: asking would cost a request for each pause."""

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """Waits at most [llm] timeout for the first piece, tries included, and as long for each that follows.

        Overload, rate limits and broken connections are tried again, but never after the first piece.
        """
        import openai

        deadline = asyncio.get_running_loop().time() + self._settings.timeout
        request = [{"role": message.role, "content": message.content} for message in messages]
        pieces, first = await self._first_piece(request, deadline)
        async with aclosing(pieces):
            if first is not None:
                yield first
            try:
                while True:
                    piece = await within(self._settings.timeout, anext(pieces, None))
                    if piece is None:
                        return
                    yield piece
            except (openai.OpenAIError, TimeoutError, *_NONSENSE) as error:
                raise EngineError(sentence(error, self._service, begun=True)) from None

    async def forget(self) -> None:
        """Nothing is kept here; what the service keeps is its own affair."""

    def close(self) -> None:
        """Connections end with the event loop."""

    async def _first_piece(
        self, request: list[dict[str, str]], deadline: float
    ) -> tuple[AsyncGenerator[str, None], str | None]:
        """The open stream and its first piece (None: the reply is empty), after as many attempts as make sense."""
        import openai

        loop = asyncio.get_running_loop()
        attempt = 1
        while True:
            pieces = self._pieces(request)
            try:
                return pieces, await within(max(0.0, deadline - loop.time()), anext(pieces, None))
            except openai.BadRequestError as error:
                if not self._leave_out(error):
                    raise EngineError(sentence(error, self._service)) from None
                continue  # not an attempt: the request is another one
            except (openai.OpenAIError, TimeoutError, *_NONSENSE) as error:
                pause = _pause(error, attempt)
                if pause is None or attempt == _ATTEMPTS or loop.time() + pause >= deadline:
                    raise EngineError(sentence(error, self._service)) from None
            await asyncio.sleep(pause)
            attempt += 1

    async def _pieces(self, request: list[dict[str, str]]) -> AsyncGenerator[str, None]:
        pieces, understood, finish = 0, False, None
        thoughts = Thoughts()
        options: dict[str, Any] = {"messages": request, **self._options}
        async with await self._client.chat.completions.create(model=self._model, stream=True, **options) as chunks:
            async for chunk in chunks:
                choice = first_choice(chunk)
                if choice is None:
                    continue
                understood, finish = True, choice.finish or finish
                if text := thoughts.feed(choice.text):
                    pieces += 1
                    yield text
                if finish == "content_filter":
                    raise EngineError(f"{self.name} withheld the answer (its content filter)")
                if finish == "length" and not pieces:
                    raise EngineError(
                        f"{self.name} wrote nothing within [llm] max_tokens = {self._settings.max_tokens}; raise "
                        "it, or choose a model that does not think first"
                    )
                if pieces > _TIMES * self._settings.max_tokens:  # it does not heed them, and may never end
                    finish = "length"
                    break
        last = Piece(thoughts.flush())
        last.cut = finish == "length"
        if last or last.cut:
            yield last
        if not understood:  # a web page, or some other service's answer
            raise ValueError
        if finish is None and pieces:
            raise EngineError(f"The connection to {self._service.url} broke off in the middle of the answer; try again")

    def _leave_out(self, error: Any) -> bool:
        """Drop the option that the model refuses, e.g. temperature; False when it refuses something else."""
        refused = next((name for name in self._options if name == error.param or f"'{name}'" in error.message), None)
        if refused == "max_tokens":
            self._options["max_completion_tokens"] = self._options[refused]
        return refused is not None and self._options.pop(refused, None) is not None


def _pause(error: Exception, attempt: int) -> float | None:
    """Seconds to wait before the next attempt; None when another one would meet the same error."""
    import openai

    if isinstance(error, openai.RateLimitError) and error.code == "insufficient_quota":
        return None
    if isinstance(error, openai.APIStatusError) and (error.status_code in (408, 409, 429) or error.status_code >= 500):
        try:
            return max(0.0, float(error.response.headers["retry-after"]))
        except (KeyError, ValueError):
            return _BACKOFF * 2 ** (attempt - 1)
    broken = isinstance(error, openai.APIConnectionError) and not isinstance(error, openai.APITimeoutError)
    return _BACKOFF * 2 ** (attempt - 1) if broken and not unreachable(error) else None


def _service(settings: LlmSettings, preset: Preset, url: str, key: str | None, model: str) -> Service:
    hint = "check the network" if preset.needs_key else f"is {preset.title} running?"
    return Service(preset.title, url, preset.key, key, model, settings.timeout, when_unreachable=hint)


def _timeout(settings: LlmSettings) -> Any:
    import openai

    return openai.Timeout(settings.timeout, connect=min(_CONNECT, settings.timeout))


def load(settings: LlmSettings, notice: Callable[[str], None]) -> Endpoint:
    """Check key and address, and ask for the model's name when none is set; blocks. Raises EngineError, UsageError."""
    preset = PRESETS[settings.preset]
    url = settings.base_url or preset.base_url
    if not url:
        raise UsageError('[llm] preset = "custom" needs [llm] base_url, e.g. http://localhost:8000/v1')
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"[llm] base_url must begin with http:// or https://, not {url!r}")
    key = secret(preset.key)
    if key is None and preset.needs_key:
        raise EngineError(f"{preset.title} needs a key: set {preset.key} in the environment or in .env")
    model = settings.model
    if model == "bundled":
        model = preset.model or _first_model(settings, preset, url, key)
        notice(f"[llm] model is not set; {preset.title} answers with {model}.")
    return Endpoint(settings, preset, url, key, model)


def _first_model(settings: LlmSettings, preset: Preset, url: str, key: str | None) -> str:
    import openai

    client = openai.OpenAI(base_url=url, api_key=key or "none", timeout=_timeout(settings), max_retries=1)
    try:
        with client:
            models = client.models.list().data
    except (openai.OpenAIError, *_NONSENSE) as error:
        raise EngineError(sentence(error, _service(settings, preset, url, key, ""))) from None
    if not models:
        raise EngineError(f"{preset.title} at {url} has no model loaded; load one there, or set [llm] model")
    return models[0].id


def found(settings: LlmSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    preset = PRESETS[settings.preset]
    if preset.needs_key and not secret(preset.key):
        raise EngineError(f"{preset.title} needs a key; set {preset.key} in the environment or in .env")
    return f"{preset.title} at {settings.base_url or preset.base_url}", ""
