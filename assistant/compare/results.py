"""The records of a comparison, scored: what the table, the page and the verdict are made of."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.compare import metrics
from assistant.compare.metrics import Score
from assistant.compare.questions import Question
from assistant.compare.records import Header, Records
from assistant.errors import AssistantError, UsageError


@dataclass
class Results:
    name: str
    header: Header
    questions: list[Question]
    arms: list[str]
    """Those that answered every question, in order; the first one is what the others are compared with."""
    left_out: dict[str, str]
    """Arm -> why it does not count: its error, or how many answers are missing."""
    answers: dict[str, dict[str, dict[str, Any]]]
    """Arm -> question -> record."""
    scores: dict[str, dict[str, Score]]
    ends: dict[str, dict[str, Any]]
    """Arm -> its ``arm`` record."""
    labels: dict[str, str] = field(default_factory=dict)
    """Question -> what the base model knows of it."""
    heard: dict[str, dict[str, Any]] = field(default_factory=dict)
    judge: dict[str, Any] | None = None
    """The judge's self-test; None = there was no judge."""
    judged: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """Arm -> question -> ``verdict`` record."""
    notes: list[str] = field(default_factory=list)

    @property
    def checkable(self) -> list[Question]:
        """Those about facts whose right answer is known; not what is about style, or was only recorded."""
        return [
            question
            for question in self.questions
            if question.kind != "style" and (question.answers or question.unanswerable)
        ]

    @property
    def heading(self) -> str:
        """Name, arms, and how many questions of each kind were asked in which way."""
        kinds = Counter(question.kind for question in self.questions)
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        way = "spoken" if self.header.spoken else "typed"
        return f"{self.name}: {', '.join(self.arms)} on {len(self.questions)} questions ({counts}), {way}"

    def counted(self, arm: str) -> list[Score]:
        """The scores that the curve of accuracy against answer rate is made of."""
        return [self.scores[arm][question.id] for question in self.checkable]

    @property
    def base(self) -> str:
        return self.arms[0]

    @property
    def for_judge(self) -> list[Question]:
        """Those whose right answer a judge can be told."""
        return [question for question in self.questions if question.answers or question.unanswerable]

    @property
    def judged_by_all(self) -> list[Question]:
        """Those of which the judge has compared every arm with the first one."""
        return [
            question
            for question in self.for_judge
            if self.judge
            and all(self.judged[arm].get(question.id, {}).get("judge") == self.judge["judge"] for arm in self.arms[1:])
        ]


def load(records: Records, names: Sequence[str] = ()) -> Results:
    """The arms on record, base first, or those of ``names``, in that order.

    Raises UsageError when one of them is not on record, AssistantError when none has all answers.
    """
    header = records.existing()
    answers, ends, left_out = {}, {}, {}
    unknown = [name for name in names if name not in header.arms]
    if unknown:
        raise UsageError(f"{records.folder} holds no arm {unknown[0]}; it holds {', '.join(header.arms)}")
    for name, arm in header.arms.items():
        found = records.of_arm("answer", name, arm["key"])
        end = records.end_of(name, arm["key"])
        missing = sum(question.id not in found for question in header.questions)
        if end and end.get("error"):
            left_out[name] = end["error"]
        elif missing or end is None:
            left_out[name] = f"{missing} of {len(header.questions)} answers are missing; give the same command again"
        else:
            answers[name], ends[name] = found, end
    left_out = {name: reason for name, reason in left_out.items() if name in (names or left_out)}
    shown = [name for name in names or sorted(answers, key=lambda name: name != "base") if name in answers]
    if not shown:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise AssistantError(f"{records.folder}: no arm has answered all questions yet ({reasons})")
    base = shown[0]
    plain = min(answers, key=lambda name: name != "base")  # also where it is not shown: that must not change a score
    style = metrics.styles(
        header.questions,
        {name: {id: answer["text"] for id, answer in found.items()} for name, found in answers.items()},
        plain,
    )
    notes = [
        *header.notes,
        *unlike({name: header.arms[name] for name in shown}),
        *(note for name in shown for note in header.arms[name].get("notes", [])),
    ]
    if not style and any(question.kind == "style" for question in header.questions):
        notes.append("fewer than ten questions of kind style, or the styles cannot be told apart: style is not scored")
    scores = {}
    for name in shown:
        support = records.of_arm("support", name, header.arms[name]["key"])
        scores[name] = {
            question.id: metrics.score(
                question, answers[name][question.id], support.get(question.id), style.get(name, {}).get(question.id)
            )
            for question in header.questions
        }
    tests = [record for record in records.all() if record["type"] == "judge"]
    return Results(
        records.name,
        header,
        header.questions,
        shown,
        left_out,
        answers,
        scores,
        ends,
        {id: record["label"] for id, record in records.of("label").items() if record["model"] == header.probed},
        records.of("heard"),
        tests[-1] if tests else None,
        {
            name: {
                id: verdict
                for id, verdict in records.of_arm("verdict", name, header.arms[name]["key"]).items()
                if verdict.get("base") == header.arms[base]["key"]
            }
            for name in shown[1:]
        },
        list(dict.fromkeys(notes)),
    )


def unlike(arms: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What is not the same between ``arms`` (see `Header.arms`), in sentences: the model, or the documents, as when
    they were changed between the commands that asked them. What a training run has merged into a model makes it no
    other one.
    """
    found = []
    models = {name: arm for name, arm in arms.items() if arm["adapter"] or not arm["run"]}
    paths = {name: arm["model"] for name, arm in models.items()}
    weights = {name: arm.get("weights") for name, arm in models.items()}
    if not all(weights.values()):  # a comparison that was made before they were recorded
        weights = {name: os.path.realpath(path) for name, path in paths.items()}
    if len(set(weights.values())) > 1:
        files = {name: Path(path).name for name, path in paths.items()}
        apart = next(
            (names for names in (files, paths) if len(set(names.values())) == len(set(weights.values()))),
            {name: f"{path} ({weights[name]})" for name, path in paths.items()},
        )
        found.append(
            "the model is not the same in all arms: " + "; ".join(f"{name} {model}" for name, model in apart.items())
        )
    documents = {name: arm["documents"] for name, arm in arms.items() if arm.get("documents")}
    if len(set(documents.values())) > 1:
        found.append(f"the documents were changed between the answers of {' and '.join(documents)}")
    return found
