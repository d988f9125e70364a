"""What is wrong with rows to learn from, how much it matters, and what to fix first."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from training.data.formats import Dataset
from training.data.language import asks_for_another, language
from training.data.similar import groups, numbers, question, similarity, words
from training.rows import Messages, Row

FEW = 60
"""Fewer rows than that teach a manner of speaking badly; measured on models of 135M to 1.7B parameters."""
SCORE = (
    "100 - sum over the findings of weight x percent of the rows concerned (of the held-out rows, for leaks); a "
    f"secret costs at least 20, less than {FEW} rows up to 20"
)
_HALF = 0.5  # answers to one question that share fewer of their words contradict one another
_USUAL = 0.8  # share of the answers that end with punctuation, from which on the others look cut
_OPEN = frozenset(",;:([{-–—&+=/\\")
_GOES_ON = frozenset(
    "a an and or but the of to in with for from at by is are was that which because if than as und "
    "oder der die das ein eine mit für von zu et ou le la les des de un une du pour avec y o el "
    "los las en con".split()
)
_MARK = re.compile(
    r"<\|[a-z_]{2,30}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<[｜|](?:User|Assistant|end▁of▁sentence)[｜|]>"
)
_IGNORED = {
    "weight": "every row counts the same",
    "split": "the held-out rows are chosen anew, so take the rows of other splits out",
}


@dataclass
class Finding:
    name: str
    """E.g. ``duplicates``."""
    text: str
    """What it is and what to do."""
    weight: float
    """Points of the score that each percent of the rows costs."""
    unusable: bool = False
    """Whether these rows must not be trained on, or cannot be."""
    rows: list[tuple[int, str]] = field(default_factory=list)
    """`Row.line` of each and what is wrong with it."""
    points: float = 0.0
    """What it costs of the score."""


@dataclass(frozen=True)
class Lengths:
    """Tokens per row, system prompt and answer included."""

    limit: int
    median: int
    p95: int
    longest: int
    total: int
    histogram: list[tuple[int, int, int]]
    """(from, to, rows), both ends included; every second bin is twice as long."""


@dataclass(frozen=True)
class CheckReport:
    format: str
    place: str
    rows: int
    """Readable ones."""
    unreadable: int
    score: int
    """0 to 100, see `SCORE`."""
    findings: list[Finding]
    """Unusable rows first, then the one that costs most."""
    lengths: Lengths
    kinds: dict[str, int]
    language: str
    """Of most answers; empty when they do not tell."""
    train: int
    held_out: int

    @property
    def unusable(self) -> set[int]:
        """Lines of the rows that must not be trained on, or cannot be."""
        return {line for finding in self.findings if finding.unusable for line, _ in finding.rows}


def check(
    data: Dataset,
    train: Sequence[Row],
    held_out: Sequence[Row],
    count: Callable[[Messages], int],
    length: int,
    system: str,
    personal: Callable[[Row], list[str]],
    secret: Callable[[str], bool],
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> CheckReport:
    """``count`` gives the tokens of a conversation, ``length`` is the recipe's, ``personal`` names what in a row points
    at a person, ``secret`` finds API keys and passwords."""
    rows = data.rows
    tokens = []
    for done, row in enumerate(rows):
        if done % 500 == 0:
            progress("measuring", done, len(rows))
        tokens.append(count([*row.prompt(system), row.messages[-1]]))
    languages = [language(row.answer) for row in rows]
    main = Counter(filter(None, languages)).most_common(1)
    main_language = main[0][0] if main else ""
    findings = [
        _unreadable(data),
        _secrets(rows, secret),
        _too_long(rows, tokens, length),
        *_repeats(rows, data.place, partial(progress, "comparing")),
        _contradictions(rows, data.place),
        _leaks(train, held_out, data.place, partial(progress, "comparing the parts")),
        _cut(rows),
        _foreign(rows, languages, main_language),
        _personal(rows, personal, partial(progress, "looking for persons")),
        _marks(rows),
        _unused(data),
        _balance(rows),
        _few(rows),
    ]
    total = len(rows) + len(data.problems)
    found = [finding for finding in findings if finding.points or finding.rows]
    for finding in found:
        if not finding.points:
            of = max(1, len(held_out)) if finding.name == "leaks" else total
            finding.points = round(min(100.0, 100 * finding.weight * len(finding.rows) / of), 1)
        if finding.name == "secrets":
            finding.points = max(20.0, finding.points)
    found.sort(key=lambda finding: (not finding.unusable, -finding.points))
    return CheckReport(
        data.format + (f"; {data.beside}" if data.beside else ""),
        data.place,
        len(rows),
        len(data.problems),
        max(0, round(100 - sum(finding.points for finding in found))),
        found,
        _lengths(tokens, length),
        dict(Counter(row.kind for row in rows).most_common()),
        main_language,
        len(train),
        len(held_out),
    )


def cleaned(rows: Iterable[Row], report: CheckReport) -> tuple[list[Row], dict[int, str]]:
    """``rows`` without the unusable ones, repeats and leaks, and why each of the others is left out."""
    why: dict[int, str] = {}
    for finding in report.findings:
        if finding.unusable or finding.name in ("duplicates", "leaks"):
            for line, text in finding.rows:
                why.setdefault(line, f"{finding.name}: {text}")
    return [row for row in rows if row.line not in why], why


def _unreadable(data: Dataset) -> Finding:
    return Finding(
        "unreadable rows",
        "nothing can be learned from these; correct or delete them",
        2.0,
        True,
        [(problem.line, problem.text) for problem in data.problems],
    )


def _secrets(rows: Sequence[Row], secret: Callable[[str], bool]) -> Finding:
    return Finding(
        "secrets",
        "a model repeats the keys and passwords it was trained on; delete them, and revoke them "
        "if this file was ever shared",
        2.0,
        True,
        [
            (row.line, "holds what looks like an API key or password")
            for row in rows
            if any(secret(message["content"]) for message in row.messages)
        ],
    )


def _too_long(rows: Sequence[Row], tokens: Sequence[int], length: int) -> Finding:
    return Finding(
        "too long",
        f"longer than the recipe's length of {length} tokens, so `fit` refuses them; shorten "
        "them, or raise length (needs more memory)",
        1.0,
        True,
        [(row.line, f"{size} tokens") for row, size in zip(rows, tokens) if size > length],
    )


def _repeats(rows: Sequence[Row], place: str, progress: Callable[[int, int], None]) -> tuple[Finding, Finding]:
    same = Finding("duplicates", "say the same as an earlier row; delete them, or the model learns these by heart", 1.0)
    near = Finding("near-duplicates", "say nearly the same as an earlier row; reword them or delete them", 0.5)
    for group in groups(rows, progress=progress):
        seen: dict[tuple, int] = {}
        for index in group:
            row = rows[index]
            content = tuple((message["role"], *words(message["content"])) for message in row.messages)
            if content in seen:
                same.rows.append((row.line, f"repeats {place} {seen[content]}"))
            elif seen:
                near.rows.append((row.line, f"nearly repeats {place} {rows[group[0]].line}"))
            seen.setdefault(content, row.line)
    same.rows.sort()
    near.rows.sort()
    return same, near


def _contradictions(rows: Sequence[Row], place: str) -> Finding:
    asked: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        system = row.messages[0]["content"] if row.messages[0]["role"] == "system" else ""
        asked[system, question(row)].append(row)
    found = Finding(
        "contradictions",
        'the same question with another answer: fine for "tell me a joke", for a fact '
        "the model learns neither; keep one",
        1.0,
    )
    for first, *others in asked.values():
        said = words(first.answer)
        for row in others:
            answer = words(row.answer)
            if numbers(answer) != numbers(said) or similarity(answer, said) < _HALF:
                found.rows.append((row.line, f"asks what {place} {first.line} asks and answers otherwise"))
    found.rows.sort()
    return found


def _leaks(train: Sequence[Row], held_out: Sequence[Row], place: str, progress: Callable[[int, int], None]) -> Finding:
    """Named by the training row: it is the one to take out."""
    found = Finding(
        "leaks",
        "these are trained on and held out as well, so the held-out rows would show too good a "
        "result; delete them from the training rows",
        1.0,
    )
    for group in groups([*train, *held_out], same_question=True, progress=progress):
        held = [held_out[index - len(train)] for index in group if index >= len(train)]
        for index in group:
            if held and index < len(train):
                found.rows.append((train[index].line, f"is nearly held-out {place} {held[0].line}, or asks the same"))
    found.rows.sort()
    return found


def _cut(rows: Sequence[Row]) -> Finding:
    ends = [_ending(row.answer) for row in rows]
    told = [end for end in ends if end != "short"]
    usual = len(told) >= 5 and sum(end == "whole" for end in told) >= _USUAL * len(told)
    found = Finding(
        "cut answers", "end in the middle of a sentence, so the model learns to stop there; complete them", 1.0
    )
    for row, end in zip(rows, ends):
        last = " ".join(row.answer.split()[-3:])[-40:]
        if end == "open":
            found.rows.append((row.line, f"ends in the middle: … {last}"))
        elif end == "bare" and usual:
            found.rows.append((row.line, f"has no full stop where the others have one: … {last}"))
    return found


def _ending(text: str) -> str:
    """``whole``, ``open`` (it must go on), ``bare`` (no punctuation) or ``short`` (a word or two need none)."""
    last_line = text.splitlines()[-1].strip()
    last = last_line[-1]
    if text.count("```") % 2 or last in _OPEN and last_line not in ("---", "--") and not last_line.endswith("://"):
        return "open"
    if last in "*_~`\"'”’»)]}" or not last.isalnum():  # also emoji and every script's full stop
        return "whole"
    spoken = words(text)
    if len(spoken) < 4:
        return "short"
    if spoken[-1] in _GOES_ON and not last.isupper():
        return "open"
    if last_line.startswith(("-", "*", "•", "#", "|")) or last_line[:1].isdigit() or "://" in last_line.split()[-1]:
        return "whole"  # an item of a list needs no full stop
    return "bare"


def _foreign(rows: Sequence[Row], languages: Sequence[str], main: str) -> Finding:
    return Finding(
        "wrong language",
        f"most answers are in {main or 'no known language'}, these are not; translate or "
        "delete them, unless it is meant so",
        1.0,
        rows=[
            (row.line, f"the answer is in {found}")
            for row, found in zip(rows, languages)
            if found and found != main and not asks_for_another(row.question)
        ],
    )


def _personal(
    rows: Sequence[Row], personal: Callable[[Row], list[str]], progress: Callable[[int, int], None]
) -> Finding:
    found = Finding(
        "personal data",
        "a model can be made to say what it was trained on; replace them unless they are meant to be known",
        0.5,
    )
    for done, row in enumerate(rows):
        if done % 500 == 0:
            progress(done, len(rows))
        if things := personal(row):
            found.rows.append((row.line, "holds " + ", ".join(things)))
    return found


def _marks(rows: Sequence[Row]) -> Finding:
    return Finding(
        "template marks",
        "marks of a chat template inside a text are learned as words to say; delete them",
        1.0,
        rows=[
            (row.line, f"holds {mark[0]}")
            for row in rows
            if (mark := next(filter(None, (_MARK.search(message["content"]) for message in row.messages)), None))
        ],
    )


def _unused(data: Dataset) -> Finding:
    return Finding(
        "not used",
        "nothing is learned from these columns; move what matters into the question, the answer or the system prompt",
        0.0,
        rows=[
            (line, f"{name} is ignored" + (f": {_IGNORED[word]}" if (word := name.split()[0]) in _IGNORED else ""))
            for name, lines in data.unused.items()
            for line in lines
        ],
    )


def _balance(rows: Sequence[Row]) -> Finding:
    """Costs five points when a kind is so rare that it is not learned, or another hides it."""
    kinds = Counter(row.kind for row in rows if row.kind)
    rare = [f"{kind} ({number})" for kind, number in kinds.items() if number < 0.05 * len(rows)]
    most = f"most are {kinds.most_common(1)[0][0]}, few are {', '.join(rare)}" if rare else ""
    return Finding(
        "balance",
        f"{most}; rows of a rare kind are drowned: add some, or leave the kind out",
        0.0,
        points=5.0 if rare else 0.0,
    )


def _few(rows: Sequence[Row]) -> Finding:
    return Finding(
        "few rows",
        f"{len(rows)} rows teach little; {FEW} to 200 are a good start: assistant train make",
        0.0,
        points=round(20 * max(0, FEW - len(rows)) / FEW, 1),
    )


def _lengths(tokens: Sequence[int], limit: int) -> Lengths:
    ordered = sorted(tokens)
    powers = [base << power for base in (16, 24) for power in range(40)]
    edges = sorted({0, limit, *(edge for edge in powers if edge < 2 * ordered[-1])})
    bins = [(low + 1, high, sum(low < size <= high for size in ordered)) for low, high in zip(edges, edges[1:])]
    filled = [number for number, (_, _, size) in enumerate(bins) if size]
    return Lengths(
        limit,
        ordered[len(ordered) // 2],
        ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)],
        ordered[-1],
        sum(ordered),
        bins[filled[0] : filled[-1] + 1],
    )
