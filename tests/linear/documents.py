"""Of functions.py, those that are given files: books to be read aloud, documents to be searched, and data to be
learned."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def book_text(text: str) -> None:
    from assistant.books import text as plain

    _divided(plain.manuscript, text)


def book_markdown(text: str) -> None:
    from assistant.books import markdown

    _divided(markdown.manuscript, text)


def book_html(text: str) -> None:
    from assistant.books import html

    _divided(html.manuscript, text)


def _divided(reader: Callable[[bytes], Any], text: str) -> None:
    from assistant.books.chapters import divide
    from rag.errors import BadFile

    try:
        divide(reader(as_bytes(text)), front_matter=False, notes=False, captions=True)
    except BadFile:
        pass


def book_pieces(text: str) -> None:
    from assistant.books import Chapter
    from assistant.books.pieces import cut
    from assistant.reply.speakable import forget

    forget()
    cut(Chapter("One", (text,)), "en", 600)


def book_line(text: str) -> None:
    from assistant.books import ear, titles

    ear.clean(text), ear.sentence(text)
    joiner = ear.Joiner([text])
    joiner.paragraph(text), joiner.paragraph(text.replace(" ", "-\n"))
    titles.is_chapter(text), titles.is_part(text), titles.plain(text), titles.is_bare(text)


def pdf_line(text: str) -> None:
    from collections import Counter

    from rag.readers import bidi, pdf

    pdf._joined(text, Counter()), pdf._joined(text.replace(" ", "-\n"), Counter())
    pdf._without_number(text), bidi.logical([(sign, 5.0 * at, 5.0 * at + 5) for at, sign in enumerate(text)], 12, 14)


def _document(kind: str) -> Callable[[str], object]:
    def parsed(text: str) -> None:
        from pathlib import Path

        from rag.errors import BadFile
        from rag.load import parse

        try:
            parse(Path(f"a.{kind}"), as_bytes(text))
        except BadFile:
            pass

    return parsed


def mail(text: str) -> None:
    from rag.readers.mail import eml, mbox

    kind = b"Content-Type: text/plain; format=flowed; charset=utf-8"
    whole = b"Subject: %s\n%s\n\n%s\n" % (as_bytes(" ".join(text.split())), kind, as_bytes(text))
    eml(whole), mbox(b"From a@b.org Mon Jan  1 10:00:00 2024\n" + whole)


def decoded(text: str) -> None:
    from rag.decode import decode
    from rag.errors import BadFile

    for data in (
        text.encode("cp1252", "replace"),
        as_bytes(text).replace(b" ", b"\xe4 "),
        as_bytes(f"{text}ü").replace(b"\xc3", b""),
    ):
        try:
            decode(data)
        except BadFile:
            pass


def chunks(text: str) -> None:
    from rag.chunk import chunk
    from rag.readers.formats import plain

    def spans(part: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"\w{1,4}|[^\w\s]", part)]

    chunk(plain(as_bytes(text)), spans, 256, 200)


def cited(text: str) -> None:
    from rag.cite import harmless

    harmless(text)


def cut_to_budget(text: str) -> None:
    from rag.cite import _fitting

    _fitting(text, lambda part: len(part) // 4, 500)


def searched(text: str) -> None:
    from assistant.knowledge import is_question
    from rag.followup import same_search, search_query
    from rag.units import number

    search_query(text, [text]), same_search(text, text), number(text), is_question(text)


def training_rows(text: str) -> None:
    from training.data import from_documents, seen, similar
    from training.data.language import asks_for_another, language

    language(text), asks_for_another(text), seen.words(text), seen.meaning(text), similar.words(text)
    from_documents.usable([from_documents.Excerpt(text, "")])  # type: ignore[call-arg]


def written_rows(text: str) -> None:
    from training.data.written import parse

    parse(text), parse(f"[{text}")


def reviewed(text: str) -> None:
    from training.data.from_journal import reviewed
    from training.errors import TrainingError

    try:
        reviewed(text)
    except TrainingError:
        pass


DOCUMENTS: dict[str, Callable[[str], object]] = {
    "book, text": book_text,
    "book, markdown": book_markdown,
    "book, HTML": book_html,
    "book's pieces": book_pieces,
    "book's lines": book_line,
    "PDF's lines": pdf_line,
    **{f"document, {kind}": _document(kind) for kind in ("txt", "md", "html", "csv", "json", "jsonl", "py")},
    "mail": mail,
    "decoded": decoded,
    "chunks": chunks,
    "cited": cited,
    "passage's budget": cut_to_budget,
    "search": searched,
    "training rows": training_rows,
    "written rows": written_rows,
    "review": reviewed,
}
