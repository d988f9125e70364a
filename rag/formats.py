"""Loaders of formats that are text themselves: plain, Markdown, HTML, CSV, JSON, source code."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from rag.decode import CHARSET, decode
from rag.document import Block, Builder, Document
from rag.errors import BadFile

_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_DROPPED = {"script", "style", "nav", "template", "noscript", "svg", "button", "select", "iframe", "head"}
BLOCKS = {
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hr",
    "html",
    "li",
    "main",
    "ol",
    "p",
    "section",
    "summary",
    "ul",
}
HEADINGS = {f"h{level}": level for level in range(1, 7)}


def plain(data: bytes) -> Document:
    """A short line of its own, without a full stop, between blank lines, is taken for a heading."""
    text = decode(data)
    blocks = list(_paragraphs(text, 0, len(text)))
    for index, block in enumerate(blocks[:-1]):
        words = text[block.start : block.end].strip()
        if len(words) <= 80 and "\n" not in words and words[-1] not in ".,;:!?-" and words[0].isalnum():
            blocks[index] = Block("heading", block.start, block.end, level=1 if index == 0 else 2, title=words)
    return Document(blocks[0].title if blocks else "", text, blocks)


def _paragraphs(text: str, start: int, end: int) -> Iterator[Block]:
    position = start
    for gap in [*_BLANK_LINES.finditer(text, start, end), None]:
        stop = gap.start() if gap else end
        if text[position:stop].strip():
            yield Block("text", position, stop)
        position = gap.end() if gap else end


def markdown(data: bytes) -> Document:
    from markdown_it import MarkdownIt

    text = decode(data)
    body = 0
    if text.startswith("---\n") and (end := text.find("\n---\n", 3)) != -1:
        body = end + len("\n---\n")  # front matter
    lines = [body]
    for line in text[body:].split("\n"):
        lines.append(lines[-1] + len(line) + 1)
    blocks: list[Block] = []
    title = ""
    tokens = MarkdownIt("commonmark").enable("table").parse(text[body:])
    for index, token in enumerate(tokens):
        if token.level != 0 or token.map is None or token.nesting == -1:
            continue
        start, end = lines[token.map[0]], min(lines[token.map[1]], len(text))
        end = start + len(text[start:end].rstrip())
        if end <= start:
            continue
        if token.type == "heading_open":
            words = _without_markup(tokens[index + 1])
            title = title or (words if token.tag == "h1" else "")
            blocks.append(Block("heading", start, end, level=int(token.tag[1]), title=words))
        elif token.type == "table_open":
            blocks += _markdown_rows(text, start, end)
        else:
            blocks.append(Block("code" if token.type in ("fence", "code_block") else "text", start, end))
    return Document(title, text, blocks)


def _without_markup(inline: Any) -> str:
    parts = [child.content for child in inline.children or [] if child.type in ("text", "code_inline")]
    return " ".join("".join(parts).split())


def _markdown_rows(text: str, start: int, end: int) -> Iterator[Block]:
    rows: list[tuple[int, int]] = []
    for line in text[start:end].splitlines(keepends=True):
        rows.append((start, start + len(line.rstrip())))
        start += len(line)
    header = text[slice(*rows[0])]
    if len(rows) <= 2:
        yield Block("row", rows[0][0], rows[-1][1])
    for row in rows[2:]:
        yield Block("row", *row, header=header)


def html(data: bytes) -> Document:
    stated = CHARSET.search(data[:4096])
    text = decode(data, stated.group(1).decode("ascii") if stated else None)
    from lxml import html as parser

    lenient = parser.HTMLParser(encoding="utf-8", no_network=True)
    root = parser.document_fromstring(text.encode("utf-8"), parser=lenient)
    refuse_cut(lenient)
    builder = Builder()
    add_html(root, builder)
    heading = next((block.title for block in builder.blocks if block.kind == "heading" and block.level == 1), "")
    return builder.document(root.findtext(".//title") or heading)


def refuse_cut(parser: Any) -> None:
    """Raises BadFile when an lxml parser came to a bound of its own: it gives what stands before that, and no more."""
    for error in parser.error_log:
        if reason := bound(error.message):
            raise BadFile(reason)


def bound(message: str) -> str:
    """Which bound of libxml2 its ``message`` tells of, as a reason; empty when it is of something else."""
    message = message.lower()
    if "depth" in message:
        return "is nested too deeply"
    if "amplification" in message or "entity loop" in message:
        return "has entities that grow without bound"
    return ""


def add_html(root: Any, builder: Builder) -> None:
    """Add the text of an lxml element tree; elements that are no prose (scripts, navigation) are left out."""
    from lxml.etree import iterwalk

    line: list[str] = []
    inside: list[str] = []  # headings and <pre> being open

    def flush() -> None:
        words = "".join(line)
        line.clear()
        if inside and inside[-1] == "pre":
            builder.add("code", words)
        elif inside:
            builder.add("heading", " ".join(words.split()), level=HEADINGS[inside[-1]])
        else:
            builder.add("text", " ".join(words.split()))

    walk = iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else None
        if event == "start" and tag == "table":
            flush()
            _html_rows(element, builder)
            walk.skip_subtree()
        elif event == "start" and tag in _DROPPED:
            walk.skip_subtree()
        elif event == "start":
            if tag in BLOCKS or tag in HEADINGS or tag == "pre":
                flush()
            if tag in HEADINGS or tag == "pre":
                inside.append(tag)
            line.append("- " if tag == "li" else "\n" if tag == "br" else "")
            line.append(element.text or "")
        if event == "start":
            continue
        if event == "end" and tag not in _DROPPED and tag != "table":
            if tag in BLOCKS or tag in HEADINGS or tag == "pre":
                flush()
            if tag in HEADINGS or tag == "pre":
                inside.pop()
        if element is not root:
            line.append(element.tail or "")
    flush()


def _html_rows(table: Any, builder: Builder) -> None:
    rows = []
    for row in table.iter("tr", "{*}tr"):
        cells = [" ".join("".join(cell.itertext()).split()) for cell in row.iterchildren("td", "th", "{*}td", "{*}th")]
        rows.append(" | ".join(cells))
    add_rows(rows, builder)


def add_rows(rows: list[str], builder: Builder, page: int = 0) -> None:
    """Add a table whose first row explains the others."""
    rows = [row for row in rows if row.strip(" |")]
    if len(rows) == 1:
        builder.add("row", rows[0], page)
    for row in rows[1:]:
        builder.add("row", row, page, header=rows[0])


def csv_table(data: bytes) -> Document:
    text = decode(data)
    try:
        dialect = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows = [row for row in csv.reader(io.StringIO(text), dialect) if any(cell.strip() for cell in row)]
    builder = Builder()
    if len(rows) < 2:
        builder.add("row", "; ".join(rows[0]) if rows else "")
    for row in rows[1:]:
        names = rows[0] + [""] * (len(row) - len(rows[0]))
        builder.add(
            "row",
            "; ".join(
                f"{name.strip()}: {cell.strip()}" if name.strip() else cell.strip()
                for name, cell in zip(names, row)
                if cell.strip()
            ),
        )
    return builder.document("")


def json_records(data: bytes) -> Document:
    builder = Builder()
    _add_json(json.loads(decode(data)), (), builder)
    return builder.document("")


def jsonl_records(data: bytes) -> Document:
    builder = Builder()
    for number, line in enumerate(decode(data).splitlines(), 1):
        if line.strip():
            try:
                _add_json(json.loads(line), (), builder)
            except ValueError:
                raise BadFile(f"line {number} is not valid JSON") from None
    return builder.document("")


def _add_json(value: Any, path: tuple[str, ...], builder: Builder) -> None:
    """Lists of records become one block for each record, headed by the keys that lead there."""
    if isinstance(value, dict):
        flat = {key: item for key, item in value.items() if not _holds_records(item)}
        if flat:
            builder.add("row", "; ".join(_pairs(flat, "")))
        for key, item in value.items():
            if _holds_records(item):
                builder.add("heading", str(key), level=min(len(path) + 1, 6))
                _add_json(item, (*path, str(key)), builder)
    elif isinstance(value, list):
        for item in value:
            _add_json(item, path, builder)
    else:
        builder.add("row", str(value))


def _holds_records(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_records(item) for item in value.values())
    return isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value)


def _pairs(value: dict, prefix: str) -> Iterator[str]:
    for key, item in value.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(item, dict):
            yield from _pairs(item, f"{name} ")
        elif isinstance(item, list):
            yield f"{name}: {', '.join(map(str, item))}"
        elif item is not None:
            yield f"{name}: {item}"


def code(data: bytes) -> Document:
    """Blocks end where a blank line is followed by a line that is not indented: between functions and classes."""
    text = decode(data)
    blocks: list[Block] = []
    position = 0
    for gap in [*re.finditer(r"\n[ \t]*\n+(?=\S)", text), None]:
        stop = gap.start() if gap else len(text)
        if text[position:stop].strip():
            blocks.append(Block("code", position, position + len(text[position:stop].rstrip())))
        position = gap.end() if gap else len(text)
    return Document("", text, blocks)
