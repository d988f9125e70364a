"""After a visit nothing of it is left: not for who asks, not in what Python can reach, not in the KV cache."""

from __future__ import annotations

import asyncio
import gc
import linecache
from contextlib import aclosing

import numpy as np
import pytest
import soxr

from assistant import config, modes
from assistant.audio.files import WavSpeaker
from assistant.modes import Means
from assistant.modes.equipment import IN_KIOSK
from assistant.tts import SAMPLE_RATE

SECRET = "adlezirG"  # backwards, so that this file's own texts are not found


def secret() -> str:
    return SECRET[::-1]


@pytest.fixture(scope="module")
def means():
    settings = {
        "llm.model": "bundled",
        "stt.engine": "moonshine",
        "tts.engine": "espeak",
        "guard.when_unsure": "answer",
    }
    loop = asyncio.new_event_loop()
    loaded = loop.run_until_complete(modes.load(config.load(None, settings, {}).settings, print, skills=IN_KIOSK))
    yield loop, loaded
    loaded.close()
    loop.close()


async def asked(means: Means, *questions: str, aloud: bool = False) -> list[str]:
    """The replies of one conversation; ``aloud``: the first question is spoken, and heard."""
    talk = means.conversation(WavSpeaker(realtime=False), lambda event: None)
    turns = []
    for question in questions:
        heard = aloud and not turns
        turns.append(await (talk.ask_aloud(await spoken(means, question)) if heard else talk.ask(question)))
    return [turn.reply for turn in turns]


async def spoken(means: Means, text: str) -> np.ndarray:
    async with aclosing(means.engines.tts.speak(text)) as chunks:
        speech = np.concatenate([chunk.pcm24k async for chunk in chunks])
    return soxr.resample(speech, SAMPLE_RATE, 16_000)


def found(word: str) -> list[str]:
    """Whatever text Python can reach that holds ``word``."""
    linecache.clearcache()  # the lines of this file itself, which a warning may have read
    gc.collect()
    inside = gc.get_referents(*gc.get_objects())
    texts = [text for text in inside if isinstance(text, str) and text is not word and word.lower() in text.lower()]
    return texts + [text.decode() for text in inside if isinstance(text, bytes) and word.encode() in text]


def test_nothing_of_a_visit_is_left(means):
    loop, means = means
    question = "What is my dog called?"
    [before] = loop.run_until_complete(asked(means, question))
    loop.run_until_complete(means.forget())

    replies = loop.run_until_complete(asked(means, f"My dog is called {secret()}.", question))
    assert secret() in replies[1], "who goes on in the same visit is remembered, or this test shows nothing"
    assert found(secret())
    del replies
    loop.run_until_complete(means.forget())

    assert not found(secret())
    [after] = loop.run_until_complete(asked(means, question))
    assert after == before


def test_kv_cache_is_empty_after_forgetting_and_holds_what_all_visits_begin_with_once_warm(means):
    loop, means = means
    model = means.engines.llm._llm.engine._model
    loop.run_until_complete(asked(means, "How old is the moon?"))
    assert model._lib.llama_memory_seq_pos_max(model._memory, 0) > 20
    loop.run_until_complete(means.forget())
    assert model._lib.llama_memory_seq_pos_max(model._memory, 0) == -1 and not model.tokens
    loop.run_until_complete(means.warm())
    assert b"moon" not in b"".join(map(model.text, model.tokens)) and model.tokens


def test_what_was_heard_is_forgotten(means):
    loop, means = means
    sentence = "My favourite animal is the elephant, and I like to walk in the forest."

    async def visit() -> bytes:
        audio = await spoken(means, sentence)
        talk = means.conversation(WavSpeaker(realtime=False), lambda event: None)
        turn = await talk.ask_aloud(audio)
        assert len(turn.user.split()) > 5  # which words differs by the processor's rounding
        return audio[4000:4200].tobytes()

    sound = loop.run_until_complete(visit())
    assert kept(sound)
    loop.run_until_complete(means.forget())
    assert not kept(sound)


def kept(sound: bytes) -> bool:
    """Whether an array that Python can reach holds this piece of audio."""
    linecache.clearcache()  # the lines of this file itself, which a warning may have read
    gc.collect()
    inside = gc.get_referents(*gc.get_objects())
    arrays = {id(array): array for array in inside if isinstance(array, np.ndarray) and array.dtype == np.float32}
    return any(sound in array.tobytes() for array in arrays.values())
