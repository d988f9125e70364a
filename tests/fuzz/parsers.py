"""Files of every kind that is read, with something wrong in them: each gives a document or a sentence.

They are parsed in this process, which their parsers must not end either.
"""

from __future__ import annotations

import json
from pathlib import Path

from assistant.books import load as books
from rag import document as documents
from rag import load
from rag.decode import decode
from rag.errors import BadFile
from tests.fuzz.made import Made
from tests.rag import hostile

_PAGE = (
    b'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>The ferry</title></head><body><h1>One</h1>'
    b"<p>It&nbsp;left <b>at</b> ten.<br>Late&hellip;</p><table><tr><th>Pier</th><td rowspan=2>5</td></tr></table><ul>"
    b"<li>oars</ul><pre>x = 1</pre><img alt='a pier'><aside id=n>Note.</aside><script>no()</script></body></html>"
)
_MARKDOWN = (
    b"---\ntitle: The ferry\nlang: en\n---\n# One\n\nIt left[^1] at *ten*.\n\n| Pier | No |\n|---|---|\n| a | 5 |\n\n"
    b"```\nx = 1\n```\n\n> * oars\n>   1. one\n\n[^1]: Note.\n\n<b>late</b> &amp; [here](http://a) ![pier](b.png)\n"
)
_TABLE = b'\xef\xbb\xbfPier;No;Note\na;1,5;"late; ""very"""\nb;;\n\n"c\nd";3;x\n'
_RECORDS = {
    "name": "ferry",
    "piers": [{"no": 5, "at": "10:30"}, {"no": None, "open": True}],
    "deep": {"a": {"b": [1, "x"]}},
}
_NOTEBOOK = {
    "nbformat": 4,
    "metadata": {"title": "The ferry"},
    "cells": [
        {"cell_type": "markdown", "source": ["# One\n", "It *left*."]},
        {"cell_type": "code", "source": "x = 1", "outputs": [{"output_type": "stream", "text": "at ten\x1b[0m"}]},
        {"cell_type": "code", "outputs": [{"output_type": "error", "ename": "E", "evalue": "x", "traceback": ["y"]}]},
        {"cell_type": "code", "outputs": [{"data": {"text/html": "<p>late", "text/plain": "<Figure 1>"}}]},
    ],
}
_MAIL = (
    b"From: =?utf-8?q?J=C3=BCrgen?= <j@a.org>\nSubject: Gr\xfc\xdfe\nDate: today\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Type: text/plain; charset=utf-8; format=flowed\n'
    b"Content-Transfer-Encoding: quoted-printable\n\nIt left =\nat ten=2E\n\n--B\nContent-Type: multipart/alternative; "
    b"boundary=C\n\n--C\nContent-Type: text/html\n\n<p>late</p>\n--C--\n--B\nContent-Type: message/rfc822\n\n"
    b"Subject: Old\n\nHi\n--B\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n"
    b"Content-Disposition: attachment; filename*=utf-8''a%20b.zip\n\nAAAA\n--B--\n"
)
_BOX = b"From j@a.org Mon Jan  1 10:00:00 2024\n" + _MAIL + b"\nFrom j@a.org Mon Jan  1 10:00:00 2024\nTo: a\n\nHi\n"
_TEXT = b"CHAPTER I.\n\nIt left at ten.\n\n    late\n\n[Footnote 1: Note.]\n\n* * *\n\nCHAPTER II.\n\nEnd\xc3\xa9.\n"
_FLOW = (
    "<w:p><w:pPr><w:pStyle w:val='Heading1'/></w:pPr><w:r><w:t>One</w:t></w:r></w:p>"
    f"{hostile.paragraph('It left at ten.')}<w:tbl>{hostile.row('Pier', 2)}{hostile.row('5')}</w:tbl>"
    "<w:sdt><w:sdtContent><w:p><w:ins><w:r><w:t>late</w:t></w:r></w:ins></w:p></w:sdtContent></w:sdt>"
)
_DRAWN = b"BT /F1 12 Tf 40 700 Td (The ferry left) Tj 0 -14 Td (at ten.) Tj ET"
_ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-be",
    "utf-32-le",
    "cp1252",
    "koi8-r",
    "cp932",
    "gb18030",
    "iso-2022-jp",
)
_LABELS = (None, "utf-8", "latin1", "x-sjis", "utf-16", "unicode_escape", "idna", "zlib", "\0", "x-", "cp037", "none")


def decoded(made: Made) -> None:
    data = made.text(8).encode(made.choice(_ENCODINGS), errors="replace")
    try:
        text = decode(made.damaged(data) if made.randrange(2) else data, made.choice(_LABELS))
    except BadFile as error:
        assert str(error)
    else:
        assert "\r" not in text


def document(made: Made) -> None:
    kind = made.choice(("txt", "md", "html", "csv", "tsv", "json", "jsonl", "ipynb", "eml", "mbox", "py"))
    if kind in ("json", "jsonl", "ipynb"):
        whole = json.dumps(made.altered(_NOTEBOOK if kind == "ipynb" else _RECORDS)).encode()
        whole = whole + b"\n" + whole if kind == "jsonl" else whole
    else:
        whole = {"md": _MARKDOWN, "html": _PAGE, "csv": _TABLE, "tsv": _TABLE.replace(b";", b"\t")}.get(kind, _TEXT)
        whole = {"eml": _MAIL, "mbox": _BOX}.get(kind, whole)
    read(made, kind, made.damaged(whole) if made.randrange(4) else whole)


def packed_document(made: Made) -> None:
    """Word and EPUB files whose parts are damaged, or which are."""
    kind = made.choice(("docx", "epub"))
    inner = made.damaged((_FLOW if kind == "docx" else _PAGE.decode()).encode()).decode(errors="replace")
    times = made.choice((1, 1, 2, 300))
    whole = hostile.docx(inner) if kind == "docx" else hostile.epub(inner, times)
    read(made, kind, whole if made.randrange(3) else made.damaged(whole))


def pdf_document(made: Made) -> None:
    whole = hostile.pages(_DRAWN, made.choice((1, 2, 5)))
    read(made, "pdf", made.damaged(whole) if made.randrange(8) else whole)


def read(made: Made, kind: str, data: bytes) -> None:
    """It gives a document or a sentence."""
    try:
        found = load.parse(Path(f"a.{kind}"), data)
    except BadFile as error:
        _sentence(error)
    else:
        assert documents.from_json(json.loads(json.dumps(documents.as_json(found)))) == found
        assert all(found.text[block.start : block.end].strip() for block in found.blocks)
    reader = books._READERS.get(f".{kind}")
    if reader and not made.randrange(3):
        try:
            books.as_json(books.parse(reader, data))
        except BadFile as error:
            _sentence(error)


def _sentence(error: BadFile) -> None:
    assert str(error) and "\n" not in str(error) and len(str(error)) < 300
