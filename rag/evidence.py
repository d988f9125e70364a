"""Which sentence or table row of the passages answers a question, and how sure that is: the one decision whether the
documents tell, for a model that writes and for quoting.

In English it is a logistic model of few features for each line (see `_WEIGHTS`). In other languages the passages decide
by how much of the question's subject they hold, since there neither synonyms nor the embedder help.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag import language, meaning
from rag.amounts import DAYS
from rag.asked import Asked, alike, asked
from rag.kinds import COLOURS
from rag.lexical import Lexical, Subject
from rag.lines import Line, lines

if TYPE_CHECKING:
    from rag.search import Hit

PASSAGES = 6
"""So many of the best are looked through."""
_DECIDE = 3  # of them, in languages other than English
_NEAR = 0.7  # of the best sentence's coverage, from which a sentence may hold the answer
_UNFIT = 0.4  # of its coverage remains to a passage without an answer of the kind that is asked
_RELATED = 0.3  # cosine from which a passage counts as being about the question
_SYNONYM, _HEADING, _TITLE, _BESIDE = 0.8, 1.0, 0.6, 0.6
"""What a word counts that stands in the line in other words, in the headings, in the title, in the line before or
after; 1 in the line itself."""
_ALIKE, _EQUAL = 0.35, 0.75  # cosines between words of other meaning and of the same
_GENERAL, _CHOSEN, _COUNTED = 0.35, 0.7, 1.7
"""What words of any question weigh, what one does of which the answer is one ("which bus"), what is counted does."""
_COMMON = 0.7  # exponent of a word's rarity in the language
_KIND, _PLACE = 0.45, 0.35
"""What an answer of the kind adds to a line's share in other languages, and its passage's place in the order."""
_CHANCE, _STRICTER = 0.4, 1.0  # by so much stricter for what is above that chance, see `lexical.chance`
_WEIGHTS = {
    "line": 3.7,  # the share of the question that stands in the line
    "around": 1.9,  # only in its headings, the title, the lines beside it
    "soft": 1.9,  # only by words near in meaning
    "uncovered count": -1.3,  # nowhere in the passage; by the form of the question
    "uncovered whether": -1.7,
    "uncovered who": -1.9,
    "uncovered which": -1.8,
    "uncovered how": -0.8,
    "uncounted": -1.7,  # what is counted ("How many leaves") is not in the line
    "kind": 0.6,
    "other kind": -3.2,
    "hardly the kind": -0.8,
    "missing": -1.2,  # a name, number or code of the question is nowhere in the passage
    "words": 1.0,
    "cosine": 0.4,
    "gap": 3.0,  # the passage's cosine above the mean of the first ones
    "score": 0.2,
}
_BIAS = -3.7
"""Fitted by logistic regression to 468 questions about the sample handbook, twelve small texts of other kinds, and 48
articles of XQuAD of which every other paragraph was left out."""


@dataclass(frozen=True)
class Evidence:
    line: Line
    hit: Hit
    order: float
    """The higher, the sooner the line is the answer; comparable within one question only."""
    sure: float
    """0 to 1, comparable between questions and stores: that it answers the question; from 0.5 on it counts as an
    answer."""


def weigh(question: str, index: Lexical, hits: Sequence[Hit], reads: bool = True) -> list[Evidence]:
    """The lines of the first `PASSAGES`, best first.

    ``reads``: whether the embedder knows the question's language.
    """
    code, first = index.language(question), hits[:PASSAGES]
    english = [hit for hit in first if code == "en" and index.spoken(hit.passage.id) in ("en", "")]
    others = [hit for hit in first if hit not in english]
    found = _english(question, index, english) + _other(question, code, index, others, reads)
    return sorted(found, key=lambda one: (one.sure, one.order), reverse=True)


@dataclass(frozen=True)
class _Word:
    """Of a question."""

    text: str
    weight: float
    """All of a question's are 1 together."""
    subject: Subject
    alike: frozenset[str]
    plain: bool
    """Whether words near in meaning may stand for it: no number, colour or day."""

    def held(self, terms: frozenset[str]) -> float:
        return max(self.subject.share(terms), _SYNONYM if not self.alike.isdisjoint(terms) else 0.0)


def _english(question: str, index: Lexical, hits: Sequence[Hit]) -> list[Evidence]:
    wanted = asked(question)
    sought = _words(question, wanted, index)
    if not hits or not sought:
        return []
    middle = sum(hit.cosine for hit in hits) / len(hits)
    most = max(hit.score for hit in hits) or 1.0
    stricter = _STRICTER * max(index.chance - _CHANCE, 0.0)
    found = []
    for hit in hits:
        for line, features in _features(wanted, sought, hit):
            features |= {"cosine": min(0.7, max(hit.cosine, 0.0)), "gap": hit.cosine - middle}
            features["score"] = hit.score / most
            order = sum(_WEIGHTS[name] * value for name, value in features.items()) + _BIAS
            found.append(Evidence(line, hit, order, 1 / (1 + math.exp(stricter - order))))
    return found


