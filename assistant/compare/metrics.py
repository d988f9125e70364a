"""What each answer is worth, measured without a judge; all arms by the same rules."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.compare.questions import Question
from assistant.compare.support import abstains
from assistant.memory import wording

SILENT = ("unknown", "unsure", "nothing_said", "refused")
"""Outcomes that are no answer: the assistant's own sentences."""
_FOLDS = 5


@dataclass(frozen=True)
class Score:
    correct: bool
    """Says what one of the references says (`training.judge.score.correct`); of an unanswerable question: abstained."""
    exact: bool
    """Equals a reference, but for case, articles, punctuation and the writing of numbers."""
    f1: float
    """Of the words, the best over the references (Rajpurkar et al. 2016); 0 for an unanswerable question."""
    abstained: bool
    """Said that it does not know: the assistant's sentence for it, or the model's own words."""
    claims: int
    supported: int
    confidence: float
    """0 to 1; 0 when it abstained. The mean token probability; with documents the geometric mean of that and the
    documents' own confidence."""
    style: float | None = None
    """Probability of the wanted style, see `styles`; None of questions that are not about style."""
    sureness: float | None = None
    """0 to 1: how sure the guard of the live assistant was at the first sentence; None when it did not look."""

    @property
    def wrong(self) -> bool:
        """Answered, and not correct: what costs more than not to know."""
        return not self.abstained and not self.correct

    @property
    def worth(self) -> float:
        """+1 correct answer, 0 "I do not know", -1 wrong answer."""
        return -1.0 if self.wrong else float(self.correct and not self.abstained)

    @property
    def invented(self) -> bool:
        """Claimed something that nothing supports."""
        return not self.abstained and self.supported < self.claims


def score(
    question: Question, answer: Mapping[str, Any], support: Mapping[str, Any] | None, style: float | None = None
) -> Score:
    """``answer`` and ``support`` as on record (see assistant.compare.records)."""
    from training.judge.score import correct, normalise, token_f1

    text = answer["text"]
    silent = answer["outcome"] in SILENT or abstains(text)
    right = any(correct(text, reference, question.text) for reference in question.answers)
    confidence = answer["confidence"] or 0.0
    if answer["documents"] is not None and answer["passages"]:
        confidence = float(np.sqrt(confidence * answer["documents"]))
    return Score(
        silent if question.unanswerable else right,
        any(normalise(text) == normalise(reference) for reference in question.answers),
        max((token_f1(text, reference) for reference in question.answers), default=0.0),
        silent and not right,
        support["claims"] if support else 0,
        support["supported"] if support else 0,
        0.0 if silent else confidence,
        style,
        answer.get("sureness"),
    )


def styles(
    questions: Sequence[Question], answers: Mapping[str, Mapping[str, str]], base: str
) -> dict[str, dict[str, float]]:
    """Arm -> question -> how surely its answer is in the style of the references rather than the base arm's own.

    Each question is judged by a classifier (`training.judge.style.Style`) that learned from the other questions only:
    the references against the answers of the arm ``base``. ``answers``: arm -> question -> text. Empty with fewer than
    ten questions of kind ``style``.
    """
    from training.errors import TrainingError
    from training.judge.style import Style

    asked = [question for question in questions if question.kind == "style" and question.answers]
    found: dict[str, dict[str, float]] = {name: {} for name in answers}
    for fold in range(_FOLDS):
        learned = [question for number, question in enumerate(asked) if number % _FOLDS != fold]
        try:
            style = Style.fit(
                [question.answers[0] for question in learned], [answers[base][question.id] for question in learned]
            )
        except (TrainingError, KeyError):
            return {}
        for question in asked[fold::_FOLDS]:
            for name, texts in answers.items():
                found[name][question.id] = style.score(texts[question.id])
    return found


@dataclass(frozen=True)
class Point:
    threshold: float
    """Of the confidence: answers below it are not given."""
    rate: float
    """Share of the questions that are answered then."""
    accuracy: float
    """Share of the answers given that are correct."""


def curve(scores: Sequence[Score]) -> list[Point]:
    """Accuracy against answer rate for every confidence threshold, from the surest answer on.

    Own abstentions are never given. Answers of equal confidence are given together.
    """
    given = sorted((score for score in scores if not score.abstained), key=lambda score: -score.confidence)
    points, right = [], 0
    for number, one in enumerate(given, 1):
        right += one.worth > 0
        if number == len(given) or given[number].confidence < one.confidence:
            points.append(Point(one.confidence, number / len(scores), right / number))
    return points


def area(scores: Sequence[Score]) -> float:
    """Area under `curve` for answer rates from 0 to 1, 0 to 1; higher is better (1 minus the area under the
    risk-coverage curve of El-Yaniv and Wiener, 2010).

    Where an arm abstains it has no answer to give: those places count as answers that are not correct, so that silence
    wins nothing beyond its safety. Answers of equal confidence share their mean.
    """
    if not scores:
        return 0.0
    confidence = np.array([0.0 if score.abstained else score.confidence for score in scores])
    right = np.array([score.worth > 0 for score in scores], float)
    return _area(confidence, right)


def _area(confidence: np.ndarray, right: np.ndarray) -> float:
    order = np.argsort(-confidence, kind="stable")
    ordered = confidence[order]
    groups = np.concatenate([[0], np.cumsum(ordered[1:] < ordered[:-1])])
    expected = (np.bincount(groups, right[order]) / np.bincount(groups))[groups]
    return float(np.mean(np.cumsum(expected) / np.arange(1, len(right) + 1)))


def area_of(confidence_right: np.ndarray) -> float:
    """`area` of an array of shape (questions, 2), for resampling: confidence (0 = abstained), 1 where correct."""
    return _area(confidence_right[:, 0], confidence_right[:, 1])


def area_moved(share: float) -> float:
    """How far `area` moves from 0 (or 1) at most when a ``share`` of the answers, the surest ones, is right (or wrong):
    the integral of min(1, share / x) over the answer rate x.
    """
    return share * (1 - math.log(share))


def claimed(supported_claims: np.ndarray) -> float:
    """Claims supported of claims made, of an array of shape (questions, 2); NaN where none is made."""
    made = supported_claims[:, 1].sum()
    return float(supported_claims[:, 0].sum() / made) if made else math.nan


def evidence(question: Question, shown: Sequence[Mapping[str, str]]) -> list[str]:
    """What supports a claim about ``question``: references, quotes, and the passages that any arm was shown."""
    passages = dict.fromkeys(passage["text"] for passage in shown)
    return [*question.answers, *question.evidence, *passages]


def forgotten(questions: Sequence[Question]) -> dict[str, list[str]]:
    """Question before which something is forgotten -> the facts that were told until then and are forgotten there."""
    facts: list[str] = []
    found = {}
    for question in questions:
        facts += question.remember
        gone = [fact for fact in facts if any(wording.holds(fact, topic) for topic in question.forget)]
        facts = [fact for fact in facts if fact not in gone]
        if gone:
            found[question.id] = gone
    return found


def tells(answer: Mapping[str, Any], facts: Sequence[str]) -> bool:
    """Whether the answer gives one of ``facts`` away."""
    return any(wording.tells(answer["text"], fact) for fact in facts)


def found_evidence(question: Question, answer: Mapping[str, Any]) -> bool:
    """Whether a quote that holds the answer stood in the passages before the question."""
    shown = [_plain(passage["text"]) for passage in answer["passages"]]
    return any(_plain(quote) in text for quote in question.evidence for text in shown)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
