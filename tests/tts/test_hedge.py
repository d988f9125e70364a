"""A voice that is late, fails or is interrupted, and the one that stands in: every race on a virtual clock."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from assistant.errors import DeviceError, EngineError
from assistant.tts import SAMPLE_RATE, SpeechChunk
from assistant.tts.fallback import Fallback
from tests import virtual_clock

SENTENCE = "One two three."
DEADLINE, QUICK = 0.6, 0.05
SLOW = 0.25  # a spare voice that begins 0.15 s before the deadline and is heard 0.1 s after it


async def now() -> None:
    """Somebody waits already."""


class Voice:
    """One chunk per word, 0.1 s each; ``late``: seconds to the first sound, sentence by sentence."""

    language = "en"

    def __init__(self, name: str, *late: float, fails_after: int | None = None, lasting: bool = False) -> None:
        self.name, self.late, self.fails_after, self.lasting = name, late, fails_after, lasting
        self.asked, self.stopped, self.closed = [], 0, False

    async def speak(self, text: str):
        self.asked.append(text)
        done = False
        try:
            await asyncio.sleep(self.late[min(len(self.asked), len(self.late)) - 1])
            end = 0
            for number, word in enumerate(text.split()):
                if number == self.fails_after:
                    done = True
                    error = EngineError(f"{self.name} broke")
                    error.lasting = self.lasting
                    raise error
                end = text.index(word, end) + len(word)
                yield SpeechChunk(np.full(SAMPLE_RATE // 10, 0.3, np.float32), end)
                await asyncio.sleep(0.02)
            done = True
        finally:
            self.stopped += not done

    def close(self) -> None:
        self.closed = True


class Told:
    """What was said, sentence by sentence: (seconds to the first sound, voice, marks)."""

    def __init__(self, chosen: Voice, spare: Voice, silence=now) -> None:
        self.notices: list[str] = []
        self.chosen, self.spare, self.silence = chosen, spare, silence
        self.voice = Fallback(chosen, spare, self.notices.append, DEADLINE)

    async def say(self, text: str = SENTENCE) -> tuple[float, str, list[int | None]]:
        loop = asyncio.get_running_loop()
        began, first, marks = loop.time(), 0.0, []
        async with aclosing(self.voice.speak(text, self.silence)) as chunks:
            async for chunk in chunks:
                first = first or loop.time() - began
                marks.append(chunk.spoken)
        return round(first, 3), self.voice.name, marks

    def all(self, *texts: str) -> list[tuple[float, str, list[int | None]]]:
        async def speak():
            return [await self.say(text) for text in texts]

        return virtual_clock.run(speak())


def test_in_time_the_chosen_voice_speaks_and_the_spare_one_is_not_asked() -> None:
    told = Told(Voice("chosen", 0.44), Voice("spare", QUICK))
    assert told.all(SENTENCE) == [(0.44, "chosen", [3, 7, 14])]
    assert told.spare.asked == [] and told.notices == []
    told = Told(Voice("chosen", 0.59), Voice("spare", QUICK))
    assert told.all(SENTENCE) == [(0.59, "chosen", [3, 7, 14])]
    assert told.spare.stopped == 1 and told.notices == [], "it had begun, unheard"


def test_a_voice_1_s_late_costs_the_deadline_and_speaks_again_from_the_next_sentence() -> None:
    told = Told(Voice("chosen", 1.0, 0.2), Voice("spare", QUICK))
    assert told.all(SENTENCE, "Four five.") == [(DEADLINE, "spare", [3, 7, 14]), (0.2, "chosen", [4, 10])]
    assert told.chosen.asked == [SENTENCE, "Four five."] and told.chosen.stopped == 1
    assert told.spare.asked == [SENTENCE] and told.notices == []


def test_a_spare_voice_that_needs_longer_than_its_lead_is_heard_so_much_later() -> None:
    told = Told(Voice("chosen", 1.0), Voice("spare", SLOW))
    assert told.all(SENTENCE) == [(DEADLINE + 0.1, "spare", [3, 7, 14])]


@pytest.mark.parametrize("late", [DEADLINE, DEADLINE + 0.01, DEADLINE + 0.1])
def test_sound_that_comes_with_the_deadline_or_with_the_spare_voices_is_taken(late: float) -> None:
    told = Told(Voice("chosen", late), Voice("spare", SLOW))
    assert told.all(SENTENCE) == [(late, "chosen", [3, 7, 14])]
    assert told.spare.stopped == len(told.spare.asked) and told.notices == []


def test_the_deadline_counts_from_when_the_listener_hears_nothing() -> None:
    async def sound_is_queued() -> None:
        await asyncio.sleep(2.0)

    told = Told(Voice("chosen", 2.5), Voice("spare", QUICK), sound_is_queued)
    assert told.all(SENTENCE)[0][:2] == (2.5, "chosen")
    told = Told(Voice("chosen", 2.7), Voice("spare", QUICK), sound_is_queued)
    assert told.all(SENTENCE)[0][:2] == (2.6, "spare")


def test_where_nobody_waits_lateness_does_not_matter() -> None:
    told = Told(Voice("chosen", 5.0), Voice("spare", QUICK), None)
    assert told.all(SENTENCE, SENTENCE) == [(5.0, "chosen", [3, 7, 14])] * 2 and told.spare.asked == []


def test_late_twice_in_a_row_is_an_outage_with_one_notice_and_a_pause() -> None:
    told = Told(Voice("chosen", 1.0), Voice("spare", QUICK))

    async def speak():
        said = [await told.say() for _ in range(3)]
        await asyncio.sleep(30.0)
        return said, await told.say()

    said, later = virtual_clock.run(speak())
    assert [first for first, _, _ in said] == [0.6, 0.6, 0.05] and later[0] == 0.6
    assert {voice for _, voice, _ in said} == {"spare"} and len(told.chosen.asked) == 3
    assert told.notices == ["chosen was too slow for 2 sentences in a row; spare speaks meanwhile"]


def test_late_once_then_in_time_is_no_outage() -> None:
    told = Told(Voice("chosen", 1.0, 0.1, 1.0, 0.1), Voice("spare", QUICK))
    assert [voice for _, voice, _ in told.all(*[SENTENCE] * 4)] == ["spare", "chosen", "spare", "chosen"]
    assert told.notices == []


def test_a_failure_while_both_run_leaves_the_other_one() -> None:
    told = Told(Voice("chosen", 0.62, fails_after=0), Voice("spare", SLOW))
    assert told.all(SENTENCE) == [(0.7, "spare", [3, 7, 14])]
    assert told.notices == ["chosen broke; spare speaks meanwhile"]
    told = Told(Voice("chosen", 1.0), Voice("spare", QUICK, fails_after=0))
    assert told.all(SENTENCE) == [(1.0, "chosen", [3, 7, 14])]


def test_both_fail_in_one_sentence_that_is_raised() -> None:
    told = Told(Voice("chosen", 0.7, fails_after=0), Voice("spare", 0.2, fails_after=0))
    with pytest.raises(EngineError, match="spare broke"):
        told.all(SENTENCE)
    assert told.notices == ["chosen broke; spare speaks meanwhile"]


def test_broken_off_the_spare_voice_says_the_rest_without_a_click() -> None:
    told = Told(Voice("chosen", 0.1, fails_after=2), Voice("spare", QUICK))

    async def speak() -> list[SpeechChunk]:
        return [chunk async for chunk in told.voice.speak("One two three four.")]

    chunks = virtual_clock.run(speak())
    marks = [chunk.spoken for chunk in chunks]
    assert marks == [3, 7, 7, 13, 19]
    joint = np.concatenate([chunk.pcm24k for chunk in chunks[:3]])
    assert joint[-1] == 0 and np.abs(np.diff(joint)).max() < 0.01


@pytest.mark.parametrize("at", [0.3, 0.5, 0.62, 0.72])
def test_interrupted_at_any_moment_both_voices_stop(at: float) -> None:
    told = Told(Voice("chosen", 5.0), Voice("spare", SLOW))

    async def speak() -> None:
        task = asyncio.ensure_future(told.say())
        await asyncio.sleep(at)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert len(asyncio.all_tasks()) == 1

    virtual_clock.run(speak())
    assert told.chosen.stopped == 1 and told.spare.stopped == len(told.spare.asked) == (at > 0.45)


def test_a_listener_who_goes_away_while_both_run_closes_both() -> None:
    told = Told(Voice("chosen", 5.0), Voice("spare", QUICK))

    async def speak() -> None:
        async with aclosing(told.voice.speak(SENTENCE, now)) as chunks:
            assert (await anext(chunks)).spoken == 3
        assert len(asyncio.all_tasks()) == 1

    virtual_clock.run(speak())
    assert told.chosen.stopped == told.spare.stopped == 1


def test_a_speaker_that_is_gone_is_no_lateness() -> None:
    async def gone() -> None:
        raise DeviceError("the speaker was unplugged; plug it in")

    told = Told(Voice("chosen", 1.0), Voice("spare", QUICK), gone)
    with pytest.raises(DeviceError):
        told.all(SENTENCE)
    assert told.chosen.stopped == 1 and told.spare.asked == []


def test_a_refusal_that_lasts_is_not_asked_for_again() -> None:
    told = Told(Voice("chosen", 0.1, fails_after=0, lasting=True), Voice("spare", QUICK))

    async def speak():
        await told.say()
        await asyncio.sleep(1000.0)
        return await told.say()

    assert virtual_clock.run(speak())[:2] == (QUICK, "spare") and len(told.chosen.asked) == 1
