"""Whether a chapter as it was written to disk says what stands in the book: heard by a recogniser, and aligned."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from assistant.books.align import NEAR, Alignment, align, difference
from assistant.reply.speakable import speakable

_REPEATED = 3  # heard words that say something again; fewer are a name the recogniser took for several words
_FAR_REPEATED = 6  # the same where it is not next to what it repeats
_ALIKE = 0.7  # of its words that must sound as what they repeat,
_CLOSE = 0.34  # to this distance
_FAR = 400  # words around the place in which it is looked for
_RUN = 3  # words in a row that nobody said, inside a sentence that was

Kind = Literal["lost", "doubled", "moved", "gap", "misheard"]


@dataclass(frozen=True)
class Place:
    kind: Kind
    sentence: int
    """In the chapter, from 0; for what was doubled, the one before which it is heard again."""
    text: str


@dataclass(frozen=True)
class Proof:
    words: int
    aligned: int
    """Words in whose place something was heard: the same, a like one, or another one."""
    recognised: int
    """Words that were heard as they are written, or nearly."""
    places: tuple[Place, ...]
    unheard: tuple[int, ...]
    """The pieces with words that are not aligned, or with a sentence of which nothing was recognised."""

    @property
    def whole(self) -> bool:
        """Whether no sentence is lost, doubled or in another place."""
        return all(place.kind in ("gap", "misheard") for place in self.places)


def judge(
    pieces: Sequence[Sequence[str]], heard: str, language: str, again: Mapping[int, Sequence[str]] | None = None
) -> Proof:
    """``pieces``: the sentences that the voice was given; ``heard``: what the recogniser made of all of them;
    ``again``: of some pieces, what it made of them alone, once or more."""
    spoken = [words(sentence) for piece in pieces for sentence in piece]
    text = [word for sentence in spoken for word in sentence]
    found = align(text, words(speakable(heard, language)))
    repeated = _repeated(text, found)
    moved = {place for _, _, missing in repeated for place in missing}
    partners = found.partners
    silent = [partner is None for partner in partners]
    begins = [0]
    for piece in pieces:
        begins.append(begins[-1] + sum(len(words(sentence)) for sentence in piece))
    for number, hearings in (again or {}).items():
        begin, end = begins[number], begins[number + 1]
        for hearing in hearings:
            other = align(text[begin:end], words(speakable(hearing, language))).partners
            for place, partner in enumerate(other, begin):
                known = partners[place]
                silent[place] = silent[place] and partner is None
                if partner is not None and partner <= NEAR and place not in moved:
                    partners[place] = partner if known is None else min(known, partner)
    owner = [number for number, sentence in enumerate(spoken) for _ in sentence]
    places = [
        Place("doubled", owner[min(place, len(owner) - 1)], " ".join(run))
        for place, run, missing in repeated
        if not missing
    ]
    sentences = [(number, sentence) for number, piece in enumerate(pieces) for sentence in piece]
    begin, unheard = 0, set()
    for number, ((piece_number, sentence), said) in enumerate(zip(sentences, spoken)):
        end = begin + len(said)
        if said:
            elsewhere = sum(place in moved for place in range(begin, end))
            differ = _places(
                number, sentence, said, partners[begin:end], sum(silent[begin:end]), 2 * elsewhere >= len(said)
            )
            places += differ
            if differ or None in partners[begin:end]:
                unheard.add(piece_number)
        begin = end
    aligned = [partner for partner in partners if partner is not None]
    recognised = sum(partner <= NEAR for partner in aligned)
    places.sort(key=lambda place: place.sentence)
    return Proof(len(text), len(aligned), recognised, tuple(places), tuple(sorted(unheard)))


def _places(
    number: int, sentence: str, said: Sequence[str], partners: Sequence[float | None], missing: int, moved: bool
) -> list[Place]:
    """``missing``: words in whose place nothing was heard, each time it was listened to."""
    if moved:
        return [Place("moved", number, sentence)]
    nothing = all(partner is None or partner > NEAR for partner in partners)
    if 4 * missing >= 3 * len(said) or (nothing and 2 * missing > len(said)):
        return [Place("lost", number, sentence)]
    if nothing:
        return [Place("misheard", number, sentence)]
    places, begin = [], 0
    for gone, run in groupby(partners, lambda partner: partner is None):
        end = begin + len(list(run))
        if gone and end - begin >= _RUN:
            places.append(Place("gap", number, " ".join(said[begin:end])))
        begin = end
    return places


def _repeated(text: Sequence[str], found: Alignment) -> list[tuple[int, list[str], range]]:
    """Of the words that were heard too much: before which word, which, and the words that miss them there (none where
    what they repeat was heard in its own place as well)."""
    result: list[tuple[int, list[str], range]] = []
    for place, run in found.extra:
        length = len(run)
        if length < _REPEATED:
            continue
        for begin in range(max(0, place - _FAR), max(1, min(len(text), place + _FAR) - length // 2)):
            there = found.partners[begin : begin + length]
            missing = 2 * sum(partner is None for partner in there) >= len(there)
            if (missing or length >= _FAR_REPEATED) and _alike(text[begin : begin + length], run):
                result.append((place, run, range(begin, begin + len(there) if missing else begin)))
                break
        else:
            # Some words of what is said twice may have been paired with the first time, the others with the second:
            # what is between is then its end and its beginning.
            for first in range(length + 1):
                if _alike([*text[place : place + length - first], *text[max(0, place - first) : place]], run):
                    result.append((place, run, range(0)))
                    break
    return result


def _alike(text: Sequence[str], run: Sequence[str]) -> bool:
    return sum(difference(*pair) <= _CLOSE for pair in zip(text, run)) >= _ALIKE * len(run)


_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+(?:'[^\W_]+)*")


def words(text: str) -> list[str]:
    """Lower case, without marks; of scripts without spaces, each sign."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))