def _words(question: str, wanted: Asked, index: Lexical) -> list[_Word]:
    general, knows = language.of("en").asked, meaning.loaded()
    found = []
    for subject in index.subjects(question, every=True):
        run = subject.word
        weight = subject.weight * knows.rarity(run) ** _COMMON
        weight *= (_GENERAL if run in general else 1.0) * (_CHOSEN if run == wanted.chosen else 1.0)
        found.append(
            _Word(run, weight * (_COUNTED if run == wanted.counted else 1.0), subject, alike(run), not _hard(run))
        )
    found = [word for word in found if word.text not in wanted.spent] or found
    total = sum(word.weight for word in found) or 1.0
    return [_Word(word.text, word.weight / total, word.subject, word.alike, word.plain) for word in found]


def _features(wanted: Asked, sought: Sequence[_Word], hit: Hit) -> list[tuple[Line, dict[str, float]]]:
    passage, knows = hit.passage, meaning.loaded()
    around = frozenset(language.terms(f"{passage.context} {passage.title}", "en"))
    headings = frozenset(language.terms(" ".join(passage.headings), "en"))
    title = frozenset(language.terms(passage.title, "en"))
    parts = list(lines(passage, "en"))
    whole = around.union(*(part.words for part in parts))
    others = _plain(f"{passage.text} {passage.context} {passage.title}")
    # What stands in none of its words is looked for among those near in meaning.
    far = [_equal(knows.near(word.text, others)) if word.plain else 0.0 for word in sought]
    missing = any(not name <= whole | frozenset(language.terms(passage.text, "en")) for name in wanted.named)
    found = []
    for number, part in enumerate(parts):
        beside = frozenset().union(*(other.words for other in parts[max(number - 1, 0) : number + 2] if other != part))
        near = _plain(part.text)
        shares = dict.fromkeys(("line", "around", "soft", "uncovered"), 0.0)
        uncounted = 0.0
        for word, nearest in zip(sought, far):
            line, heading = word.held(part.words), _HEADING * word.held(headings)
            soft = _equal(knows.near(word.text, near)) if nearest and line < 1 else 0.0
            placed = max(heading, _TITLE * word.held(title), _BESIDE * word.held(beside))
            shares["line"] += word.weight * line
            shares["around"] += word.weight * max(0.0, placed - line)
            shares["soft"] += word.weight * max(0.0, soft - max(line, heading))
            shares["uncovered"] += word.weight * (1 - max(word.held(whole), nearest))
            if word.text == wanted.counted:
                uncounted = 1 - max(line, heading, soft)
        fits = wanted.fits(part.text)
        strict = wanted.kind is not None and wanted.kind.strict
        features = {
            "line": shares["line"],
            "around": shares["around"],
            "soft": shares["soft"],
            f"uncovered {wanted.form}": shares["uncovered"],
            "uncounted": uncounted,
            "kind": float(fits > 0),
            "other kind": float(fits < 0 and strict),
            "hardly the kind": float(fits < 0 and not strict),
            "missing": float(missing),
            "words": math.log(1 + len(sought)),
        }
        found.append((part, features))
    return found


def _hard(word: str) -> bool:
    return word in COLOURS or word in DAYS or any(letter.isdigit() for letter in word)


def _plain(text: str) -> list[str]:
    stop = language.of("en").stop
    return [word for word in dict.fromkeys(language.words(text)) if word not in stop and not _hard(word)]


def _equal(cosine: float) -> float:
    """0 to 1: whether two words mean the same."""
    return min(1.0, max(0.0, (cosine - _ALIKE) / (_EQUAL - _ALIKE)))


def _other(question: str, code: str, index: Lexical, hits: Sequence[Hit], reads: bool) -> list[Evidence]:
    subjects = index.subjects(question)
    kinds = [kind for kind in language.kinds(question, code) if kind in language.of(code).answers]
    most = max((hit.score for hit in hits), default=1.0) or 1.0
    found: list[Evidence] = []
    confidence = 0.0
    for number, hit in enumerate(hits):
        passage, own = hit.passage, index.spoken(hit.passage.id) or language.detect(hit.passage.text, code)
        coverage = _covered(subjects, frozenset(language.terms(f"{passage.context}\n{passage.text}", own)))
        headings = frozenset(language.terms(" ".join(passage.headings), own))
        parts = list(lines(passage, own))
        shares = [_covered(subjects, part.words) for part in parts]
        fits = [all(language.answers(kind, part.text, code) for kind in kinds) for part in parts]
        best = max(shares, default=0.0)
        if kinds and coverage and not any(fit for fit, share in zip(fits, shares) if share >= _NEAR * best):
            coverage *= _UNFIT
        if reads:
            coverage *= min(1.0, max(hit.cosine, 0.0) / _RELATED)
        if number < _DECIDE:
            confidence = max(confidence, coverage)
        for part, fit in zip(parts, fits):
            order = _covered(subjects, part.words | headings) + _KIND * fit * bool(kinds) + _PLACE * hit.score / most
            found.append(Evidence(part, hit, order, 0.0))
    words = len(subjects) / (2 if language.tight(code) else 1)
    sure = index.calibrated(confidence, words)
    return [Evidence(one.line, one.hit, one.order, sure) for one in found]


def _covered(subjects: Sequence[Subject], present: frozenset[str]) -> float:
    total = sum(subject.weight for subject in subjects)
    return sum(subject.weight * subject.share(present) for subject in subjects) / total if total else 0.0
