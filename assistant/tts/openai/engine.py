"""The cloud voice: OpenAI's Realtime API, or the speech endpoint, OpenAI's or another server's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from datetime import date

import httpx2
import openai

from assistant.errors import EngineError, UsageError
from assistant.llm.address import client
from assistant.secrets import secret
from assistant.tts import SAMPLE_RATE, SpeechChunk, TtsSettings
from assistant.tts.openai.budget import Spending, speech_price
from assistant.tts.openai.decoders import NotSound
from assistant.tts.openai.models import address, elsewhere, is_realtime, key_name, missing_voice, model_of, voices
from assistant.tts.openai.realtime import FASTEST, Realtime
from assistant.tts.openai.service import Patience, Refused, ending, explain, longest, service
from assistant.tts.openai.sniff import sound
from assistant.tts.silence import Trimmer

__all__ = ["OpenAI", "Refused", "found", "load", "voices"]

_RETRIES = 1  # the offline voice waits; a second retry would only be more silence
_IDLE = 120.0  # seconds a connection is kept for the next reply; a new TLS handshake costs 100 ms and more


class OpenAI:
    """Of /v1/audio/speech."""

    def __init__(
        self,
        settings: TtsSettings,
        notice: Callable[[str], None] = lambda _: None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._settings, self._today = settings, today
        self._model = model_of(settings)
        self._client = openai.AsyncOpenAI(
            api_key=secret(key_name(settings)) or "none",  # a local server needs none, the client insists on one
            base_url=elsewhere(settings) or None,
            max_retries=_RETRIES,
            timeout=httpx2.Timeout(settings.timeout),
            http_client=client(
                address(settings), "[tts] openai_base_url", limits=httpx2.Limits(keepalive_expiry=_IDLE)
            ),
        )
        self._service = service(settings)
        self._spending = Spending(settings.budget, notice, today)
        self.name = f"openai {self._model} {settings.openai_voice}"
        self.language = "en"

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Raises EngineError when no sound came for [tts] timeout seconds, too."""
        if not text:
            return
        self._check()
        settings = self._settings
        request = self._client.audio.speech.with_streaming_response.create(
            model=self._model,
            voice={"id": settings.openai_voice}
            if settings.openai_voice.startswith("voice_")
            else settings.openai_voice,
            input=text,
            response_format="pcm",
            speed=settings.openai_speed if settings.openai_speed != 1.0 else openai.omit,
            instructions=settings.openai_instructions or openai.omit,
        )
        most = longest(text, settings.openai_speed)
        patience = Patience(settings.timeout, settings.timeout + most)
        trimmer, left = Trimmer(text), round(most * SAMPLE_RATE)
        try:
            async with AsyncExitStack() as stack:
                response = await patience.wait(stack.enter_async_context(request))
                counted = asyncio.ensure_future(asyncio.to_thread(self._count, text))  # a disk may take 10 ms
                blocks = _patiently(response.iter_bytes(), patience)
                async with aclosing(sound(blocks, response.headers.get("content-type", ""))) as pieces:
                    async for pcm in pieces:
                        left -= len(pcm)
                        if left < 0:
                            raise EngineError(
                                f"cloud voice: {self._service.url} sent more sound than {text[:40]!r} can need"
                            )
                        speech = trimmer.push(pcm)
                        if len(speech):
                            patience.heard()
                            yield SpeechChunk(speech)
        except NotSound as what:
            raise Refused(
                f"cloud voice: {self._service.url} answered with {what} instead of sound; check [tts] openai_base_url"
            ) from None
        except (openai.OpenAIError, httpx2.HTTPError, TimeoutError) as error:
            raise explain(error, self._service) from None
        await counted
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

    def _check(self) -> None:
        """Raises EngineError when the voice must not speak."""
        words, over = ending(self._settings, self._today())
        if over:
            raise Refused(words)
        self._spending.check()

    def _count(self, text: str) -> None:
        usd = 0.0 if elsewhere(self._settings) else speech_price(self._model, len(text))
        self._spending.add(usd, sentences=1, characters=len(text))


async def _patiently(blocks: AsyncIterator[bytes], patience: Patience) -> AsyncGenerator[bytes, None]:
    while (block := await patience.wait(anext(blocks, None))) is not None:
        yield block


def load(
    settings: TtsSettings, notice: Callable[[str], None], today: Callable[[], date] = date.today
) -> OpenAI | Realtime:
    words, over = ending(settings, today())
    if words and not over:  # once it is over, the voice says it
        notice(words)
    if not is_realtime(model_of(settings)):
        return OpenAI(settings, notice, today)
    if settings.openai_speed > FASTEST:
        notice(
            f"cloud voice: {model_of(settings)} speaks at most {FASTEST:g} times as fast, not {settings.openai_speed:g}"
        )
    return Realtime(settings, notice, today)


def found(settings: TtsSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    model = model_of(settings)
    way = "the Realtime API" if is_realtime(model) else "/v1/audio/speech"
    where = f" at {elsewhere(settings)}" if elsewhere(settings) else ""
    to_do = missing_voice(settings) or ending(settings, date.today())[0]
    spent = Spending(settings.budget, lambda _: None).spent()
    cost = f"; ${spent:.2f} today" if spent else ""
    return f"openai {model} {settings.openai_voice}, through {way}{where}{cost}", to_do.removeprefix("cloud voice: ")


def fetch(name: str) -> None:
    raise UsageError(f"openai/{name} runs in the cloud, there is nothing to fetch; set OPENAI_API_KEY")
