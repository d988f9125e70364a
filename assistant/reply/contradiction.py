"""Does a sentence of the answer contradict the passages it was written from? Rules, English, precise before sensitive.

Only two kinds are looked for, those that are wrong for sure: a quantity that neither passages nor question hold, where
a passage says another of the same kind about the same things; and a statement that a passage makes the other way round
(not, never, without). Swapped names, wrong order, other subjects pass.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.units import NUMBER_WORDS, UNITS, in_base, number, unit_of
from rag.words import STOP_WORDS, stem

_NUMBERS = NUMBER_WORDS | {"half": 0.5}
_STOP = STOP_WORDS | frozenset(  # and words about documents and amounts, which say nothing about the subject
    "long much many often also yes say says said according document documents passage about must".split()
)
_NEGATIONS = frozenset("not never no cannot without neither nor none nothing".split())
_CONDITIONS = frozenset("unless until till only except if when whenever before after while but instead".split())
"""Words that make a negation depend on something: such sentences are not compared by their negations."""
_LOOSE = re.compile(
    r"\b(?:about|around|approximately|roughly|nearly|almost|over|under|more|less|fewer|least|most|"
    r"up to|total|together|altogether|sum|between|another|other|difference)\b",
    re.IGNORECASE,
)
"""Words by which a quantity may be right that stands nowhere: rounded, bounded or computed."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"(])|\n\s*(?=[\n|#*-])|\n\n+|(?<=\|)\s*\n")
_TOKEN = re.compile(
    r"[$€£]?(?<![\w.,-])-?\d+(?:[.,]\d+)*(?![\w-]*-\d)|°[cf]\b|[^\W\d_]+(?:\(a\))?|[%°$€£]", re.IGNORECASE
)
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])[a-z][\w-]*|\b\d+(?:-\w+)+|\d{1,2}:\d\d", re.IGNORECASE)

_SHARE, _SHARE_OF_QUESTION = 0.6, 0.75
"""Part of the claim's words that a passage's sentence of another quantity must hold; of the question's, where the claim
has none ("5 litres."). On the sample handbook: of 191 sentences with one number changed 101 are found, of 375 unchanged
ones none, nor of 6,000 set against another passage."""


@dataclass(frozen=True)
class _Said:
    text: str
    words: frozenset[str]
    """Stems of its content words."""
    quantities: tuple[tuple[float, str], ...]
    """(value in the kind's base unit, kind). Of what is counted ("six accounts") the kind is the word's stem, of a bare
    number it is empty."""
    negated: bool
    plain: bool
    """Neither conditional nor more than one statement: its negation is about all of it."""


def contradicted(claim: str, passages: Sequence[str], question: str = "", earlier: str = "") -> str | None:
    """The sentence of the ``passages`` that ``claim`` contradicts, None when there is none.

    Numbers of the ``question`` and of what was said ``earlier`` may be repeated; of a short answer ("5 litres.") the
    question tells the subject.
    """
    said = [sentence for passage in passages for sentence in _sentences(passage)]
    known = [quantity for one in [*said, _read(question), _read(earlier)] for quantity in one.quantities]
    asked = _read(question).words
    for part in _sentences(claim):
        found = _wrong_quantity(part, said, known, asked) or _wrong_way_round(part, said)
        if found is not None:
            return found.text
    return None


def _wrong_quantity(
    claim: _Said, said: Sequence[_Said], known: Sequence[tuple[float, str]], asked: frozenset[str]
) -> _Said | None:
    if _LOOSE.search(claim.text):
        return None
    for quantity in claim.quantities:
        _, kind = quantity
        if not kind or any(_equal(quantity, other) for other in known):
            continue  # what a bare number counts is not known
        topic, share = (claim.words, _SHARE) if claim.words else (asked, _SHARE_OF_QUESTION)
        rivals = [
            one
            for one in said
            if _rivals(quantity, one)
            and len(one.words & topic) >= min(2, len(one.words), len(topic))
            and 0 < len(one.words & topic) >= share * len(topic)
        ]
        if rivals:
            return max(rivals, key=lambda one: len(one.words & topic))
    return None


def _rivals(quantity: tuple[float, str], said: _Said) -> bool:
    """Whether it names quantities of the same kind, and not just a range around this one."""
    values = [value for value, kind in said.quantities if kind == quantity[1]]
    return bool(values) and not min(values) <= quantity[0] <= max(values)


def _wrong_way_round(claim: _Said, said: Sequence[_Said]) -> _Said | None:
    """A passage's sentence of just these words of which one is negated and the other not."""
    if not claim.plain or len(claim.words) < 3:
        return None
    alike = [
        one
        for one in said
        if one.plain
        and len(one.words & claim.words) >= 3
        and len(one.words & claim.words) >= 0.8 * max(len(one.words), len(claim.words))
    ]
    if any(one.negated == claim.negated for one in alike):
        return None
    return alike[0] if alike else None


def _equal(one: tuple[float, str], other: tuple[float, str]) -> bool:
    if one[1] and other[1]:
        return one[1] == other[1] and math.isclose(one[0], other[0], rel_tol=1e-3)
    return not other[1] and _bare(one, other[0])


def _bare(quantity: tuple[float, str], bare: float) -> bool:
    """Whether a bare number may be this quantity, in whichever unit of its kind."""
    factors = {factor for kind, factor in UNITS.values() if kind == quantity[1]} or {1}
    return any(math.isclose(bare * factor, quantity[0], rel_tol=1e-3) for factor in factors)


def _sentences(text: str) -> Iterator[_Said]:
    for part in _SENTENCE.split(text):
        if part and part.strip(" |-#*\n"):
            yield _read(part)


def _read(text: str) -> _Said:
    plain = re.sub(r"n['’]t\b", " not", text.lower().replace("cannot", "can not"))
    tokens = _TOKEN.findall(re.sub(r"(\d)(?=[a-z%°])", r"\1 ", _CODE.sub(" ", plain)))
    words: set[str] = set()
    quantities: list[tuple[float, str]] = []
    position = 0
    while position < len(tokens):
        token, after = tokens[position], tokens[position + 1] if position + 1 < len(tokens) else ""
        money = token[:1] if token[:1] in "$€£" else ""
        value = _NUMBERS.get(token) if token.isalpha() else number(token.lstrip("$€£"))
        unit = money or unit_of(after)
        if value is None:
            if token not in _STOP | _NEGATIONS and unit_of(token) is None:
                words.add(stem(token))
        elif unit:
            joined = position > 1 and tokens[position - 1] in ("to", "or", "and", "x", "by")
            if joined and quantities and not quantities[-1][1]:
                quantities.append(in_base(quantities[-1][0], unit))  # "8 to 10 mm": the 8 are mm, too
            quantities.append(in_base(value, unit))
            position += not money
        elif after.isalpha() and len(after) > 2 and after not in _STOP | _NUMBERS.keys():
            quantities.append((value, stem(after)))  # "six accounts"
        else:
            quantities.append((value, ""))
        position += 1
    several = re.search(r"[;:]|,\s*(?:and|but|so|or)\b|\b(?:and|but|or)\b", plain) is not None
    return _Said(
        " ".join(text.split()),
        frozenset(words),
        tuple(quantities),
        bool(_NEGATIONS & set(tokens)),
        not several and not _CONDITIONS & set(tokens),
    )
