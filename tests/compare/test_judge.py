"""The judge: only one that passes its self-test is believed."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

import numpy as np
import pytest

from assistant import llm
from assistant.compare import judge as judging
from assistant.compare.judge import Judge, controlled, pairs
from assistant.compare.lines import table
from assistant.compare.questions import Question
from assistant.compare.results import load
from assistant.config import LlmSettings
from assistant.errors import EngineError, UsageError
from tests.compare.helpers import recorded
from tests.fake_openai import FakeOpenAI, Fault

_PLACES = (
    "under the red lid at the back",
    "behind the small grey door below",
    "between both of the lower pipes",
    "on top of the boiler housing",
    "next to the main power switch",
    "inside the lower left foot",
)
QUESTIONS = [
    Question(f"q{number}", f"Where is part {number}?", (f"It sits {place}.",)) for number, place in enumerate(_PLACES)
]
GOOD = {question.id: f"{question.answers[0][:-1]}, as far as I know." for question in QUESTIONS}
BAD = {question.id: "That is hard to say, ask somebody else who may know more about it." for question in QUESTIONS}


class JudgingServer(FakeOpenAI):
    """Prefers what is more like the reference, or whatever ``rule(reference, a, b)`` says."""

    rule = None

    @property
    def chat(self) -> list[str]:
        prompt = self.requests[-1].json["messages"][-1]["content"]
        reference, a, b = (
            re.search(rf"{name}: (.*)", prompt)[1] for name in ("Reference answer", "Answer A", "Answer B")
        )
        if self.rule:
            return [self.rule(reference, a, b)]
        like = [SequenceMatcher(None, reference, text).ratio() for text in (a, b)]
        return ["The better", " one is ", "TIE" if like[0] == like[1] else "A" if like[0] > like[1] else "B", "."]

    @chat.setter
    def chat(self, pieces) -> None:
        pass


@pytest.fixture
def records(tmp_path):
    return recorded(tmp_path / "c", {"base": BAD, "rag": GOOD}, QUESTIONS)


def judged(records, server, model="fake", progress=lambda done, total: None) -> dict:
    judge = Judge(llm.load(judging.settings_of(f"custom/{model}", LlmSettings(), server.url), print))
    try:
        return judging.run(records, judge, progress)
    finally:
        judge.close()


def test_a_good_judge_is_trusted_and_asked_in_both_orders(records):
    with JudgingServer() as server:
        test = judged(records, server)
        prompts = [request.json["messages"][-1]["content"] for request in server.requests]
        asked = len(prompts)
        assert test["trusted"] and test["pairs"] == 12 and asked == 2 * (12 + 6)
        assert judged(records, server)["trusted"] and len(server.requests) == asked  # all is on record
    both = [re.findall(r"Answer [AB]: (.*)", prompt) for prompt in prompts[-2:]]
    assert both[0] == both[1][::-1]
    line = table(load(records)).line("judge")
    assert line.cells["rag"].mean > 0.9 and line.cells["base"].mean == 0.5 and line.differences["rag"].decided


@pytest.mark.parametrize(
    "rule",
    [
        lambda reference, a, b: "A",  # looks at the order only
        lambda reference, a, b: "A" if len(a) > len(b) else "B",  # at the length only: the half answer is shorter
        lambda reference, a, b: "I like both!",
    ],
    ids=["position", "length", "undecided"],
)
def test_a_judge_that_cannot_judge_fails_its_self_test_and_judges_nothing(records, rule):
    with JudgingServer() as server:
        server.rule = rule
        test = judged(records, server)
        assert not test["trusted"] and test["reason"].startswith("judge failed")
        assert len(server.requests) == 2 * 12
    assert table(load(records)).line("judge").cells["rag"] == "judge failed"
    assert not any(record["type"] == "verdict" for record in records.all())


def test_a_self_test_that_could_not_be_run_is_on_record_and_is_run_again(records):
    with JudgingServer(faults=[None, Fault(401)]) as server:
        with pytest.raises(EngineError):
            judged(records, server)
        failed = load(records)
        assert failed.judge["reason"].startswith("judge failed: its self-test could not be run, ")
        assert table(failed).line("judge").cells == {"base": None, "rag": "judge failed"}
        assert judged(records, server)["trusted"]
    assert table(load(records)).line("judge").cells["rag"].mean > 0.9


def test_a_judge_is_not_trusted_on_answers_too_short_to_test_it(tmp_path):
    questions = [Question(f"q{number}", "How many?", (f"{number}",)) for number in range(9)]
    records = recorded(tmp_path / "c", {name: {q.id: "1" for q in questions} for name in ("base", "rag")}, questions)
    with JudgingServer() as server:
        assert not judged(records, server)["trusted"] and server.requests == []


def test_interrupted_judging_goes_on(records):
    with JudgingServer(faults=[None] * 30 + [Fault(401)]) as server:
        with pytest.raises(EngineError):
            judged(records, server)
        told = []
        assert judged(records, server, progress=lambda *state: told.append(state))["trusted"]
        assert told == [(15, 18), (16, 18), (17, 18), (18, 18)]  # begins with what is on record
        assert len(server.requests) == 31 + 2 * 3  # three verdicts were on record, the fourth was under way


def test_self_test_pairs_are_the_reference_its_half_and_an_answer_to_something_else():
    first, second = pairs(QUESTIONS)[:2]
    assert first.better == QUESTIONS[0].answers[0] and first.worse == "It sits under the"
    assert second.better == first.worse and second.worse in {question.answers[0] for question in QUESTIONS[1:]}


def test_what_length_alone_explains_is_taken_off():
    random = np.random.default_rng(0)
    longer = random.normal(0, 50, 400)
    by_length = [{"preferred": float(one > 0), "longer": one} for one in longer + 30]
    assert np.mean([one["preferred"] for one in by_length]) > 0.7
    assert abs(np.mean(controlled(by_length)) - 0.5) < 0.08
    by_merit = [{"preferred": float(random.random() < 0.8), "longer": one} for one in longer]
    assert np.mean(controlled(by_merit)) == pytest.approx(np.mean([one["preferred"] for one in by_merit]), abs=0.02)


def test_judge_is_named_by_preset_and_model():
    found = judging.settings_of("lmstudio/some/model", LlmSettings(temperature=1.0))
    assert (found.engine, found.preset, found.model, found.temperature) == ("openai", "lmstudio", "some/model", 0.0)
    for text in ("lmstudio", "nobody/model", "lmstudio/"):
        with pytest.raises(UsageError, match="PRESET/MODEL"):
            judging.settings_of(text, LlmSettings())
