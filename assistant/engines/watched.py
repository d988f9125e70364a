"""The engines as the conversation sees them: one that hangs or raises fails one call only, and is replaced.

Whatever an engine raises, the conversation meets EngineError and nothing else.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.concurrency.replaceable import Replaceable, Tell
from assistant.errors import EngineError
from assistant.llm import Llm, Message, Tool, why_no_tools
from assistant.stt import Hypothesis, Stt, Transcript
from assistant.tts import SpeechChunk, Tts, forget, prepare
from assistant.tts.fallback import Silence
from assistant.tts.following import Following

HEARING, THINKING, SPEAKING = 8.0, 12.0, 30.0
"""Seconds that are allowed in any case: for a transcript, for each next token, for each next sound. A voice and the one
that stands in for it have shorter ones of their own, see assistant/tts/watched.py."""
_PROMPT = 400.0  # characters that are read anew for any prompt


class WatchedStt:
    """See `Stt`."""

    def __init__(self, load: Callable[[], Stt], tell: Tell, least: float = HEARING) -> None:
        """Blocks. ``least``: see `Replaceable`. Raises what ``load`` raises."""
        self._stt = Replaceable(load, least, tell)

    @property
    def name(self) -> str:
        return self._stt.name

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        work = 1 + len(audio) / SAMPLE_RATE
        if partial:
            return await self._stt.call(lambda stt: stt.transcribe(audio, True), work, "partial", beside=True)
        return await self._stt.call(lambda stt: stt.transcribe(audio), work)

    async def others(self, audio: np.ndarray) -> tuple[Hypothesis, ...]:
        return await self._stt.call(lambda stt: stt.others(audio), 1 + len(audio) / SAMPLE_RATE)

    async def forget(self) -> None:
        await self._stt.call(lambda stt: stt.forget())

    def close(self) -> None:
        self._stt.close()


class WatchedLlm:
    """See `Llm`."""

    def __init__(self, load: Callable[[], Llm], tell: Tell, least: float = THINKING) -> None:
        """Blocks. ``least``: see `Replaceable`. Raises what ``load`` raises."""
        self._llm = Replaceable(load, least, tell)

    @property
    def name(self) -> str:
        return self._llm.name

    async def warm(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> None:
        given, work = _given(messages, tools)
        with contextlib.suppress(EngineError):  # the reply meets the same error and reports it
            await self._llm.call(lambda llm: llm.warm(*given), work, "warm", beside=True)

    async def completeness(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> float | None:
        given, work = _given(messages, tools)
        with contextlib.suppress(EngineError):  # as above
            return await self._llm.call(lambda llm: llm.completeness(*given), work, "completeness", beside=True)
        return None

    @property
    def calls_tools(self) -> bool:
        return self._llm.engine is not None and self._llm.engine.calls_tools

    @property
    def why_no_tools(self) -> str:
        return "" if self._llm.engine is None else why_no_tools(self._llm.engine)

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[str, None]:
        given, work = _given(messages, tools)
        async with aclosing(self._llm.stream(lambda llm: llm.reply(*given), work, "reply")) as pieces:
            async for piece in pieces:
                if piece or getattr(piece, "cut", False) or getattr(piece, "calls", ()):  # else it is a sign of life
                    yield piece

    async def forget(self) -> None:
        await self._llm.call(lambda llm: llm.forget())

    def close(self) -> None:
        self._llm.close()


class WatchedTts:
    """See `Tts`. Each voice in it is watched and replaced by itself; this one sees to it that something is told."""

    def __init__(self, load: Callable[[], Tts], tell: Tell, least: float = SPEAKING) -> None:
        """Blocks. ``least``: see `Replaceable`. Raises what ``load`` raises."""
        self._tts = Replaceable(load, least, tell)

    @property
    def name(self) -> str:
        return self._tts.name if self._tts.engine is None else self._tts.engine.name

    @property
    def language(self) -> str:
        return "en" if self._tts.engine is None else self._tts.engine.language

    def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        return self._tts.stream(lambda tts: tts.speak(text), kind="speak")

    async def follow(self, language: str, silence: Silence) -> Tts:
        """See `Following.follow`."""

        async def voice(tts: Tts) -> Tts:
            return await tts.follow(language, silence) if isinstance(tts, Following) else tts

        return _Answering(await self._tts.call(voice, kind="follow"), self._tts)

    def prepare(self, text: str) -> None:
        """See `assistant.tts.prepare`."""
        if self._tts.engine is not None:
            with contextlib.suppress(Exception):  # what was not prepared is asked for later, and tells then what fails
                prepare(self._tts.engine, text)

    def forget(self) -> None:
        """See `assistant.tts.forget`."""
        if self._tts.engine is not None:
            forget(self._tts.engine)

    def close(self) -> None:
        self._tts.close()


class _Answering:
    """The voice of one answer."""

    def __init__(self, voice: Tts, watched: Replaceable[Tts]) -> None:
        self._voice, self._watched = voice, watched
        self.language = voice.language

    @property
    def name(self) -> str:
        return self._voice.name

    def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        return self._watched.stream(lambda _: self._voice.speak(text), kind="speak")

    def close(self) -> None: ...


def _given(messages: Sequence[Message], tools: Sequence[Tool]) -> tuple[tuple[Any, ...], float]:
    """What the engine is given, and how much work it is."""
    letters = sum(len(message.content) for message in messages)
    letters += sum(len(tool.description) + len(str(tool.parameters)) for tool in tools)
    return (messages, tools) if tools else (messages,), 1 + letters / _PROMPT
