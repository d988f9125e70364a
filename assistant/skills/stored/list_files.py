"""Lists as they lie on the disk: one Markdown file each, which a person can edit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import AssistantError
from assistant.skills.values.list_words import SHOPPING, TO_DO, stem
from rag.atomic import write_text

_ROW = re.compile(r"\s*[-*+]\s+(?:\[([ xX])\]\s*)?(\S.*?)\s*")
_PRIVATE = 0o600
_LONGEST = 120  # characters of an item
_MOST = 500  # items of a list


@dataclass
class _Row:
    text: str
    """An item, or any other line as it is."""
    is_item: bool = True
    is_done: bool = False

    def written(self) -> str:
        return f"- [{'x' if self.is_done else ' '}] {self.text}" if self.is_item else self.text


class ListFile:
    """One list, as it was when it was read; `save` writes what was changed."""

    def __init__(self, folder: Path, name: str) -> None:
        """``folder``: where all lists lie. Raises AssistantError."""
        self.name = name
        self.path = folder / f"{_file_name(name)}.md"
        self._rows = _read(self.path)
        self.is_there = self.path.exists()

    def open_items(self) -> list[str]:
        """Those that are not ticked off."""
        return [row.text for row in self._rows if row.is_item and not row.is_done]

    def is_done(self, item: str) -> bool:
        return any(row.is_item and row.is_done and stem(row.text) == stem(item) for row in self._rows)

    def find(self, item: str) -> list[str]:
        """The open items that are meant by it: the one of that name, else all that hold its words."""
        wanted = stem(item)
        exact = [text for text in self.open_items() if stem(text) == wanted]
        return exact[:1] or [text for text in self.open_items() if wanted and wanted <= stem(text)]

    def add(self, item: str) -> bool:
        """False = it is there already. Raises AssistantError when the list is full."""
        item = item[:_LONGEST].strip()
        if any(stem(text) == stem(item) for text in self.open_items()):
            return False
        if len(self.open_items()) >= _MOST:
            raise AssistantError(f"the {self.name} list is full: it has {_MOST} things; take some off first")
        self._rows = [row for row in self._rows if not (row.is_item and stem(row.text) == stem(item))]
        self._rows.append(_Row(item))
        return True

    def remove(self, text: str) -> None:
        self._rows = [row for row in self._rows if not (row.is_item and row.text == text)]

    def tick(self, text: str) -> None:
        for row in self._rows:
            row.is_done |= row.is_item and row.text == text

    def clear(self) -> None:
        self._rows = [row for row in self._rows if not row.is_item]

    def save(self) -> None:
        """Raises AssistantError."""
        rows = self._rows if any(not row.is_item for row in self._rows) else [*_title(self.name), *self._rows]
        self.write("".join(f"{row.written()}\n" for row in rows))

    def write(self, text: str) -> None:
        """All of the file, as it was once. Raises AssistantError."""
        try:
            write_text(self.path, text, _PRIVATE)
        except OSError as error:
            raise AssistantError(f"the {self.name} list cannot be written to {self.path}: {error.strerror}") from None

    def delete(self) -> None:
        """Raises AssistantError."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise AssistantError(f"{self.path} cannot be deleted: {error.strerror}") from None


def names(folder: Path) -> list[str]:
    """Those of all lists that lie there, as they are spoken."""
    return sorted(as_spoken(path.stem) for path in folder.glob("*.md"))


def is_known(name: str, folder: Path) -> bool:
    """Whether a list of that name lies there, or is one that everybody has."""
    return name in (SHOPPING, TO_DO) or name in names(folder)


def as_spoken(file_name: str) -> str:
    """A list's name, from that of its file without its ending."""
    return file_name if file_name == "to-do" else file_name.replace("-", " ")


def _title(name: str) -> list[_Row]:
    return [_Row(f"# {name[:1].upper()}{name[1:]}", is_item=False), _Row("", is_item=False)]


def _file_name(name: str) -> str:
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")[:60] or "list"


def _read(path: Path) -> list[_Row]:
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise AssistantError(f"the list {path} cannot be read: {error.strerror}") from None
    rows = []
    for line in lines:
        found = _ROW.fullmatch(line)
        rows.append(_Row(found[2], True, (found[1] or " ") in "xX") if found else _Row(line, is_item=False))
    return rows
