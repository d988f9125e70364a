"""Words that are taken back while they are said: "set a timer for five, no, ten minutes". The last ones count.

What was corrected is not guessed: the words that follow take the place of some of the words before, and the first
sentence so made that the sentences of the skills know is what was meant.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from assistant.skills import Command, Impossible
from assistant.skills.values.slots import CLAUSES, KINDS
from assistant.skills.words import wording
from assistant.skills.words.wording import Word

Understand = Callable[[str], tuple[Command, ...]]

_WEAK = frozenset("no nope sorry oops wait actually rather".split())
"""Alone they correct only between commas, or between two times or amounts: "milk, no, eggs", "five no ten"."""
_DROP = frozenset("no nope sorry oops scratch correction wrong".split())
"""After these a whole new command takes the place of the first: not after "actually"."""
_PHRASES = frozenset(
    tuple(phrase.split())
    for phrase in (
        "i mean|i meant|or rather|make that|make it|scratch that|correction|that is wrong|no not that|i am sorry"
    ).split("|")
)
_LONGEST_PHRASE = 3
_FILLERS = frozenset("um umm uh er erm hmm mm".split())
_ARTICLES = frozenset("the my our a an".split())
"""No new command begins so, but a name does: "my to-do list"."""
_SMALL = _ARTICLES | frozenset("on off in at to for of from with is are".split())
_VALUES = ("duration", "moment", "days", "number", "quantity", "money", "unit", "currency", "sum")
_CLOCK = frozenset("half quarter past to o'clock am pm and".split())
_FACTS = ("memory.", "documents.")
"""Whoever is told these hears what was said, word for word."""
_LEAST_COMMAND = 3
"""Words; fewer may be misheard as a command."""
_LONGEST = 40
"""Words."""
_MOST_TRIES = 40
_LONGEST_VALUE = 8
"""Words of a time or an amount."""


def corrected(words: str, understand: Understand, now: datetime) -> tuple[Command, ...]:
    """The commands that are meant; none = nothing is taken back here. Raises Impossible."""
    found = [word for word in wording.words(words) if word.plain not in _FILLERS]
    if len(found) > _LONGEST:
        return ()
    for begin, end in reversed(list(_turns(found))):
        before, after = found[:begin], found[end:]
        if not before or not after:
            continue
        turn = found[begin:end]
        is_sure = len(turn) > 1 or turn[0].plain in ("sorry", "oops") or (before[-1].comma and turn[0].comma)
        if is_sure or (_is_value(after[:1], now) and _is_value(before[-1:], now)):
            if commands := _meant(words, before, turn, after, understand, now):
                return commands
    return ()


def replaced(words: str, now: datetime) -> Iterator[str]:
    """``words`` with what was corrected in the place of a time or an amount before it, where no template knows them."""
    found = [word for word in wording.words(words) if word.plain not in _FILLERS]
    if len(found) > _LONGEST:
        return
    for begin, end in _turns(found):
        if end - begin > 1 and begin and _is_value(found[end:], now):
            made = _values_replaced(found[:begin], found[end:], now)
            yield from (wording.said(one, commas=True) for one in itertools.islice(made, 1))


def instead(before: str, after: str, understand: Understand, now: datetime) -> tuple[Command, ...]:
    """The command that ``before`` is, with ``after`` in the place of some of its words; none = that is none."""
    said, other = wording.words(before), wording.words(after)
    if not said or not other:
        return ()
    sentences = itertools.chain(_like(said, other, now), _anywhere(said, other))
    was, found = understand(before), _first(sentences, understand, understand(before))
    return found if [_intent(one) for one in found] == [_intent(one) for one in was] else ()


def _intent(command: Command) -> tuple[str, object]:
    return command.name, command.values.get("intent")


def _turns(found: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Where words say that those before are wrong, from and to."""
    at = 0
    while at < len(found):
        end = at
        while size := _marks(found, end):
            end += size
        if end > at:
            yield at, end
        at = max(end, at + 1)


def _marks(found: Sequence[Word], at: int) -> int:
    plain = tuple(word.plain for word in found[at : at + _LONGEST_PHRASE])
    phrase = next((size for size in range(len(plain), 0, -1) if plain[:size] in _PHRASES), 0)
    return phrase or int(plain[:1] != () and plain[0] in _WEAK)


def _meant(
    words: str, before: list[Word], turn: list[Word], after: list[Word], understand: Understand, now: datetime
) -> tuple[Command, ...]:
    as_said = _or_none(understand, words)
    if any(command.name.startswith(_FACTS) for command in as_said):
        return ()
    in_a_clause = any(
        isinstance(value, str) and slot in CLAUSES and wording.said(turn, commas=True) in value
        for command in as_said
        for slot, value in command.values.items()
    )
    whole = _or_none(understand, wording.said(before, commas=True))
    if any(command.name.startswith(_FACTS) for command in whole):
        return ()
    if in_a_clause:  # "remind me to say no, sorry, at six"
        return _first(_values_replaced(before, after, now), understand, whole)
    if whole:
        is_long = len(after) >= _LEAST_COMMAND and after[0].plain not in _ARTICLES
        if is_long and (again := _or_none(understand, wording.said(after, commas=True))):
            return again if _DROP & {word.plain for word in turn} else ()
        return _first(itertools.chain(_like(before, after, now), _anywhere(before, after)), understand, whole)
    return _first(_unfinished(before, after, now), understand, ())


