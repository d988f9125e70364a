"""Jupyter notebooks -> document: cells in their order, and the text of what they put out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rag.decode import decode
from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.formats import markdown
from rag.readers.pages import html

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NO_TEXT = re.compile(r"\s*<[\w.]+(?: [^\n]*)?>\s*|\s*\w+\([^\n]*\)\s*")
"""What stands for an output that only a browser shows: <Figure size 640x480 with 1 Axes>, VBox(children=...)."""
_PICTURE = ("image/", "application/pdf", "video/", "audio/")


def ipynb(data: bytes) -> Document:
    """Versions 2 to 4 of the format; a damaged cell costs that cell."""
    try:
        notebook = json.loads(decode(data), strict=False)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise BadFile(f"is no notebook: line {line} is not valid JSON; open and save it in Jupyter") from None
    cells = _cells(notebook)
    if cells is None:
        raise BadFile("is no notebook: it has no list of cells")
    builder, notes = Builder(), list[str]()
    pictures = 0
    for number, cell in enumerate(cells, 1):
        outputs = cell.get("outputs") if isinstance(cell, dict) else None
        with _spared(f"cell {number}", builder, notes):
            _add_cell(cell, builder)
        for output in outputs if isinstance(outputs, list) else []:
            with _spared(f"an output of cell {number}", builder, notes):
                pictures += _add_output(output, builder)
    if pictures:
        notes.append("1 output is a picture" if pictures == 1 else f"{pictures} outputs are pictures")
    described = notebook.get("metadata")
    title = described.get("title") if isinstance(described, dict) else None
    first = next((block.title for block in builder.blocks if block.kind == "heading" and block.level == 1), "")
    return builder.document(title if isinstance(title, str) else first, notes)


@contextmanager
def _spared(part: str, builder: Builder, notes: list[str]) -> Iterator[None]:
    """What goes wrong in a ``part`` costs that part alone, and is told in ``notes``."""
    before = builder.mark()
    try:
        yield
    except (AttributeError, TypeError, ValueError, KeyError):
        reason = "is damaged"
    except RecursionError:
        reason = "is nested too deeply"
    except BadFile as error:
        reason = str(error)
    else:
        return
    builder.back(before)
    notes.append(f"{part} {reason}")


def _cells(notebook: Any) -> list[Any] | None:
    if not isinstance(notebook, dict):
        return None
    sheets = notebook.get("worksheets")
    if isinstance(sheets, list):  # before version 4
        return [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells") or []]
    return notebook["cells"] if isinstance(notebook.get("cells"), list) else None


def _add_cell(cell: dict, builder: Builder) -> None:
    text = _text(cell.get("source", cell.get("input")))
    match cell.get("cell_type"):
        case "markdown" | "html":
            builder.take(markdown(text.encode("utf-8", "surrogatepass")))
        case "heading":
            builder.add("heading", text, level=min(int(cell.get("level") or 1), 6))
        case "code":
            builder.add("code", text)
        case _:
            builder.add("text", text)


def _add_output(output: dict, builder: Builder) -> int:
    """How many pictures it is, without any text."""
    kind = output.get("output_type")
    if kind in ("error", "pyerr"):
        builder.add("code", f"{output.get('ename') or 'Error'}: {_plain(output.get('evalue'))}")
        builder.add("code", _plain(output.get("traceback"), "\n"))
        return 0
    shown = output.get("data")
    if not isinstance(shown, dict):  # a stream, or an output before version 4, which has its kinds side by side
        names = {"text": "text/plain", "html": "text/html", "latex": "text/latex", "png": "image/png"}
        shown = {names.get(key, key): value for key, value in output.items() if key in (*names, "jpeg", "svg")}
    picture = any(key.startswith(_PICTURE) or key in ("jpeg", "svg") for key in shown)
    plain = _plain(shown.get("text/plain"))
    stands_for = plain if _NO_TEXT.fullmatch(plain) else ""
    marked = _text(shown.get("text/html"))
    if marked.strip() and ("<table" in marked or not plain.strip() or stands_for):
        before = len(builder.blocks)
        builder.take(html(marked.encode("utf-8", "surrogatepass")))
        if len(builder.blocks) > before:
            return 0
    others = (shown.get(kind) for kind in ("text/markdown", "text/latex", "application/json"))
    texts = [_plain(value) for value in others if value]
    shorter = next(filter(str.strip, ["" if stands_for else plain, *texts, "" if picture else plain]), "")
    builder.add("code", shorter)
    return int(picture and not shorter)


def _text(value: Any, between: str = "") -> str:
    if isinstance(value, list):
        return between.join(str(line) for line in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _plain(value: Any, between: str = "") -> str:
    return _COLOURS.sub("", _text(value, between)).replace("\r", "\n")
