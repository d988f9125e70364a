"""The table in words: which arm for which kind of question, what that rests on, and what would change it.

Every sentence ends with the numbers of the table's lines it was read from, and says nothing that they do not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.compare.lines import LABELS
from assistant.compare.results import Results
from assistant.compare.statistics import Interval
from assistant.compare.table import Line, Table, shown

_KINDS = (
    ("correct", "For facts that can be answered"),
    ("silent", "For questions that nobody can answer"),
    ("style", "For the style wanted"),
    ("worth", "For facts of both kinds, when a wrong answer costs as much as a right one earns"),
)

_MANY = 10_000  # questions that nobody asks


@dataclass(frozen=True)
class Conclusion:
    text: str
    lines: tuple[int, ...]

    def __str__(self) -> str:
        places = ", ".join(map(str, self.lines))
        return f"{self.text} [line{'s' * (len(self.lines) > 1)} {places}]" if self.lines else self.text


def sentences(table: Table, results: Results) -> list[Conclusion]:
    if len(table.arms) < 2:
        return [Conclusion(f"There is only the arm {table.arms[0]}: nothing was compared; add others with --arms.", ())]
    found = [_best(table, line, words) for key, words in _KINDS if (line := table.line(key))]
    found += _broken(table, results)
    found += _voice(table)
    found += _guard(table, results)
    found += _rests_on(table, results)
    found += _would_change(table)
    return found


def _best(table: Table, line: Line, words: str) -> Conclusion:
    """Who is best in this line, and whether that is sure against each of the others."""
    order = sorted(table.arms, key=lambda arm: -line.intervals[arm].mean)
    best, others = order[0], order[1:]
    differences = {arm: table.difference(line, best, arm) for arm in others}
    beaten = [arm for arm in others if differences[arm].decided]
    level = [arm for arm in others if not differences[arm].decided]
    value = shown(line.cells[best], line.unit)
    if not beaten:
        return Conclusion(
            f"{words}, not decided: {best} has {value}, and no arm is surely worse ("
            + "; ".join(_ahead(line, arm, differences[arm]) for arm in others)
            + ").",
            (line.number,),
        )
    alike = [arm for arm in level if _equal(differences[arm])]
    level = [arm for arm in level if arm not in alike]
    text = f"{words}: {_all([best, *alike])}, {value}{' each' if alike else ''}; " + "; ".join(
        _ahead(line, arm, differences[arm]) for arm in beaten
    )
    if level:
        text += "; not decided against " + ", ".join(f"{arm} ({_points(differences[arm], line.unit)})" for arm in level)
    return Conclusion(f"{text}.", (line.number,))


def _ahead(line: Line, arm: str, difference: Interval) -> str:
    return f"ahead of {arm} by {_points(difference, line.unit)}"


def _points(difference: Interval, unit: str) -> str:
    return shown(difference, unit).replace(" %", " points") if unit == "%" else shown(difference, unit)


def _broken(table: Table, results: Results) -> list[Conclusion]:
    """What an arm lost of what the base model knew, and what it learned of what that did not know."""
    first, found = results.header.arms[results.base], []
    if first["rag"] or first["run"] or first["adapter"]:  # differences are from the first arm, which is not that model
        return _selected(table, results)
    for key, verb in (("correct:known", "knew"), ("correct:unknown", "did not know")):
        line = table.line(key)
        if line is None:
            continue
        sure = [arm for arm in table.arms[1:] if line.differences[arm].decided]
        parts = [
            f"{arm} {'gains' if line.differences[arm].mean > 0 else 'loses'} "
            f"{_points(_absolute(line.differences[arm]), line.unit)}"
            for arm in sure
        ]
        rest = [arm for arm in table.arms[1:] if arm not in sure]
        if rest:
            parts.append(f"for {', '.join(rest)} no change is sure")
        found.append(
            Conclusion(
                f"Of the {line.n} questions that the base model {verb}: " + "; ".join(parts) + ".", (line.number,)
            )
        )
    return found + _selected(table, results)


def _selected(table: Table, results: Results) -> list[Conclusion]:
    """What it does to those lines that the base model's own answers chose their questions."""
    keys = [f"correct:{label}" for label in LABELS]
    lines = tuple(line.number for line in table.lines if line.n > 1 and line.key in keys)
    if not lines:
        return []
    header, words = results.header, "The base model's own answers decided what it knows"
    drawn_again = header.settings.get("llm", {}).get("temperature") != 0 or header.spoken
    if header.arms[results.base]["key"] == header.probed and not drawn_again:
        return [
            Conclusion(
                f"{words}, and the first of them is the very answer that is scored here: by that alone another arm "
                "can lose but hardly gain on what it knew, and gain but hardly lose on what it did not.",
                lines,
            )
        ]
    return [
        Conclusion(
            f"{words}, and some of them were right or wrong by luck: part of any loss on what it knew, and of any "
            "gain on what it did not, is a return to the mean.",
            lines,
        )
    ]


def _absolute(difference: Interval) -> Interval:
    return difference if difference.mean >= 0 else Interval(-difference.mean, -difference.high, -difference.low)


