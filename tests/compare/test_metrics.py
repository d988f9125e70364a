"""What an answer is worth: correctness, silence, claims, confidence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.compare import metrics
from assistant.compare.metrics import Score
from assistant.compare.questions import Question
from assistant.compare.support import abstains, check, claims, nearness

TANK = Question("t", "How big is the water tank?", ("4.2 litres", "4,200 ml"), evidence=("The tank holds 4.2 litres.",))
NOBODY = Question("n", "Who designed the housing?", kind="unanswerable")


def answer(
    text: str,
    outcome: str = "answered",
    confidence: float | None = 0.5,
    documents: float | None = None,
    passages: tuple = (),
) -> dict:
    return {"text": text, "outcome": outcome, "confidence": confidence, "documents": documents, "passages": passages}


def scored(question: Question, text: str, **more) -> Score:
    support = check(text, question.text, metrics.evidence(question, ()))
    return metrics.score(question, answer(text, **more), vars(support))


def given_scores(*pairs: tuple[float, bool]) -> list[Score]:
    return [Score(right, False, 0.0, confidence == 0, 1, 1, confidence) for confidence, right in pairs]


def test_right_wrong_and_silent_answers_are_worth_one_minus_one_and_nothing():
    right, wrong, silent = (
        scored(TANK, text)
        for text in ("It holds 4.2 litres.", "It holds 10 litres.", "I don't know how big the water tank is.")
    )
    assert [score.worth for score in (right, wrong, silent)] == [1, -1, 0]
    assert (right.wrong, wrong.wrong, silent.wrong) == (False, True, False)
    assert silent.abstained and silent.confidence == 0
    assert scored(TANK, "4,200 ml").exact and not right.exact
    assert scored(TANK, "The documents do not tell.", outcome="unknown", confidence=None).abstained


def test_to_an_unanswerable_question_silence_is_right_and_earns_nothing_but_no_loss():
    silent, made_up = scored(NOBODY, "I'm not sure who designed it."), scored(NOBODY, "Jane Doe designed the housing.")
    assert (silent.correct, silent.worth) == (True, 0)
    assert (made_up.correct, made_up.worth, made_up.invented) == (False, -1, True)


@pytest.mark.parametrize(
    "text",
    [
        "I don't know.",
        "I’m sorry. I do not have access to that information.",
        "The price of the Otter 5 is unknown.",
        "The documents do not tell.",
        "Ahoy! I do not know that. Fair winds.",
        "There is no information about it.",
        "",
        "As an AI, I cannot say that.",
        "The passage doesn't mention the price.",
        "I have no idea.",
    ],
)
def test_answers_that_say_they_do_not_know(text):
    assert abstains(text)


@pytest.mark.parametrize(
    "text",
    [
        "It is 4.2 litres.",
        "Do not unplug it.",
        "You cannot use vinegar.",
        "No.",
        "The machine is not available in red.",
        "Press the unknown button twice.",
        "Paris.",
    ],
)
def test_answers_that_say_something(text):
    assert not abstains(text)


def test_a_claim_is_supported_by_its_numbers_words_and_negation():
    evidence = ["The tank holds 4.2 litres.", "Vinegar must not be used, it attacks the brass."]
    question = "How big is the tank?"
    assert check("The tank holds 4,200 ml.", question, evidence).supported == 1
    assert check("The tank holds 10 litres.", question, evidence).supported == 0
    assert check("The tank belongs to a famous steam locomotive.", question, evidence).supported == 0
    assert check("Vinegar must be used, it attacks the brass.", "May I use it?", evidence).supported == 0
    assert check("Vinegar must not be used.", "May I?", evidence).supported == 1
    both = check("The tank holds 4.2 litres. It was built in 1899 by pirates.", question, evidence)
    assert (both.claims, both.supported) == (2, 1)
    assert check("Ahoy! How big is the tank? I do not know. Fair winds!", question, evidence).claims == 0


def test_with_an_embedder_other_words_of_the_same_meaning_are_support_but_never_another_number():
    same = {"Throw it away.": [1.0, 0.0], "Discard the first rinse.": [0.9, 0.436]}
    near = nearness(lambda texts: np.array([same.get(text, [0.0, 1.0]) for text in texts]))
    assert check("Throw it away.", "What of it?", ["Discard the first rinse."], near).supported == 1
    assert check("Throw it away.", "What of it?", ["Discard the first rinse."]).supported == 0
    same["Throw it away 3 times."] = [1.0, 0.0]
    assert check("Throw it away 3 times.", "What of it?", ["Discard the first rinse."], near).supported == 0


def test_claims_are_the_sentences_that_state_something():
    assert claims("Ahoy! The tank is red.\nIs it? I don't know. It holds water.") == [
        "The tank is red.",
        "It holds water.",
    ]


def test_confidence_joins_the_models_and_the_documents():
    passage = ({"title": "T", "text": "The tank holds 4.2 litres."},)
    score = metrics.score(TANK, answer("4.2 litres", confidence=0.4, documents=0.9, passages=passage), None)
    assert score.confidence == pytest.approx(0.6)
    assert metrics.score(TANK, answer("4.2 litres", confidence=0.4, documents=0.9), None).confidence == 0.4


def test_curve_goes_from_the_surest_answer_to_all_that_are_given():
    points = metrics.curve(given_scores((0.9, True), (0.8, False), (0.8, True), (0.0, False)))
    assert [(point.threshold, point.rate, point.accuracy) for point in points] == [(0.9, 0.25, 1.0), (0.8, 0.75, 2 / 3)]


def test_area_by_hand():
    assert metrics.area(given_scores((0.9, True), (0.8, False), (0.7, True), (0, False))) == pytest.approx(
        (1 + 1 / 2 + 2 / 3 + 2 / 4) / 4
    )
    assert metrics.area(given_scores((0.5, True), (0.5, False))) == pytest.approx((0.5 + 0.5) / 2)


@given(st.lists(st.tuples(st.floats(0.01, 1), st.booleans()), min_size=1, max_size=30))
def test_area_is_highest_when_confidence_tells_right_from_wrong(pairs):
    scores = given_scores(*pairs)
    best = given_scores(*((0.9 if right else 0.1, right) for _, right in pairs))
    worst = given_scores(*((0.1 if right else 0.9, right) for _, right in pairs))
    assert metrics.area(worst) - 1e-9 <= metrics.area(scores) <= metrics.area(best) + 1e-9 <= 1 + 1e-9


def test_style_is_told_from_the_base_by_a_judge_that_did_not_see_the_question():
    questions = [
        Question(f"s{n}", f"What about thing {n}?", (f"Ahoy! Thing {n} lies to port. Fair winds.",), "style")
        for n in range(15)
    ]
    plain = {q.id: f"Thing {q.id} is an object that people use every day in many ways." for q in questions}
    pirate = {q.id: f"Ahoy! Look at {q.id} there. Fair winds." for q in questions}
    found = metrics.styles(questions, {"base": plain, "tuned": pirate}, "base")
    assert np.mean(list(found["tuned"].values())) > 0.8 and np.mean(list(found["base"].values())) < 0.2
    assert metrics.styles(questions[:4], {"base": plain, "tuned": pirate}, "base") == {}


def test_whether_the_passage_shown_holds_the_answer():
    assert metrics.found_evidence(
        TANK, answer("", passages=({"title": "T", "text": "Size.\n The  tank holds\n4.2 litres."},))
    )
    assert not metrics.found_evidence(TANK, answer("", passages=({"title": "T", "text": "The pump."},)))
