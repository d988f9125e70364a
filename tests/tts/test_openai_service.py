"""How long a sentence is waited for."""

from __future__ import annotations

import asyncio

import pytest

from assistant.tts.openai.service import Patience, longest
from tests import virtual_clock


def test_sound_that_drips_is_waited_for_no_longer_than_in_all() -> None:
    async def drip() -> int:
        patience, drops = Patience(8.0, 20.0), 0
        with pytest.raises(TimeoutError):
            while True:
                await patience.wait(asyncio.sleep(1.5))
                patience.heard()
                drops += 1
        return drops

    assert virtual_clock.run(drip()) == 13


def test_what_is_no_sound_does_not_make_it_wait_longer() -> None:
    async def hum() -> float:
        patience = Patience(8.0, 20.0)
        with pytest.raises(TimeoutError):
            while True:
                await patience.wait(asyncio.sleep(1.5))
        return asyncio.get_running_loop().time()

    assert virtual_clock.run(hum()) == pytest.approx(8.0)


def test_the_time_that_passes_while_nobody_waits_does_not_count() -> None:
    async def gated() -> None:
        patience = Patience(2.0, 4.0)
        for _ in range(3):
            await asyncio.sleep(60.0)
            await patience.wait(asyncio.sleep(1.0))
            patience.heard()

    virtual_clock.run(gated())


def test_the_bound_of_a_sentence_grows_with_what_is_to_be_said() -> None:
    assert longest("Yes.", 1.0) < longest("Yes, of course.", 1.0) < longest("Yes, of course.", 0.5)
    assert longest("今日は", 1.0) > longest("abc", 1.0) and longest("123", 1.0) > longest("abc", 1.0)
    assert longest("Yes.", 4.0) == longest("Yes.", 1.0)
