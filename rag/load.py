"""Files -> documents. Every file that cannot be used is named with its reason; none stops the others."""

from __future__ import annotations

import glob
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rag import sandbox
from rag.document import MAX_TEXT, Block, Document, as_json, from_json, too_long
from rag.errors import BadFile
from rag.text import clean, readable

MAX_BYTES = 200_000_000
"""Larger files are refused: they would not fit in memory next to what is made of them."""
_MAX_TITLE = 500  # characters of a heading, and of a table's first row, that stand beside what is below them
_TIMES, _PACKED, _SWOLLEN = 10, 30, 1_000_000
"""How many characters for each byte a file may give, one that is packed, and in any case."""
_SKIPPED_FOLDERS = {"node_modules", "__pycache__", "venv"}
_CODE = set(
    ".py .pyi .js .mjs .ts .tsx .jsx .java .kt .scala .c .h .cc .cpp .hpp .cs .go .rs .rb .php .swift .m .r "
    ".jl .lua .pl .sh .bash .zsh .ps1 .sql .hs .ml .ex .exs .erl .clj .dart .vue .css .scss .toml .yaml .yml "
    ".ini .cfg .conf .tex .cmake .gradle .proto .tf".split()
)
_TEXT = {".txt", ".text", ".log", ".rst", ".org", ".adoc"}
_KINDS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".xht": "html",
    ".pdf": "pdf",
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), "docx"),
    ".epub": "epub",
    **dict.fromkeys((".odt", ".ott", ".odp", ".otp"), "odf"),
    **dict.fromkeys((".ods", ".ots"), "ods"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx"), "xlsx"),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".potx"), "pptx"),
    ".rtf": "rtf",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".ipynb": "ipynb",
    ".eml": "mail",
    ".mbox": "mbox",
    **dict.fromkeys(_TEXT, "text"),
    **dict.fromkeys(_CODE, "code"),
}


@dataclass(frozen=True)
class Bad:
    """A file, folder or pattern that gave nothing, and why."""

    path: str
    reason: str
    misnamed: bool = False
    """Whether nothing is there, or nothing of a kind that is read: to try again cannot help."""


@dataclass
class PassedOver:
    """What is in folders and is not read, or read once: no mistake of the user's, but to be told."""

    kinds: Counter[str] = field(default_factory=Counter)
    """Endings of files of kinds that are not read, or "without an ending"."""
    twins: dict[str, str] = field(default_factory=dict)
    """Second names of files, and their first ones."""

    def __str__(self) -> str:
        """The kinds, empty where there are none: "3 files of kinds that are not read: 2 .psd, 1 .dwg"."""
        count = self.kinds.total()
        named = ", ".join(f"{number} {ending}" for ending, number in self.kinds.most_common())
        files = "1 file of a kind that is" if count == 1 else f"{count} files of kinds that are"
        return f"{files} not read: {named}" if count else ""


def kind(path: Path) -> str | None:
    return _KINDS.get(path.suffix.lower())


def discover(names: Iterable[str], passed: PassedOver | None = None) -> Iterator[Path | Bad]:
    """The files meant by files, folders and glob patterns, absolute, each once, in a stable order.

    Links are followed, a folder or file reached twice is given once. Inside folders, hidden entries and files of other
    kinds are passed over; ``passed`` learns of the latter, and of files' second names.
    """
    seen: dict[tuple[int, int], str] = {}
    passed = passed or PassedOver()
    for name in names:
        expanded = os.path.expanduser(name)
        matches = [expanded]
        if not os.path.lexists(expanded) and glob.has_magic(expanded):
            matches = sorted(glob.glob(expanded, recursive=True))
            if not matches:
                yield Bad(name, "no file matches this pattern", misnamed=True)
        for match in matches:
            yield from _walk(os.path.abspath(match), seen, passed, named=match == expanded)


def _walk(path: str, seen: dict[tuple[int, int], str], passed: PassedOver, named: bool) -> Iterator[Path | Bad]:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        yield Bad(
            path, "is a link to nothing" if os.path.islink(path) else "there is no such file or folder", misnamed=True
        )
        return
    except OSError as error:
        yield Bad(path, "is a link that leads back to itself" if os.path.islink(path) else _words(error))
        return
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        if stat.S_ISREG(status.st_mode) and seen[identity] != path:
            passed.twins[path] = seen[identity]
        return
    if stat.S_ISDIR(status.st_mode):
        seen[identity] = path
        try:
            entries = sorted(os.listdir(path))
        except OSError as error:
            yield Bad(path, _words(error))
            return
        for entry in entries:
            if not entry.startswith(".") and entry not in _SKIPPED_FOLDERS:
                yield from _walk(os.path.join(path, entry), seen, passed, named=False)
    elif kind(Path(path)) is None:
        if named:
            yield Bad(
                path, f"files of the kind {Path(path).suffix or 'without an ending'} cannot be read", misnamed=True
            )
        else:
            passed.kinds[Path(path).suffix.lower() or "without an ending"] += 1
    elif not stat.S_ISREG(status.st_mode):
        yield Bad(path, "is not a regular file")
    else:
        seen[identity] = path
        yield Path(path)


