"""The language model that writes examples: an OpenAI-compatible endpoint, or the assistant's own GGUF."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from training.data.prices import tokens
from training.errors import TrainingError
from training.live import LiveModel
from training.rows import Messages

ATTEMPTS = 6
_PAUSE = 1.0  # seconds before the second attempt, doubled before each further one
_LONGEST_PAUSE = 60.0
_CONNECT = 10.0  # seconds

Trouble = Callable[[Exception], tuple[str, str]]
"""An error of the endpoint's client -> what is wrong and where, and what to do; never with the key."""


@dataclass(frozen=True)
class Written:
    text: str
    tokens_in: int
    tokens_out: int
    cut: bool
    """Whether the model was stopped before its end by the limit of tokens."""


class Writer(Protocol):
    name: str
    context: int
    """Tokens that a request and its answer may have together."""
    small: bool
    """Whether it is asked for one row at a time, by examples alone; see `training.data.prompts.by_turns`."""

    def write(self, messages: Messages, schema: dict[str, Any], most: int, seed: int) -> Written:
        """Blocks. ``schema``: the JSON that is wanted; ``most``: tokens. Raises TrainingError."""

    def close(self) -> None: ...


class LocalWriter:
    """A model in this process: no structured output, so what it writes must be checked all the more."""

    small = True

    def __init__(self, live: LiveModel, context: int) -> None:
        self.name, self.context, self._live = live.name, context, live

    def write(self, messages: Messages, schema: dict[str, Any], most: int, seed: int) -> Written:
        reply = self._live.answer(messages, temperature=0.7, seed=seed, max_tokens=most)
        return Written(reply.text, len(reply.prompt), len(reply.tokens), not reply.finished)

    def close(self) -> None:
        self._live.close()


class EndpointWriter:
    """``title`` is how the user calls it, ``trouble`` says what an error of the client means."""

    context, small = 32_000, False

    def __init__(
        self,
        url: str,
        key: str | None,
        model: str,
        title: str,
        trouble: Trouble,
        limit: str = "max_tokens",
        extra: dict[str, Any] | None = None,
        timeout: float = 120.0,
        notice: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        client: Any = None,
    ) -> None:
        """``client``: the HTTP client to ask with, which must take key and words to no other host; None = one that
        follows no redirects.
        """
        import openai

        self.name = f"{model} ({title})"
        self._model, self._title, self._trouble = model, title, trouble
        self._limit, self._notice, self._sleep = limit, notice, sleep
        self._options: dict[str, Any] = {"temperature": 1.0, "seed": 0, **(extra or {})}
        self._forms = [_json_object, _json_schema]  # of structured output that may still be tried, the last one first
        self._client = openai.OpenAI(
            base_url=url,
            api_key=key or "none",
            max_retries=0,
            timeout=openai.Timeout(timeout, connect=_CONNECT),
            http_client=client or openai.DefaultHttpxClient(follow_redirects=False),
        )

    def write(self, messages: Messages, schema: dict[str, Any], most: int, seed: int) -> Written:
        """Waits through rate limits and overload, leaves out what the model does not take (structured output too)."""
        import openai

        attempt = 1
        while True:
            options = {**self._options, self._limit: most}
            if "seed" in options:
                options["seed"] = seed
            if self._forms:
                options["response_format"] = self._forms[-1](schema)
            try:
                return self._read(self._ask(messages, options), messages)
            except (openai.OpenAIError, ValueError) as error:
                if isinstance(error, openai.APIStatusError) and self._leave_out(error):
                    continue
                pause = _pause(error, attempt)
                if pause is None or attempt == ATTEMPTS:
                    raise TrainingError("; ".join(self._trouble(error))) from None
                self._notice(f"{self._title} is {_trouble(error)}; trying again in {pause:.0f} s")
                self._sleep(pause)
                attempt += 1

    def close(self) -> None:
        self._client.close()

    def _ask(self, messages: Messages, options: dict[str, Any]) -> Any:
        """``options`` go as they are: services have some of their own."""
        return self._client.chat.completions.create(model=self._model, messages=cast(Any, messages), extra_body=options)

    def _read(self, completion: Any, messages: Messages) -> Written:
        if not getattr(completion, "choices", None):
            raise ValueError("no choices")
        choice, usage = completion.choices[0], completion.usage
        text = choice.message.content or ""
        asked = usage.prompt_tokens if usage else tokens("".join(message["content"] for message in messages))
        written = usage.completion_tokens if usage else tokens(text)
        return Written(text, asked, written, choice.finish_reason == "length")

    def _leave_out(self, error: Any) -> bool:
        """Do without the option that is refused, with whatever status; False when something else is wrong."""
        named = f"{error.param or ''} {error.message}"
        if self._forms and any(word in named for word in ("response_format", "json_schema", "json_object")):
            self._forms.pop()
            return True
        if error.status_code not in (400, 422):
            return False
        if self._limit == "max_tokens" and "max_completion_tokens" in named:
            self._limit = "max_completion_tokens"
            return True
        refused = next((name for name in self._options if name == error.param or f"'{name}'" in error.message), None)
        if refused is None:
            return False
        del self._options[refused]
        return True


def _json_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """As OpenAI, xAI, vLLM, LM Studio and Ollama take it."""
    return {"type": "json_schema", "json_schema": {"name": "rows", "strict": True, "schema": schema}}


def _json_object(schema: dict[str, Any]) -> dict[str, Any]:
    """As llama.cpp and llama-cpp-python take it."""
    return {"type": "json_object", "schema": schema}


def _pause(error: Exception, attempt: int) -> float | None:
    """Seconds until the next attempt; None when it would meet the same error."""
    import openai

    if isinstance(error, openai.RateLimitError) and error.code == "insufficient_quota" or _unreachable(error):
        return None
    waiting = min(_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE)
    if isinstance(error, openai.APIStatusError):
        if error.status_code not in (408, 409, 429) and error.status_code < 500:
            return None
        try:
            return min(max(0.0, float(error.response.headers["retry-after"])), _LONGEST_PAUSE)
        except (KeyError, ValueError):
            return waiting
    return waiting if isinstance(error, openai.APIConnectionError) else None


def _unreachable(error: Exception) -> bool:
    return type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout", "Elsewhere")


def _trouble(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    return "asked too often" if status == 429 else f"in trouble (status {status})" if status else "out of reach"


def first_model(url: str, key: str | None, title: str, trouble: Trouble, client: Any = None) -> str:
    """The first model that the endpoint lists, for servers that have loaded one; ``client``: see `EndpointWriter`.

    Raises TrainingError.
    """
    import openai

    try:
        with openai.OpenAI(
            base_url=url,
            api_key=key or "none",
            timeout=openai.Timeout(120.0, connect=_CONNECT),
            http_client=client or openai.DefaultHttpxClient(follow_redirects=False),
        ) as asking:
            models = asking.models.list().data
    except (openai.OpenAIError, ValueError) as error:
        raise TrainingError("; ".join(trouble(error))) from None
    if not models:
        raise TrainingError(f"{title} at {url} has no model loaded; load one there, or choose a --model")
    return models[0].id
