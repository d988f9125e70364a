"""Markdown -> HTML -> blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.books.html import from_tree
from assistant.books.manuscript import Manuscript
from rag.decode import decode

_NOTE = re.compile(r"^ {0,3}\[\^([^\]\s]+)\]:[ \t]*(.*(?:\n(?:(?:[ \t]*\n)*(?: {4}|\t)).*)*)", re.MULTILINE)
_FIELD = re.compile(r"^(title|author|creator|lang|language)\s*:\s*(.+)$", re.MULTILINE | re.IGNORECASE)


def manuscript(data: bytes) -> Manuscript:
    from lxml import html as parser
    from markdown_it import MarkdownIt

    text = decode(data)
    fields: dict[str, str] = {}
    if text.startswith("---\n") and (end := text.find("\n---\n", 3)) != -1:
        fields = {key.lower(): value.strip("\"' ") for key, value in _FIELD.findall(text[:end])}
        text = text[end + len("\n---\n") :]
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": 100}).enable(["table", "strikethrough"])
    page = markdown.render(_with_notes(text))
    if not page.strip():
        return Manuscript([])
    root = parser.document_fromstring(f"<body>{page}</body>".encode(), parser=parser.HTMLParser(encoding="utf-8"))
    book = from_tree(root)
    book.title = fields.get("title") or book.title
    book.author = fields.get("author") or fields.get("creator") or ""
    book.language = fields.get("lang") or fields.get("language") or ""
    return book


def _with_notes(text: str) -> str:
    """Footnotes, which CommonMark does not have, as HTML; each behind the text it belongs to stays where it stands."""
    names = {match[1] for match in _NOTE.finditer(text)}
    if not names:
        return text
    text = _NOTE.sub(lambda match: "\n".join(["", *_as_html(match[1], match[2]), ""]), text)
    return re.sub(r"\[\^([^\]\s]+)\]", lambda mark: _mark(mark[1]) if mark[1] in names else mark[0], text)


def _as_html(name: str, text: str) -> Iterator[str]:
    yield f'<div class="footnote" id="fn-{name}">\n'
    yield re.sub(r"^(?: {4}|\t)", "", text, flags=re.MULTILINE)
    yield "\n</div>\n"


def _mark(name: str) -> str:
    return f'<a role="doc-noteref" href="#fn-{name}"><sup>1</sup></a>'
