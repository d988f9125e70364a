"""Scripted microphone and engines: a conversation is written down as who says what when, and runs on virtual time.

A frame carries the number of the utterance it belongs to instead of sound, so the scripted recogniser knows exactly
which words reached it, whatever the conversation cut, joined or left out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import numpy as np

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS
from assistant.errors import AssistantError
from assistant.llm import Message, Piece, Tool, ToolCall
from assistant.stt import Hypothesis, Transcript
from assistant.tts import SAMPLE_RATE, SpeechChunk

_LEVEL = 1 / 128  # amplitude step between utterance numbers, exact in float32


@dataclass(frozen=True)
class Say:
    at: float
    """Seconds since the microphone opened."""
    text: str
    """What the recogniser makes of it; empty for a cough or a door."""
    seconds: float = 1.0


@dataclass
class ScriptedMicrophone:
    says: Sequence[Say]
    until: float
    """Seconds after which the microphone ends like a file, or fails with `error`."""
    error: AssistantError | None = None

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(1, round(self.until / FRAME_SECONDS) + 1):
            await asyncio.sleep(start + number * FRAME_SECONDS - loop.time())
            began = (number - 1) * FRAME_SECONDS
            level = next(
                (
                    position
                    for position, say in enumerate(self.says, start=1)
                    if say.at - 1e-6 <= began < say.at + say.seconds - 1e-6
                ),
                0,
            )
            yield np.full(FRAME_SAMPLES, level * _LEVEL, np.float32)
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        pass


def is_speech(frame: np.ndarray) -> bool:
    return bool(frame[0] > 0)


@dataclass
class ScriptedStt:
    says: Sequence[Say]
    seconds: float = 0.1
    """How long one transcription takes."""
    error: AssistantError | None = None
    confidence: float = 0.9
    other: Hypothesis | None = None
    all_others: Sequence[Hypothesis] | AssistantError = ()
    """What `others` tells, or raises."""
    asked_for_others: int = 0
    name: str = "scripted stt"
    heard: list[str] = field(default_factory=list)

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        await asyncio.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        counts = Counter(round(level / _LEVEL) for level in audio[::FRAME_SAMPLES].tolist())
        parts = []
        for position, say in enumerate(self.says, start=1):
            words = say.text.split()
            share = min(1.0, counts[position] * FRAME_SECONDS / say.seconds)
            parts += words[: round(share * len(words))]
        self.heard.append(" ".join(parts))
        return Transcript(" ".join(parts), self.confidence, other=self.other)

    async def others(self, audio: np.ndarray) -> tuple[Hypothesis, ...]:
        self.asked_for_others += 1
        if isinstance(self.all_others, AssistantError):
            raise self.all_others
        return tuple(self.all_others)

    async def forget(self) -> None:
        self.heard.clear()

    def close(self) -> None:
        pass


@dataclass
class ScriptedLlm:
    replies: Sequence[str | AssistantError | ToolCall | tuple[ToolCall, ...]]
    """One per call of `reply`; the last is repeated. A text holding "!!" fails there with an EngineError; calls are
    all that such a reply holds."""
    first: float = 0.2
    per_word: float = 0.03
    complete: float | None = 0.9
    """What `completeness` answers."""
    name: str = "scripted llm"
    prompts: list[list[Message]] = field(default_factory=list)
    warmed: list[list[Message]] = field(default_factory=list)
    closed_early: int = 0
    """Replies that were cancelled before their last word."""
    calls_tools: bool = False
    offered: list[Sequence[Tool]] = field(default_factory=list)

    async def warm(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> None:
        self.warmed.append(list(messages))

    async def completeness(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> float | None:
        return self.complete

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[str, None]:
        self.prompts.append(list(messages))
        self.offered.append(tools)
        script = self.replies[min(len(self.prompts), len(self.replies)) - 1]
        finished = False
        try:
            await asyncio.sleep(self.first)
            if isinstance(script, AssistantError):
                finished = True
                raise script
            if isinstance(script, (ToolCall, tuple)):
                piece = Piece("")
                piece.calls = script if isinstance(script, tuple) else (script,)
                finished = True
                yield piece
                return
            for word in script.split():
                if word == "!!":
                    from assistant.errors import EngineError

                    finished = True
                    raise EngineError("the scripted model broke; try again")
                yield word + " "
                await asyncio.sleep(self.per_word)
            finished = True
        finally:
            self.closed_early += not finished

    async def forget(self) -> None:
        self.prompts.clear()
        self.warmed.clear()

    def close(self) -> None:
        pass


@dataclass
class ScriptedTts:
    first: float = 0.05
    per_character: float = 0.05
    """Seconds of sound for each character of text."""
    fail_at: str = ""
    """A sentence with this text fails."""
    name: str = "scripted tts"
    language: str = "en"
    spoken: list[str] = field(default_factory=list)

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        await asyncio.sleep(self.first)
        self.spoken.append(text)
        if self.fail_at and self.fail_at in text:
            from assistant.errors import EngineError

            raise EngineError("the scripted voice broke; try again")
        done = 0
        for word in text.split():
            done = text.index(word, done) + len(word)
            samples = round(self.per_character * (len(word) + 1) * SAMPLE_RATE)
            yield SpeechChunk(np.full(samples, 0.1, np.float32), spoken=done)

    def close(self) -> None:
        pass
