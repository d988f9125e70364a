"""Reads what people have: Alpaca, ShareGPT, chat messages or question and answer, as JSON, JSON lines or CSV.

What a file is, its content decides and not its name, but for a CSV file, which has a line of known column names first.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.data.fields import COLUMNS, WANTED, Unusable, recognise
from training.errors import TrainingUsageError
from training.rows import Row

_BLANK = re.compile(r"[\s,]*")
_START = re.compile(r"(?:[}\]]\s*,?|\n)\s*(?=\{)")  # where a row of a JSON list may begin
_LISTS = ("data", "rows", "examples", "train", "items", "dataset")
_BINARY = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "an Excel or ZIP file",
    b"\x1f\x8b": "a gzip file",
    b"ARROW1": "an Arrow file",
    b"GGUF": "a model",
    b"%PDF": "a PDF file",
}


@dataclass(frozen=True)
class Problem:
    """A row that nothing can be learned from."""

    line: int
    """As in `Row.line`."""
    text: str
    what: str = ""
    """json, columns, question, answer, roles or text."""


@dataclass(frozen=True)
class Dataset:
    rows: list[Row]
    problems: list[Problem]
    format: str
    """For people, e.g. ``Alpaca, JSON lines``."""
    place: str = "line"
    """What `Row.line` counts: ``line``, or ``row`` of a JSON list."""
    unused: dict[str, list[int]] = field(default_factory=dict)
    """Columns that nothing is learned from, and in which rows they hold something."""
    beside: str = ""
    """Which other lists of rows the file holds, a sentence; empty = none."""


def read(path: Path) -> Dataset:
    """Every row that can be learned from, and what is wrong with each of the others.

    Raises TrainingError when the file cannot be read at all, or holds no row that can be learned from.
    """
    text = _decode(path)
    first = text.lstrip()[:1]
    suffix = path.suffix.lower()
    if not first:
        raise TrainingUsageError(f"{path} is empty; wanted rows with {WANTED}")
    place, beside = "line", ""
    if suffix in (".csv", ".tsv") or first not in "[{" and suffix not in (".json", ".jsonl", ".ndjson"):
        container, entries = "CSV", _csv(text, path)
    elif first == "[":
        container, place, entries = "JSON", "row", _objects(text, text.index("[") + 1, "]")
    else:
        container, place, entries, beside = _object_or_lines(text, path)
    rows: list[Row] = []
    problems: list[Problem] = []
    forms: Counter[str] = Counter()
    unused: dict[str, list[int]] = {}
    for line, entry in entries:
        try:
            if isinstance(entry, Unusable):
                raise entry
            row, form, left = recognise(entry, line)
            for name in left:
                unused.setdefault(name, []).append(line)
            forms[form] += 1
            rows.append(row)
        except Unusable as error:
            problems.append(Problem(line, str(error), error.what))
    if not rows:
        raise _nothing(path, problems, place)
    names = " and ".join(name for name, _ in forms.most_common())
    return Dataset(rows, problems, f"{names}, {container}", place, unused, beside)


def _nothing(path: Path, problems: list[Problem], place: str) -> TrainingUsageError:
    if not problems:
        return TrainingUsageError(f"{path} holds no rows; wanted rows with {WANTED}")
    shown = "; ".join(f"{place} {problem.line}: {problem.text}" for problem in problems[:3])
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    return TrainingUsageError(f"{path}: no row can be learned from: {shown}{more}")


def _decode(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise TrainingUsageError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise TrainingUsageError(f"{path} is a folder; name the file with the rows") from None
    except OSError as error:
        raise TrainingUsageError(f"{path} cannot be read ({error.strerror}); check its permissions") from None
    wanted = "wanted JSON, JSON lines or CSV in UTF-8"
    for magic, name in _BINARY.items():
        if data.startswith(magic):
            raise TrainingUsageError(f"{path} is {name}; {wanted}")
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if b"\0" in data[:1000]:
            raise TrainingUsageError(f"{path} is no text file; {wanted}") from None
        line = data.count(b"\n", 0, error.start) + 1
        raise TrainingUsageError(
            f"{path} is not in UTF-8: line {line} holds the byte 0x{data[error.start]:02x}; save "
            "it as UTF-8 (in Excel: CSV UTF-8)"
        ) from None
    if text.startswith("\0") or "\0" in text[:1000]:
        raise TrainingUsageError(f"{path} is no text file in UTF-8; {wanted}")
    return text


Entries = Iterator[tuple[int, Any]]
"""Position or line of each row, and its fields or the Unusable that says why they cannot be read."""


def _object_or_lines(text: str, path: Path) -> tuple[str, str, Entries, str]:
    """Container, place and rows of a file that begins with an object, or ought to, and what is said of its other
    lists: one that holds the list of rows, JSON lines, or objects over several lines each."""
    start = len(text) - len(text.lstrip())
    try:
        whole, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        if not any(_is_json(line) for line in text.split("\n") if line.strip()):
            raise TrainingUsageError(f"{path}: {_broken(error, text, start)}") from None
        return "JSON lines", "line", _lines(text), ""
    if not text[end:].strip() and isinstance(whole, dict):
        for name in _LISTS:
            if isinstance(whole.get(name), list):
                return "JSON", "row", iter(enumerate(whole[name], 1)), _beside(whole, name)
    if "\n" in text[start:end]:
        return "JSON", "row", _objects(text, start, ""), ""
    return "JSON lines", "line", _lines(text), ""


def _beside(whole: dict[str, Any], name: str) -> str:
    others = [
        f"{other} ({len(rows)} row{'s' * (len(rows) != 1)})"
        for other, rows in whole.items()
        if other != name and isinstance(rows, list) and rows and isinstance(rows[0], dict)
    ]
    return f"only its list {name} is read, not {', '.join(others)}: put them into a file of their own" if others else ""


def _lines(text: str) -> Entries:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                yield number, Unusable("json", f"broken JSON at column {error.colno}: {error.msg}")
            except (ValueError, RecursionError) as error:
                yield number, Unusable("json", f"broken JSON: {error}")


def _objects(text: str, at: int, closing: str) -> Entries:
    """The elements of a JSON list from ``at`` on. After a broken one it goes on where the next row begins."""
    decoder = json.JSONDecoder()
    position = 0
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        position += 1
        if at == len(text):
            if closing:
                yield (
                    position,
                    Unusable(
                        "json",
                        f"broken JSON at line {_line(text, at)}: the list is not closed, the file may be cut off",
                    ),
                )
            return
        if text[at] == closing:
            if text[at + 1 :].strip():
                yield position, Unusable("json", f"broken JSON at line {_line(text, at)}: more text after the list")
            return
        try:
            found, at = decoder.raw_decode(text, at)
            yield position, found
        except (ValueError, RecursionError) as error:
            yield position, Unusable("json", _broken(error, text, at))
            start = _next_row(decoder, text, at + 1)
            if start is None:
                return
            at = start


def _next_row(decoder: json.JSONDecoder, text: str, at: int) -> int | None:
    for start in _START.finditer(text, at):
        try:
            found, _ = decoder.raw_decode(text, start.end())
        except (ValueError, RecursionError):
            continue
        if not {"role", "from"} & found.keys():  # else it is a message inside the broken row
            return start.end()
    return None


def _broken(error: Exception, text: str, at: int) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"broken JSON at line {error.lineno}, column {error.colno}: {error.msg}"
    return f"broken JSON at line {_line(text, at)}: {error}"


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict | list)
    except (ValueError, RecursionError):
        return False


def _csv(text: str, path: Path) -> Entries:
    csv.field_size_limit(2**31 - 1)  # csv's own limit, 131,072 characters, is shorter than some conversations
    headers = {delimiter: _header(text, delimiter) for delimiter in ",;\t|"}
    delimiter = max(headers, key=lambda delimiter: len(COLUMNS & set(headers[delimiter])))
    header = headers[delimiter]
    if not COLUMNS & set(header):
        found = ", ".join(repr(name)[1:-1][:40] for name in header[:8])
        raise TrainingUsageError(f"{path}: wrong columns in line 1: found {found}, wanted {WANTED}")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    seen_header = False
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            hint = "a quotation mark is opened and not closed" if "end of data" in str(error) else str(error)
            yield line, Unusable("columns", f"broken CSV: {hint}")
            continue
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if not seen_header:
            seen_header = True
        elif any(cell.strip() for cell in cells[len(header) :]):
            yield (
                line,
                Unusable(
                    "columns",
                    f"has {len(cells)} columns where the first line names {len(header)}; put "
                    f"text that holds {delimiter!r} in quotation marks",
                ),
            )
        else:
            yield line, dict(zip(header, [*cells, *[""] * (len(header) - len(cells))]))


def _header(text: str, delimiter: str) -> list[str]:
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [name.strip().lower() for name in next(row for row in rows if any(cell.strip() for cell in row))]
    except (csv.Error, StopIteration):
        return []
