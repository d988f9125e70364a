"""Voices that hang: the spare one speaks meanwhile, the hung one is replaced; when all hang, that is an error."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from assistant import replaceable
from assistant.errors import EngineError
from assistant.tts import SpeechChunk
from assistant.tts.fallback import Fallback
from assistant.tts.watched import WatchedVoice
from tests import virtual_clock
from tests.engines.test_watched import VirtualWorker


class Voices:
    """Makes the voice anew; the one that `hang` was called on never speaks again."""

    def __init__(self, name: str) -> None:
        self.name, self.made = name, []

    def __call__(self):
        self.made.append(Voice(self.name))
        return self.made[-1]


class Voice:
    language = "en"

    def __init__(self, name: str) -> None:
        self.name, self.hangs, self.closed = name, False, 0

    async def speak(self, text):
        await (asyncio.Event().wait() if self.hangs else asyncio.sleep(0.1))
        yield SpeechChunk(np.full(2400, 0.1, np.float32), len(text))

    def close(self):
        self.closed += 1


@pytest.fixture(autouse=True)
def virtual_worker(monkeypatch):
    monkeypatch.setattr(replaceable, "Worker", VirtualWorker)


async def at_once() -> None:
    """The listener waits already."""


async def spoken_by(voice: Fallback, text: str = "Yes, it is.") -> str:
    async with aclosing(voice.speak(text, at_once)) as chunks:
        assert [chunk async for chunk in chunks]
    return voice.name


def test_a_voice_that_hangs_is_replaced_while_the_spare_one_speaks():
    chosen, spare, told = Voices("kokoro"), Voices("espeak"), []

    async def talk() -> list[str]:
        voice = Fallback(WatchedVoice(chosen, told.append), WatchedVoice(spare, told.append), told.append, 0.6)
        names = [await spoken_by(voice)]
        chosen.made[0].hangs = True
        for _ in range(40):
            names.append(await spoken_by(voice))
            await asyncio.sleep(15)
        return names

    names = virtual_clock.run(talk())
    assert names[0] == names[-1] == "kokoro" and set(names[1:8]) == {"espeak"}
    assert len(chosen.made) == 2 and chosen.made[0].closed == 1 and len(spare.made) == 1
    assert "kokoro was loaded again, because it gave nothing for 8 s" in told


def test_when_both_hang_both_are_replaced_and_the_sentence_is_spoken_late():
    chosen, spare = Voices("kokoro"), Voices("espeak")

    async def talk() -> float:
        voice = Fallback(WatchedVoice(chosen, lambda _: None), WatchedVoice(spare, lambda _: None), lambda _: None, 0.6)
        await spoken_by(voice)
        chosen.made[0].hangs = spare.made[0].hangs = True
        begun = asyncio.get_running_loop().time()
        assert await spoken_by(voice) == "espeak"
        took = asyncio.get_running_loop().time() - begun
        await asyncio.sleep(40)
        assert await spoken_by(voice) == "kokoro"
        return took

    assert virtual_clock.run(talk()) < 21
    assert (len(chosen.made), len(spare.made)) == (2, 2)


def test_when_the_only_voice_hangs_again_and_again_that_is_an_error():
    espeak = Voices("espeak")

    async def talk() -> None:
        voice = WatchedVoice(espeak, lambda _: None)
        for _ in range(3):
            espeak.made[-1].hangs = True
            with pytest.raises(EngineError, match="espeak gave nothing for 16 s; it is loaded again"):
                [chunk async for chunk in voice.speak("Yes.")]
            await asyncio.sleep(4)
        assert [chunk async for chunk in voice.speak("Yes.")]

    virtual_clock.run(talk())
    assert len(espeak.made) == 4


def test_an_old_voice_that_cannot_be_closed_blocks_nobody():
    class Stuck(Voice):
        def close(self):
            import threading

            threading.Event().wait()

    made = []

    def load():
        made.append(Stuck("kokoro"))
        return made[-1]

    async def talk() -> None:
        voice = WatchedVoice(load, lambda _: None)
        made[0].hangs = True
        with pytest.raises(EngineError):
            [chunk async for chunk in voice.speak("Yes.")]
        assert [chunk async for chunk in voice.speak("Yes.")]

    virtual_clock.run(talk())
