"""Calls that overlap: cancelled replies, warming that gives way, closing in the middle."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing

import pytest

from assistant.errors import EngineError
from tests.llm.loaded import SYSTEM, answer, decoded_tokens, engine, user


def test_cancelled_reply_decodes_no_further_token(stories, monkeypatch):
    stop = threading.Event()
    writing = stories._write([SYSTEM, user("Tell me a story.")], stop.is_set)
    next(writing)
    sizes = decoded_tokens(stories, monkeypatch)
    stop.set()
    assert list(writing) == [] and sizes == []


def test_cancelled_prefill_stops_after_one_batch(stories, monkeypatch):
    sizes = decoded_tokens(stories, monkeypatch)
    assert list(stories._write([SYSTEM, user("word " * 60)], lambda: len(sizes) >= 1)) == []
    assert len(sizes) == 1 and sizes[0] == stories._model.batch


def test_warming_gives_way_to_a_reply(stories, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    decode, positions = stories._model.decode, []

    def slow(tokens):
        positions.append(len(stories._model.tokens))
        begun.set()
        go_on.wait(10)
        decode(tokens)

    monkeypatch.setattr(stories._model, "decode", slow)

    async def overlap() -> str:
        warming = asyncio.create_task(stories.warm([SYSTEM, user("word " * 90)]))
        await asyncio.to_thread(begun.wait, 10)
        async with aclosing(stories.reply([SYSTEM, user("Hi")])) as pieces:
            first = asyncio.create_task(anext(pieces))
            await asyncio.sleep(0)  # the reply has been asked for
            go_on.set()
            text = await first
        await warming
        return text

    assert asyncio.run(overlap())
    assert positions[0] == 0
    assert positions[1] < stories._model.batch  # the reply's: the warming's second batch would begin there


def test_closed_engine_says_so_and_closing_twice_does_nothing(stories):
    stories.close()
    stories.close()
    with pytest.raises(EngineError, match="closed"):
        answer(stories, user("Hi"))


def test_closing_in_the_middle_of_a_reply_ends_it():
    loaded = engine(context=512, max_tokens=400)

    async def close_early() -> int:
        count = 0
        async with aclosing(loaded.reply([SYSTEM, user("Tell me a story.")])) as pieces:
            async for _ in pieces:
                count += 1
                if count == 1:
                    loaded.close()
        return count

    assert 1 <= asyncio.run(close_early()) <= 12
