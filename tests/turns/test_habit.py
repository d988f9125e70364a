"""What the endpointer learns of how often a user pauses."""

from __future__ import annotations

import pytest

from assistant.settings import EndpointingSettings
from assistant.turns.endpointing import Boundary, Endpointer
from assistant.turns.habit import Habit
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm


def after(*turns: int) -> float:
    """``turns``: the pauses in each."""
    habit = Habit()
    for pauses in turns:
        for _ in range(pauses):
            habit.paused()
        habit.finished(with_words=True)
    return habit.more_than_usual


def hear(endpointer: Endpointer, *parts: tuple[bool, float]) -> list[Boundary]:
    """Speech or silence, and seconds of it."""
    verdicts = [speech for speech, seconds in parts for _ in range(round(seconds / 0.02))]
    return [event for verdict in verdicts if (event := endpointer.push(verdict, 0.06))]


def test_nothing_is_expected_of_somebody_unknown():
    assert Habit().more_than_usual == 0


def test_turns_without_pauses_and_turns_with_them_move_it_apart():
    assert after(0, 0, 0) < after(0) < 0 < after(1) < after(2, 1, 2)


def test_what_somebody_did_long_ago_is_forgotten_and_no_habit_is_endless():
    assert after(3, 3, 3, *[0] * 60) == pytest.approx(after(*[0] * 63), abs=0.1)
    assert after(*[0] * 1000) > -2


def test_the_endpointer_counts_the_pauses_that_were_listened_through():
    endpointer = Endpointer(EndpointingSettings())
    events = hear(endpointer, (True, 1.0), (False, 0.3), (True, 1.0), (False, 0.6), (True, 1.0), (False, 1.5))
    assert events.count(Boundary.RESUME) == 2 and events[-1] is Boundary.HARD
    assert endpointer.habit.now == 2


def test_the_silence_between_two_words_is_no_pause():
    endpointer = Endpointer(EndpointingSettings())
    events = hear(endpointer, (True, 1.0), (False, 0.16), (True, 1.0), (False, 1.5))
    assert Boundary.RESUME in events
    assert endpointer.habit.now == 0


def wait_of_the_last_turn(*first: Say, thinks: float = 0.1, complete: float = 0.05) -> float:
    """Seconds of silence until the same question is answered, after a turn that was spoken in these parts."""
    last = Say(14.0, "what is the weather like tomorrow")
    llm = ScriptedLlm(4 * ["One two three four five six seven."], first=thinks, complete=complete)
    scene = Scene([*first, last], llm=llm, until=22.0).play()
    assert scene.turns[-1].user == last.text
    timings = scene.turns[-1].timings
    return timings["hard_endpoint"] - timings["speech_end"]


def test_who_paused_in_the_last_turn_is_waited_for_longer_in_the_next():
    fluent = wait_of_the_last_turn(Say(1.0, "how tall is the tower", 3.0))
    hesitant = wait_of_the_last_turn(Say(1.0, "how tall"), Say(2.3, "is the"), Say(3.6, "tower"))
    assert hesitant > fluent + 0.1


def test_who_goes_on_after_the_turn_was_taken_for_over_is_waited_for_longer_in_the_next():
    fluent = wait_of_the_last_turn(Say(1.0, "what is the capital", 2.0), thinks=2.0)
    went_on = wait_of_the_last_turn(Say(1.0, "what is the capital"), Say(3.4, "of france"), thinks=2.0)
    assert went_on > fluent + 0.1


def test_who_was_cut_off_by_the_reply_and_speaks_on_is_waited_for_longer_in_the_next():
    first = Say(1.0, "what is the capital")
    cut_off = wait_of_the_last_turn(first, Say(3.0, "of france and of spain please"), complete=0.3)
    much_later = wait_of_the_last_turn(first, Say(6.0, "of france and of spain please"), complete=0.3)
    assert cut_off > much_later + 0.05


def test_a_door_that_slams_says_nothing_of_how_the_user_talks():
    quiet = wait_of_the_last_turn(Say(1.0, "how tall is the tower", 3.0))
    doors = (Say(at, "", 0.4) for at in (8.0, 8.9, 9.8))
    slams = wait_of_the_last_turn(Say(1.0, "how tall is the tower", 3.0), *doors)
    assert slams == pytest.approx(quiet)
