"""A chapter in pieces: nothing is lost, none is too long, cuts lie at sentence ends where there are any."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.books import Book, Chapter
from assistant.books.pieces import cut, foreign_letters, plan, unread


def test_sentences_are_packed_and_paragraphs_kept_apart() -> None:
    pieces = cut(Chapter("Chapter One", ("Mr. Fox ran. The dog slept.", "It rained.")), "en", 600)
    assert [piece.sentences for piece in pieces] == [
        ("Chapter One.",),
        ("Mister Fox ran.", "The dog slept."),
        ("It rained.",),
    ]
    title, first, last = (piece.pause for piece in pieces)
    assert last > title > first > 0


def test_a_title_that_is_the_first_paragraph_is_spoken_once() -> None:
    assert [piece.words for piece in cut(Chapter("Dawn", ("Dawn", "Light.")), "en", 600)] == ["Dawn.", "Light."]


def test_a_chapter_without_a_full_stop_is_cut_at_words() -> None:
    pieces = cut(Chapter("", ("and so it went on " * 10_000,)), "en", 600)
    assert all(0 < len(piece.words) <= 600 for piece in pieces)
    assert sum(len(piece.words.split()) for piece in pieces) == 50_000


@settings(max_examples=40)
@given(st.lists(st.text("abc .,!?é日本😀1'\n", max_size=400), max_size=4), st.integers(40, 300))
def test_words_stay_in_order_and_no_piece_is_too_long(paragraphs: list[str], longest: int) -> None:
    pieces = cut(Chapter("", tuple(paragraphs)), "fi", longest)  # whose digits stay digits
    assert all(0 < len(piece.words) <= longest and all(piece.sentences) for piece in pieces)
    letters = [mark for piece in pieces for mark in piece.words if mark.isalpha()]
    assert letters == [mark for text in paragraphs for mark in text if mark.isalpha()]


def test_chapters_are_chosen_by_number_and_silent_ones_left_out() -> None:
    book = Book("B", (Chapter("A", ("a.",)), Chapter("", ("😀",)), Chapter("C", ("c.",))))
    assert [part.number for part in plan(book, "en", 600)] == [1, 3]
    assert [part.title for part in plan(book, "en", 600, range(2, 9))] == ["C"]
    assert unread(book, plan(book, "en", 600)) == ["2 (nothing that can be read aloud)"]
    assert unread(book, plan(book, "en", 600, range(3, 4)), range(3, 4)) == []


@pytest.mark.parametrize(
    "text, language, part",
    [
        ("Слово о полку", "en", 1.0),
        ("Слово о полку", "ru", 0.0),
        ("Naïve Ærøskøbing, he said: да", "en", 0.0),
        ("half половина", "de", 0.67),
        ("1 2 3", "en", 0.0),
    ],
)
def test_letters_that_the_voice_cannot_read_are_counted(text: str, language: str, part: float) -> None:
    book = Book("B", (Chapter("A", (text,)),))
    assert foreign_letters(book, language) == pytest.approx(part, abs=0.01)
