"""The cloud voice first; when it fails or is late, the offline voice says that sentence: never silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import numpy as np

from assistant.errors import EngineError
from assistant.tts import CHARACTERS_PER_SECOND, SAMPLE_RATE, SpeechChunk, Tts, prepare
from assistant.tts.openai import Refused

_COOL_DOWN = 30.0  # seconds without a new try, so that an outage costs one deadline and not one per sentence


class Fallback:
    def __init__(self, cloud: Tts, offline: Tts, notice: Callable[[str], None]) -> None:
        self._cloud, self._offline, self._notice = cloud, offline, notice
        self._retry_at = 0.0
        self._failing = False
        self._pace = CHARACTERS_PER_SECOND
        self.name = cloud.name
        """The voice that spoke last."""
        self.language = cloud.language

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        if asyncio.get_running_loop().time() < self._retry_at:
            async for chunk in self._speak_offline(text, 0):
                yield chunk
            return
        samples = 0
        self.name = self._cloud.name
        try:
            async with aclosing(self._cloud.speak(text)) as chunks:
                async for chunk in chunks:
                    samples += len(chunk.pcm24k)
                    yield chunk
        except EngineError as error:
            self._failed(error)
        else:
            self._failing = False
            if samples:
                self._pace = len(text) / samples * SAMPLE_RATE
            return
        spoken = _spoken(text, samples / SAMPLE_RATE * self._pace)
        if samples:  # tells how far the cloud voice came
            yield SpeechChunk(np.zeros(0, np.float32), spoken)
        async for chunk in self._speak_offline(text, spoken):
            yield chunk

    def prepare(self, text: str) -> None:
        if asyncio.get_running_loop().time() >= self._retry_at:
            prepare(self._cloud, text)

    def close(self) -> None:
        self._cloud.close()
        self._offline.close()

    async def _speak_offline(self, text: str, begin: int) -> AsyncGenerator[SpeechChunk, None]:
        """Say ``text[begin:]``."""
        rest = text[begin:]
        skipped = begin + len(rest) - len(rest.lstrip())
        if not rest.strip():
            return
        self.name = self._offline.name
        async with aclosing(self._offline.speak(rest.strip())) as chunks:
            async for chunk in chunks:
                yield SpeechChunk(chunk.pcm24k, None if chunk.spoken is None else skipped + chunk.spoken)

    def _failed(self, error: EngineError) -> None:
        self._retry_at = float("inf") if isinstance(error, Refused) else asyncio.get_running_loop().time() + _COOL_DOWN
        if not self._failing:
            self._notice(f"{error}; the offline voice speaks meanwhile")
        self._failing = True


def _spoken(text: str, characters: float) -> int:
    """Where to go on after about so many characters: at a word, rather repeating one than losing one."""
    if characters < 1:
        return 0
    return max(0, text.rfind(" ", 0, min(int(characters), len(text) - 1)))
