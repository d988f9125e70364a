"""Books -> audiobooks: a file becomes chapters, chapters become pieces of speech, pieces become one file again."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Chapter:
    title: str
    """Empty where the file has none."""
    paragraphs: tuple[str, ...]
    """Plain text without markup, to be said behind the title; headings inside the chapter, captions and notes as
    paragraphs of their own."""


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
