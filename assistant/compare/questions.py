"""What every arm is asked, and what a right answer is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from rag.text import cleaned

_FORM = (
    '{"question": "...", "answer": "..."}; "answer" may be a list of accepted ones, and '
    '"unanswerable": true marks a question to which "I do not know" is right'
)
_MEMORY = ("remember", "forget")


@dataclass(frozen=True)
class Question:
    id: str
    text: str
    answers: tuple[str, ...] = ()
    """Reference answers, each of which is right; of kind ``style`` an example of how it should sound. Empty when the
    question is unanswerable."""
    kind: str = "fact"
    """``fact``, ``unanswerable``, ``style``, or the file's own word (``general`` ...), which counts like a fact."""
    evidence: tuple[str, ...] = ()
    """Quotes that hold the answer."""
    audio: str = ""
    """A recording of the question; empty = it is synthesised when questions are spoken."""
    history: tuple[dict[str, str], ...] = ()
    """Earlier ``{"role", "content"}`` of the same conversation."""
    remember: tuple[str, ...] = ()
    """Facts that the user asks to be remembered before this question, for the arm ``memory``: it keeps them from then
    on."""
    forget: tuple[str, ...] = ()
    """What the user asks to be forgotten before this question: "my car"."""

    @property
    def unanswerable(self) -> bool:
        return self.kind == "unanswerable"


@dataclass(frozen=True)
class Read:
    questions: list[Question]
    notes: list[str]
    """What the user should know of how the files were read."""


def read(paths: Sequence[Path]) -> Read:
    """The questions of all files, in order.

    A file holds one JSON object per line (rag/samples/questions.jsonl is one), or rows to learn from in any form that
    training.data.formats knows, whose last user message is the question. Raises UsageError that names file and line.
    """
    questions: list[Question] = []
    notes: list[str] = []
    places: dict[str, str] = {}
    for path in paths:
        found, own_prompts = _file(path)
        if own_prompts:
            notes.append(
                f"{path}: {own_prompts} rows bring a system prompt of their own; every arm is asked with "
                "[llm] system_prompt instead, as the assistant would be"
            )
        for line, question in found:
            place = f"{path}: line {line}"
            if question.id in places:
                if question.id == _identity(question.text):
                    raise UsageError(f"{place} asks the same as {places[question.id]}; leave one out, or give them ids")
                raise UsageError(f"{place} has the id {question.id!r} of {places[question.id]}; ids must differ")
            places[question.id] = place
            questions.append(question)
    if len(questions) < 2:
        names = ", ".join(map(str, paths))
        raise UsageError(
            f"{names}: holds {len(questions)} question{'s' * (not questions)}; arms cannot be compared on "
            "fewer than two, and differences below 20 points need 80 and more"
        )
    return Read(questions, notes)


