"""What was probably said, by the language model: the numbers are right, make sense, and cost little."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from assistant.bench.noise import mix
from assistant.llm import Message
from assistant.llm.sampling import log_probability
from assistant.reply.history import History
from assistant.reply.reading import Reading
from assistant.stt import SttSettings
from assistant.stt.moonshine import Moonshine
from assistant.turn import Turn
from tests.data import noise_clips, speech_clips
from tests.llm.loaded import SYSTEM, decoded_tokens, user

BALL = ["How do I clean the ball of the coffee machine?", "How do I clean the bowl of the coffee machine?"]


def rescore(loaded, texts: list[str], *before: Message, begin: str = "") -> list[float] | None:
    return asyncio.run(loaded.rescore([SYSTEM, *before, user(begin)], texts))


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("What is the whether in Paris today?", "What is the weather in Paris today?"),
        ("How do my boiler hang?", "How do I turn on my boiler?"),
        (
            "His statement was the thing I like the best of wall.",
            "His statement was the thing I liked the best of all.",
        ),
    ],
)
def test_sense_is_likelier_than_what_sounds_like_it(smol, heard, meant):
    wrong, right = rescore(smol, [heard, meant])
    assert right > wrong + 2


def test_passages_before_the_words_make_their_words_likelier(smol):
    without = rescore(smol, BALL)
    within = rescore(smol, BALL, begin="The bowl of the coffee machine may go into the dishwasher.\n\n")
    assert within[1] - within[0] > without[1] - without[0]


@pytest.mark.parametrize("words", ["bear", "bear and a dog and a cat " * 12])  # in one batch and in many
def test_it_is_the_sum_over_the_tokens_from_where_the_texts_differ(stories, words):
    texts = [f"Once there was a little {words}.", "Once there was a big girl.", "Once there was"]
    model, tokens = stories._model, [stories._tokens([SYSTEM, user(text)], unfinished=True) for text in texts]
    found = rescore(stories, texts)
    same = next(place for place in count() if len({tuple(one[: place + 1]) for one in tokens}) > 1)
    for score, one in zip(found, tokens):
        model._truncate(0)
        total = 0.0
        for place, token in enumerate(one):
            total += log_probability(model.logits(), token) if place >= same else 0.0
            model.decode([token])
        assert score == pytest.approx(total, rel=1e-3, abs=1e-2)


def test_the_reply_to_the_first_text_finds_it_read(smol, monkeypatch):
    asyncio.run(smol.warm([SYSTEM]))
    sizes = decoded_tokens(smol, monkeypatch)
    rescore(smol, BALL)
    assert sum(sizes) <= 13 + 8  # all of the one, of the other from the word in doubt on
    sizes.clear()
    asyncio.run(smol.completeness([SYSTEM, user(BALL[0])]))
    assert sum(sizes) <= 1


def test_a_newer_call_comes_first(stories):
    async def both() -> list[float] | None:
        asking = asyncio.create_task(
            stories.rescore([SYSTEM, user("")], ["Once there was a girl", "Once there was a dog"])
        )
        await asyncio.sleep(0)
        await stories.warm([SYSTEM])
        return await asking

    assert asyncio.run(both()) is None


def test_the_bundled_engines_take_what_was_really_said(smol):
    [speech] = [clip.audio() for clip in speech_clips() if clip.text == "book a room"]
    [bird] = [clip.audio() for clip in noise_clips() if clip.kind == "bird"]
    ears = Moonshine(SttSettings(threads=1))
    try:
        transcript = asyncio.run(ears.transcribe(mix(speech, bird[24_000:], 6)))
    finally:
        ears.close()
    taken = asyncio.run(Reading(smol, History(SYSTEM), None, print).choose(Turn(1), transcript))
    assert (transcript.text, taken.text) == ("Look at him!", "Book a room.")
