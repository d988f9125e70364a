"""Which facts a question asks for: by the words they share, by other words for the same, and by their meaning.

Words count as much as they tell facts apart (BM25's idf). Where the extra `rag` is installed, its embedder compares
meanings, too; whoever asks for them waits for no more than one question's vector.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.words import STOP_WORDS, stem, words

if TYPE_CHECKING:
    from assistant.memory.facts import Fact

Embed = Callable[[str], np.ndarray | None]
"""Text -> float32 of shape (dimensions,) and length 1; None while it is not loaded."""

_CALLED = "call name nickname surname"
_SAME = (
    _CALLED,
    "birthday born birth birthdate",
    "mum mom mother mummy",
    "dad father daddy",
    "gran granny grandma grandmother nan",
    "grandpa grandad granddad grandfather",
    "wife husband spouse partner",
    "kid child children",
    "job work profession occupation",
    "movie film",
    "author writer",
    "like love enjoy favourite favorite best prefer",
    "car drive vehicle",
    "bike bicycle",
    "plate registration",
    "doctor gp physician",
    "physio physiotherapist",
    "phone telephone mobile",
    "code pin password passcode combination",
    "afraid scared fear frighten",
    "expire expiry end run",
    "pay paid cost charge price rent",
    "salary wage pay paid",
    "weigh weight heavy kilo",
    "tall height foot",
    "old age year",
    "brand make",
    "ill sick seasick",
    "home house live address",
    "holiday vacation trip leave",
    "train railway",
    "married marry wedding anniversary",
    "allergic allergy intolerant",
    "eat food vegetarian vegan meat",
    "drink alcohol wine beer",
    "park parked",
    "store keep kept put hide hid leave left",
    "teach teacher taught",
    "study studied university",
)
_IDLE = STOP_WORDS | frozenset(
    "am know remember recall again tell told say said please hey so well ok okay um uh s t m re ve ll d actually "
    "remind mine me don doesn didn isn much many kind sort something anything thing ever really think got get "
    "let does there".split()
)
_SORTS = frozenset(
    stem(word)
    for word in "town city village place country street room brand model sort day date time month year colour person "
    "food drink animal language team".split()
)
_OWN = re.compile(r"\b(?:i|i'm|i've|i'd|me|my|mine|myself|we|we're|we've|us|our|ours)\b", re.IGNORECASE)
_ANYONE = re.compile(
    r"\b(?:how|where|what|which) (?:do|can|could|should|would|must) (?:i|we)\b"
    r"(?! (?:like|take|keep|have|usually|live|work|study)\b)"
    r"|\b(?:tell|give|show|help|let|remind|teach|read|explain to|sing|play) (?:me|us)\b"
    r"|\bi (?:want|need|wonder|think)\b|\b(?:can|could|may|should) (?:i|we)\b",
    re.IGNORECASE,
)
"""What anyone may say, whatever is known of them: "how do I boil an egg"."""
_WHERE_DID_I = re.compile(r"\W*where (?:did|have) (?:i|we) \w+(?: again)?\W*", re.IGNORECASE)
"""Names no thing: "where did I park" asks for whatever is parked."""
_THE = re.compile(r"\b(?:the|our|this)\b", re.IGNORECASE)
_HEAD = re.compile(
    r"(?:i|we)\b|.*?(?=(?:'s)? (?:is|are|was|were|am|has|have|had|can|can't|must|will|should|isn't|aren't|used|"
    r"needs?|takes?|goes|comes|gets?|lives?|likes?|loves?|hates?|works?|wants?|plays?|prefers?|owes?|never|always|only|\w\w+ed)\b)"
    r"|(?:(?:the|our|my|his|her) )?\w+",
    re.IGNORECASE,
)
"""What a fact is about: all before its verb, or its first noun."""
_KINDS = (  # how a question begins -> what a fact must hold to be the whole answer
    (
        re.compile(r"\bwhere\b", re.IGNORECASE),
        re.compile(
            r"\b(?:in|at|on|under|behind|near|next|inside|above|below|by|from|to|with|of|inside)\b", re.IGNORECASE
        ),
    ),
    (
        re.compile(r"\bwhen\b|\bwhat (?:day|time|date)\b", re.IGNORECASE),
        re.compile(
            r"\d|(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:jan|feb|march|april|may|june|july|aug|sept|oct|nov|dec)"
            r"|\b(?:morning|noon|evening|night|midnight|week|month|year|every|last|next|before|after|o'clock|"
            r"at (?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|quarter)|\w+(?:th|st|nd|rd))\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"\bhow (?:many|much|old|tall|long|often|heavy)\b", re.IGNORECASE),
        re.compile(
            r"\d|\b(?:no|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred|thousand|"
            r"a|an|once|twice|every|until)\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(
            r"^\W*(?:(?:and|so|but|ok|okay|well|hey|please|in|on|at|from|with) )*"
            r"(?:who|what|which|whose|where|when|tell|do you know|how (?:many|much|old|tall|long|often|heavy))",
            re.IGNORECASE,
        ),
        re.compile(""),
    ),
)
_NAME = re.compile(r"(?:^|(?<!\bin)(?<!\bat)(?<!\bto)(?<!\bfrom)(?<!\bnear)(?<!\bof)(?<!\bon) )([A-Z][a-z]{2,})")
"""Of somebody: not behind a preposition, where it may be a place's."""
_PHRASES = (
    (re.compile(r"\bfor a living\b|\bdo (?:i|we) do\b", re.IGNORECASE), "job"),
    (re.compile(r"\bwhat (?:does|do|did) (\w+) do\b", re.IGNORECASE), r"\1 job"),
    (re.compile(r"\bmother[- ]in[- ]law\b", re.IGNORECASE), "motherinlaw"),
    (re.compile(r"\bfather[- ]in[- ]law\b", re.IGNORECASE), "fatherinlaw"),
)
_MOST = 3
"""Facts that a question may ask for."""
_NEAR, _FAR = 0.62, 0.3
"""Cosines of a question and a fact: from the first on the meaning is enough; below the second it speaks against."""
_ENOUGH, _PLENTY = 0.5, 0.75
"""Part of a question's words, by weight, that a fact must hold; and of one that anyone may put."""
_UNKNOWN = 0.5
"""Part of its weight that a word has which stands in no fact: "what colour is my car" asks for "my car is blue"."""
_OTHER = 0.65
"""How much less a fact is asked for that is about more than the question: "my wife's birthday" by "my birthday"."""
_FEWEST = 100
"""Facts that are reckoned with where there are fewer: among two, a word in both would tell nothing."""
_KEPT = 0.7
"""A fact must be as good as this part of the best."""


