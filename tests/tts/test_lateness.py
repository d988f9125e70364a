"""A voice that begins its answers late: who begins them then, and how it comes back. On a virtual clock."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from assistant.tts.fallback import Fallback
from tests import virtual_clock
from tests.scripted import Say
from tests.tts.test_hedge import DEADLINE, QUICK, Voice, now
from tests.tts.test_hedged_conversation import HELLO, REPLY, play

PAUSE = 5.0  # seconds between two answers


async def playing() -> None:
    """What was said before is heard for so long."""
    await asyncio.sleep(2.0)


class Answers:
    def __init__(self, *late: float, distant: bool = False) -> None:
        self.notices: list[str] = []
        self.chosen, self.spare = Voice("chosen", *late), Voice("spare", QUICK)
        self.voice = Fallback(self.chosen, self.spare, self.notices.append, DEADLINE, distant=distant)

    async def say(self, *sentences: str) -> list[tuple[float, str]]:
        """One answer: seconds to the first sound of each of its sentences, and the voice."""
        loop, said = asyncio.get_running_loop(), []
        for number, sentence in enumerate(sentences):
            began, first = loop.time(), 0.0
            async with aclosing(self.voice.speak(sentence, playing if number else now, not number)) as chunks:
                async for _ in chunks:
                    first = first or loop.time() - began
            said.append((round(first, 3), self.voice.name))
        await asyncio.sleep(PAUSE)
        return said

    def all(self, *answers: tuple[str, ...]) -> list[list[tuple[float, str]]]:
        async def speak():
            return [await self.say(*answer) for answer in answers]

        return virtual_clock.run(speak())


def test_late_once_the_spare_voice_begins_the_next_answers_at_once_and_the_chosen_one_goes_on() -> None:
    told = Answers(1.0)
    first, *others = told.all(*[("One.", "Two.")] * 4)
    assert first == [(DEADLINE, "spare"), (1.0, "chosen")]
    assert others == [[(QUICK, "spare"), (1.0, "chosen")]] * 3
    [notice] = told.notices
    assert notice.startswith("chosen gave no sound within 0.6 s; spare begins the answers until it is quicker")


@pytest.mark.parametrize(
    "late, first, told",
    [
        ([1.2, 1.0], (QUICK, "spare"), 1),
        ([1.2, 0.3], (0.3, "chosen"), 0),  # the first time it only opened the connection
        ([9.0], (QUICK, "spare"), 1),
    ],
)
def test_a_distant_voice_is_asked_for_a_word_before_the_first_answer(late, first, told) -> None:
    answers = Answers(*late, distant=True)

    async def speak() -> list[tuple[float, str]]:
        answers.voice.prepare("")
        await asyncio.sleep(8.0)
        assert set(answers.chosen.asked) == {"OK."} and len(asyncio.all_tasks()) == 1
        answers.voice.prepare("")
        return await answers.say("One.")

    assert virtual_clock.run(speak()) == [first]
    assert len(answers.notices) == told and answers.chosen.asked.count("OK.") == min(2, len(late))


def test_an_answer_that_comes_earlier_ends_that_and_a_failure_is_told_at_once() -> None:
    answers = Answers(1.0, distant=True)

    async def speak() -> list[tuple[float, str]]:
        answers.voice.prepare("")
        await asyncio.sleep(0.5)
        answers.voice.prepare("")
        return await answers.say("One.")

    assert virtual_clock.run(speak()) == [(DEADLINE, "spare")] and answers.chosen.asked[:2] == ["OK.", "One."]
    broken = Answers(0.1, distant=True)
    broken.chosen.fails_after = 0

    async def fail() -> list[tuple[float, str]]:
        broken.voice.prepare("")
        await asyncio.sleep(1.0)
        return await broken.say("One.")

    assert virtual_clock.run(fail()) == [(QUICK, "spare")]
    assert broken.notices == ["chosen broke; spare speaks meanwhile"]


def test_in_time_twice_in_a_row_it_begins_again_itself() -> None:
    told = Answers(1.0, 0.2)
    said = told.all(*[("One.",)] * 5)
    assert said == [[(DEADLINE, "spare")], [(QUICK, "spare")], [(QUICK, "spare")], [(0.2, "chosen")], [(0.2, "chosen")]]
    assert len(told.notices) == 1


def test_in_time_once_and_late_again_it_does_not() -> None:
    told = Answers(1.0, 0.2, 1.0, 0.2, 1.0)
    assert [voice for [(_, voice)] in told.all(*[("One.",)] * 6)] == ["spare"] * 6
    assert len(told.notices) == 1, "said once"


def test_while_it_stays_late_it_is_tried_again_after_half_a_minute_and_stopped_at_the_deadline() -> None:
    told = Answers(9.0)
    told.all(*[("One.",)] * 12)
    assert len(told.chosen.asked) == told.chosen.stopped == 3  # in the first two answers, and in one after 30 s


def test_a_failure_when_it_is_tried_again_is_an_outage() -> None:
    told = Answers(1.0, 0.1)
    told.chosen.fails_after = 0
    assert told.all(("One.",), ("One.",), ("One.", "Two."))[1:] == [
        [(QUICK, "spare")],
        [(QUICK, "spare"), (QUICK, "spare")],
    ]
    assert told.notices[1:] == ["chosen broke; spare speaks meanwhile"] and len(told.chosen.asked) == 2


def test_where_the_spare_voice_fails_the_late_one_speaks() -> None:
    told = Answers(1.0)
    told.all(("One.",))
    told.spare.fails_after = 0
    assert told.all(("One.",)) == [[(1.0 + QUICK, "chosen")]]


def test_an_interruption_ends_the_trial_and_what_the_spare_voice_says_is_not_prepared() -> None:
    told = Answers(9.0)
    prepared: list[str] = []
    told.chosen.prepare = prepared.append

    async def speak() -> None:
        await told.say("One.")
        told.voice.prepare("")
        told.voice.prepare("One.")
        async with aclosing(told.voice.speak("One.", now, True)) as chunks:
            await anext(chunks)
            told.voice.prepare("Two.")
        assert told.chosen.stopped == 1
        told.voice.prepare("")
        await asyncio.sleep(0.01)
        assert told.chosen.stopped == 2 and len(asyncio.all_tasks()) == 1

    virtual_clock.run(speak())
    assert prepared == ["", "Two.", ""]


def test_in_a_conversation_the_second_answer_is_begun_as_soon_as_the_local_voice_can(monkeypatch) -> None:
    says = [HELLO, Say(12.0, "and what is the weather like", 1.0)]
    replies = [REPLY, "It will rain. Take a coat."]
    scene, spare = play(monkeypatch, Voice("chosen", 1.0, 0.3, 1.0, 0.3), says, replies)
    timings = [turn.timings for turn in scene.turns]
    waited = [one["first_sound"] - max(one["first_sentence"], one["hard_endpoint"]) for one in timings]
    assert waited == pytest.approx([DEADLINE, QUICK], abs=0.03)
    assert [turn.heard for turn in scene.turns] == replies and spare.asked == ["I am fine today.", "It will rain."]
