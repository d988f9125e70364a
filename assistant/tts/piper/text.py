"""A text as the numbers that a Piper voice reads, in pieces of bounded length, each word with its place in them."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from assistant.tts.phonemes import Clause, phonemes
from assistant.tts.piper.files import Config

_LONGEST = 200  # phonemes, some 13 s of speech: a piece must be encoded before any of it is heard
_LONGEST_FIRST = 100  # 0.13 s of CPU
_MARKS = {"…": ".", "—": ";"}  # espeak gives Piper's own phonemizer no others
_ENDS = ".!?…"


@dataclass(frozen=True)
class Piece:
    text: str
    begin: int
    """Where in the whole text it begins."""
    ids: np.ndarray
    """int64, shape (ids,)."""
    words: tuple[tuple[int, int], ...]
    """Where each word ends: (its last place in ``ids``, characters of the whole text)."""


def pieces(text: str, config: Config, where: str) -> list[Piece]:
    """Sentences, and parts of them where they are long. ``where``: what names the espeak voice, for errors."""
    clauses = phonemes(text, config.espeak_voice, where) if config.espeak_voice else _letters(text)
    if clauses and not clauses[-1].mark and clauses[-1].text.rstrip()[-1:].isalnum():
        # A unit cut inside a clause goes on: without a mark at its end the voice would fall as at a full stop.
        clauses[-1] = replace(clauses[-1], mark=",")
    made = []
    begin = 0
    for group in _groups(clauses):
        piece = _piece(group, begin, config)
        begin += len(piece.text)
        if len(piece.ids) > 3:
            made.append(piece)
    return made


def _groups(clauses: list[Clause]) -> Iterator[list[Clause]]:
    group: list[Clause] = []
    longest = _LONGEST_FIRST
    for clause in itertools.chain.from_iterable(map(_short, clauses)):
        if group and sum(len(other.ipa) for other in (*group, clause)) > longest:
            yield group
            group, longest = [], _LONGEST
        group.append(clause)
        if clause.mark and clause.mark in _ENDS:
            yield group
            group = []
    if group:
        yield group


def _short(clause: Clause) -> Iterator[Clause]:
    """``clause``, or parts of it that end where a word does, unless one alone is too long."""
    rest = clause
    while len(rest.ipa) > _LONGEST:
        cut = max((word for word in rest.words if word[0] <= _LONGEST), default=(_LONGEST, 0))
        words = tuple(word for word in rest.words if word <= cut) or (cut,)
        yield Clause(rest.text[: cut[1]], rest.ipa[: cut[0]], "", words)
        words = tuple((ipa - cut[0], written - cut[1]) for ipa, written in rest.words if (ipa, written) > cut)
        rest = Clause(rest.text[cut[1] :], rest.ipa[cut[0] :], rest.mark, words)
    yield rest


def _piece(clauses: list[Clause], begin: int, config: Config) -> Piece:
    ids = [*config.ids["^"], *config.ids["_"]]
    words = []
    for number, clause in enumerate(clauses):
        place = 0
        for end, characters in clause.words:
            ids += _numbers(clause.ipa[place:end], config)
            words.append((len(ids) - 1, begin + sum(len(other.text) for other in clauses[:number]) + characters))
            place = end
        more = " " if number + 1 < len(clauses) else ""
        ids += _numbers(_MARKS.get(clause.mark, clause.mark) + more, config)
    ids += config.ids["$"]
    return Piece("".join(clause.text for clause in clauses), begin, np.array(ids, np.int64), tuple(words))


def _numbers(ipa: str, config: Config) -> Iterator[int]:
    """Each phoneme's numbers and a pad after it; the longest phoneme that the voice knows is taken, others are not."""
    letters = "".join("".join(config.replaced.get(letter, [letter])) for letter in unicodedata.normalize("NFD", ipa))
    longest = max(map(len, config.ids))
    place = 0
    while place < len(letters):
        size = next((n for n in range(longest, 0, -1) if letters[place : place + n] in config.ids), 0)
        if size:
            yield from config.ids[letters[place : place + size]]
            yield from config.ids["_"]
        place += size or 1


def _letters(text: str) -> list[Clause]:
    """For voices that were trained on letters: those of each sentence, folded, are its phonemes."""
    clauses = []
    for sentence in re.finditer(rf"(?s).+?(?:[{_ENDS}]+(?=\s|$)|$)\s*", text):
        written = sentence.group()
        said = written.rstrip()
        mark = said[-1:] if said[-1:] in _ENDS else ""
        words, letters = [], ""
        for word in re.finditer(r"\s*\S+", said.rstrip(_ENDS)):
            letters += word.group().casefold()
            words.append((len(letters), word.end()))
        if any(map(str.isalnum, letters)):
            words[-1] = (len(letters), len(said))
            clauses.append(Clause(written, letters, mark, tuple(words)))
    return clauses
