"""What of a dataset the base model knows already, after Gekhman et al. 2024 (arXiv 2405.05904, SliCK).

Facts that a model does not know are learned late in fine-tuning, and teach it to make things up; so find them before.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from training.errors import TrainingError
from training.judge.score import accuracy, correct, known, normalise, yes_or_no
from training.live import LiveModel
from training.rows import Messages, Row

__all__ = [
    "LABELS",
    "ProbePlan",
    "Probed",
    "ProbeProgress",
    "accuracy",
    "general",
    "is_style",
    "known",
    "label",
    "paragraph",
    "probe",
    "wilson",
]

KNOWN, MAYBE, WEAKLY, UNKNOWN, STYLE = LABELS = ("known", "maybe known", "weakly known", "unknown", "style")
_FREE = 25  # words of a reference above which an answer is a matter of wording, when the row's kind does not say more
_FACTS, _STYLES = ("fact", "general"), ("style", "persona", "format", "tone")
_EXEMPLARS = 4
_LONGEST_EXEMPLAR = 60  # words of question and answer


@dataclass(frozen=True)
class ProbePlan:
    greedy: int = 4
    """Asks at temperature 0: the first as in a conversation, each of the others after other exemplars. The paper takes
    10 with exemplars, of models that cannot chat; those that can know some answers only without."""
    sampled: int = 4
    """Asks at ``temperature``, only for rows whose greedy answers were all wrong; the paper takes 16 per exemplars."""
    temperature: float = 0.5
    seed: int = 0


@dataclass
class Probed:
    row: Row
    label: str = ""
    """One of `LABELS`."""
    greedy: list[bool] = field(default_factory=list)
    """Whether each was right; asking ends when the label is settled."""
    sampled: list[bool] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ProbeProgress:
    done: int
    """Asks answered, also from the record."""
    total: int
    """The same with the most that may still come; falls as labels settle."""
    asked: int
    """Of those done, asked now and not taken from the record."""


def probe(
    rows: Sequence[Row],
    live: LiveModel,
    system: str,
    record: Path,
    model: str,
    plan: ProbePlan = ProbePlan(),
    progress: Callable[[ProbeProgress], None] = lambda state: None,
) -> list[Probed]:
    """Ask ``live`` each question several times; blocks, about a second per ask with a small model.

    ``model`` tells models apart (a hash of the weights). Every answer is appended to ``record`` at once, under a hash
    of the model and all that was asked: the same call goes on after an interruption, and asks again only what has
    changed. Raises TrainingError when the record cannot be read or written, and whatever ``live`` raises.
    """
    found = [Probed(row, STYLE if is_style(row) else "") for row in rows]
    facts = [one for one in found if not one.label]
    pool = _pool([one.row for one in facts])
    asked = done = 0
    left = sum(_left(one, plan) for one in facts)
    with _Record(record) as kept:
        for number in range(plan.greedy + plan.sampled):
            is_greedy = number < plan.greedy
            plain = number % plan.greedy == 0
            chosen = [] if plain else random.Random(f"{plan.seed} {number % plan.greedy}").sample(pool, len(pool))
            for one in facts:  # one set of exemplars for all rows, so that the model keeps its KV prefix
                if one.label:
                    continue
                before = _left(one, plan)
                messages = _with(chosen, one.row, system)
                temperature = 0.0 if is_greedy else plan.temperature
                seed = plan.seed if is_greedy else plan.seed + number
                most = min(
                    96, (32 if plain else 16) + 3 * len(one.row.answer.split())
                )  # tokens; exemplars show brevity
                key = hashlib.sha256(json.dumps([model, messages, temperature, seed, most]).encode()).hexdigest()[:20]
                answer = kept.answers.get(key)
                if answer is None:
                    answer = live.answer(messages, temperature, seed, most).text
                    kept.add(key, answer)
                    asked += 1
                one.answers.append(answer)
                (one.greedy if is_greedy else one.sampled).append(correct(answer, one.row.answer, one.row.question))
                one.label = label(one.greedy, one.sampled, plan)
                done, left = done + 1, left - before + _left(one, plan)
                progress(ProbeProgress(done, done + left, asked))
    return found


def label(greedy: Sequence[bool], sampled: Sequence[bool], plan: ProbePlan) -> str:
    """Known: all greedy answers right; maybe known: some; weakly known: only sampled ones; unknown: none.
    Empty while more answers may change it.
    """
    if any(greedy) and not all(greedy):
        return MAYBE
    if len(greedy) < plan.greedy:
        return ""
    if any(greedy):
        return KNOWN
    if any(sampled):
        return WEAKLY
    return UNKNOWN if len(sampled) >= plan.sampled else ""


def is_style(row: Row) -> bool:
    """Whether the row teaches how to answer and not what: by its kind, ``fact`` and ``general`` or ``style``,
    ``persona``, ``format`` and ``tone``; else when its answer has more than 25 words, which no two people would write
    alike.
    """
    kind = row.kind.casefold()
    return kind in _STYLES or kind not in _FACTS and len(row.answer.split()) > _FREE


def general() -> list[Row]:
    """Sixty questions of general knowledge with short answers; a small model knows some of them."""
    text = Path(__file__).with_name("general.jsonl").read_text(encoding="utf-8")
    return [
        Row(tuple(entry["messages"]), line, entry["kind"])
        for line, entry in enumerate(map(json.loads, text.splitlines()), 1)
    ]


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927), 0 to 1."""
    if not of:
        return 0.0, 1.0
    z, share = 1.959964, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def paragraph(found: Sequence[Probed], model: str) -> str:
    """What the labels mean for fine-tuning, in words."""
    count = Counter(one.label for one in found)
    new, partly, style = count[UNKNOWN], count[MAYBE] + count[WEAKLY], count[STYLE]
    text = []
    if not len(found) - style:
        return (
            f"None of these {len(found)} rows is a question of fact, so there was nothing to ask {model}. How to "
            "answer is what fine-tuning is good at."
        )
    low, high = (f"{100 * bound:.0f}" for bound in wilson(new, len(found)))
    if new:
        text.append(
            f"{100 * new / len(found):.0f} % of these {len(found)} rows (95 % interval {low} to {high} %) are new "
            f"facts for {model}: put them into documents and use RAG for them. Fine-tuning learns such rows last "
            "and forgets others for them: trained on nothing else, a model's closed-book accuracy fell from "
            "37.5 to 25.8 % (Gekhman et al. 2024)."
        )
    else:
        text.append(f"None of these {len(found)} rows is a new fact for {model} (95 % interval {low} to {high} %).")
    if partly:
        text.append(f"It answers {partly} only at times; these are the facts that fine-tuning can make firm.")
    if count[KNOWN]:
        text.append(f"It knows {count[KNOWN]}; a few of them keep it from forgetting, more teach nothing.")
    text.append(
        f"The {style} style rows are what fine-tuning is good at."
        if style
        else "There are no style rows, and these are what fine-tuning is good at."
    )
    guessed = sum(one.label not in (STYLE, UNKNOWN) and yes_or_no(one.row.answer) is not None for one in found)
    if guessed:
        text.append(
            f"{guessed} of the questions it is said to know are answered with yes or no, where guessing is right "
            "half of the time."
        )
    return " ".join(text)