@dataclass(frozen=True)
class Found:
    fact: Fact
    score: float
    """0 to 1."""
    sure: bool
    """Whether all that the question names stands in the fact, so that the fact is the answer."""


class Recall:
    """Facts, indexed."""

    def __init__(self, facts: Sequence[Fact], embed: Embed | None = None, before: Recall | None = None) -> None:
        """``before``: of nearly the same facts, whose vectors are taken over."""
        self.facts = facts
        self._embed = embed
        self._holding: dict[str, list[int]] = defaultdict(list)
        for number, fact in enumerate(facts):
            for concept in {concept for concepts in _concepts(fact.text) for concept in concepts}:
                self._holding[concept].append(number)
        self._named = [{name.lower() for name in _NAME.findall(fact.text)} - _IDLE for fact in facts]
        self._names: set[str] = set().union(*self._named)
        self._about = [_about(fact.text) for fact in facts]
        known = before._vectors if before else {}
        self._vectors: dict[str, np.ndarray] = {fact.text: known[fact.text] for fact in facts if fact.text in known}
        self._matrix: np.ndarray | None = None

    def embed(self, most: int | None = None) -> None:
        """Make the vectors that are missing, at most so many."""
        if self._embed is None:
            return
        for fact in [fact for fact in self.facts if fact.text not in self._vectors][:most]:
            vector = self._embed(fact.text)
            if vector is None:
                return
            self._vectors[fact.text] = vector
            self._matrix = None

    def find(self, question: str, vector: np.ndarray | None = None) -> list[Found]:
        """The facts that ``question`` asks for, best first, none where it asks for none; ``vector`` is its own."""
        asked = _concepts(question)
        mentioned = {concept for concepts in asked for concept in concepts}
        named = set(words(question)) & self._names
        own, anyone = bool(_OWN.search(_ANYONE.sub("", question))), bool(_ANYONE.search(question))
        bare = bool(_WHERE_DID_I.fullmatch(question))
        definite = bool(_THE.search(question))
        shared, total = self._shared(asked)
        _, needed = self._shared([concepts for concepts in asked if not self._only_names_a_kind(concepts)])
        near = self._cosines(vector)
        found = []
        for number in set(shared) | {int(number) for number in np.flatnonzero(near >= _NEAR)}:
            covered, cosine = shared[number] / total if total else 0.0, float(near[number])
            subject, told = self._about[number]
            # "We leave the key under the pot" is about the key.
            about = own or bool(named & self._named[number]) or (definite and bool((subject or told) & mentioned))
            score = _score(covered, cosine, _ENOUGH if about else _PLENTY) if about or anyone else 0.0
            if score > 0:
                same = subject <= mentioned or told <= mentioned or bare
                whole = same and shared[number] >= 0.99 * needed > 0 and _is_whole(question, self.facts[number].text)
                found.append(Found(self.facts[number], score if same else score * _OTHER, about and whole))
        found.sort(key=lambda one: -one.score)
        return [one for one in found[:_MOST] if one.score >= _KEPT * found[0].score]

    def _shared(self, asked: Sequence[tuple[str, ...]]) -> tuple[dict[int, float], float]:
        """Number of a fact -> the weight of the words it shares with a question, and the weight of all of them."""
        shared: dict[int, float] = defaultdict(float)
        total = 0.0
        for concepts in asked:
            holding = {number for concept in concepts for number in self._holding.get(concept, ())}
            weight = math.log(1 + (max(len(self.facts), _FEWEST) - len(holding) + 0.5) / (len(holding) + 0.5))
            weight *= 1.0 if holding else _UNKNOWN
            total += weight
            for number in holding:
                shared[number] += weight
        return shared, total

    def _only_names_a_kind(self, concepts: tuple[str, ...]) -> bool:
        """Whether a question's word says no more than what sort of answer it wants: "in which town"."""
        return bool(_SORTS & set(concepts)) and not any(concept in self._holding for concept in concepts)

    def _cosines(self, vector: np.ndarray | None) -> np.ndarray:
        """Float32 of shape (facts,); NaN where a meaning is not known."""
        if vector is None or not self._vectors:
            return np.full(len(self.facts), np.nan, np.float32)
        if self._matrix is None:
            unknown = np.full(len(vector), np.nan, np.float32)
            self._matrix = np.stack([self._vectors.get(fact.text, unknown) for fact in self.facts])
        return self._matrix @ vector


