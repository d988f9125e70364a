"""Claims an answer makes, and whether its question's reference answers, quotes and passages support them.

A claim is a sentence that states something: no question, no greeting, no "I do not know", and more than the question
said itself. It is supported when

- each of its numbers, with the unit, stands in the evidence or in the question,
- most of its other words that the question lacks (`_WORDS`) stand in the evidence, or, with an embedder, one sentence
  of the evidence means nearly the same (cosine from `_NEAR`),
- and the piece of evidence that is most like it is negated when it is negated.

The evidence of a question is the same for all arms: a true sentence is true whoever says it. This is a check of words
and meaning, not of logic: it is right about a sentence that brings a number or a name of its own, and can be deceived
by one that puts known words together wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from assistant.knowledge import doubt
from assistant.reply.doubt import ABSTAINING
from rag.words import STOP_WORDS, stem
from training.judge.words import Clause, Quantity, Word, clauses

_WORDS = 0.6
_NEAR = 0.65
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_PLEASANTRY = 2  # words up to which a sentence among others is no claim: "Ahoy!", "Fair winds.", "Of course!"
_HEDGE = re.compile(r"^\W*i(?: a|')?m not (?:sure|certain),? but,? ", re.IGNORECASE)
_ENTITIES = STOP_WORDS | frozenset("am being must here about also only out very".split())


@dataclass(frozen=True)
class Support:
    claims: int
    supported: int


def sentences(text: str) -> list[str]:
    said = text.strip().removeprefix(doubt())  # who says it claims what follows
    return [sentence.strip() for sentence in _SENTENCE.split(said) if sentence.strip()]


def abstains(text: str) -> bool:
    """Whether the answer says that it does not know: its first sentence that is no pleasantry does."""
    for sentence in sentences(text):
        if len(sentence.split()) > _PLEASANTRY:
            return bool(ABSTAINING.search(_said(sentence)))
    return not text.strip()


def claims(text: str) -> list[str]:
    found = sentences(text)
    return [
        sentence
        for sentence in found
        if (len(found) == 1 or len(sentence.split()) > _PLEASANTRY)
        and not sentence.endswith("?")
        and not ABSTAINING.search(_said(sentence))
    ]


def _said(sentence: str) -> str:
    """Without the hedge before it: who says "I am not sure, but ..." claims what follows."""
    return _HEDGE.sub("", sentence.replace("’", "'"))


def check(
    answer: str, question: str, evidence: Sequence[str], near: Callable[[str, Sequence[str]], float] | None = None
) -> Support:
    """``near(claim, sentences)``: the highest cosine between the claim and a sentence; None without embedder."""
    made = supported = 0
    asked = clauses(question)
    known = [clause for text in evidence for clause in clauses(text)]
    lines = [line for text in evidence for line in sentences(text)]
    for claim in claims(answer):
        said = clauses(claim)
        new = _new(said, asked)
        if not new:
            continue
        made += 1
        supported += _holds(claim, said, new, asked, known, lines, near)
    return Support(made, supported)


def _new(said: Sequence[Clause], asked: Sequence[Clause]) -> list[Word]:
    given = [word for clause in asked for word in clause.words]
    return [
        word
        for clause in said
        for word in clause.words
        if word not in _ENTITIES and not any(_same(word, other) for other in given)
    ]


def _holds(
    claim: str,
    said: Sequence[Clause],
    new: Sequence[Word],
    asked: Sequence[Clause],
    known: Sequence[Clause],
    lines: Sequence[str],
    near: Callable[[str, Sequence[str]], float] | None,
) -> bool:
    found = [word for clause in known for word in clause.words]
    given = [word for clause in asked for word in clause.words]
    numbers = [word for clause in said for word in clause.words if isinstance(word, Quantity)]
    if not all(any(_same(number, other) for other in (*found, *given)) for number in numbers):
        return False
    words = [word for word in new if isinstance(word, str)]
    share = sum(any(_same(word, other) for other in found) for word in words) / len(words) if words else 1.0
    if share < _WORDS and not (near is not None and lines and near(claim, lines) >= _NEAR):
        return False
    return not _contradicts(said, known)


def _contradicts(said: Sequence[Clause], known: Sequence[Clause]) -> bool:
    """Whether a clause shares most of its words with one of the evidence that is negated otherwise, and with none that
    is negated alike."""
    for clause in said:
        words = [word for word in clause.words if word not in _ENTITIES]
        if len(words) < 2:
            continue
        most = {
            negated: max(
                (
                    sum(any(_same(word, other) for other in one.words) for word in words)
                    for one in known
                    if one.negated is negated
                ),
                default=0,
            )
            for negated in (True, False)
        }
        if most[not clause.negated] > most[clause.negated] and most[not clause.negated] >= 0.7 * len(words):
            return True
    return False


def _same(word: Word, other: Word) -> bool:
    if isinstance(word, Quantity) and isinstance(other, Quantity):
        return word.equals(other)
    return isinstance(word, str) and isinstance(other, str) and (word == other or stem(word) == stem(other))


def nearness(encode: Callable[[Sequence[str]], np.ndarray]) -> Callable[[str, Sequence[str]], float]:
    """`check`'s ``near`` from an embedder; each text is embedded once. Neighbouring sentences count as one, too."""
    vectors: dict[str, np.ndarray] = {}

    def vector(text: str) -> np.ndarray:
        if text not in vectors:
            vectors[text] = encode([text])[0]
        return vectors[text]

    def near(claim: str, lines: Sequence[str]) -> float:
        texts = [*lines, *(f"{one} {other}" for one, other in pairwise(lines))]
        return max(float(vector(claim) @ vector(text)) for text in texts)

    return near
