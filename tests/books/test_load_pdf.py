from __future__ import annotations

import pytest

from assistant.books.load import load
from assistant.errors import AssistantError
from tests.books.samples import Drawn, all_words, made, pdf, said, titles, words


def lines(texts: list[str], top: float = 700, size: float = 11, left: float = 60) -> list[Drawn]:
    return [(size, left, top - 14 * number, text) for number, text in enumerate(texts)]


def book(tmp_path, pages, outline=(), **options):
    return load(made(tmp_path, "ferry.pdf", pdf(pages, outline)), **options)


def prose(number: int) -> list[str]:
    return [f"Line {word} of page {name} is here" for word in ("one", "two", "three") for name in ["abcdefgh"[number]]]


def test_the_outline_divides(tmp_path):
    pages = [lines(["The Harbour", "The ferry left."]), lines(["It went on."]), lines(["The Sea", "It came back."])]
    read = book(tmp_path, pages, [("The Harbour", 0), ("The Sea", 2)])
    assert titles(read) == ["The Harbour", "The Sea"]
    assert all_words(read) == words("The Harbour The ferry left It went on The Sea It came back")


def test_without_an_outline_larger_type_divides_and_chapters_of_the_same_type(tmp_path):
    pages = [
        [(20, 60, 720, "The Harbour"), *lines(["The ferry left, and nobody", "saw it go."], 680)],
        [(20, 60, 720, "The Sea"), *lines(["It came back."], 680)],
    ]
    read = book(tmp_path, pages)
    assert [chapter.paragraphs for chapter in read.chapters] == [
        ("The ferry left, and nobody saw it go.",),
        ("It came back.",),
    ]
    same = [lines(["Chapter 1"], 730) + lines(["It left."]), lines(["Chapter 2"], 730) + lines(["It came."])]
    assert titles(book(tmp_path, same)) == ["Chapter 1", "Chapter 2"]


def test_running_heads_and_page_numbers_are_dropped_and_sentences_go_on(tmp_path):
    pages: list[list[Drawn]] = [
        [
            (9, 60, 770, "THE FERRY" if number % 2 else f"{number + 10} Ada Quill"),
            *lines(prose(number)),
            (9, 300, 40, str(number + 10)),
        ]
        for number in range(8)
    ]
    read = said(book(tmp_path, pages))
    assert words(read) == [word for number in range(8) for line in prose(number) for word in words(line)]


def test_running_heads_that_stand_once_are_told_by_the_pages_number(tmp_path):
    pages: list[list[Drawn]] = [
        [*lines(prose(0)), (9, 300, 40, "11")],
        [(9, 60, 770, "12 CHAPTER 1. THE HARBOUR")],  # a picture's page
        [*lines(prose(1)), (9, 300, 40, "13")],
        [(9, 60, 770, "14 CHAPTER 2. THE SEA"), *lines(prose(2))],
    ]
    assert all_words(book(tmp_path, pages)) == [
        word for number in range(3) for line in prose(number) for word in words(line)
    ]


def test_lines_of_the_contents_are_front_matter(tmp_path):
    contents = lines(["Contents", "The Harbour . . . . . 3", "The Sea . . . . . . . 9"])
    pages = [
        contents,
        [(20, 60, 720, "The Harbour"), *lines(["It left."], 680)],
        [(20, 60, 720, "The Sea"), *lines(["It came."])],
    ]
    read = book(tmp_path, pages)
    assert titles(read) == ["The Harbour", "The Sea"] and said(read) == "It left.\nIt came."
    assert "3" in words(said(book(tmp_path, pages, front_matter=True)))


def test_lines_that_only_look_alike_stay(tmp_path):
    pages = [
        [(20, 60, 750, f"Lesson {number + 1}"), *lines(["Room " + str(101 + number), "Seats 10", *prose(number)])]
        for number in range(6)
    ]
    read = all_words(book(tmp_path, pages))
    assert read.count("Lesson") == read.count("Room") == read.count("Seats") == 6


def test_words_broken_at_line_ends_are_joined(tmp_path):
    text = ["The agri-", "cultural machine is well-", "known. A well-known one."]
    assert said(book(tmp_path, [lines(text)])) == "The agricultural machine is well-known. A well-known one."


def test_an_indent_behind_a_full_stop_begins_a_paragraph(tmp_path):
    page = [(11, 60, 700, "It left at dawn."), (11, 75, 686, "Nobody saw it,"), (11, 60, 672, "not even the cat.")]
    assert book(tmp_path, [page]).chapters[0].paragraphs == ("It left at dawn.", "Nobody saw it, not even the cat.")


def test_footnotes_in_small_type_are_notes_and_their_raised_marks_are_gone(tmp_path):
    page = [
        *lines(["The pier was old", "and it was made of oak, they say, by hand"]),
        (6, 141.5, 705, "1"),
        (8, 60, 90, "1 Built in 1902."),
    ]
    page = [page[0], page[2], page[1], page[3]]
    assert said(book(tmp_path, [page])) == "The pier was old and it was made of oak, they say, by hand"
    assert said(book(tmp_path, [page], notes=True)).endswith("\nBuilt in 1902.")


def test_a_scan_is_refused(tmp_path):
    with pytest.raises(AssistantError, match=r"ferry.pdf has no text in it, only pictures of pages; run OCR"):
        book(tmp_path, [[], []])


def test_title_and_language(tmp_path):
    read = book(tmp_path, [lines(["It left."])])
    assert (read.title, read.language) == ("ferry", "de")
