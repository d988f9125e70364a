"""The real engines, made to hang and to fail inside: the next call works."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing

import pytest

from assistant import llm, stt, tts
from assistant.audio import files
from assistant.config import Settings
from assistant.engines.watched import WatchedLlm, WatchedStt
from assistant.errors import EngineError
from assistant.llm import Message
from assistant.tts import TtsSettings
from assistant.tts.watched import WatchedVoice
from tests.data import SAMPLES

BROOKLYN = SAMPLES / "dev" / "wav" / "gcp-brooklyn.flac"
QUESTION = [Message("system", "Be brief."), Message("user", "What is the capital of France?")]
LEAST = 0.2
"""Seconds; from what it took to load each one makes its own limit."""


def quietly(text: str) -> None: ...


def hangs(*args: object) -> None:
    threading.Event().wait()


def fails(*args: object) -> None:
    raise RuntimeError("onnxruntime: bad allocation")


def test_speech_recognition_that_hangs_is_replaced():
    engine = WatchedStt(lambda: stt.load(Settings().stt, quietly), lambda works, text: None, LEAST)
    hung = engine._stt.engine
    hung._transcribe = hangs

    async def two_turns() -> str:
        audio = files.read(BROOKLYN)
        with pytest.raises(EngineError, match="moonshine tiny-en gave nothing for"):
            await engine.transcribe(audio)
        return (await engine.transcribe(audio)).text

    assert "brooklyn bridge" in asyncio.run(two_turns()).lower()
    assert engine._stt.engine is not hung
    engine.close()


def test_a_language_model_that_fails_natively_twice_is_replaced():
    engine = WatchedLlm(lambda: llm.load(Settings().llm, quietly), lambda works, text: None)
    broken = engine._llm.engine
    broken._write = fails

    async def asked() -> str:
        async with aclosing(engine.reply(QUESTION)) as pieces:
            return "".join([piece async for piece in pieces])

    async def three_turns() -> str:
        for _ in range(2):
            with pytest.raises(EngineError, match="failed .RuntimeError in test_real.py, line .*bad allocation"):
                await asked()
        return await asked()

    assert "Paris" in asyncio.run(three_turns())
    assert engine._llm.engine is not broken
    engine.close()


def test_a_voice_that_hangs_inside_is_replaced():
    settings = TtsSettings(engine="espeak")
    voice = WatchedVoice(lambda: tts.ENGINES[-1].imported().load(settings, quietly), quietly, LEAST)
    voice._voice.engine._speak = hangs

    async def spoken() -> int:
        async with aclosing(voice.speak("I am here.")) as chunks:
            return sum([len(chunk.pcm24k) async for chunk in chunks])

    async def two_sentences() -> int:
        with pytest.raises(EngineError, match="espeak en-us gave nothing"):
            await spoken()
        return await spoken()

    assert asyncio.run(two_sentences()) > 10_000
    voice.close()
