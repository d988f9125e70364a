"""Which hypothesis is taken, by the recogniser's odds and the words that the documents know; when none is good."""

from __future__ import annotations

from dataclasses import replace

from assistant.settings import MannersSettings
from assistant.stt import Hypothesis, Transcript
from assistant.turns.hypotheses import choose, is_unsure

BOILER = Hypothesis("How do I clean the boiler?", 0.75, 0.5, -0.4)
BALL = Transcript("How do I clean the ball?", 0.7, weakest=0.3, other=BOILER)


def test_the_recogniser_decides():
    assert choose(BALL) == BALL
    assert choose(replace(BALL, other=replace(BOILER, log_odds=0.3))).text == BOILER.text


def test_words_of_the_documents_count():
    assert choose(BALL, lambda text: {"boiler"} & set(text.strip("?").split())).text == BOILER.text
    likelier = replace(BALL, other=replace(BOILER, log_odds=0.3))
    assert choose(likelier, lambda text: {"ball"} & set(text.strip("?").split())) == likelier


def test_how_surely_it_was_understood_is_told_of_what_was_taken():
    taken = choose(replace(BALL, other=replace(BOILER, log_odds=0.3)))
    assert taken == Transcript(BOILER.text, 0.75, weakest=0.5)


def test_words_are_asked_for_again_when_the_weakest_of_them_are_too_weak():
    manners = MannersSettings()
    assert is_unsure(BALL, manners) and not is_unsure(BALL, replace(manners, unsure=""))
    assert not is_unsure(choose(replace(BALL, other=replace(BOILER, log_odds=0.3))), manners)


def test_an_engine_without_weakest_tokens_is_judged_by_the_mean():
    manners = MannersSettings()
    assert is_unsure(Transcript("How?", 0.6), manners) and not is_unsure(Transcript("How?", 0.7), manners)
    assert not is_unsure(Transcript("How?"), manners)


def test_a_sure_transcript_stays():
    sure = Transcript("Hello.", 0.95)
    assert choose(sure, lambda text: set(text.split())) is sure
