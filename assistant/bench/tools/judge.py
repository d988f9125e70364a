"""What was asked for against what the assistant decided: right or not, and the shares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from assistant.bench.result import Figure
from assistant.bench.tools.held_out import Sentence
from assistant.bench.wer import words
from training.judge.probe import wilson

CLOSE = 0.7
"""How like one another the letters of a name or a fact must be (0 to 1) once it was heard through noise: what a
listener knows again. As text it must be the same."""
_EMPTY = frozenset("the a an my our your some to that please".split())
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")
ONE_KIND = {"percent": "sum"}
"""It is for a program to choose whether a percentage is a sum."""
_TOLERANCE = {"sum": 0.001, "unit": 0.02}
"""Of the answer: an amount may be rounded as people do."""


@dataclass(frozen=True)
class Decision:
    kind: str
    """As in commands.toml; the command's own name when it stands for nothing there."""
    values: Mapping[str, Any] = field(default_factory=dict)
    say: str = ""
    does: bool = True
    """False = talk is answered, as the language model would, and nothing is done."""


@dataclass(frozen=True)
class Case:
    sentence: Sentence
    way: str
    """``text``, or the voice that spoke it."""
    heard: str
    decision: Decision | None
    """None = the language model answers."""
    seconds: float
    """CPU time until it was decided."""

    @property
    def right_action(self) -> bool:
        kind = self.decision.kind if self.decision else None
        if self.sentence.group != "command":
            return self.decision is None or not self.decision.does
        return kind is not None and ONE_KIND.get(kind, kind) == ONE_KIND.get(self.sentence.kind, self.sentence.kind)

    @property
    def right(self) -> bool:
        """The right action with the right values."""
        if self.sentence.group != "command" or self.decision is None or not self.right_action:
            return self.right_action
        return right_values(self.sentence, self.decision, 1.0 if self.way == "text" else CLOSE)


def right_values(sentence: Sentence, decision: Decision, close: float = 1.0) -> bool:
    """Whether all that was said stands in ``decision``, and nothing else; ``close``: how like free words must be."""
    wanted, found = dict(sentence.values), {name: value for name, value in decision.values.items() if value}
    if "answer" in wanted:
        return _says(decision.say, wanted["answer"], _TOLERANCE[ONE_KIND.get(sentence.kind, sentence.kind)])
    return wanted.keys() == found.keys() and all(_same(wanted[name], found[name], close) for name in wanted)


def _says(text: str, answer: float | list[float], tolerance: float) -> bool:
    answers = answer if isinstance(answer, list) else [answer]
    numbers = [float(number.replace(",", "")) for number in _NUMBER.findall(text)]
    return any(abs(number - right) <= tolerance * abs(right) for number in numbers for right in answers)


def _same(wanted: Any, found: Any, close: float) -> bool:
    if isinstance(found, frozenset):
        return frozenset(wanted) == found
    if isinstance(wanted, bool):
        return wanted is found
    if isinstance(wanted, (int, float)):
        return isinstance(found, (int, float)) and abs(wanted - found) <= 0.5
    if isinstance(wanted, list):
        left = list(found)
        for item in wanted:
            best = max(left, key=lambda one: _likeness(item, one), default="")
            if not _same(item, best, close):
                return False
            left.remove(best)
        return not left
    options = wanted.split(" | ")
    if re.match(r"\d{4}-\d\d", wanted):
        return any(str(found).startswith(option) for option in options)
    return any(_likeness(option, str(found)) >= close for option in options)


def _likeness(one: str, other: str) -> float:
    first, second = (" ".join(word for word in words(text) if word not in _EMPTY) for text in (one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio() if first and second else float(first == second)


# ---- what is reported ------------------------------------------------------------------------------------------


def rows(cases: Sequence[Case]) -> Iterator[Figure]:
    """Shares in %, each with its 95 % Wilson interval beside its name; espeak's voices have no bound, they are no voice
    that one would choose."""
    for way in dict.fromkeys(case.way for case in cases):
        those = [case for case in cases if case.way == way]
        bounded = way != "espeak"
        name = "as text" if way == "text" else f"spoken by {way}, 15 dB"
        asked = [case for case in those if case.sentence.group == "command"]
        yield from _share(
            f"{name}: right action, right values", [case.right for case in asked], least=90 if bounded else None
        )
        yield from _share(f"{name}: right action", [case.right_action for case in asked])
        yield from _share(f"{name}: another action", [bool(case.decision) and not case.right_action for case in asked])
        if way != "text":
            exact = [case.right for case in asked if words(case.heard) == words(case.sentence.text)]
            yield from _share(f"{name}, of those heard word for word: right", exact)
        talk = [case for case in those if case.sentence.group in ("questions", "chat")]
        yield from _share(
            f"{name}: false actions on talk", [not case.right for case in talk], most=0.5 if bounded else None
        )
        yield from _share(f"{name}: talk answered without the model", [case.decision is not None for case in talk])
        near = [case for case in those if case.sentence.group == "near"]
        yield from _share(f"{name}: false actions on near misses", [not case.right for case in near])
        for group in dict.fromkeys(_family(case) for case in asked):
            yield from _share(f"{name}, {group}: right", [case.right for case in asked if _family(case) == group])
        yield Figure.of(f"{name}: CPU time of a decision", "ms", [1000 * case.seconds for case in those])


def _family(case: Case) -> str:
    """``timer`` of ``timer.set``; kinds with a life of their own as they are."""
    kind = case.sentence.kind
    return kind if kind == "clock.until" else kind.partition(".")[0]


def _share(name: str, hits: Sequence[bool], least: float | None = None, most: float | None = None) -> Iterator[Figure]:
    if hits:
        low, high = wilson(sum(hits), len(hits))
        name = f"{name} ({100 * low:.1f} to {100 * high:.1f})"
        yield Figure.single(name, "%", len(hits), 100 * sum(hits) / len(hits), most=most, least=least)


def misses(cases: Sequence[Case]) -> list[str]:
    """A line for each wrong case, and for talk that was answered: way, kind, values wanted, kind and values found, what
    was said and heard, and what the assistant would say; tabs between."""
    lines = []
    for case in cases:
        if not case.right or (case.decision and case.sentence.group != "command"):
            found = case.decision or Decision("-")
            wanted = f"{case.sentence.group if case.sentence.group != 'command' else ''} {case.sentence.kind}".strip()
            values = [str(dict(values)) for values in (case.sentence.values, found.values)]
            told = (case.way, wanted, values[0], found.kind, values[1], case.sentence.text, case.heard, found.say)
            lines.append("\t".join(re.sub(r"\s+", " ", part) for part in told))
    return lines
