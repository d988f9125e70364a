"""The answer in the document's own words, for models that cannot read: the sentence or table row that `rag.evidence`
found, said with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.lines import wanted
from rag.search import Hit, SearchResult

if TYPE_CHECKING:
    import numpy as np

_LONGEST = 320  # characters that are spoken; a longer sentence is cut at a word
_COSINE, _SHORTLIST, _CLOSE = 4.0, 2, 1.0
"""What the cosine between question and line adds to its order; only of so many of the best, since each takes some
10 ms, and of those that are so close to the first."""
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

    def spoken(self, language: str = "en") -> str:
        """``The user handbook says: violet means that a firmware update is being installed.``"""
        said = self.text if self.text[-1:] in ".!?…。！？" else f"{self.text}."
        place = _place(self.hit.passage.title)
        if language[:2] not in ("", "en"):
            return _FRAMES.get(language[:2], "{place}: {said}").format(place=place, said=said)
        said = _small(said, self.hit.passage.text)
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


def best(
    question: str, result: SearchResult, encode: Callable[[Sequence[str]], np.ndarray] | None = None
) -> Quote | None:
    """The line that answers; None when there is none.

    ``encode``: the embedder, texts -> float32 of shape (texts, dimensions), each of length 1; None where it does not
    help to choose among the lines.
    """
    if not result.lines:
        return None
    close = [one for one in result.lines[:_SHORTLIST] if one.order >= result.lines[0].order - _CLOSE]
    taken, sought = close[0], wanted(question)
    if encode and result.vector is not None and len(close) > 1 and sought.code == "en":
        cosines = (encode([one.line.text for one in close]) @ result.vector).tolist()
        taken = max(zip(close, cosines), key=lambda scored: scored[0].order + _COSINE * scored[1])[0]
    return Quote(taken.hit, _cut(taken.line.quoted(sought)))


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
