"""What OpenAI's two ways to speak have in common: when models end, how long is waited, what an error means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import date
from typing import TypeVar

import httpx2
import openai

from assistant.errors import EngineError
from assistant.llm.endpoint_errors import Service, trouble
from assistant.secrets import secret
from assistant.tts import TtsSettings
from assistant.tts.openai.models import REALTIME_MODEL, elsewhere, key_name, model_of

T = TypeVar("T")

_ENDS = {
    "tts-1": date(2027, 1, 6),
    "tts-1-hd": date(2027, 1, 6),
    "gpt-4o-mini-tts": date(2027, 1, 6),
    "gpt-4o-mini-tts-2025-12-15": date(2027, 1, 6),
    "gpt-realtime": date(2027, 1, 20),
    "gpt-realtime-2025-08-28": date(2027, 1, 20),
    "gpt-realtime-mini": date(2027, 1, 20),
    "gpt-realtime-mini-2025-12-15": date(2027, 1, 20),
}
"""When OpenAI switches a model off, as the types of its Python package say."""


class Refused(EngineError):
    """The endpoint will refuse every request with these settings: a wrong key, model or voice."""

    lasting = True


def ending(settings: TtsSettings, today: date) -> tuple[str, bool]:
    """What is to be told about the end of the model, and whether it is over; an empty text when there is nothing."""
    model = model_of(settings)
    end = _ENDS.get(model)
    if end is None or elsewhere(settings):
        return "", False
    over = today >= end
    return (
        f"cloud voice: OpenAI {'has switched' if over else 'switches'} {model} off on {end.day} {end:%B %Y}; set [tts] "
        f'openai_model = "auto", which is {REALTIME_MODEL} now',
        over,
    )


def service(settings: TtsSettings) -> Service:
    base_url = elsewhere(settings)
    return Service(
        base_url or "OpenAI",
        base_url or "OpenAI",
        key_name(settings),
        secret(key_name(settings)),
        model_of(settings),
        settings.timeout,
        "[tts] openai_model",
        "[tts] openai_base_url",
    )


def longest(text: str, speed: float) -> float:
    """Seconds that ``text`` may take to be spoken, by far: what goes on after them is no reading of it."""
    weight = sum(3 if letter.isdigit() or letter > "\u2e7f" else 1 for letter in text)
    return (5 + weight / 4) / min(1.0, speed)


class Patience:
    """Waits at most ``idle`` seconds for each next sound and ``total`` in all; only the waiting itself counts."""

    def __init__(self, idle: float, total: float) -> None:
        self._idle, self._left, self._total = idle, idle, total

    async def wait(self, step: Awaitable[T]) -> T:
        """Raises TimeoutError."""
        now = asyncio.get_running_loop().time
        begun = now()
        try:
            async with asyncio.timeout(max(0.0, min(self._left, self._total))):
                return await step
        finally:
            self._left -= now() - begun
            self._total -= now() - begun

    def heard(self) -> None:
        """Sound came."""
        self._left = self._idle


def explain(error: Exception, asked: Service) -> EngineError:
    """One sentence that never holds the key, nor the endpoint's own words."""
    where = f"cloud voice: {asked.url}"
    match error:
        case EngineError():
            return error
        case openai.BadRequestError() | openai.UnprocessableEntityError():
            return Refused(
                f"{where} refused the request (status {error.status_code}); check [tts] openai_model, "
                "openai_voice, openai_speed and openai_instructions"
            )
        case openai.APITimeoutError() | httpx2.TimeoutException() | TimeoutError():
            return EngineError(
                f"{where} gave no sound within {asked.timeout:g} s; check the network or raise [tts] timeout"
            )
        case openai.APIConnectionError() | httpx2.ConnectError() | OSError():
            return EngineError(f"{where} cannot be reached; check the network and [tts] openai_base_url")
        case httpx2.HTTPError():
            return EngineError(f"{where} broke off ({type(error).__name__}); try again")
    said = f"cloud voice: {'; '.join(trouble(error, asked))}"
    lasting = isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError))
    spent = isinstance(error, openai.RateLimitError) and error.code == "insufficient_quota"
    return Refused(said) if lasting or spent else EngineError(said)
