"""The cloud voice: OpenAI's speech endpoint, or another server's that speaks the same protocol, streamed as PCM."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

import httpx2
import numpy as np
import openai

from assistant.errors import EngineError
from assistant.llm.endpoint_errors import Service, trouble
from assistant.secrets import secret
from assistant.tts import SpeechChunk, TtsSettings
from assistant.tts.silence import Trimmer

T = TypeVar("T")

_RETRIES = 1  # the offline voice waits; a second retry would only be more silence
_IDLE = 120.0  # seconds a connection is kept for the next reply; a new TLS handshake costs 100 ms and more


class Refused(EngineError):
    """The endpoint will refuse every request with these settings: a wrong key, model or voice."""

    lasting = True


class OpenAI:
    def __init__(self, settings: TtsSettings) -> None:
        self._settings = settings
        base_url = settings.openai_base_url or None
        self._client = openai.AsyncOpenAI(
            api_key=secret("OPENAI_API_KEY") or "none",  # a local server needs none, the client insists on one
            base_url=base_url,
            max_retries=_RETRIES,
            timeout=httpx2.Timeout(settings.timeout),
            http_client=openai.DefaultAsyncHttpxClient(limits=httpx2.Limits(keepalive_expiry=_IDLE)),
        )
        self._service = Service(
            base_url or "OpenAI",
            base_url or "OpenAI",
            "OPENAI_API_KEY",
            secret("OPENAI_API_KEY"),
            settings.openai_model,
            settings.timeout,
            "[tts] openai_model",
            "[tts] openai_base_url",
        )
        self.name = f"openai {settings.openai_model} {settings.openai_voice}"
        self.language = "en"

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Raises EngineError when no sound came for [tts] timeout seconds, too."""
        if not text:
            return
        settings = self._settings
        request = self._client.audio.speech.with_streaming_response.create(
            model=settings.openai_model,
            voice=settings.openai_voice,
            input=text,
            response_format="pcm",
            speed=settings.openai_speed if settings.openai_speed != 1.0 else openai.omit,
            instructions=settings.openai_instructions or openai.omit,
        )
        now = asyncio.get_running_loop().time
        deadline = now() + settings.timeout
        trimmer, odd = Trimmer(text), b""
        try:
            async with AsyncExitStack() as stack:
                response = await _by(deadline, stack.enter_async_context(request))
                kind = response.headers.get("content-type", "")
                if kind.startswith(("text/", "application/json")):
                    raise Refused(
                        f"cloud voice: {self._service.url} answered with {kind} instead of sound; "
                        "check [tts] openai_base_url"
                    )
                blocks = response.iter_bytes()
                while (block := await _by(deadline, anext(blocks, None))) is not None:
                    block = odd + block
                    whole = len(block) // 2 * 2
                    odd = block[whole:]
                    speech = trimmer.push(np.frombuffer(block[:whole], "<i2").astype(np.float32) / 32768)
                    if len(speech):
                        yield SpeechChunk(speech)
                        deadline = now() + settings.timeout
        except (openai.OpenAIError, httpx2.HTTPError, TimeoutError) as error:
            raise self._explain(error) from None
        pause = trimmer.finish()
        if not len(pause):
            raise EngineError(f"cloud voice: {self._service.url} sent no sound for {text[:40]!r}")
        yield SpeechChunk(pause, len(text))

    def close(self) -> None:
        """Connections close with the event loop that opened them, or here when it still runs."""
        try:
            asyncio.get_running_loop().create_task(self._client.close())
        except RuntimeError:
            pass

    def _explain(self, error: Exception) -> EngineError:
        """One sentence that never holds the key, nor the endpoint's own words."""
        where = f"cloud voice: {self._service.url}"
        match error:
            case openai.BadRequestError() | openai.UnprocessableEntityError():
                return Refused(
                    f"{where} refused the request (status {error.status_code}); check [tts] openai_model, "
                    "openai_voice, openai_speed and openai_instructions"
                )
            case openai.APITimeoutError() | httpx2.TimeoutException() | TimeoutError():
                return EngineError(
                    f"{where} gave no sound within {self._settings.timeout:g} s; check the network or "
                    "raise [tts] timeout"
                )
            case openai.APIConnectionError() | httpx2.ConnectError():
                return EngineError(f"{where} cannot be reached; check the network and [tts] openai_base_url")
            case httpx2.HTTPError():
                return EngineError(f"{where} broke off ({type(error).__name__}); try again")
        said = f"cloud voice: {'; '.join(trouble(error, self._service))}"
        lasting = isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError))
        spent = isinstance(error, openai.RateLimitError) and error.code == "insufficient_quota"
        return Refused(said) if lasting or spent else EngineError(said)


async def _by(deadline: float, step: Awaitable[T]) -> T:
    async with asyncio.timeout_at(deadline):
        return await step


def load(settings: TtsSettings, notice: Callable[[str], None]) -> OpenAI:
    return OpenAI(settings)


def found(settings: TtsSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    return f"openai {settings.openai_voice}", ""
