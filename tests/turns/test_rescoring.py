"""Which hypothesis is taken: the recogniser's odds, the language model's, and the words that the documents know."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.settings import MannersSettings
from assistant.stt import Hypothesis, Transcript
from assistant.turns.rescoring import choose, is_close, is_unsure, windows

BOILER = Hypothesis("How do I clean the boiler?", 0.75, 0.5, -0.4)
BALL = Transcript("How do I clean the ball?", 0.7, weakest=0.3, other=BOILER)


def test_what_the_language_model_finds_likelier_is_taken():
    assert choose(BALL, [-12.0, -4.0]).text == BOILER.text
    assert choose(BALL, [-4.0, -12.0]) == BALL


def test_without_a_language_model_the_recogniser_decides():
    assert choose(BALL, None) == BALL
    assert choose(replace(BALL, other=replace(BOILER, log_odds=0.3)), None).text == BOILER.text


def test_the_language_model_is_asked_when_it_is_close():
    assert is_close(BALL) and not is_close(replace(BALL, other=None))
    assert not is_close(replace(BALL, other=replace(BOILER, log_odds=2.0)))


def test_words_of_the_documents_count():
    assert choose(BALL, None, lambda text: {"boiler"} & set(text.strip("?").split())).text == BOILER.text
    assert choose(BALL, [-9.0, -4.0], lambda text: {"ball"} & set(text.strip("?").split())) == BALL


def test_how_surely_it_was_understood_is_told_of_what_was_taken():
    taken = choose(BALL, [-12.0, -4.0])
    assert taken == Transcript(BOILER.text, 0.75, weakest=0.5)


def test_words_are_asked_for_again_when_the_weakest_of_them_are_too_weak():
    manners = MannersSettings()
    assert is_unsure(BALL, manners) and not is_unsure(BALL, replace(manners, unsure=""))
    assert not is_unsure(choose(BALL, [-12.0, -4.0]), manners)


def test_an_engine_without_weakest_tokens_is_judged_by_the_mean():
    manners = MannersSettings()
    assert is_unsure(Transcript("How?", 0.6), manners) and not is_unsure(Transcript("How?", 0.7), manners)
    assert not is_unsure(Transcript("How?"), manners)


def test_only_what_tells_the_texts_apart_is_read_and_a_little_behind():
    assert windows(["put it in a large pot and let it cook", "put it in a large box and let it cook"]) == [
        "put it in a large pot and",
        "put it in a large box and",
    ]
    assert windows(["stop the music", "stop", "the stop music"]) == ["stop the music", "stop", "the stop music"]


@given(st.lists(st.text("ab ", max_size=12), min_size=1, max_size=4))
def test_the_texts_lose_only_words_that_they_share_at_their_end(texts):
    lost = {" ".join(text.split())[len(window) :] for text, window in zip(texts, windows(texts))}
    assert len(lost) == 1
    for text, window in zip(texts, windows(texts)):
        assert " ".join(text.split()) == window + next(iter(lost))


@pytest.mark.parametrize("model", [None, [0.0, 5.0]])
def test_a_sure_transcript_stays(model):
    sure = Transcript("Hello.", 0.95)
    assert choose(sure, model) is sure
