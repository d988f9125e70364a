"""Spoken commands in scripted conversations: when they are done, what is said, what history keeps."""

from __future__ import annotations

import pytest

from tests.scene import Scene
from tests.scripted import Say, ScriptedStt
from tests.skills.equipment import Lamp, equipped, names


def scene(*says: Say, lamp: Lamp, **more) -> Scene:
    return Scene(says, ["I am the model."], equipment=equipped(lamp), **more).play()


def test_it_is_done_once_after_the_user_has_finished_and_before_it_is_said_and_the_model_is_not_asked():
    lamp = Lamp()
    played = scene(Say(1.0, "turn on the light", seconds=1.0), lamp=lamp)
    [turn] = played.turns
    assert (turn.heard, turn.skill, turn.outcome) == ("The light is on.", "light_on", "answered")
    [(at, name)] = lamp.done
    assert turn.timings["hard_endpoint"] <= at <= turn.timings["first_sound"]
    assert played.llm.prompts == []


def test_what_is_said_is_made_ready_before_the_user_has_surely_finished():
    played = scene(Say(1.0, "turn on the light", seconds=1.0), lamp=Lamp())
    [turn] = played.turns
    assert turn.timings["tts_first_audio"] < turn.timings["hard_endpoint"]


def test_who_goes_on_speaking_has_nothing_done_for_half_of_the_words():
    lamp = Lamp()
    played = scene(
        Say(1.0, "turn on the light", seconds=1.0), Say(2.15, "house of my grandmother", seconds=1.0), lamp=lamp
    )
    assert lamp.done == []
    assert [turn.user for turn in played.turns] == ["turn on the light house of my grandmother"]


def test_who_speaks_on_while_it_is_done_has_it_done_once_only():
    lamp = Lamp(seconds=0.6)
    played = scene(Say(1.0, "turn on the light", seconds=1.0), Say(2.5, "what day is it", seconds=1.0), lamp=lamp)
    assert names(lamp.done) == ["light_on"]
    assert [turn.skill for turn in played.turns] == ["light_on", "weekday"]


def test_what_came_of_it_is_said_instead_of_what_was_made_ready():
    played = scene(Say(1.0, "switch off the light"), lamp=Lamp())
    assert [turn.heard for turn in played.turns] == ["It is too late for that."]
    assert played.history[-1] == ("assistant", "It is too late for that.")


def test_what_takes_long_is_bridged_once():
    played = scene(Say(1.0, "turn on the light"), lamp=Lamp(seconds=3.0))
    assert [words for words in played.tts.spoken if "moment" in words] == ["One moment."]
    assert [turn.heard for turn in played.turns] == ["The light is on."]


@pytest.mark.parametrize(
    "words, heard",
    [("fail now", "the lamp does not answer; look at its plug."), ("fail badly", "Sorry, something went wrong.")],
)
def test_a_failure_is_said_and_the_next_turn_works(words, heard):
    played = scene(Say(1.0, words), Say(9.0, "what day is it"), lamp=Lamp())
    first, second = played.turns
    assert first.heard == heard and first.outcome == "failed" and first.error
    assert second.heard == "It is Monday."


def test_what_cannot_be_is_said():
    assert [turn.heard for turn in scene(Say(1.0, "go back to yesterday"), lamp=Lamp()).turns] == ["Yesterday is over."]


@pytest.mark.parametrize(
    "answer, done, heard",
    [
        ("yes please", ["unlock"], "The door is open."),
        ("no, leave it", [], "All right, I won't."),
        ("what day is it", [], "It is Monday."),
    ],
)
def test_what_needs_a_yes_is_asked_and_done_only_then(answer, done, heard):
    lamp = Lamp()
    played = scene(Say(1.0, "unlock the door"), Say(6.0, answer), Say(12.0, "yes"), lamp=lamp, until=24.0)
    asked, decided, after = played.turns
    assert (asked.heard, decided.heard) == ("Shall I unlock the door?", heard)
    assert names(lamp.done) == done
    assert after.heard == "I am the model."  # a yes to nothing


def test_a_yes_that_comes_too_late_does_nothing():
    lamp = Lamp()
    scene(Say(1.0, "unlock the door"), Say(70.0, "yes"), lamp=lamp, until=80.0)
    assert lamp.done == []


def test_a_yes_over_the_question_counts():
    lamp = Lamp()
    scene(Say(1.0, "unlock the door"), Say(2.4, "yes do it now", seconds=0.8), lamp=lamp)
    assert names(lamp.done) == ["unlock"]


def test_other_words_are_the_models():
    played = scene(Say(1.0, "how are you today"), lamp=Lamp())
    assert [(turn.heard, turn.skill) for turn in played.turns] == [("I am the model.", "")]


def test_a_whole_command_is_carried_out_though_single_words_were_hardly_understood():
    says, lamp = [Say(1.0, "turn on the light")], Lamp()
    scene(*says, lamp=lamp, stt=ScriptedStt(says, confidence=0.1))
    assert names(lamp.done) == ["light_on"]


def test_two_in_one_breath_are_not_done_without_the_yes_that_one_of_them_needs():
    lamp = Lamp()
    says = [Say(1.0, "turn on the light and unlock the door", seconds=2.0), Say(8.0, "yes")]
    asked, _ = scene(*says[:1], Say(8.0, "no"), lamp=lamp).turns
    assert asked.heard == "Shall I unlock the door?" and lamp.done == []
    scene(*says, lamp=lamp)
    assert names(lamp.done) == ["light_on", "unlock"]
