"""Twenty turns with the real engines, faster than life, with everything that can happen to a turn."""

from __future__ import annotations

import asyncio
import dataclasses

import numpy as np
import pytest

from assistant.bench import soak
from assistant.errors import EngineError
from assistant.llm import Message
from tests.data import noise_clips, speech_clips
from tests.scripted import ScriptedLlm


@pytest.fixture(scope="module")
def result():
    """Over the clips that are short enough, however few the bundled samples have of them."""
    clips = [dataclasses.replace(clip, seconds=min(clip.seconds, 2.0)) for clip in speech_clips() if clip.seconds < 4]
    return soak.run(clips, noise_clips(), turns=20)


def value(result, name: str) -> float:
    return next(row.p50 for row in result.rows if row.name == name)


def test_every_question_comes_to_an_end_and_into_the_journal(result):
    assert [case["ended"] for case in result.details] == [True] * 20
    assert value(result, "dead turns") == 0
    assert value(result, "turns with words and without a reply or an interruption") == 0
    assert value(result, "turns in the journal") >= 20


def test_interruptions_noises_and_broken_replies_happened(result):
    assert {case["event"] for case in result.details} == set(soak._EVENTS)
    names = [row.name for row in result.rows]
    assert "of these answered" in names and "of these failed" in names and "of these interrupted" in names


def test_a_turn_that_never_ends_is_counted():
    rows = [
        {
            "turn": number,
            "event": "nothing",
            "ended": number != 7,
            "seconds": 1.0,
            "memory": 100.0 + number,
            "history": 0,
        }
        for number in range(20)
    ]
    found = {row.name: row for row in soak._rows(rows, [])}
    assert found["dead turns"].p50 == 1 and found["dead turns"].met is False
    assert found["memory growth after warm-up"].met is False


def test_the_hiccup_breaks_one_reply_at_its_piece_and_no_other():
    async def replies() -> tuple[list[str], list[str]]:
        llm = soak.HiccupingLlm(ScriptedLlm(["one two three"], first=0, per_word=0))
        llm.fail_after = 1
        broken, whole = [], []
        with pytest.raises(EngineError):
            async for piece in llm.reply([Message("user", "?")]):
                broken.append(piece)
        async for piece in llm.reply([Message("user", "?")]):
            whole.append(piece)
        return broken, whole

    assert asyncio.run(replies()) == (["one "], ["one ", "two ", "three "])


def test_the_fast_speaker_keeps_its_count_across_pause_and_clear():
    async def play() -> None:
        speaker = soak.FastSpeaker()
        speaker.write(np.zeros(24_000 * 60, np.float32))
        speaker.pause()
        paused = speaker.played
        await asyncio.sleep(0.01)
        assert speaker.played == paused < speaker.written
        speaker.resume()
        speaker.clear()
        assert speaker.played == speaker.written >= paused
        speaker.write(np.zeros(2400, np.float32))
        await speaker.drained()
        assert speaker.played == speaker.written

    asyncio.run(play())
