"""Question and answer pairs from passages of the user's documents, and whether an answer is what the passage says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.units import NUMBER_WORDS
from rag.words import stem
from training.data.seen import meaning, words
from training.data.written import Example

GROUNDED, WITH_NUMBER = 0.6, 0.3
"""Share of an answer's meaning words, beyond those of its question, that the passage must hold; less when it holds a
number of two or more digits, too, which is hardly there by chance. On the handbook in rag/samples, and answers worded
freely: 155 of 160 right ones are kept, 2 of 160 that belong to other questions."""
SHORTEST = 40
"""Characters of a passage below which nothing can be asked about it (a heading alone)."""
_NUMBERS = {word: str(number) for word, number in NUMBER_WORDS.items()}
_NUMBER_STEMS = frozenset(map(stem, _NUMBERS))
_ASKING = re.compile(
    r"\W*(?:please |and )?(?:tell|explain|describe|name|list|say|give|show|what|which|who|whose|when"
    r"|where|why|how|is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have)\b",
    re.I,
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass(frozen=True)
class Excerpt:
    source: str
    """The file, with the page where it has pages."""
    text: str


def usable(passages: Iterable[Excerpt]) -> list[Excerpt]:
    """Those that can hold a fact, each text once."""
    first: dict[str, Excerpt] = {}
    for passage in passages:
        if len(passage.text.strip()) >= SHORTEST:
            first.setdefault(passage.text, passage)
    return list(first.values())


def manner(examples: Sequence[Example]) -> frozenset[str]:
    """Words that most of the example answers share: the persona's, which no passage can hold."""
    counts = Counter(word for example in examples for word in set(words(example.output)))
    return frozenset(word for word, count in counts.items() if len(examples) > 1 and count > len(examples) / 2)


def grounded(pair: Example, passage: str, persona: frozenset[str] = frozenset()) -> bool:
    """Whether the passage holds every number of the answer and most of its other words.

    An answer with nothing to look for in the passage (a bare "yes") is not grounded: it cannot be checked.
    """
    numbers = _numbers(passage)
    held = {stem(word) for word in words(passage)} | numbers
    said = _numbers(pair.output) - _numbers(" ".join(persona))
    known = meaning(pair.question) | {stem(word) for word in persona} | _NUMBER_STEMS
    others = {word for word in meaning(pair.output) - known if not _NUMBER.fullmatch(word)}
    found = len(others & held)
    share = WITH_NUMBER if any(len(number) > 1 for number in said) else GROUNDED
    return said <= numbers and (bool(said) or found > 0) and found >= share * len(others)


def is_about(question: str, passage: str) -> bool:
    """Whether it is a question, and about the passage: a third of its meaning words stand there."""
    if not question.rstrip().endswith("?") and not _ASKING.match(question):
        return False
    meant = meaning(question)
    held = {stem(word) for word in words(passage)} | _numbers(passage)
    return 3 * len(meant & held) >= len(meant)


def _numbers(text: str) -> set[str]:
    return {_plain(number) for number in _NUMBER.findall(text)} | {
        _NUMBERS[word] for word in words(text) if word in _NUMBERS
    }


def _plain(number: str) -> str:
    """47.50 and 47.5, 1,900 and 1900 are the same."""
    number = number.replace(",", "")
    return number.rstrip("0").rstrip(".") if "." in number else number
