"""Which sentence or table row of the passages answers a question, and how sure that is: the one decision whether the
documents tell, for a model that writes and for quoting.

It is a logistic model of few features for each line (see `_WEIGHTS`), the same for all languages.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

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
_SYNONYM = 0.8
"""What a word counts that stands in the line in other words; 1 in the line itself."""
_ALIKE, _EQUAL = 0.35, 0.75  # cosines between words of other meaning and of the same
_GENERAL, _CHOSEN, _COUNTED = 0.35, 0.7, 1.7
"""What words of any question weigh, what one does of which the answer is one ("which bus"), what is counted does."""
_COMMON = 0.7  # exponent of a word's rarity in the language
_CHANCE, _STRICTER = 0.4, 1.0  # by so much stricter for what is above that chance, see `lexical.chance`
_WEIGHTS = {
    "line": 3.58,  # the share of the question that stands in the line
    "soft": 1.65,  # only by words near in meaning
    "uncovered": -1.5,  # nowhere in the passage, its headings and title
    "uncounted": -0.79,  # what is counted ("How many leaves") is not in the line
    "kind": 0.7,
    "other kind": -2.7,
    "hardly the kind": -1.5,
    "missing": -1.25,  # a name, number, code or colour of the question is nowhere in the passage
    "words": 0.66,  # of the question
    "length": -0.82,  # of the line
    "gap": 1.44,  # the passage's cosine above the mean of the first ones, where the embedder knows the language
    "meant": 1.61,  # the same of what the words mean
}
_BIAS = -0.75
"""Fitted to 761 questions in nine languages, which rag/fitting has, and 2,700 of XQuAD and JSQuAD, of which every other
paragraph was left out of the store: `rag/fitting/fit.py`. The bias is lower by 1.4 than fitted, since more of those
questions are told than not."""
FEATURES = tuple(_WEIGHTS)


@dataclass(frozen=True)
class Evidence:
    line: Line
    hit: Hit
    order: float
    """The higher, the sooner the line is the answer; comparable within one question only."""
    sure: float
    """0 to 1, comparable between questions and stores: that it answers the question."""
    fits: bool
    """Whether its passage has all that the question names, and it holds an answer of the kind that is asked."""


def weigh(question: str, index: Lexical, hits: Sequence[Hit], reads: bool = True) -> list[Evidence]:
    """The lines of the first `PASSAGES`, best first.

    ``reads``: whether the embedder knows the question's language.
    """
    stricter = _STRICTER * max(index.chance - _CHANCE, 0.0)
    found = []
    for line, hit, features in features_of(question, index, hits, reads):
        order = sum(_WEIGHTS.get(name, 0.0) * value for name, value in features.items()) + _BIAS
        fits = not features["missing"] and not features["other kind"]
        found.append(Evidence(line, hit, order, 1 / (1 + math.exp(stricter - order)), fits))
    return sorted(found, key=lambda one: (one.sure, one.order), reverse=True)


def features_of(
    question: str, index: Lexical, hits: Sequence[Hit], reads: bool = True
) -> list[tuple[Line, Hit, dict[str, float]]]:
    """Each line of the first `PASSAGES`, its passage and what `_WEIGHTS` weighs of it."""
    code, hits = index.language(question), hits[:PASSAGES]
    wanted = asked(question, code)
    sought = _words(question, code, wanted, index)
    if not hits or not sought:
        return []
    knows = meaning.loaded()
    said = knows.text(list(dict.fromkeys(word.text for word in sought)))
    own = [index.spoken(hit.passage.id) or language.detect(hit.passage.text, code) for hit in hits]
    meant = [float(knows.text(content(hit.passage.text, spoken)) @ said) for hit, spoken in zip(hits, own)]
    middle, centre = (sum(cosines) / len(hits) for cosines in ([hit.cosine for hit in hits], meant))
    found = []
    for hit, spoken, cosine in zip(hits, own, meant):
        for line, features in _features(wanted, sought, hit, spoken):
            features |= {"gap": (hit.cosine - middle) * reads, "meant": cosine - centre}
            found.append((line, hit, features))
    return found


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
    own: bool
    """Whether nothing else can be meant: a colour, or an English word that is not known."""

    def held(self, terms: frozenset[str]) -> float:
        return max(self.subject.share(terms), _SYNONYM if not self.alike.isdisjoint(terms) else 0.0)


def _words(question: str, code: str, wanted: Asked, index: Lexical) -> list[_Word]:
    general, knows = language.of(code).asked, meaning.loaded()
    found = []
    for subject in index.subjects(question, every=True):
        word = subject.word
        weight = subject.weight * knows.rarity(word) ** _COMMON
        weight *= (_GENERAL if language.folded(word) in general else 1.0) * (_CHOSEN if word == wanted.chosen else 1.0)
        weight *= _COUNTED if word == wanted.counted else 1.0
        same = alike(word) if code == "en" else frozenset()
        colours = language.of(code).answers.get("colour", ())
        unknown = code == "en" and not knows.vectors([word]).any()  # elsewhere many forms of known words are unknown
        own = unknown or word in COLOURS or language.folded(word) in colours
        found.append(_Word(word, weight, subject, same, not _hard(word, code), own))
    found = [word for word in found if word.text not in wanted.spent] or found
    total = sum(word.weight for word in found) or 1.0
    return [replace(word, weight=word.weight / total) for word in found]


def _features(wanted: Asked, sought: Sequence[_Word], hit: Hit, spoken: str) -> Iterator[tuple[Line, dict[str, float]]]:
    passage, parts = hit.passage, list(lines(hit.passage, spoken))
    around = f"{passage.context} {passage.title}"
    whole = frozenset(language.terms(around, spoken)).union(*(part.words for part in parts))
    texts = [content(part.text, spoken) for part in parts]
    near = _near(sought, [*texts, [*content(around, spoken), *(word for text in texts for word in text)]])
    inside = whole | frozenset(language.terms(passage.text, spoken))
    missing = any(not name <= inside for name in wanted.named)
    missing = missing or any(word.own and not word.held(inside) for word in sought)
    weights = np.array([word.weight for word in sought])
    uncovered = weights @ (1 - np.maximum([word.held(whole) for word in sought], near[-1]))
    counted = [at for at, word in enumerate(sought) if word.text == wanted.counted]
    for part, text, soft in zip(parts, texts, near):
        line = np.array([word.held(part.words) for word in sought])
        soft = np.maximum(soft - line, 0.0)
        fits = wanted.fits(part.text)
        yield (
            part,
            {
                "line": float(weights @ line),
                "soft": float(weights @ soft),
                "uncovered": float(uncovered),
                "uncounted": max((1 - line[at] - soft[at] for at in counted), default=0.0),
                "kind": float(fits > 0),
                "other kind": float(fits < 0 and wanted.strict),
                "hardly the kind": float(fits < 0 and not wanted.strict),
                "missing": float(missing),
                "words": math.log(1 + len({word.text for word in sought})),
                "length": math.log(1 + len(text)),
            },
        )


def _near(sought: Sequence[_Word], texts: Sequence[Sequence[str]]) -> list[np.ndarray]:
    """Of each text how near in meaning, 0 to 1, its words come to each of ``sought``."""
    every = list(dict.fromkeys(word for text in texts for word in text))
    place = {word: at for at, word in enumerate(every)}
    cosines = meaning.loaded().near([word.text for word in sought], every)
    cosines[[at for at, word in enumerate(sought) if not word.plain]] = 0.0
    equal = np.clip((cosines - _ALIKE) / (_EQUAL - _ALIKE), 0.0, 1.0)
    return [equal[:, [place[word] for word in text]].max(axis=1, initial=0.0) for text in texts]


def _hard(word: str, code: str) -> bool:
    answers = language.of(code).answers
    return (
        word in COLOURS
        or word in DAYS
        or any(letter.isdigit() for letter in word)
        or any(language.folded(word) in answers.get(kind, ()) for kind in ("colour", "time", "number"))
    )


def content(text: str, code: str) -> list[str]:
    """The words that say something, each once; no numbers, colours or days, which nothing else stands for."""
    stop = language.of(code).stop
    found = dict.fromkeys(meaning.loaded().words(text))
    return [word for word in found if language.folded(word) not in stop and not _hard(word, code)]
