"""A conversation by typing, line by line."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from assistant import config, modes, safety
from assistant.audio.files import WavSpeaker
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.modes import typed
from assistant.skills.talk import talking
from tests.scripted import ScriptedLlm, ScriptedTts
from tests.skills.equipment import equipped


def asked(monkeypatch: pytest.MonkeyPatch, lines: str) -> list[str]:
    """What is typed, until the conversation ends."""
    settings = config.load(None, {}, {}).settings
    given: list[str] = []

    @asynccontextmanager
    async def conversation(settings, speaker, screen, **more):
        engines = Engines(None, ScriptedLlm(["I am the model."] * 9), ScriptedTts())
        talk = Conversation(
            settings, engines, speaker, safety.load(settings.safety), screen, equipment=equipped(talking)
        )
        ask = talk.ask

        async def noted(words):
            given.append(words)
            return await ask(words)

        talk.ask = noted  # type: ignore[method-assign]
        yield talk

    monkeypatch.setattr(modes, "conversation", conversation)
    reading, writing = os.pipe()
    os.write(writing, lines.encode())
    os.close(writing)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(fileno=lambda: reading))
    asyncio.run(typed.run(settings, lambda event: None, WavSpeaker(realtime=False)))  # type: ignore[arg-type]
    os.close(reading)
    return given


@pytest.mark.parametrize("words", ["Goodbye!", "exit"])
def test_who_takes_their_leave_is_asked_no_more(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    assert asked(monkeypatch, f"How are you?\n{words}\nHow are you?\n") == ["How are you?", words]


def test_empty_lines_are_no_turns_and_the_end_of_the_input_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, "\n  \nGo on\n\nAnd so on\n") == ["Go on", "And so on"]
