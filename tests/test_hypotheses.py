"""A word was in doubt: which of the recogniser's hypotheses is answered, and what that costs when none was."""

from __future__ import annotations

from assistant import events
from assistant.errors import EngineError
from assistant.stt import Hypothesis
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm, ScriptedStt
from tests.test_talk_rag import ScriptedKnowledge

BALL = Say(1.0, "how do I clean the ball")
BOILER = Hypothesis("how do I clean the boiler", 0.8, None, -0.5)
SENSE = {"how do I clean the ball": -30.0, BOILER.text: -20.0}


def played(other: Hypothesis | None = None, llm: ScriptedLlm | None = None, **more) -> Scene:
    llm = llm or ScriptedLlm(["With vinegar."], sense=SENSE)
    return Scene([BALL], stt=ScriptedStt([BALL], other=other), llm=llm, **more).play()


def test_what_makes_more_sense_is_answered_and_shown():
    scene = played(BOILER)
    assert scene.history == [("user", BOILER.text), ("assistant", "With vinegar.")]
    assert [event.text for _, event in scene.events if isinstance(event, events.Transcribed) and event.final] == [
        BOILER.text
    ]


def test_the_recogniser_keeps_its_word_when_the_other_makes_no_more_sense():
    assert played(BOILER, llm=ScriptedLlm(["Fine."], sense={})).history[0] == ("user", BALL.text)


def test_it_is_asked_behind_the_conversation_and_only_about_what_is_in_doubt():
    scene = played(BOILER)
    [(messages, texts)] = scene.llm.rescored
    assert [message.role for message in messages] == ["system", "user"] and messages[-1].content == ""
    assert texts == [BALL.text, BOILER.text]


def test_what_is_clear_to_the_recogniser_is_not_weighed():
    assert played().llm.rescored == []
    clear = played(Hypothesis(BOILER.text, 0.8, None, 2.0))
    assert clear.llm.rescored == [] and clear.history[0] == ("user", BOILER.text)


def test_an_engine_that_cannot_tell_leaves_it_to_the_recogniser():
    silent = ScriptedLlm(["Fine."])
    assert played(BOILER, llm=silent).history[0] == ("user", BALL.text)
    assert played(Hypothesis(BOILER.text, 0.8, None, 0.5), llm=silent).history[0] == ("user", BOILER.text)


def test_an_engine_that_fails_leaves_it_to_the_recogniser_too():
    class Failing(ScriptedLlm):
        async def rescore(self, messages, texts):
            raise EngineError("the scripted model broke; try again")

    assert played(BOILER, llm=Failing(["Fine."])).history == [("user", BALL.text), ("assistant", "Fine.")]


def test_a_word_of_the_users_documents_is_what_was_meant():
    tank = Hypothesis("how do I clean the tank", 0.8, None, -0.4)
    assert played(tank, llm=ScriptedLlm(["Fine."]), knowledge=ScriptedKnowledge()).history[0] == ("user", tank.text)
    assert played(tank, llm=ScriptedLlm(["Fine."])).history[0] == ("user", BALL.text)
