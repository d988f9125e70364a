"""A comparison on record, made up answer by answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant.compare.questions import Question
from assistant.compare.records import Header, Records

FACTS = [
    Question(
        f"f{number}",
        f"How long is part {number}?",
        (f"{number} metres",),
        evidence=(f"Part {number} is {number} metres long.",),
    )
    for number in range(1, 21)
]
SILENT = [Question(f"u{number}", f"Who made part {number}?", kind="unanswerable") for number in range(1, 7)]


def recorded(
    folder: Path,
    arms: Mapping[str, Mapping[str, str]],
    questions: Sequence[Question],
    rag: Sequence[str] = (),
    confidence: Mapping[str, float] | None = None,
    labels: Mapping[str, str] | None = None,
    failed: Mapping[str, str] | None = None,
    settings: Mapping | None = None,
    more: Mapping[str, Mapping] | None = None,
) -> Records:
    """``arms``: name -> question's id -> answer. Passages hold what the question's quotes say, for arms in ``rag``.

    ``more``: arm -> what else its answers' records say.
    """
    from assistant.compare import metrics, support

    records = Records(folder)
    names = [*arms, *(failed or {})]
    records.save(
        Header(
            "same",
            list(questions),
            ["q.jsonl"],
            {
                name: {
                    "name": name,
                    "model": "m.gguf",
                    "key": f"key-{name}",
                    "rag": name in rag,
                    "memory": name == "memory",
                    "disk": 100_000_000,
                    "run": "",
                    "adapter": "",
                    "training_seconds": 0.0,
                    "money": 0.0,
                }
                for name in names
            },
            dict(settings or {}),
            made="2026-11-24",
        )
    )
    for id, label in (labels or {}).items():
        records.append({"type": "label", "question": id, "model": "", "label": label})
    for name, texts in arms.items():
        for question in questions:
            text = texts[question.id]
            passages = [{"title": "Parts", "text": quote} for quote in question.evidence] if name in rag else []
            records.append(
                {
                    "type": "answer",
                    "arm": name,
                    "key": f"key-{name}",
                    "question": question.id,
                    "text": text,
                    "outcome": "answered",
                    "confidence": (confidence or {}).get(question.id, 0.5),
                    "sureness": (confidence or {}).get(question.id, 0.5),
                    "documents": 1.0 if name in rag else None,
                    "passages": passages,
                    "prompt_tokens": 30,
                    "answer_tokens": 9,
                    "first_word": 0.3,
                    "spoken_seconds": 2.0,
                    "cpu": 0.2,
                    **(more or {}).get(name, {}),
                }
            )
            checked = support.check(text, question.text, metrics.evidence(question, passages))
            records.append(
                {
                    "type": "support",
                    "arm": name,
                    "key": f"key-{name}",
                    "question": question.id,
                    "claims": checked.claims,
                    "supported": checked.supported,
                }
            )
        records.append(
            {"type": "arm", "arm": name, "key": f"key-{name}", "peak_mb": 200.0, "engine": "m", "error": None}
        )
    for name, error in (failed or {}).items():
        records.append({"type": "arm", "arm": name, "key": f"key-{name}", "error": error})
    return records


def right(questions: Sequence[Question], count: int) -> dict[str, str]:
    """Answers of which the first ``count`` are right, the others wrong; to the unanswerable ones something made up."""
    return {
        question.id: f"It is {question.answers[0]} long."
        if number < count and question.answers
        else "It is 99 metres long."
        for number, question in enumerate(questions)
    }
