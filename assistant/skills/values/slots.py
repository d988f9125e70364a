"""Kinds of slots in a skill's sentences: what words may stand there, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from assistant.skills.values import (
    list_words,
    spoken_money,
    spoken_numbers,
    spoken_sums,
    spoken_time,
    spoken_units,
    tongues,
)

Understand = Callable[[str, datetime], Any]
"""Words and the time it is now -> what they mean; None = they are no such thing. Raises Impossible."""

KINDS: dict[str, Understand] = {
    "duration": spoken_time.duration,
    "moment": spoken_time.moment,
    "days": spoken_time.days,
    "number": spoken_numbers.number,
    "sum": spoken_sums.sum_of,
    "unit": spoken_units.unit,
    "quantity": spoken_units.quantity,
    "currency": spoken_money.currency,
    "money": spoken_money.money,
    "wares": list_words.wares,
    "tongue": tongues.tongue,
}
LONGEST = 16
"""Words of a slot that has a kind."""

CLAUSES = frozenset(
    "task fact what text note message topic question query value about subject thing correction".split()
)
"""Slots without a kind that hold a clause, up to `LONGEST_CLAUSE` words, as they were said. All others hold the name of
a thing or several: a few words, in lower case."""
LONGEST_CLAUSE = 40
LONGEST_NAME = 8
LONGEST_NAMES = 24
"""Words of a slot whose name is a plural: {items}."""

IN_NO_NAME = frozenset(
    "what who whom whose why where when how which whether because although is are was were am be been being does did "
    "will would could should can cannot may might must has have had not said says say think thinks thought told tell "
    "asked ask know knows knew mean means believe believes wonder i you he she we they it im that's there these those "
    "if unless than since while until broken".split()
)
_NO_START = frozenset("and or but of to for from with about by as into onto so than then".split())
_NO_FACT = frozenset("what who when where why how which if whether me us".split())
"""No fact begins so: "remember when we used to dance"."""
_ASKED_BEFORE = ("for the record ", "the record ", "just so you know ", "so you know ", "for your information ")
_ASKED_AFTER = (
    " remember that",
    " remember it",
    " on to that",
    " on to it",
    " do not forget",
    " not forget that",
    " not forget it",
)
_ANYWHERE = ("anywhere", "somewhere")
_UNFINISHED = frozenset("a an the my our your and or of but".split())
_NO_END = _UNFINISHED | frozenset("to for from with in on at by as into onto so that this all then please".split())


def _is_asked_twice(words: list[str]) -> bool:
    """What no fact begins or ends with: "for the record, my son is six, remember that"."""
    said = " ".join(words)
    return words[0] in _NO_FACT or said.startswith(_ASKED_BEFORE) or said.endswith(_ASKED_AFTER)


def may_stand(slot: str, words: list[str]) -> bool:
    """Whether the words, in lower case, may be what a slot without a kind holds."""
    if not words or words[-1] in _UNFINISHED:
        return False
    if slot in CLAUSES:
        if slot == "topic" and words[-1] in _ANYWHERE:
            return False
        return len(words) <= LONGEST_CLAUSE and not (slot == "fact" and _is_asked_twice(words))
    if words[-1] in _NO_END or (words[0] in _NO_START and words[:2] != ["to", "do"]):
        return False
    most = LONGEST_NAMES if slot.endswith("s") else LONGEST_NAME
    return len(words) <= most and IN_NO_NAME.isdisjoint(words)
