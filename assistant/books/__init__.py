"""Books -> audiobooks: a file becomes chapters, chapters become pieces of speech, pieces become one file again."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Chapter:
    title: str
    paragraphs: tuple[str, ...]
    """Plain text without markup; headings inside the chapter, captions and notes as paragraphs of their own. The first
    ones say its title, so that whoever reads them aloud need not add it."""


@dataclass(frozen=True)
class Book:
    title: str
    chapters: tuple[Chapter, ...]
    author: str = ""
    language: str = ""
    """Two-letter code; empty where the file does not tell."""
    cover: bytes = field(default=b"", repr=False)
    """A JPEG or PNG picture; empty = none."""
    left_out: tuple[str, ...] = ()
    """Titles of whole parts that are not read, and what the file names but does not hold."""
