from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.books import titles as headings
from assistant.books.load import load
from tests.books.samples import all_words, is_within, made, said, titles, words

GUTENBERG = """The Project Gutenberg eBook of The Ferry

Title: The Ferry

Author: Ada Quill

Language: English

*** START OF THE PROJECT GUTENBERG EBOOK THE FERRY ***

[Illustration]

THE FERRY

by Ada Quill

Contents

 CHAPTER I.     The Harbour
 CHAPTER II.    The Sea

CHAPTER I.
The Harbour

The ferry left at _dawn_, and nobody saw it go, for the
fog was thick.[1]

[Footnote 1: It often is.]

[Illustration: The pier in 1902]

“Come back!” cried the keeper of the light-
house.

CHAPTER II.

The Sea

It came back at night. Chapter two of the log tells why.

*** END OF THE PROJECT GUTENBERG EBOOK THE FERRY ***

Licence text."""


def text(tmp_path, content: str | bytes, **options):
    return load(made(tmp_path, "ferry.txt", content), **options)


def test_a_file_of_project_gutenberg(tmp_path):
    read = text(tmp_path, GUTENBERG)
    assert (read.title, read.author, read.language) == ("The Ferry", "Ada Quill", "en")
    assert titles(read)[-2:] == ["CHAPTER I. The Harbour", "CHAPTER II: The Sea"]
    assert read.chapters[-2].paragraphs == (
        "The ferry left at dawn, and nobody saw it go, for the fog was thick.",
        "The pier in 1902.",
        "“Come back!” cried the keeper of the lighthouse.",
    )
    assert read.chapters[-1].paragraphs[-1] == "It came back at night. Chapter two of the log tells why."
    assert "It often is." in said(text(tmp_path, GUTENBERG, notes=True))
    assert "Licence" not in said(read) and all_words(read).count("Harbour") == 1


@pytest.mark.parametrize(
    "heading",
    ["CHAPTER I.", "Chapter 1: The Start", "CHAPTER THE FIRST", "CHAPTER I—START IN LIFE", "Chapter Twenty-One"]
    + [
        "Erstes Kapitel",
        "1. Kapitel",
        "CHAPITRE PREMIER",
        "Chapitre II",
        "Capítulo IV",
        "CAPITOLO PRIMO",
        "Hoofdstuk 3",
    ]
    + [
        "Глава первая",
        "Глава 1",
        "第一章",
        "第十二回 夜",
        "제1장 시작",
        "I luku",
        "Rozdział 2",
        "Prologue",
        "PREFACE.",
        "الفصل 3",
    ],
)
def test_headings_of_many_languages(heading, tmp_path):
    assert headings.is_chapter(heading)
    read = text(tmp_path, f"{heading}\n\nSome words stand here.\n\nChapter 2\n\nOthers stand there.\n")
    assert titles(read) == [heading.strip("."), "Chapter 2"]


@pytest.mark.parametrize(
    "line", ["Chapter two of this book tells us of him.", "Chapter mixed", "book one was good.", "I"]
)
def test_sentences_are_no_headings(line):
    assert not headings.is_chapter(line) and not headings.is_part(line)


def test_numerals_and_capitals_are_headings_where_no_chapter_is_named(tmp_path):
    assert titles(text(tmp_path, "I.\n\nOne day.\n\nII.\n\nTwo days.\n")) == ["I", "II"]
    assert titles(text(tmp_path, "THE HARBOUR\n\nOne day.\n\nTHE SEA\n\nTwo days.\n")) == ["THE HARBOUR", "THE SEA"]


def test_a_footnote_of_several_paragraphs_is_one_note(tmp_path):
    content = "It left.[1]\n\n[Footnote 1: One [sic].\n\nTwo.\n\nThree.]\n\nIt came.[2]\n\n[Illustration: Never closed"
    assert said(text(tmp_path, content)) == "It left.\nIt came.\n[Illustration: Never closed"
    assert "One [sic]. Two. Three.\n" in said(text(tmp_path, content, notes=True))


def test_two_megabytes_without_spaces_or_full_stops_are_whole(tmp_path):
    assert len(said(text(tmp_path, "山" * 700_000))) == 700_000


def test_underlined_lines_are_headings(tmp_path):
    read = text(tmp_path, "The Ferry\n=========\n\nBy Ada.\n\nOne\n---\n\nIt left.\n\nTwo\n---\n\nIt came.\n")
    assert titles(read) == ["The Ferry", "One", "Two"]


def test_page_numbers_are_dropped_and_the_sentence_goes_on(tmp_path):
    page = "A line of text that is as long as lines of books are, and then some more words. " * 4
    content = f"{page}\n\nThe sentence that goes\n\n12\n\non over the page. {page}\n\n13\n\n{page}"
    read = said(text(tmp_path, content))
    assert "The sentence that goes on over the page." in read and not {"12", "13"} & set(words(read))


