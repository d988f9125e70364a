"""What is said out of passages that may not answer: in doubt, and not where the model says itself that they do not."""

from __future__ import annotations

import dataclasses
import json

import pytest

from assistant.compare.support import abstains
from assistant.events import TurnEnded, Woken
from assistant.journal import record
from assistant.knowledge import doubt
from assistant.modes.kiosk.view import View
from assistant.reply.doubt import declines
from assistant.retrieved import Retrieved
from assistant.settings.modes import KioskSettings
from rag import cite
from tests.scripted import Say
from tests.test_talk_rag import QUESTION, ScriptedKnowledge, scene

SURE = "Perhaps this helps."


class DoubtfulKnowledge(ScriptedKnowledge):
    quote = None

    async def look_up(self, question, earlier, kept) -> Retrieved:
        found = await super().look_up(question, earlier, kept)
        return dataclasses.replace(found, doubtful=bool(found.passages), quote=self.quote)


class Quote:
    def spoken(self, language: str = "en") -> str:
        return "The manual says: the pump lives for 1,900 hours."


def doubtful(*says: Say, quote=None, **more):
    knowledge = DoubtfulKnowledge()
    knowledge.quote = quote
    return scene(*says, knowledge=knowledge, **more)


def test_what_the_model_writes_comes_behind_the_doubt_and_is_kept_so():
    played = doubtful(QUESTION, replies=["Nineteen hundred hours. That is long."])
    [turn] = played.turns
    assert turn.heard == f"{SURE} Nineteen hundred hours. That is long." and turn.outcome == "answered"
    assert turn.doubtful and record(turn, "c")["doubtful"] is True
    assert played.history[-1] == ("assistant", turn.heard)


def test_a_model_that_says_that_the_passages_do_not_tell_is_believed():
    played = doubtful(QUESTION, replies=["It is not in the passages."])
    [turn] = played.turns
    assert (turn.heard, turn.outcome, turn.passages) == ("It is not in the passages.", "unknown", ())
    assert not turn.doubtful and played.history == []


def test_what_is_quoted_comes_behind_the_doubt_without_asking_the_model():
    played = doubtful(QUESTION, quote=Quote())
    assert played.llm.prompts == []
    assert played.turns[0].heard == f"{SURE} The manual says: the pump lives for 1,900 hours."


def test_sure_answers_are_no_longer_than_before():
    [turn] = scene(QUESTION).turns
    assert turn.heard == "Nineteen hundred hours." and record(turn, "c")["doubtful"] is False


def test_sources_of_an_answer_in_doubt_are_not_spoken_as_sure():
    [turn] = doubtful(QUESTION, settings={"rag.speak_sources": True}).turns
    assert turn.heard.startswith(SURE) and "According to" not in turn.heard


def test_a_kiosk_marks_the_sources_of_an_answer_in_doubt():
    [turn] = doubtful(QUESTION).turns
    view = View(KioskSettings())
    view(Woken("okay_nabu"))
    view(TurnEnded(turn))
    assert json.loads(view.snapshot())["sources"] == ["Manual › Pump, p. 2 (?)"]


def test_the_note_for_the_model_asks_for_words_that_count_as_not_knowing():
    assert declines(cite.DOUBTFUL.rpartition(": ")[2])


@pytest.mark.parametrize(
    "sentence",
    [
        "I do not know.",
        "I don’t know who wrote it.",
        "The passages do not mention the price.",
        "This is not stated in the documents, and is not in the text.",
        "There is no information about that.",
        "Das weiß ich nicht.",
        "Dazu ist nichts angegeben.",
        "Je ne sais pas.",
        "Ce n'est pas indiqué.",
        "No lo sé.",
        "Non lo so.",
    ],
)
def test_a_reply_that_tells_nothing_is_recognised(sentence):
    assert declines(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The tank holds 4.2 litres.",
        "No, it may not be cleaned in the dishwasher.",
        "There is no filter, so you need none.",
        "Nein, er darf nicht in die Spülmaschine.",
        "Non, il ne faut pas le laver.",
        "No, no se puede lavar.",
        "You do not text while the pump runs.",
    ],
)
def test_a_reply_that_tells_something_is_not(sentence):
    assert not declines(sentence)


def test_who_answers_behind_the_doubt_did_not_keep_silent():
    assert not abstains(f"{doubt()} The manual says: the pump lives for 1,900 hours.")
    assert abstains(f"{doubt()} I do not know.")
