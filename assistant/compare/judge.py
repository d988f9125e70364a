"""A language model as judge of two answers: both orders, length controlled, and trusted only after its self-test.

Each arm's answer is set against the first arm's, once in either order; only what the judge prefers both times is
preferred. The self-test asks it about answers whose order is known, on this very set of questions: a reference answer
is better than its first half, and that better than a fluent answer to another question.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assistant.compare.questions import Question
from assistant.compare.records import Records
from assistant.compare.results import load
from assistant.errors import EngineError, UsageError
from assistant.llm import Llm, LlmSettings, Message

_TESTED = 20
"""Questions of the self-test at most; two pairs each, in both orders."""
_FEWEST = 5
_TRUST = 0.8
"""Share of the pairs that must be put in the right order, both ways round."""
_SYSTEM = (
    "You compare two answers to a question. The better answer is the one that agrees with the reference answer; "
    'a wrong fact is worse than "I don\'t know", and "I don\'t know" is worse than the right fact. Length and '
    "wording do not matter. Reply with one word: A, B or TIE."
)
_VERDICT = re.compile(r"\b(A|B|TIE)\b", re.IGNORECASE)


class Judge:
    """Asks one model, in one event loop: an endpoint's connections belong to theirs."""

    def __init__(self, llm: Llm) -> None:
        self.name = llm.name
        self._llm = llm
        self._loop = asyncio.Runner()

    def ask(self, prompt: str) -> str:
        """Blocks. Raises EngineError."""

        async def reply() -> str:
            async with aclosing(self._llm.reply([Message("system", _SYSTEM), Message("user", prompt)])) as pieces:
                return "".join([piece async for piece in pieces])

        return self._loop.run(reply())

    def close(self) -> None:
        self._llm.close()
        self._loop.close()


@dataclass(frozen=True)
class OrderedPair:
    question: Question
    better: str
    worse: str


def settings_of(text: str, llm: LlmSettings, url: str = "") -> LlmSettings:
    """``PRESET/MODEL`` (a preset of [llm]) -> the settings of that endpoint; ``url`` overrides its address.

    Raises UsageError.
    """
    from assistant.llm.presets import PRESETS

    preset, slash, model = text.partition("/")
    if not slash or not model or preset not in PRESETS:
        raise UsageError(f"--judge {text}: write it as PRESET/MODEL, with one of the presets {', '.join(PRESETS)}")
    return replace(llm, engine="openai", preset=preset, model=model, base_url=url, temperature=0.0, max_tokens=200)


def run(
    records: Records, judge: Judge, progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any]:
    """Test the judge, and when it is trusted let it compare every arm with the first one; what is on record is not
    asked again. Returns the ``judge`` record, which is also on record when the self-test could not be run.
    Raises EngineError, UsageError.
    """
    results = load(records)
    arms = results.arms[1:]
    judged = results.for_judge
    test = next(
        (
            record
            for record in records.all()
            if record["type"] == "judge" and record["judge"] == judge.name and record["share"] is not None
        ),
        None,
    )
    left = {
        arm: [question for question in judged if results.judged[arm].get(question.id, {}).get("judge") != judge.name]
        for arm in arms
    }
    tested = len(pairs(results.questions))
    total = tested + len(arms) * len(judged)
    done = total - sum(map(len, left.values())) - (tested if test is None else 0)
    progress(done, total)

    def tick() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    if test is None:
        try:
            test = self_test(judge, results.questions, tick)
        except EngineError as error:
            records.append(_untrusted(judge, 0, f"its self-test could not be run, {str(error).rstrip('.')}"))
            raise
    records.append(test)
    base = results.header.arms[results.base]["key"]
    for arm in arms if test["trusted"] else []:
        for verdict in verdicts(
            judge, left[arm], results.answers[arm], results.answers[results.base], arm, results.header.arms[arm]["key"]
        ):
            records.append(verdict | {"base": base})
            tick()
    return test


