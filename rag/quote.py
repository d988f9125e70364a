"""The sentence or table row that answers a question, in the document's own words: for models that cannot read.

What is asked is weighed by its words, rare ones more, by the kind of answer (see `rag.asked`), and by the embedder. The
words may stand in the sentence itself, in the heading over it, or, which tells less, near it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.asked import Asked, asked
from rag.lines import Line, lines
from rag.search import Hit, SearchResult
from rag.words import content_words

if TYPE_CHECKING:
    import numpy as np

PASSAGES = 6
"""So many of the best are looked through."""
_LONGEST = 320  # characters that are spoken; a longer sentence is cut at a word
_HEADING, _NEAR, _TITLE = 0.8, 0.35, 0.3
"""What a word counts that stands in the headings, in the same passage, in the title; 1 in the line itself."""
_KIND = 0.45
"""What the right kind of answer adds to the share of the question's words, which is at most 1."""
_LEANING = 0.1
"""What is taken off for a second sentence."""
_PASSAGE = 0.35
"""What the passage's score, as a share of the best one's, adds."""
_OTHER_KIND, _ELSE = 0.45, 0.6
"""What is left of the certainty where the answer is of another kind than asked for; where a number, code or name of the
question stands nowhere in the passage."""
_COSINE, _SHORTLIST = 1.0, 8
"""What the cosine between question and line adds; only to so many of the best, for each takes some 10 ms."""
_DOCUMENTS = frozenset(
    "handbook manual guide book booklet list rules letter contract report catalogue catalog policy plan recipe recipes "
    "instructions notes faq minutes lease agreement warranty brochure leaflet memo diary schedule timetable programme "
    "program menu statutes regulations sheet log journal".split()
)
_PLURAL = frozenset("rules recipes instructions notes minutes statutes regulations".split())
_FRAMES = {
    "de": "Im Dokument {place} steht: {said}",
    "fr": "Le document {place} dit\N{NO-BREAK SPACE}: {said}",
    "es": "El documento {place} dice: {said}",
    "it": "Il documento {place} dice: {said}",
}


@dataclass(frozen=True)
class Quote:
    hit: Hit
    text: str
    """One or two sentences, or what is asked for of a row, without markup."""
    sure: float
    """0 to 1: that it answers the question."""


def best(
    question: str, result: SearchResult, encode: Callable[[Sequence[str]], np.ndarray] | None = None
) -> Quote | None:
    """The answer among the first `PASSAGES` that were found; None when there is nothing in them.

    ``encode``: the embedder, texts -> float32 of shape (texts, dimensions), each of length 1; None where it does not
    know the question's language.
    """
    wanted, hits = asked(question), result.hits[:PASSAGES]
    found = [(line, hit) for hit in hits for line in lines(hit.passage)]
    if not found:
        return None
    weights = _weights(wanted, [line for line, _ in found])
    most = max(hit.score for hit in hits) or 1.0
    candidates = [
        _Candidate(line, hit, _share(line, wanted, weights), wanted.fits(line.text), _missing(wanted, hit))
        for line, hit in found
    ]
    ranked = sorted(((one.score(most), one) for one in candidates), key=lambda scored: -scored[0])[:_SHORTLIST]
    if encode:
        vectors = encode([question, *(one.line.text for _, one in ranked)])
        cosines = (vectors[1:] @ vectors[0]).tolist()
        ranked = [(score + _COSINE * cosine, one) for (score, one), cosine in zip(ranked, cosines)]
    taken = max(ranked, key=lambda scored: scored[0])[1]
    sure = (
        max(taken.share, result.confidence) * (_OTHER_KIND if taken.fits < 0 else 1) * (_ELSE if taken.missing else 1)
    )
    return Quote(taken.hit, _cut(taken.line.quoted(wanted)), sure)


def spoken(quote: Quote, language: str = "en") -> str:
    """``The user handbook says: violet means that a firmware update is being installed.``"""
    said = quote.text if quote.text[-1:] in ".!?…。！？" else f"{quote.text}."
    place = _place(quote.hit.passage.title)
    if language[:2] not in ("", "en"):
        return _FRAMES.get(language[:2], "{place}: {said}").format(place=place, said=said)
    said = _small(said, quote.hit.passage.text)
    words = place.lower().split()
    first = words[0] if words[1:2] and words[1] in ("of", "to", "for", "from", "on", "about") else ""
    kind = next((word for word in (words[-1], first) if word in _DOCUMENTS), "")
    if not kind:
        return f"The document {place} says: {said}"
    name = re.sub(r"^the ", "", place, flags=re.IGNORECASE)
    if len(words) < 3:
        name = name.lower()
    elif kind == first:
        name = name[:1].lower() + name[1:]
    owned = "'s " in name or "’s " in name  # "Ilse's recipes" need no article
    return f"{'' if owned else 'The '}{name} {'say' if kind in _PLURAL else 'says'}: {said}"


def _place(title: str) -> str:
    """The document's name as one says it: ``Brindlecove Otter 5 – User Handbook`` is the User Handbook."""
    if re.fullmatch(r"\S+\.\w{1,8}", title):
        title = re.sub(r"[-_]+", " ", title.rpartition(".")[0])
    parts = [part.strip() for part in re.split(r"\s[–—|-]\s|:\s", title) if part.strip()]
    named = [part for part in parts if part.lower().split()[-1] in _DOCUMENTS]
    place = (named or [" ".join(title.split())])[-1] or "without a name"
    return place.capitalize() if place.isupper() and " " in place else place


def _small(said: str, text: str) -> str:
    """With a small letter in front where the passage writes the word so elsewhere, or it is a common one."""
    word = said.split(" ", 1)[0]
    common = "a an the if when in on at to from for with it this that all no only you your we as by each every".split()
    written = re.search(rf"\b{re.escape(word.lower())}\b", text)
    return said[:1].lower() + said[1:] if word.lower() in common or written else said


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(' ')[0]} …"


@dataclass(frozen=True)
class _Candidate:
    line: Line
    hit: Hit
    share: float
    fits: float
    missing: bool

    def score(self, most: float) -> float:
        """``most``: the best passage's score."""
        less = (_KIND if self.missing else 0) + (_LEANING if self.line.leans else 0)
        return self.share + _KIND * self.fits + _PASSAGE * self.hit.score / most - less


def _missing(wanted: Asked, hit: Hit) -> bool:
    """Whether something that is named stands nowhere in the passage or over it."""
    there = set(content_words(f"{hit.passage.context} {hit.passage.title} {hit.passage.text}"))
    return any(not name <= there for name in wanted.named)


def _weights(wanted: Asked, found: Sequence[Line]) -> dict[str, float]:
    """First word of a group -> how rare the group is among the lines."""
    return {
        group[0]: math.log(1 + len(found) / (1 + sum(not line.words.isdisjoint(group) for line in found)))
        for group in wanted.groups
    }


def _share(line: Line, wanted: Asked, weights: dict[str, float]) -> float:
    """0 to 1: how much of what is asked stands in the line, over it and near it."""
    places = (
        (1.0, line.words),
        (_HEADING, frozenset(content_words(" ".join(line.passage.headings)))),
        (_NEAR, line.near),
        (_TITLE, frozenset(content_words(line.passage.title))),
    )
    held = (
        weights[group[0]] * next((part for part, there in places if not there.isdisjoint(group)), 0.0)
        for group in wanted.groups
    )
    total = sum(weights.values())
    return sum(held) / total if total else 0.0