def _first(sentences: Iterator[list[Word]], understand: Understand, same: Sequence[Command]) -> tuple[Command, ...]:
    """The first that is a command; by the same skill as ``same``, if that is any."""
    for said in itertools.islice(sentences, _MOST_TRIES):
        text = wording.said(said, commas=True)
        found = _or_none(understand, text)
        if found and (not same or [_skill(one) for one in found] == [_skill(one) for one in same]):
            return tuple(replace(command, words=text) for command in found)
    return ()


def _skill(command: Command) -> str:
    return command.name.partition(".")[0]


def _like(before: list[Word], after: list[Word], now: datetime) -> Iterator[list[Word]]:
    """``before``, a whole command, with ``after`` in the place of what is like it."""
    plain = [word.plain for word in before]
    if len(after) == 1 and after[0].plain in ("on", "off"):
        for at in (at for at, word in enumerate(plain) if word in ("on", "off")):
            yield [*before[:at], *after, *before[at + 1 :]]
    yield from _values_replaced(before, after, now)
    for at in reversed([at for at, word in enumerate(plain) if at and word == after[0].plain]):
        yield [*before[:at], *after, *before[at + len(after) :]]
    for at in (at for at, word in enumerate(plain) if at and word == after[-1].plain):
        yield [*before[:at], *after, *before[at + 1 :]]


def _anywhere(before: list[Word], after: list[Word]) -> Iterator[list[Word]]:
    for size in dict.fromkeys((len(after), 1, 2)):
        for at in range(1, len(before) - size + 1):
            if before[at].plain not in _SMALL:
                yield [*before[:at], *after, *before[at + size :]]


def _unfinished(before: list[Word], after: list[Word], now: datetime) -> Iterator[list[Word]]:
    """``after`` goes on with the command: its first words take the place of the last ones."""
    yield from ([*before[:begin], *after] for begin, end in _values(before, now) if end == len(before))
    plain = [word.plain for word in before]
    yield from (
        [*before[:at], *after]
        for at in range(len(before) - 1, max(-1, len(before) - 6), -1)
        if plain[at] == after[0].plain
    )
    yield from ([*before[:-size], *after] for size in range(1, min(4, len(before))))


def _values_replaced(before: list[Word], after: list[Word], now: datetime) -> Iterator[list[Word]]:
    if not (wanted := _shapes(after, now)):
        return
    if stretch := _clock_stretch(before, after, now):
        yield [*before[: stretch[0]], *after, *before[stretch[1] :]]
    there = sorted(_values(before, now), key=lambda place: wanted.isdisjoint(_shapes(before[slice(*place)], now)))
    yield from ([*before[:begin], *after, *before[end:]] for begin, end in there)


def _values(found: Sequence[Word], now: datetime) -> Iterator[tuple[int, int]]:
    """Where times and amounts stand, the last and the longest first."""
    for end in range(len(found), 0, -1):
        for begin in range(max(0, end - _LONGEST_VALUE), end):
            if _is_value(found[begin:end], now):
                yield begin, end


def _clock_stretch(before: Sequence[Word], after: Sequence[Word], now: datetime) -> tuple[int, int] | None:
    """Where a mere number or time of day stands in ``before``, when ``after`` is one: what is beside it stays."""

    def is_clock(word: Word) -> bool:
        return (
            word.plain in _CLOCK
            or re.fullmatch(r"\d+[:.]\d\d", word.plain) is not None
            or _is_of("number", [word], now)
        )

    if not all(map(is_clock, after)):
        return None
    ends = [at + 1 for at, word in enumerate(before) if is_clock(word) and word.plain not in ("and", "to", "past")]
    end = begin = ends[-1] if ends else 0
    while begin and is_clock(before[begin - 1]):
        begin -= 1
    while begin < end and before[begin].plain in ("to", "and", "past"):
        begin += 1
    return (begin, end) if begin < end else None


def _is_value(found: Sequence[Word], now: datetime) -> bool:
    return bool(_shapes(found, now))


def _shapes(found: Sequence[Word], now: datetime) -> set[str]:
    """Its kinds; of a time also whether the day or the hour was said."""
    shapes = {kind for kind in _VALUES if found and _is_of(kind, found, now)}
    if "moment" in shapes and (at := KINDS["moment"](wording.said(list(found)).lower(), now)):
        shapes = shapes - {"moment"} | {f"moment {at.has_date} {at.has_time}"}
    return shapes


def _is_of(kind: str, found: Sequence[Word], now: datetime) -> bool:
    try:
        return KINDS[kind](wording.said(list(found)).lower(), now) is not None
    except Impossible:
        return True


def _or_none(understand: Understand, words: str) -> tuple[Command, ...]:
    try:
        return understand(words)
    except Impossible:
        return ()
