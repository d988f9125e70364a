"""A file -> a book: its chapters with the text a listener wants, whatever the format."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from assistant.books import Book, Chapter
from assistant.books.chapters import divide, paragraphs
from assistant.books.ear import clean
from assistant.books.manuscript import Manuscript, as_json, from_json, two_letters
from assistant.errors import AssistantError, UsageError
from assistant.folders import how_to_install
from rag.document import MAX_TEXT, too_long
from rag.errors import BadFile
from rag.text import readable

_READERS = {
    ".epub": "epub",
    ".pdf": "pdf",
    ".docx": "docx",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
}
_CONVERT = "; convert it to EPUB first, e.g. with Calibre's ebook-convert"
_OTHERS = {
    **dict.fromkeys((".mobi", ".azw", ".azw3", ".kfx", ".prc", ".fb2", ".lit", ".djvu", ".odt", ".rtf"), _CONVERT),
    ".doc": "; save it as .docx first",
}


def load(path: Path, *, front_matter: bool = False, notes: bool = False, captions: bool = True) -> Book:
    """The book in the file ``path``.

    Without ``front_matter`` what is looked at rather than read is left out: cover, title page, imprint, contents, index
    and Project Gutenberg's licence; a preface or a dedication is read. ``notes``: footnotes and endnotes, where they
    stand. ``captions``: what stands under a picture or table. Raises UsageError when ``path`` is no file of a kind that
    can be read, AssistantError when nothing can be read from it.
    """
    from rag import sandbox
    from rag.load import read

    kind = path.suffix.lower()
    if not path.exists():
        raise UsageError(f"{path}: there is no such file")
    if path.is_dir():
        raise UsageError(f"{path.resolve()} is a folder; name one file of it")
    if kind not in _READERS:
        known = ", ".join(ending for ending in _READERS if ending not in (".htm", ".xhtml", ".markdown", ".text"))
        raise UsageError(f"{path} is no book that can be read ({known}){_OTHERS.get(kind, '')}")
    try:
        manuscript = from_json(sandbox.call(f"{__name__}:_parsed", _READERS[kind], read(path)))
        sections, left_out = divide(manuscript, front_matter=front_matter, notes=notes, captions=captions)
    except BadFile as error:
        raise AssistantError(f"{path} {error}") from None
    except ModuleNotFoundError as error:
        raise AssistantError(
            f"{path}: reading such a book needs the package {error.name}; {how_to_install('books')}"
        ) from None
    if not sections:
        what = (
            f"nothing to be read aloud, only {', '.join(left_out)}; --front-matter reads it" if left_out else "no text"
        )
        raise AssistantError(f"{path} holds {what}")
    return Book(
        title=clean(manuscript.title) or readable(path.stem),
        chapters=tuple(Chapter(section.title, paragraphs(section)) for section in sections),
        author=clean(manuscript.author),
        language=two_letters(manuscript.language),
        cover=manuscript.cover if manuscript.cover.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n")) else b"",
        left_out=(*left_out, *manuscript.missing),
    )


def _parsed(reader: str, data: bytes) -> dict[str, Any]:
    return as_json(parse(reader, data))


def parse(reader: str, data: bytes) -> Manuscript:
    """What ``reader``, one of `_READERS`, makes of ``data``; nothing bounds what it takes. Raises BadFile, whatever is
    in the bytes, and ImportError."""
    from rag.load import damage

    if not data.strip():
        raise BadFile("is empty")
    try:
        manuscript = importlib.import_module(f"assistant.books.{reader}").manuscript(data)
    except (BadFile, ImportError, MemoryError):
        raise
    except RecursionError:
        raise BadFile("is nested too deeply") from None
    except Exception as error:  # foreign formats' parsers fail in ways of their own
        raise BadFile(damage(error)) from None
    manuscript.title = manuscript.title or _only_title(manuscript)
    if sum(len(block.text) for block in manuscript.blocks) > MAX_TEXT:
        raise too_long()
    return manuscript


def _only_title(manuscript: Manuscript) -> str:
    """The first heading, where no other one is of its level."""
    headings = [block for block in manuscript.blocks if block.kind == "heading"]
    outermost = [block.text for block in headings if block.level == headings[0].level]
    return outermost[0] if len(outermost) == 1 and len(headings) > 1 else ""
