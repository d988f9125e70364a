"""A word was in doubt: which of the recogniser's hypotheses is answered, and when is asked back."""

from __future__ import annotations

from dataclasses import replace

from assistant import events
from assistant.errors import EngineError
from assistant.stt import Hypothesis
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm, ScriptedStt
from tests.skills.equipment import Lamp, equipped, names
from tests.test_talk_rag import ScriptedKnowledge

BALL = Say(1.0, "how do I clean the ball")
BOILER = Hypothesis("how do I clean the boiler", 0.8, None, 0.5)


def played(other: Hypothesis | None, confidence: float = 0.9, **more) -> Scene:
    return Scene(
        [BALL], stt=ScriptedStt([BALL], other=other, confidence=confidence), llm=ScriptedLlm(["With vinegar."]), **more
    ).play()


def test_the_more_probable_words_are_answered_and_shown():
    scene = played(BOILER)
    assert scene.history == [("user", BOILER.text), ("assistant", "With vinegar.")]
    assert [event.text for _, event in scene.events if isinstance(event, events.Transcribed) and event.final] == [
        BOILER.text
    ]
    assert played(replace(BOILER, log_odds=-0.5)).history[0] == ("user", BALL.text)


def test_a_word_of_the_users_documents_is_what_was_meant():
    tank = Hypothesis("how do I clean the tank", 0.8, None, -0.4)
    assert played(tank, knowledge=ScriptedKnowledge()).history[0] == ("user", tank.text)
    assert played(tank).history[0] == ("user", BALL.text)


def test_it_asks_back_when_both_are_poor():
    assert played(BOILER, confidence=0.5).history[0] == ("user", BOILER.text)
    poor = played(replace(BOILER, confidence=0.5), confidence=0.5)
    assert poor.turns[0].outcome == "unsure" and poor.tts.spoken == ["Sorry, I did not catch that."]


def light(words: str, **more) -> tuple[Scene, Lamp]:
    """ "turn on the light" may have been said instead of ``words``."""
    lamp, said = Lamp(), [Say(1.0, words)]
    stt = ScriptedStt(said, all_others=(Hypothesis("turn on the light", 0.8, None, -1.0),))
    return Scene(said, ["I am the model."], stt=stt, **{"equipment": equipped(lamp), **more}).play(), lamp


def test_a_command_that_may_have_been_said_is_done():
    played, lamp = light("turnip on the lie")
    assert names(lamp.done) == ["light_on"] and played.history[0] == ("user", "turn on the light")
    assert played.llm.prompts == []


def test_a_command_that_was_heard_is_the_one_that_is_done():
    played, lamp = light("switch off the light")
    assert names(lamp.done) == ["light_off"] and played.stt.asked_for_others == 0


def test_without_skills_nothing_is_looked_for():
    played, lamp = light("turnip on the lie", equipment=None)
    assert lamp.done == [] and played.stt.asked_for_others == 0 and played.history[0] == ("user", "turnip on the lie")


def test_what_was_heard_is_answered_when_looking_for_others_fails():
    said = [Say(1.0, "turnip on the lie")]
    broken = ScriptedStt(said, all_others=EngineError("the recogniser is gone"))
    played = Scene(said, ["I am the model."], stt=broken, equipment=equipped(Lamp())).play()
    assert broken.asked_for_others and played.turns[0].heard == "I am the model."