def test_paragraphs_by_indents_and_by_single_lines(tmp_path):
    indented = "\n".join(f"   Paragraph {number} begins here\nand goes on there." for number in range(15))
    assert len(text(tmp_path, indented).chapters[0].paragraphs) == 15
    lines = "\n".join("A long line that is a paragraph of its own. " * 5 for _ in range(6))
    assert len(text(tmp_path, lines).chapters[0].paragraphs) == 6


def test_hyphens_at_line_ends_go_as_the_book_writes_the_word(tmp_path):
    read = said(text(tmp_path, "The well-known light-\nhouse is well-\nknown. A lighthouse burns. Anglo-\nSaxon."))
    assert read == "The well-known lighthouse is well-known. A lighthouse burns. Anglo-Saxon."
    kept = "A looking-\nglass, to-\nday. The looking-glass of to-day, and a tea-\ncup."
    assert said(text(tmp_path, kept)).endswith("a tea-cup.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman"])
def test_text_is_decoded_whatever_its_encoding(tmp_path, encoding):
    sentence = "Zoë trank im Café „Königin“ drei Tassen, während René über die Brücke ging. "
    assert "Café" in said(text(tmp_path, (sentence * 20).encode(encoding, "replace")))


@settings(max_examples=40, deadline=None)
@given(
    parts=st.lists(
        st.lists(st.text("aeiouäßxyz", min_size=1, max_size=9), min_size=1, max_size=40), min_size=1, max_size=9
    )
)
def test_no_word_of_a_text_is_lost(parts, tmp_path_factory):
    content = "\n\n".join("\n".join(" ".join(part[at : at + 7]) for at in range(0, len(part), 7)) for part in parts)
    read = load(made(tmp_path_factory.mktemp("t"), "b.txt", content), front_matter=True, notes=True)
    assert is_within(words(content), all_words(read))


MARKDOWN = """---
title: "The Ferry"
author: Ada Quill
lang: en
---
# One

A *ferry*[^a] left, `code` and all.

[^a]: It was
    late.

| Day | High |
|---|---|
| Monday | 06:10 |

# Two

- Rope
- Sails

<div>raw <b>words</b></div>
"""


def test_markdown_has_chapters_notes_and_metadata(tmp_path):
    read = load(made(tmp_path, "ferry.md", MARKDOWN))
    assert (read.title, read.author, read.language, titles(read)) == ("The Ferry", "Ada Quill", "en", ["One", "Two"])
    assert read.chapters[0].paragraphs == ("A ferry left, code and all.", "Day, High.", "Monday, 06:10.")
    assert read.chapters[1].paragraphs == ("Rope.", "Sails.", "raw words")
    assert "It was late." in said(load(made(tmp_path, "ferry.md", MARKDOWN), notes=True))


def test_html_divides_by_its_headings(tmp_path):
    page = (
        "<html lang='de'><head><title>Die Fähre</title><meta name=author content='Ada Quill'></head><body>"
        "<nav><a href='#1'>Eins</a></nav><h1>Die Fähre</h1><h2 id=1>Eins</h2><p>Sie fuhr."
        "<h2>Zwei</h2>Sie kam.</body></html>"
    )
    read = load(made(tmp_path, "ferry.html", page))
    assert (read.title, read.author, read.language) == ("Die Fähre", "Ada Quill", "de")
    assert [chapter.paragraphs for chapter in read.chapters] == [("Sie fuhr.",), ("Sie kam.",)]
    assert titles(read) == ["Die Fähre: Eins", "Zwei"]


def test_a_list_of_the_chapters_is_front_matter_in_every_format(tmp_path):
    names = ["The Harbour", "The Sea", "The Light"]
    listed = "".join(f"<p><a href='#{name}'>{name}</a></p>" for name in names)
    page = f"<p>Contents</p>{listed}" + "".join(f"<h2 id='{name}'>{name}</h2><p>Words of {name}.</p>" for name in names)
    read = load(made(tmp_path, "ferry.html", page))
    assert titles(read) == names and len(words(said(read))) == 3 * 4
    assert said(load(made(tmp_path, "ferry.html", page), front_matter=True)).startswith("Contents\nThe Harbour\n")


def trees(depth: int = 3):
    word = st.text("abcxyzäбあ", min_size=1, max_size=8).map(lambda text: f" {text} ")
    if depth == 0:
        return word
    tag = st.sampled_from(
        "p div span em b section blockquote ul li h2 h3 td tr table figure aside a code pre br".split()
    )
    inside = st.lists(st.one_of(word, trees(depth - 1)), max_size=4)
    return st.builds(lambda name, parts: f"<{name}>{''.join(parts)}</{name}>", tag, inside)


@settings(max_examples=80, deadline=None)
@given(parts=st.lists(trees(), min_size=1, max_size=5))
def test_no_word_of_a_tree_is_lost_and_none_but_a_title_doubled(parts, tmp_path_factory):
    from lxml import html

    page = f"<html><body><h1>first</h1>{''.join(parts)}</body></html>"
    read = load(made(tmp_path_factory.mktemp("t"), "b.html", page), front_matter=True, notes=True)
    source = words(" ".join(html.document_fromstring(page).itertext()))
    assert is_within(source, all_words(read)) and is_within(words(said(read)), source)