def read(path: Path) -> bytes:
    """The file's bytes. Raises BadFile."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise BadFile(f"has {size / 1e6:,.0f} MB, more than the {MAX_BYTES / 1e6:.0f} MB allowed; split it")
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise BadFile("vanished before it could be read") from None
    except OSError as error:
        raise BadFile(_words(error)) from None
    if len(data) > MAX_BYTES:
        raise BadFile("grew while it was read; add it when it is finished")
    return data


def content_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def document(path: Path, data: bytes) -> Document:
    """What `parse` gives, with bounds on the memory and the time that the file may take. Raises BadFile."""
    return from_json(sandbox.call(f"{__name__}:_parsed", str(path), data))


def _parsed(name: str, data: bytes) -> dict[str, Any]:
    return as_json(parse(Path(name), data))


def parse(path: Path, data: bytes) -> Document:
    """The document in ``data``; ``path`` gives its kind and name. Raises BadFile, whatever is in the bytes.

    Only for files that are trusted: nothing bounds what their parsers take. See `document`.
    """
    from rag.readers import (
        epub,
        formats,
        json_records,
        mail,
        notebook,
        odf,
        ods,
        pages,
        pdf,
        pptx,
        rtf,
        tables,
        word,
        xlsx,
    )

    if not data.strip():
        raise BadFile("is empty")
    try:
        match kind(path):
            case "markdown":
                document = formats.markdown(data)
            case "html":
                document = pages.html(data)
            case "csv":
                document = tables.csv_table(data)
            case "json":
                document = json_records.whole(data)
            case "jsonl":
                document = json_records.lines(data)
            case "ipynb":
                document = notebook.ipynb(data)
            case "mail":
                document = mail.eml(data)
            case "mbox":
                document = mail.mbox(data)
            case "code":
                document = formats.code(data)
            case "pdf":
                document = pdf.pdf(data)
            case "docx":
                document = word.docx(data)
            case "epub":
                document = epub.epub(data)
            case "odf":
                document = odf.odf(data)
            case "ods":
                document = ods.ods(data)
            case "xlsx":
                document = xlsx.xlsx(data)
            case "pptx":
                document = pptx.pptx(data)
            case "rtf":
                document = rtf.rtf(data)
            case _:
                document = formats.plain(data)
    except (BadFile, MemoryError):
        raise
    except ImportError as error:
        raise BadFile(f"cannot be read without the package {error.name}; run `make rag`") from None
    except RecursionError:
        raise BadFile("is nested too deeply") from None
    except Exception as error:  # foreign formats' parsers fail in ways of their own; one bad file must not end it
        raise BadFile(damage(error)) from None
    text = clean(document.text)
    blocks = [block for block in document.blocks if text[block.start : block.end].strip()]
    if not blocks:
        raise BadFile("holds no text")
    if len(text) > MAX_TEXT:
        raise too_long()
    if len(text) > _SWOLLEN + len(data) * (_PACKED if data.startswith(b"PK") else _TIMES):
        raise BadFile(f"gives {len(text) / 1e6:.0f} million characters of text, far more than a file of its size holds")
    blocks = [_short_title(block) if block.title or block.header else block for block in blocks]
    return replace(document, title=clean(document.title) or readable(path.name), text=text, blocks=blocks)


def _short_title(block: Block) -> Block:
    return replace(block, title=clean(block.title[:_MAX_TITLE]), header=clean(block.header[:_MAX_TITLE]))


def _words(error: OSError) -> str:
    return f"cannot be read ({(error.strerror or str(error)).lower()})"


def damage(error: Exception) -> str:
    """What a foreign parser's own error says of the file, as a reason."""
    from rag.readers.markup import bound

    words = " ".join(str(error).split())[:120] or "no reason given"
    return bound(words) or f"is damaged or not what its name says ({type(error).__name__}: {words})"