def _left(one: Probed, plan: ProbePlan) -> int:
    if one.label:
        return 0
    if any(one.greedy):  # all right so far: once settled, nothing is sampled
        return plan.greedy - len(one.greedy)
    return plan.greedy + plan.sampled - len(one.greedy) - len(one.sampled)


def _pool(facts: Sequence[Row]) -> list[Row]:
    """Rows that may serve as exemplars, no two with the same answer; general ones where the dataset has too few."""
    found: dict[str, Row] = {}
    for rows, enough in ((facts, math.inf), (general(), 2 * _EXEMPLARS)):
        for row in rows:
            words = len(row.question.split()) + len(row.answer.split())
            if len(found) < enough and row.question and words <= _LONGEST_EXEMPLAR:
                found.setdefault(normalise(row.answer), row)
    return list(found.values())


def _with(chosen: Sequence[Row], row: Row, system: str) -> Messages:
    """The row's question after the first four exemplars that do not give the answer away."""
    given = row.prompt(system)
    head = 1 if given and given[0]["role"] == "system" else 0
    turns: Messages = []
    for other in chosen:
        if len(turns) == 2 * _EXEMPLARS:
            break
        if normalise(other.question) != normalise(row.question) and not correct(other.answer, row.answer, row.question):
            turns += [
                {"role": "user", "content": other.question},
                {"role": "assistant", "content": other.answer.split("|")[0].strip()},
            ]
    return [*given[:head], *turns, *given[head:]]


class _Record:
    """Answers, one line of JSON each; a line torn by a crash is passed over and asked again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.answers: dict[str, str] = {}

    def __enter__(self) -> _Record:
        try:
            self._file = open(self._path, "a+", encoding="utf-8", errors="replace")
            self._file.seek(0)
            text = self._file.read()
            if text and not text.endswith("\n"):
                self._file.write("\n")
        except OSError as error:
            raise self._error(error) from None
        for line in text.splitlines():
            try:
                entry = json.loads(line)
                self.answers[entry["key"]] = str(entry["answer"])
            except (ValueError, KeyError, TypeError):
                continue
        return self

    def add(self, key: str, answer: str) -> None:
        self.answers[key] = answer
        try:
            self._file.write(json.dumps({"key": key, "answer": answer}) + "\n")
            self._file.flush()
        except OSError as error:
            raise self._error(error) from None

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()
        except OSError as error:
            raise self._error(error) from None

    def _error(self, error: OSError) -> TrainingError:
        return TrainingError(
            f"{self._path}, where the answers are kept, cannot be written ({error.strerror}); free some "
            "space or copy the data to a folder that you may write to"
        )
