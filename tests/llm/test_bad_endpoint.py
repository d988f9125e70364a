"""Endpoints that refuse, stall, break off and talk nonsense: something true is said, and the next turn works."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from assistant import config, events, safety
from assistant.audio.files import WavSpeaker
from assistant.bench.bad_endpoint import FAULTS, BadEndpoint
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.engines.watched import WatchedLlm
from assistant.errors import EngineError
from assistant.llm import endpoint, endpoint_answers, load
from assistant.tts import TtsSettings
from assistant.tts.openai import engine as cloud_voice
from tests.scripted import ScriptedTts

GOOD = "I am here. All is well."
ENDLESS = "endless reply"  # is cut, and taken for a long one


@pytest.fixture(scope="module")
def server():
    with BadEndpoint() as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    for name in ("LLM_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # no .env either
    monkeypatch.setattr(endpoint, "_BACKOFF", 0.01)
    monkeypatch.setattr(endpoint_answers, "_LONGEST", 300_000)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_language_model_is_said_and_the_next_question_answered(server, fault):
    given = {"llm.engine": "openai", "llm.preset": "custom", "llm.base_url": server.url, "llm.model": "bad"}
    settings = config.load(None, {**given, "llm.timeout": 1.0, "llm.max_tokens": 20}, {}).settings
    told: list[events.Event] = []
    llm = WatchedLlm(lambda: load(settings.llm, lambda text: None), lambda works, text: None)
    talk = Conversation(
        settings,
        Engines(None, llm, ScriptedTts(first=0.0)),
        WavSpeaker(realtime=False),
        safety.load(settings.safety),
        told.append,
    )

    async def two_turns() -> None:
        server.fault = fault
        first = await talk.ask("How are you?")
        if fault == ENDLESS:
            assert first.heard.startswith("word word")
        else:
            assert first.outcome == "failed" and "Sorry, the language model " in first.heard
            [notice] = [event.text for event in told if isinstance(event, events.Notice)]
            assert notice == first.error and "\n" not in notice and len(notice) < 300
        server.fault = ""
        assert (await talk.ask("And now?")).heard == GOOD

    asyncio.run(two_turns())


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_cloud_voice_is_one_error_and_the_next_sentence_is_spoken(server, fault, monkeypatch):
    monkeypatch.setattr(cloud_voice, "_RETRIES", 0)
    settings = TtsSettings(engine="openai", openai_base_url=server.url, timeout=1.0)

    async def spoken(text: str) -> int:
        async with aclosing(voice.speak(text)) as chunks:
            return sum([len(chunk.pcm24k) async for chunk in chunks])

    async def two_sentences() -> None:
        nonlocal voice
        voice = cloud_voice.load(settings, lambda text: None)
        server.fault = fault
        if fault == "cuts in the middle":  # raw sound does not tell its length
            assert await spoken("I am here.") > 5000
        else:
            with pytest.raises(EngineError) as caught:
                await spoken("I am here.")
            assert "\n" not in str(caught.value) and len(str(caught.value)) < 300
        server.fault = ""
        assert await spoken("I am here.") > 10_000

    voice = None
    asyncio.run(two_sentences())


def test_an_unknown_fault_is_named_where_it_is_set(server):
    with pytest.raises(KeyError, match="burns"):
        server.fault = "burns"