def pairs(questions: Sequence[Question]) -> list[OrderedPair]:
    """The self-test's: reference > its first half > the reference of another question that is as long."""
    usable = [
        question
        for question in questions
        if question.kind != "style" and question.answers and len(question.answers[0].split()) >= 4
    ]
    found = []
    for question in usable[:_TESTED]:
        reference = question.answers[0]
        words = reference.split()
        half = " ".join(words[: len(words) // 2]).rstrip(",;:")
        others = [other.answers[0] for other in usable if other is not question and other.answers[0] != reference]
        if others:
            wrong = min(others, key=lambda other: abs(len(other) - len(reference)))
            found += [OrderedPair(question, reference, half), OrderedPair(question, half, wrong)]
    return found


def self_test(
    judge: Judge, questions: Sequence[Question], progress: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """A ``judge`` record: ``trusted`` and the ``reason`` in a sentence. Raises EngineError."""
    tested = pairs(questions)
    if len(tested) < 2 * _FEWEST:
        return _untrusted(
            judge, len(tested), f"fewer than {_FEWEST} reference answers are long enough (4 words) to test it on"
        )
    right = 0
    for pair in tested:
        right += prefer(judge, pair.question, pair.better, pair.worse)["preferred"] == 1.0
        progress()
    share = right / len(tested)
    trusted = share >= _TRUST
    words = "passed" if trusted else "judge failed"
    return {
        "type": "judge",
        "judge": judge.name,
        "trusted": trusted,
        "share": share,
        "pairs": len(tested),
        "reason": f"{words}: it put {right} of {len(tested)} pairs of reference, half and wrong answer in the right "
        f"order both ways round, {_TRUST:.0%} are needed",
    }


def _untrusted(judge: Judge, pairs: int, reason: str) -> dict[str, Any]:
    """The record of a judge that was not tested."""
    return {
        "type": "judge",
        "judge": judge.name,
        "trusted": False,
        "share": None,
        "pairs": pairs,
        "reason": f"judge failed: {reason}",
    }


def verdicts(
    judge: Judge,
    questions: Sequence[Question],
    answers: Mapping[str, Mapping[str, Any]],
    base: Mapping[str, Mapping[str, Any]],
    arm: str,
    key: str,
) -> Iterator[dict[str, Any]]:
    """A ``verdict`` record for each question with a reference: ``preferred`` 1 = the arm's answer, 0 = the base's,
    0.5 = neither, and ``longer``, by how many characters the arm's is longer. Raises EngineError.
    """
    for question in questions:
        one, other = answers[question.id]["text"], base[question.id]["text"]
        found = (
            {"preferred": 0.5, "orders": []} if one.split() == other.split() else prefer(judge, question, one, other)
        )
        yield {
            "type": "verdict",
            "arm": arm,
            "key": key,
            "question": question.id,
            "judge": judge.name,
            **found,
            "longer": len(one) - len(other),
        }


def prefer(judge: Judge, question: Question, one: str, other: str) -> dict[str, Any]:
    """``preferred`` (1 = one, 0 = other, 0.5 = the orders disagree or a tie) and what was said in both orders."""
    first, second = _choice(judge, question, one, other), _choice(judge, question, other, one)
    for_one = {("A", "B"): 1.0, ("B", "A"): 0.0}.get((first, second), 0.5)
    return {"preferred": for_one, "orders": [first, second]}


def _choice(judge: Judge, question: Question, a: str, b: str) -> str:
    reference = " or ".join(question.answers) or "This cannot be known; the right answer says so."
    prompt = (
        f"Question: {question.text}\nReference answer: {reference}\n\nAnswer A: {a.strip() or '(nothing)'}\n"
        f"Answer B: {b.strip() or '(nothing)'}\n\nWhich is better? One word: A, B or TIE."
    )
    said = _VERDICT.findall(judge.ask(prompt))
    return said[-1].upper() if said else ""


def controlled(found: Sequence[Mapping[str, Any]]) -> list[float]:
    """Each verdict's ``preferred`` less what the difference in length alone explains.

    As Dubois et al. 2024 (length-controlled AlpacaEval): the chance to be preferred is a logistic curve of
    tanh(difference in length / its standard deviation); what it says beyond its value at equal length is taken off.
    """
    preferred = np.array([one["preferred"] for one in found], float)
    longer = np.array([one["longer"] for one in found], float)
    spread = longer.std()
    if len(found) < 3 or spread == 0:
        return preferred.tolist()
    length = np.tanh(longer / spread)
    design = np.stack([np.ones_like(length), length], axis=1)
    weights = np.zeros(2)
    ridge = np.diag([1e-3, 1e-1])
    for _ in range(50):  # Newton's method, ridged so that it ends where all are preferred
        p = 1 / (1 + np.exp(-design @ weights))
        step = np.linalg.solve(
            design.T @ (design * (p * (1 - p))[:, None]) + ridge, design.T @ (preferred - p) - ridge @ weights
        )
        weights += step
        if np.abs(step).max() < 1e-9:
            break
    explained = 1 / (1 + np.exp(-design @ weights)) - 1 / (1 + math.exp(-weights[0]))
    return (preferred - explained).tolist()
