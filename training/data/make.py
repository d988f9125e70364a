"""A dataset written by a language model: asked in batches, checked, never the same thing twice, and resumable.

What is under way lies in OUT.part, one line of JSON per request, appended when its answer was checked::

    {"job": "<hash>", "about": ...}
    {"request": 0, "rows": [{"messages": ..., "kind": ..., "source": ...}], "tokens_in": 812, "tokens_out": 640,
     "dollars": 0.0004, "dropped": {"said before": 2}}

The same command goes on behind the last whole line; OUT appears in one step when everything is there.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag import output
from training.data import prices, prompts
from training.data.from_documents import Excerpt, grounded, is_about, manner
from training.data.prices import Price
from training.data.seen import SeenQuestions
from training.data.writer import Writer
from training.data.written import Example, checked, common, parse
from training.errors import TrainingError, TrainingUsageError
from training.rows import Messages, Row, as_json, write

_WINDOW = 8
"""Requests that must give at least two new rows together, else asking on makes no sense; five times as many when each
asks for one row only, and three times as many from documents, since some pages hold no facts."""
_REPEATED = 3
"""Times a whole sentence may be the answer; a model that repeats itself has run dry."""
_YIELD = 0.8
"""Share of the rows asked for that is usually kept; only for the estimate."""


@dataclass(frozen=True)
class Order:
    out: Path
    examples: tuple[Example, ...] = ()
    about: str = ""
    count: int = 200
    """Rows wanted; from passages: at most."""
    passages: tuple[Excerpt, ...] = ()
    per_passage: int = 3
    batch: int = 10
    """Rows asked for with one request; a small writer is asked for one."""

    @property
    def part(self) -> Path:
        out = Path("made.jsonl") if output.is_special(self.out) else self.out
        return out.with_name(out.name + ".part")

    @property
    def hash(self) -> str:
        """Of what decides the rows; count, batch and model may change between two runs."""
        what = [
            self.about,
            [vars(example) for example in self.examples],
            [vars(passage) for passage in self.passages],
            self.per_passage if self.passages else 0,
        ]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


@dataclass
class State:
    """How far a job is, over all runs."""

    rows: list[Row] = field(default_factory=list)
    requests: int = 0
    written: int = 0
    """Rows the model wrote, dropped ones included."""
    dropped: Counter[str] = field(default_factory=Counter)
    tokens_in: int = 0
    tokens_out: int = 0
    dollars: float = 0.0
    seconds: float = 0.0
    new_rows: int = 0
    new_requests: int = 0
    """Of this run, like `seconds`."""

    def summary(self) -> str:
        """``200 rows kept of 243 written (31 said before, 12 not in the passage)``"""
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.dropped.most_common())
        return f"{len(self.rows)} rows kept of {self.written} written" + (f" ({reasons})" if reasons else "")


@dataclass(frozen=True)
class Estimate:
    requests: int
    tokens_in: int
    tokens_out: int

    def dollars(self, price: Price) -> float:
        return price.of(self.tokens_in, self.tokens_out)


def estimate(job: Order, state: State, small: bool = False) -> Estimate:
    """What is still to be asked for, in tokens; about, and rather too much than too little.

    ``small``: the writer is.
    """
    row = 30 + (
        sum(prices.tokens(example.question + example.output) for example in job.examples) // len(job.examples)
        if job.examples
        else 40
    )
    left = max(0, job.count - len(state.rows))
    if job.passages:
        rows = 1 if small else job.per_passage
        numbers = range(state.requests, min(len(job.passages), state.requests + math.ceil(left / rows)))
        asked = sum(_size(_messages(job, state, number, rows, small)) for number in numbers)
        return Estimate(len(numbers), asked, len(numbers) * rows * row)
    rows = 1 if small else job.batch
    requests = math.ceil(left / (rows * _YIELD))
    avoided = 0 if small else min(25, job.count) * 15  # questions to avoid: not there yet at the first request
    asked = _size(_messages(job, state, 0, rows, small)) + avoided
    return Estimate(requests, requests * asked, requests * rows * row)


def load(job: Order) -> State:
    """What earlier runs of the same job made. Raises TrainingError when OUT.part is of another one, OUT is there, or
    cannot be written."""
    if job.out.exists() and not output.is_special(job.out):
        raise TrainingUsageError(f"{job.out} exists already; choose another --out, or delete it")
    if output.problem(job.out) or not os.access(job.part.parent, os.W_OK):
        raise TrainingUsageError(f"{job.out}: its folder does not exist or cannot be written; choose another --out")
    state = State()
    lines = _lines(job.part)
    head = next(lines, None)
    if head is None:
        return state
    if head.get("job") != job.hash:
        raise TrainingUsageError(
            f"{job.part} was begun with other examples, documents or words for --about; give the "
            "same ones to go on, choose another --out, or delete it"
        )
    for entry in lines:
        state.requests += 1
        rows = [
            Row(tuple(row["messages"]), kind=row.get("kind", ""), source=row.get("source", "")) for row in entry["rows"]
        ]
        state.rows += rows
        state.dropped.update(entry["dropped"])
        state.written += len(rows) + sum(entry["dropped"].values())
        state.tokens_in += entry["tokens_in"]
        state.tokens_out += entry["tokens_out"]
        state.dollars += entry["dollars"]
    return state


def make(
    job: Order, writer: Writer, price: Price | None, state: State, progress: Callable[[State], None] = lambda _: None
) -> State:
    """Asks until ``job.count`` rows are there (or every passage was asked about), then writes ``job.out``.

    Raises TrainingError when the writer fails or writes nothing usable any more; what there is stays in ``job.part``.
    """
    seen = SeenQuestions()
    for question in [example.question for example in job.examples] + [row.question for row in state.rows]:
        seen.add(question)
    answers = Counter(row.answer for row in state.rows)
    persona = manner(job.examples)
    shape = common(job.examples)
    small = writer.small
    batch, began = 1 if small else job.batch, time.monotonic()
    kept: deque[int] = deque(maxlen=_WINDOW * (3 if job.passages else 1) * (5 if small else 1))
    while len(state.rows) < job.count and not (job.passages and state.requests >= len(job.passages)):
        passage = job.passages[state.requests] if job.passages else None
        wanted = batch if small else job.per_passage if passage else min(batch, max(2, job.count - len(state.rows)))
        messages = _messages(job, state, state.requests, wanted, small)
        most = min(160 if small else 200 + wanted * 160, max(128, writer.context - 2 * _size(messages)))
        answer = writer.write(messages, prompts.PAIRS if passage else prompts.EXAMPLES, most, state.requests)
        dropped: Counter[str] = Counter()
        rows: list[Row] = []
        for entry in parse(answer.text):
            example = checked(entry)
            if isinstance(example, str):
                dropped[example] += 1
            elif reason := _refused(example, passage, persona, shape, seen, answers):
                dropped[reason] += 1
            elif len(state.rows) + len(rows) < job.count:
                rows.append(_row(example, passage))
        if not rows and not dropped:
            dropped["no JSON"] += 1
        dollars = price.of(answer.tokens_in, answer.tokens_out) if price else 0.0
        _append(
            job,
            state,
            {
                "request": state.requests,
                "rows": [as_json(row) for row in rows],
                "tokens_in": answer.tokens_in,
                "tokens_out": answer.tokens_out,
                "dollars": dollars,
                "dropped": dropped,
            },
        )
        state.rows += rows
        state.requests += 1
        state.written += len(rows) + sum(dropped.values())
        state.dropped += dropped
        state.tokens_in += answer.tokens_in
        state.tokens_out += answer.tokens_out
        state.dollars += dollars
        state.seconds = time.monotonic() - began
        state.new_rows += len(rows)
        state.new_requests += 1
        progress(state)
        batch = max(2, batch // 2) if answer.cut and batch > 2 else batch
        kept.append(len(rows))
        if len(kept) == kept.maxlen and sum(kept) < 2 and len(state.rows) < job.count:
            raise TrainingError(_dry(job, writer, state))
    if not state.rows:
        raise TrainingError(_dry(job, writer, state))
    finish(job, state)
    return state


def finish(job: Order, state: State) -> None:
    """Write ``job.out``; what is there is enough, or nothing is left to ask for."""
    write(job.out, state.rows, output.usual(job.out))
    job.part.unlink(missing_ok=True)


def _messages(job: Order, state: State, number: int, rows: int, small: bool) -> Messages:
    if job.passages:
        passage = job.passages[number]
        return (
            prompts.passage_by_turns(passage.text)
            if small
            else prompts.for_passage(passage.source, passage.text, job.about, job.examples, rows)
        )
    return (
        prompts.by_turns(job.about, job.examples, number)
        if small
        else prompts.for_examples(job.about, job.examples, [row.question for row in state.rows], number, rows)
    )


def _size(messages: Messages) -> int:
    return sum(prices.tokens(message["content"]) + 4 for message in messages)


def _refused(
    example: Example,
    passage: Excerpt | None,
    persona: frozenset[str],
    shape: tuple[str, str],
    seen: SeenQuestions,
    answers: Counter[str],
) -> str:
    """Why the example is not kept; empty when it is, and then it is remembered."""
    if passage and not is_about(example.question, passage.text):
        return "no question about the passage"
    if passage and not grounded(example, passage.text, persona):
        return "not in the passage"
    if not (example.output.startswith(shape[0]) and example.output.endswith(shape[1])):
        return "not in the manner of the examples"
    if len(example.output.split()) > 3 and answers[example.output] >= _REPEATED:
        return "the same answer again"
    if not seen.add(example.question):
        return "asked before"
    answers[example.output] += 1
    return ""


def _row(example: Example, passage: Excerpt | None) -> Row:
    messages = ({"role": "user", "content": example.question}, {"role": "assistant", "content": example.output})
    return Row(messages, kind="fact" if passage else "style", source=passage.source if passage else "")


def _dry(job: Order, writer: Writer, state: State) -> str:
    kept = f"{state.summary()} after {state.requests} requests"
    if not state.rows:
        job.part.unlink(missing_ok=True)  # nothing worth going on from
        return f"{writer.name} wrote nothing usable: {kept}; use a stronger model (--preset, --model)"
    return (
        f"{writer.name} writes nothing new any more: {kept}, {job.count} were wanted; they lie in {job.part}: go "
        f"on with a stronger model (--preset, --model), or take them as they are with --count {len(state.rows)}"
    )


def _append(job: Order, state: State, entry: dict[str, Any]) -> None:
    """One write per line, synced: it is there whole after any crash. Raises OSError."""
    lines = [] if state.requests else [{"job": job.hash, "about": job.about}]
    content = b"".join(
        json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for line in [*lines, entry]
    )
    if not state.requests:
        job.part.unlink(missing_ok=True)
    with open(job.part, "ab", buffering=0) as file:
        if file.write(content) < len(content):
            raise TrainingError(
                f"{job.part} cannot be written, the disk is full; free some space, then the same command goes on"
            )
        os.fsync(file.fileno())


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The file's whole lines; what a crash left behind the last one is cut off."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
    for number, line in enumerate(content[:whole].splitlines(), 1):
        try:
            yield json.loads(line)
        except ValueError:
            raise TrainingError(f"{path}: line {number} is damaged; delete that line, or the file") from None


def read_examples(path: Path) -> tuple[Example, ...]:
    """A JSON list of ``instruction``, ``input``, ``output``. Raises TrainingError that names the bad one."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise TrainingUsageError(f"{path}: the examples cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise TrainingUsageError(f"{path}: the examples are not valid JSON ({error}); correct that place") from None
    if not isinstance(entries, list) or not entries:
        raise TrainingUsageError(f"{path}: the examples must be a JSON list of instruction, input and output")
    examples = []
    for number, entry in enumerate(entries, 1):
        example = checked(entry)
        if isinstance(example, str):
            raise TrainingUsageError(
                f"{path}: example {number} cannot be used ({example}); it needs instruction and "
                "output, and may have input, all of them text"
            )
        examples.append(example)
    return tuple(examples)
