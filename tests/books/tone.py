"""A voice for tests: a tone as long as its text, with scripted faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import numpy as np

from assistant.books import Chapter
from assistant.books.pieces import Part, cut
from assistant.errors import EngineError
from assistant.tts import CHARACTERS_PER_SECOND, SAMPLE_RATE, SpeechChunk


@dataclass
class Tone:
    seconds: float = 0.0
    """How long a piece takes to be made."""
    fault: Callable[[str, int], EngineError | None] = lambda text, attempt: None
    cut: dict[str, int] = field(default_factory=dict)
    """Text -> how often it comes too short."""
    said: dict[str, list[str | None]] = field(default_factory=dict)
    """Text -> what it says instead, each time."""
    name: str = "tone"
    language: str = "en"
    asked: list[str] = field(default_factory=list)
    most: int = 0
    """How many pieces were made at the same time."""
    _running: int = 0

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        self.asked.append(text)
        self._running += 1
        self.most = max(self.most, self._running)
        try:
            await asyncio.sleep(self.seconds)
            if error := self.fault(text, self.asked.count(text)):
                raise error
            said = dict(enumerate(self.said.get(text, []), 1)).get(self.asked.count(text))
            short = self.asked.count(text) <= self.cut.get(text, 0)
            samples = round(len(text) / CHARACTERS_PER_SECOND * SAMPLE_RATE * (0.1 if short else 1))
            yield SpeechChunk(np.sin(np.arange(samples) * 0.06).astype(np.float32) * 0.3, len(text), said)
        finally:
            self._running -= 1

    def close(self) -> None:
        pass


async def here(function: Callable, *args: object) -> object:
    """Instead of a thread, which virtual time does not wait for."""
    return function(*args)


def part(*paragraphs: str, number: int = 1, title: str = "One") -> Part:
    return Part(number, title, tuple(cut(Chapter(title, paragraphs), "en", 600)))


def sentences(count: int, first: int = 0) -> list[str]:
    """All different, each long enough for its pace to be judged."""
    return [f"This is sentence number {word} of a story that is told to nobody." for word in _names(first, count)]


def _names(first: int, count: int) -> list[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [letters[number // 26 % 26] + letters[number % 26] + "o" for number in range(first, first + count)]
