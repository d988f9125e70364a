"""Chapters -> pieces of speech: what a voice is asked for at once, at most so many characters, cut at sentence ends."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.books import Book, Chapter
from assistant.reply.sentences import SentenceSplitter
from assistant.reply.speakable import passed_over, speakable
from assistant.tts.scripts import is_latin

LONGEST = 600
"""Characters of a piece, some 40 s of speech: longer ones lose more to a failure and begin to drift in a cloud's voice,
shorter ones break the melody of a paragraph. An engine's own limit (`EngineInfo.longest`) may be lower."""

_BETWEEN = 0.12  # seconds of silence, on top of the voice's own at the end of a sentence
_PARAGRAPH = 0.45
_TITLE = 1.0
_CHAPTER = 1.5

_WORTH_TELLING = 0.1  # part of all letters; names and quotations are fewer

_FEED = 2000  # characters; the splitter copies what it holds, so a chapter without an end is given to it in parts
_CUTS = (re.compile(r"[.!?…。！？;:；：]\s*"), re.compile(r"[,、，–—]\s*"), re.compile(r"\s+"))


@dataclass(frozen=True)
class Piece:
    sentences: tuple[str, ...]
    """Words for the voice's language, see `speakable`; none is empty."""
    pause: float
    """Seconds of silence behind it."""

    @property
    def words(self) -> str:
        return " ".join(self.sentences)


@dataclass(frozen=True)
class Part:
    """A chapter that is read aloud."""

    number: int
    """In the book, from 1."""
    title: str
    pieces: tuple[Piece, ...]

    @property
    def characters(self) -> int:
        return sum(len(piece.words) for piece in self.pieces)


def plan(book: Book, language: str, longest: int, chosen: range | None = None) -> list[Part]:
    """The chapters of ``book`` (of these numbers only) in pieces of at most ``longest`` characters; those in which
    nothing can be read aloud are left out."""
    parts = [
        Part(number, chapter.title or f"{number}", tuple(cut(chapter, language, longest)))
        for number, chapter in enumerate(book.chapters, 1)
        if chosen is None or number in chosen
    ]
    return [part for part in parts if part.pieces]


def unread(book: Book, parts: list[Part], chosen: range | None = None) -> list[str]:
    """What of the book (of these chapters) is not among ``parts``, by its titles."""
    numbers = {part.number for part in parts}
    silent = [
        f"{chapter.title or number} (nothing that can be read aloud)"
        for number, chapter in enumerate(book.chapters, 1)
        if number not in numbers and (chosen is None or number in chosen)
    ]
    return [*book.left_out, *silent]


def without_spaces(book: Book, chosen: range | None = None) -> str:
    """Which chapters (of these) hold words that are too long to be any, and are left out; empty when none does."""
    found = [
        f"{count:,} characters without a space in {chapter.title or number!r}"
        for number, chapter in enumerate(book.chapters, 1)
        if (chosen is None or number in chosen) and (count := sum(map(passed_over, chapter.paragraphs)))
    ]
    ending = "put spaces between the words there, or leave that out of the book"
    return f"not read: {'; '.join(found)}; {ending}" if found else ""


def cut(chapter: Chapter, language: str, longest: int) -> list[Piece]:
    """Its title and its paragraphs; no piece crosses the end of a paragraph."""
    paragraphs = [paragraph for paragraph in chapter.paragraphs if paragraph.strip()]
    if paragraphs and paragraphs[0].strip() == chapter.title.strip():
        paragraphs = paragraphs[1:]
    pieces: list[Piece] = []
    for text, pause in [(chapter.title, _TITLE), *((paragraph, _PARAGRAPH) for paragraph in paragraphs)]:
        packed = list(_pack(_sentences(text, language, longest), longest))
        pieces += [Piece(sentences, _BETWEEN) for sentences in packed[:-1]]
        pieces += [Piece(sentences, pause) for sentences in packed[-1:]]
    return [*pieces[:-1], *(Piece(piece.sentences, _CHAPTER) for piece in pieces[-1:])]


def _sentences(text: str, language: str, longest: int) -> Iterator[str]:
    splitter = SentenceSplitter(first=False)
    units = [unit for begin in range(0, len(text), _FEED) for unit in splitter.feed(text[begin : begin + _FEED])]
    units += splitter.flush()
    for number, unit in enumerate(units, 1):
        words = speakable(unit, language)
        if number == len(units) and words[-1:].isalnum():
            words += "."  # a heading; without it the voice would not fall
        yield from _within(words, longest)


def _within(words: str, longest: int) -> Iterator[str]:
    """``words`` cut where they are longer, which numbers and addresses may become: at a stop, a clause, a word."""
    while len(words) > longest:
        ends = ([match.end() for match in pattern.finditer(words, longest // 2, longest)] for pattern in _CUTS)
        end = next((found[-1] for found in ends if found), longest)
        yield words[:end].strip()
        words = words[end:].strip()
    if words:
        yield words


def _pack(sentences: Iterator[str], longest: int) -> Iterator[tuple[str, ...]]:
    held: list[str] = []
    for sentence in sentences:
        if held and sum(map(len, held)) + len(held) + len(sentence) > longest:
            yield tuple(held)
            held = []
        held.append(sentence)
    if held:
        yield tuple(held)


def foreign_letters(book: Book, language: str) -> float:
    """The part of the letters that a voice of ``language``, if that is written in Latin letters, cannot read: 0 to 1; 0
    where it is too small to be told."""
    if not is_latin(language):
        return 0.0
    counts = Counter(
        letter for chapter in book.chapters for text in chapter.paragraphs for letter in text if letter.isalpha()
    )
    foreign = sum(count for letter, count in counts.items() if "LATIN" not in unicodedata.name(letter, "LATIN"))
    part = foreign / max(1, counts.total())
    return part if part >= _WORTH_TELLING else 0.0
