"""What speaks in a conversation: the chosen voice, and for an answer in another language one that speaks it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from assistant.concurrency.failures import failure
from assistant.concurrency.patience import TooLate, within
from assistant.concurrency.worker import Worker
from assistant.tts import SpeechChunk, Tts, TtsSettings, choice, forget, prepare
from assistant.tts.fallback import Fallback, Silence

_LOADING = 15.0  # seconds an answer waits for a voice of its language


class Following:
    def __init__(self, settings: TtsSettings, notice: Callable[[str], None]) -> None:
        """Loads the chosen voice. Raises EngineError, UsageError."""
        self._settings, self._notice = settings, notice
        self._engine, self._voice = choice.own(settings, notice)
        self._own = self._now = choice.covered(self._engine, self._voice, settings, notice)
        self._others: dict[str, asyncio.Task[Tts | None]] = {}

    @property
    def name(self) -> str:
        """The voice that spoke last."""
        return self._now.name

    @property
    def language(self) -> str:
        return self._now.language

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """As the chosen voice, whatever language was followed before."""
        self._now = self._own
        async with aclosing(self._own.speak(text)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def follow(self, language: str, silence: Silence) -> Tts:
        """The voice for one answer to somebody who speaks ``language`` (two letters, empty = not known).

        It is loaded when it is needed first, and kept. ``silence``: see `assistant.tts.fallback`.
        """
        voice = self._own
        if language and language != self._own.language:
            if language not in self._others:
                self._others[language] = asyncio.ensure_future(self._load(language))
            with contextlib.suppress(TooLate):  # the chosen voice reads it this time
                # An interruption must not undo what is half loaded.
                found = await within(_LOADING, asyncio.shield(self._others[language]))
                voice = found or voice
        self._now = voice
        return _ForOneAnswer(voice, silence)

    def prepare(self, text: str) -> None:
        """See `assistant.tts.prepare`."""
        prepare(self._now, text)

    def forget(self) -> None:
        """See `assistant.tts.forget`."""
        self._now = self._own
        for voice in (self._own, *self._loaded()):
            forget(voice)

    def close(self) -> None:
        for voice in (self._own, *self._loaded()):
            voice.close()

    def _loaded(self) -> list[Tts]:
        done = [loading for loading in self._others.values() if loading.done() and not loading.cancelled()]
        return [voice for loading in done if (voice := loading.result())]

    async def _load(self, language: str) -> Tts | None:
        loop = asyncio.get_running_loop()

        def told(text: str) -> None:
            loop.call_soon_threadsafe(self._notice, text)

        worker = Worker("load-voice")
        try:
            voice = await worker.call(choice.in_language, language, self._engine, self._voice, self._settings, told)
        except BaseException as error:  # whatever is wrong with it: there is the voice that was chosen
            self._notice(f"{failure(error)}; {self._own.name} speaks instead")
            return None
        finally:
            worker.close(0.0)
        if voice is None:
            self._notice(f"no voice here speaks {language!r}; {self._own.name} reads it. `assistant voices` shows more")
        return voice


@dataclass
class _ForOneAnswer:
    voice: Tts
    silence: Silence
    first: bool = True
    """Whether nothing of the answer was spoken yet."""

    @property
    def name(self) -> str:
        return self.voice.name

    @property
    def language(self) -> str:
        return self.voice.language

    def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        first, self.first = self.first, False
        if isinstance(self.voice, Fallback):
            return self.voice.speak(text, self.silence, first)
        return self.voice.speak(text)

    def close(self) -> None: ...
