"""The voice follows the language that the user speaks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator

import numpy as np

from assistant import config, safety, tts
from assistant.audio.files import WavSpeaker
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.errors import EngineError
from assistant.events import TurnEnded
from assistant.llm import Message
from assistant.stt import Transcript
from assistant.tts import TtsSettings, Voice
from assistant.tts.following import Following
from tests.tts.fake_engines import FakeEngine, install

ANN, KARL, JEAN = Voice("", "ann", "en-us"), Voice("", "karl", "de"), Voice("", "jean", "fr-FR")


async def now() -> None:
    """Somebody waits already."""


def follow(settings: TtsSettings, *languages: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The name and language of the voice for answers in each of the languages, and the notices."""
    notices: list[str] = []

    async def ask() -> list[tuple[str, str]]:
        voices = [await voice.follow(language, now) for language in languages]
        await asyncio.sleep(0)
        return [(answer.name, answer.language) for answer in voices]

    voice = tts.load(settings, notices.append)
    try:
        return asyncio.run(ask()), notices
    finally:
        voice.close()


def test_the_chosen_engines_own_voice_of_the_language_comes_first_and_is_loaded_once(monkeypatch, tmp_path) -> None:
    large, small = FakeEngine("large", (ANN, KARL)), FakeEngine("small", (ANN, KARL), quick=True)
    settings = install(monkeypatch, tmp_path, large, small)
    names, notices = follow(settings("large"), "en", "de", "", "en", "de")
    german, english = ("large karl", "de"), ("large ann", "en")
    assert names == [english, german, english, english, german] and notices == []
    assert large.loaded == ["ann", "karl"] and small.loaded == ["ann", "karl"]  # each with one that stands in


def test_then_another_local_engines_then_espeaks(monkeypatch, tmp_path) -> None:
    large, small = FakeEngine("large", (ANN,)), FakeEngine("small", (ANN, JEAN), quick=True)
    settings = install(monkeypatch, tmp_path, large, small)
    names, notices = follow(settings("large"), "fr", "no", "xx")
    assert names == [("small jean", "fr"), ("espeak nb", "nb"), ("large ann", "en")]
    [notice] = notices
    assert "'xx'" in notice and "assistant voices" in notice


def test_a_voice_that_would_have_to_be_fetched_or_is_broken_is_passed_by(monkeypatch, tmp_path) -> None:
    large = FakeEngine("large", (ANN, Voice("", "karl", "de", here=False)))
    broken = FakeEngine("broken", (KARL,), error=EngineError("broken: no"))
    settings = install(monkeypatch, tmp_path, large, broken)
    assert follow(settings("large"), "de") == ([("espeak de", "de")], []) and large.fetched == []


def test_a_cloud_voice_reads_every_language_and_what_stands_in_for_it_follows(monkeypatch, tmp_path) -> None:
    cloud = FakeEngine("cloud", (Voice("", "nova", ""),), leaves="all")
    small = FakeEngine("small", (ANN, KARL), quick=True)
    settings = install(monkeypatch, tmp_path, cloud, small)
    names, _ = follow(settings("cloud"), "de", "en", "it")
    assert names == [("cloud nova", "de"), ("cloud nova", "en"), ("cloud nova", "it")]
    assert cloud.loaded == ["nova"] and small.loaded == ["ann", "karl"]


def test_an_interruption_does_not_load_a_voice_twice(monkeypatch, tmp_path) -> None:
    large = FakeEngine("large", (ANN, KARL))
    settings = install(monkeypatch, tmp_path, large)
    load, begun, interrupted = large._load, threading.Event(), threading.Event()

    def slowly(name: str):
        begun.set()
        assert interrupted.wait(10)
        return load(name)

    async def interrupt() -> str:
        task = asyncio.ensure_future(voice.follow("de", now))
        assert await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        await asyncio.wait([task])
        interrupted.set()
        return (await voice.follow("de", now)).name

    voice = tts.load(settings("large"), print)
    monkeypatch.setattr(large, "_load", slowly)
    assert asyncio.run(interrupt()) == "large karl" and large.loaded == ["ann", "karl"]
    voice.close()


class _Listener:
    name = "made-up"

    def __init__(self, *languages: str) -> None:
        self.languages = list(languages)

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        return Transcript("Wie warm ist es heute?", 0.99, self.languages.pop(0))

    def close(self) -> None: ...


class _Writer:
    name = "made-up"

    async def warm(self, messages: list[Message]) -> None: ...

    async def completeness(self, messages: list[Message]) -> float | None:
        return None

    async def reply(self, messages: list[Message]) -> AsyncGenerator[str, None]:
        yield "Es sind 21 Grad. Und es ist schön."

    def close(self) -> None: ...


def test_an_answer_is_spoken_in_the_language_that_was_heard_or_typed() -> None:
    ended: list[tuple[str, str]] = []

    def observe(event) -> None:
        if isinstance(event, TurnEnded):
            assert event.turn.heard == event.turn.reply
            ended.append((event.turn.language, event.turn.engines["tts"]))

    async def talk() -> None:
        settings = config.load(None, {"tts.engine": "espeak"}, {}).settings
        voice = Following(settings.tts, print)
        engines = Engines(_Listener("de", "", "fr", "en"), _Writer(), voice)
        speaker = WavSpeaker(realtime=False)
        conversation = Conversation(settings, engines, speaker, safety.load(settings.safety), observe)
        for _ in range(4):
            await conversation.ask_aloud(np.full(16_000, 0.1, np.float32))
        for typed in ("Wie warm ist es?", "How warm is it?"):
            await conversation.ask(typed)
        voice.close()

    asyncio.run(talk())
    own = ("", "espeak en-us")
    heard = [("de", "espeak de"), own, ("fr", "espeak fr"), ("en", "espeak en-us")]
    assert ended == [*heard, ("de", "espeak de"), own]
