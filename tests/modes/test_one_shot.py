"""One question: nobody waits beside it, so that nothing is given up for want of time."""

from __future__ import annotations

import asyncio

import pytest

from assistant import config, knowledge, modes
from assistant.audio.files import WavSpeaker
from assistant.errors import EngineError


def test_the_documents_are_searched_for_as_long_as_it_takes(monkeypatch):
    hurried = []

    async def load(settings, llm, notice, in_a_hurry=True):
        hurried.append(in_a_hurry)
        raise EngineError("seen")

    monkeypatch.setattr(knowledge, "load", load)
    settings = config.load(
        None, {"journal.enabled": False, "skills.enabled": False, "llm.engine": "openai"}, {}
    ).settings

    async def opened(lasts: bool) -> None:
        async with modes.conversation(
            settings, WavSpeaker(realtime=False), _Screen(), typed=True, heard=False, lasts=lasts
        ):
            pass

    for lasts in (False, True):
        with pytest.raises(EngineError, match="seen"):
            asyncio.run(opened(lasts))
    assert hurried == [False, True]


class _Screen:
    def note(self, text: str) -> None: ...

    def __call__(self, event: object) -> None: ...