def _score(covered: float, cosine: float, enough: float) -> float:
    """0 where the fact is not asked for."""
    if math.isnan(cosine):
        return covered if covered >= enough else 0.0
    asked = (cosine >= _NEAR and enough == _ENOUGH) or (covered >= enough and cosine >= _FAR)
    return 0.5 * covered + 0.5 * max(cosine, 0.0) if asked else 0.0


def _concepts(text: str) -> list[tuple[str, ...]]:
    """For each word of ``text`` that counts, what it may mean: its stem, or the words of one meaning as one."""
    for pattern, instead in _PHRASES:
        text = pattern.sub(instead, text)
    stems = dict.fromkeys(stem(word) for word in words(text) if word not in _IDLE)
    return [_GROUPS.get(stemmed, (stemmed,)) for stemmed in stems]


def mentioned(question: str, text: str) -> bool:
    """Whether ``text`` has one of the words that ``question`` asks about, or another word for it."""
    asked, told = ({concept for concepts in _concepts(words) for concept in concepts} for words in (question, text))
    return bool(asked & told)


def _about(text: str) -> tuple[set[str], set[str]]:
    """What a fact is about, and what it tells of that."""
    found = _HEAD.match(text)
    head = found[0] if found else ""
    about, told = (
        {concept for concepts in _concepts(part) for concept in concepts} for part in (head, text[len(head) :])
    )
    return about - {_CALLED}, told


def _is_whole(question: str, fact: str) -> bool:
    """Whether ``fact`` is of the kind that ``question`` asks for: a place where it asks where."""
    asked = [(kind, holds) for kind, holds in _KINDS if kind.search(question)]
    return bool(asked) and all(holds.search(fact) for _, holds in asked)


def _grouped() -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for row in _SAME:
        for word in row.split():
            if row not in groups[stem(word)]:
                groups[stem(word)].append(row)
    return {stemmed: tuple(rows) for stemmed, rows in groups.items()}


_GROUPS = _grouped()