def _voice(table: Table) -> list[Conclusion]:
    line = table.line("first_word")
    if line is None:
        return []
    slow = [arm for arm in table.arms[1:] if line.differences[arm].decided and line.differences[arm].mean > 0]
    if not slow:
        return [
            Conclusion(
                f"No arm surely speaks later than {table.arms[0]} ({shown(line.cells[table.arms[0]], 's')}).",
                (line.number,),
            )
        ]
    return [
        Conclusion(
            "The first word comes later with "
            + "; ".join(f"{arm}, by {shown(line.differences[arm], 's')}" for arm in slow)
            + f", than with {table.arms[0]}.",
            (line.number,),
        )
    ]


def _guard(table: Table, results: Results) -> list[Conclusion]:
    """How the threshold is set that this comparison found."""
    line, when = table.line("below"), results.header.settings.get("guard", {}).get("when_unsure", "answer")
    if line is None:
        return []
    values = ", ".join(
        f"{shown(line.cells[arm], line.unit)} for {arm}" for arm in table.arms if line.cells[arm] is not None
    )
    text = (
        f"To have what the model is not sure of hedged, looked up or left unsaid, set in config.toml, section [guard], "
        f'when_unsure = "hedge", "documents" or "say", and below to the number of the arm that is used: {values}; '
        "0 = every answer was worth giving."
    )
    if when in ("documents", "say"):
        text += (
            f' This run already had when_unsure = "{when}", whose answers are not counted; to choose a bound, run it '
            'with when_unsure = "answer".'
        )
    return [Conclusion(text, (line.number,))]


def _rests_on(table: Table, results: Results) -> list[Conclusion]:
    main = table.line("correct") or table.line("style") or next(line for line in table.lines if line.n != 1)
    found = [
        Conclusion(
            f"This rests on {len(results.questions)} questions, asked once with seed {table.seed}"
            + (", spoken and heard" if results.header.spoken else ", typed")
            + "; the intervals are about other questions of the same sort, not about other models, prompts or "
            "documents.",
            (main.number,),
        )
    ]
    for name, reason in results.left_out.items():
        found.append(Conclusion(f"{name} is not in the table: {reason.rstrip('.')}.", ()))
    if results.judge:
        line, done, total = table.line("judge"), len(results.judged_by_all), len(results.for_judge)
        text = f"The judge {results.judge['judge']}: {results.judge['reason']}"
        if results.judge["trusted"] and done < total:
            text += f"; it has compared these arms with {results.base} on {done} of {total} questions so far"
        found.append(Conclusion(f"{text}.", (line.number,) if line else ()))
    return found


def _would_change(table: Table) -> list[Conclusion]:
    found = []
    for key, _ in _KINDS[:3]:
        line = table.line(key)
        if line is None:
            continue
        best = max(table.arms, key=lambda arm: line.intervals[arm].mean)
        open_ones = {
            arm: difference
            for arm in table.arms
            if arm != best and not (difference := table.difference(line, best, arm)).decided
        }
        level = [arm for arm, difference in open_ones.items() if _equal(difference)]
        needed = {arm: _needed(line.n, difference) for arm, difference in open_ones.items() if arm not in level}
        within, beyond = ([arm for arm in needed if (needed[arm] <= _MANY) is few] for few in (True, False))
        given = f"if the difference stays as it is, instead of {line.n} ({line.name})"
        if within:
            found.append(
                Conclusion(
                    f"More questions would change it: to tell {best} from "
                    + ", ".join(f"{arm} about {needed[arm]}" for arm in within)
                    + f" like these are needed, {given}.",
                    (line.number,),
                )
            )
        if beyond:
            found.append(
                Conclusion(
                    f"More questions would hardly change it: to tell {best} from {_all(beyond)} more "
                    f"than {_MANY:,} like these are needed, {given}.",
                    (line.number,),
                )
            )
        if level:
            found.append(
                Conclusion(
                    f"How many questions would tell {best} from {_all(level)} cannot be said: on these "
                    f"{line.n} they are level ({line.name}).",
                    (line.number,),
                )
            )
    found += _retrieval(table)
    return found


def _equal(difference: Interval) -> bool:
    """Whether two arms' means are the same, but for what rounding leaves of their difference."""
    return abs(difference.mean) < 1e-9


def _needed(n: int, difference: Interval) -> int:
    """Questions at which an interval, whose width falls with their root, leaves 0 out."""
    half = (difference.high - difference.low) / 2
    return max(math.ceil(n * (half / abs(difference.mean)) ** 2), n + 1)


def _all(arms: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(arms[:-1]), arms[-1]]))


def _retrieval(table: Table) -> list[Conclusion]:
    """Whether documents are held back by the search or by the model that reads them."""
    found_line, right = table.line("found"), table.line("correct:quoted") or table.line("correct")
    if found_line is None or right is None:
        return []
    texts = []
    for arm in found_line.values:
        there, said = found_line.intervals[arm].mean, right.intervals[arm].mean
        if there > said:
            texts.append(
                f"{arm} was shown the answer in {shown(there, '%')} of {found_line.n} questions and said it in "
                f"{shown(said, '%')}: a model that reads better would change that, a better search could add at "
                f"most {shown(1 - there, '%')}"
            )
        else:
            texts.append(
                f"{arm} was shown the answer in {shown(there, '%')} of {found_line.n} questions and said it in "
                f"{shown(said, '%')}: a better search would change that first"
            )
    return [Conclusion(f"{text}.", (found_line.number, right.number)) for text in texts]