def _file(path: Path) -> tuple[list[tuple[int, Question]], int]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file of questions; check the name") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); give a UTF-8 file of JSON lines") from None
    if not text.strip():
        raise UsageError(f"{path}: is empty; write one question per line as {_FORM}")
    if path.suffix.lower() not in (".jsonl", ".ndjson") or not _is_own_form(text):
        return _rows(path)
    found, problems, missing = [], [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = cleaned(json.loads(line))
        except (ValueError, RecursionError) as error:
            problems.append(f"line {number} is not valid JSON ({error})")
            continue
        try:
            question = _question(entry, path)
        except ValueError as error:
            problems.append(f"line {number} {error}")
            continue
        if not question.answers and not question.unanswerable:
            missing.append(number)
        found.append((number, question))
    if problems:
        raise UsageError(
            f"{path}: "
            + "; ".join(problems[:5])
            + (f"; and {len(problems) - 5} more" * (len(problems) > 5))
            + f"; write each question as {_FORM}"
        )
    if missing:
        raise UsageError(
            f'{path}: {_lines(missing)} no reference answer; add "answer", or "unanswerable": true when '
            "nobody can know it"
        )
    return found, 0


def _is_own_form(text: str) -> bool:
    """Whether the lines are questions of our own form; rows to learn from have other keys."""
    for line in text.split("\n"):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        return (
            not isinstance(entry, dict)
            or "question" in entry
            or not {"messages", "conversations", "instruction", "prompt"} & set(entry)
        )
    return True


def _question(entry: Any, path: Path) -> Question:
    """Raises ValueError that goes on after "line N "."""
    if not isinstance(entry, dict) or not isinstance(entry.get("question"), str) or not entry["question"].strip():
        raise ValueError('has no "question"')
    given = entry.get("answer")
    answers = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    if not isinstance(given, str | list | None) or not all(isinstance(answer, str) for answer in answers):
        raise ValueError('has an "answer" that is neither text nor a list of texts')
    accepted = tuple(answer.strip() for answer in answers if answer.strip())
    relevant = entry.get("relevant")
    if not isinstance(relevant, list | None):
        raise ValueError('has a "relevant" that is no list')
    kind, marked = entry.get("kind"), entry.get("unanswerable")
    if not isinstance(kind, str | None):
        raise ValueError('has a "kind" that is no text')
    if not isinstance(marked, bool | None):
        raise ValueError('has an "unanswerable" that is neither true nor false (without quotation marks)')
    if kind == "unanswerable" and marked is False:
        raise ValueError('is of kind "unanswerable", yet says "unanswerable": false')
    unanswerable = marked or kind == "unanswerable" or (marked is None and relevant == [] and not accepted)
    if unanswerable and accepted:
        raise ValueError("is unanswerable, yet has an answer")
    told = {key: entry.get(key) or [] for key in _MEMORY}
    for key, texts in told.items():
        if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
            raise ValueError(f'has a "{key}" that is no list of texts')
    evidence = tuple(item["quote"] for item in relevant or () if isinstance(item, dict) and item.get("quote"))
    audio = entry.get("audio") or ""
    if audio and not (path.parent / str(audio)).is_file():
        raise ValueError(f"names a recording that is not there ({path.parent / str(audio)})")
    text = entry["question"].strip()
    id = entry.get("id")
    return Question(
        _identity(text) if id in (None, "") else str(id),
        text,
        accepted,
        "unanswerable" if unanswerable else kind or "fact",
        evidence,
        str(path.parent / str(audio)) if audio else "",
        remember=tuple(told["remember"]),
        forget=tuple(told["forget"]),
    )


def _rows(path: Path) -> tuple[list[tuple[int, Question]], int]:
    from training.data import formats
    from training.errors import TrainingError

    try:
        dataset = formats.read(path)
    except TrainingError as error:
        raise UsageError(str(error)) from None
    if dataset.problems:
        problem = dataset.problems[0]
        raise UsageError(
            f"{path}: line {problem.line}: {problem.text}"
            + (f" (and {len(dataset.problems) - 1} more)" * (len(dataset.problems) > 1))
            + "; `assistant train check` "
            "names all"
        )
    missing = [row.line for row in dataset.rows if not row.answer.strip()]
    if missing:
        raise UsageError(f"{path}: {_lines(missing)} no reference answer; add it")
    found = []
    for row in dataset.rows:
        earlier = [message for message in row.messages[:-1] if message["role"] != "system"]
        text = row.question.strip()
        history = tuple(earlier[:-1])
        identity = _identity(json.dumps([*history, text])) if history else _identity(text)
        answers = () if row.kind == "unanswerable" else (row.answer.strip(),)  # that one says that nobody knows
        found.append((row.line, Question(identity, text, answers, row.kind or "fact", history=history)))
    return found, sum(row.messages[0]["role"] == "system" for row in dataset.rows)


def _identity(text: str) -> str:
    return hashlib.sha256(" ".join(text.casefold().split()).encode("utf-8", "replace")).hexdigest()[:10]


def _lines(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:8])) + (f" and {len(numbers) - 8} more" * (len(numbers) > 8))
    return f"line {shown} has" if len(numbers) == 1 else f"lines {shown} have"


def fingerprint(questions: Sequence[Question]) -> str:
    """Of what is asked and what is right: 16 hexadecimal digits."""
    plain = [
        {
            key: value
            for key, value in asdict(replace(question, audio=Path(question.audio).name)).items()
            if value or key not in _MEMORY
        }
        for question in questions
    ]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode("utf-8", "replace")).hexdigest()[:16]


def from_json(entry: dict[str, Any]) -> Question:
    """A question out of its `dataclasses.asdict`, as JSON gives it back."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    return Question(**values)
