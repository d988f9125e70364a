"""Replacing a file in one step, so that no reader and no crash ever sees half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: Path, mode: int | None = None, durable: bool = True) -> Iterator[Path]:
    """A path beside ``path`` to write to: it takes the place of ``path`` when the block ends, and is gone when it
    fails.

    ``mode``: the file's permissions, from its first byte on, whatever the umask is; None = what the umask gives.
    ``durable``: wait until the disk has it; otherwise a power cut may lose it. Raises OSError.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if mode is not None:
            part.unlink(missing_ok=True)  # of a run that was killed, or somebody's link
            file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o600)
            with suppress(OSError):  # a file system without modes
                os.chmod(file if os.chmod in os.supports_fd else part, mode)
            os.close(file)
        yield part
        if durable:
            sync(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str, mode: int | None = None) -> None:
    """See `replacing`; UTF-8. Folders above are made.

    A half of a character, as in a file's name that is no UTF-8, becomes ``\\udce9``, which JSON reads as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, mode) as part:
        part.write_text(text, encoding="utf-8", errors="backslashreplace")


def sync(path: Path) -> None:
    """Bring a file, or every file in a folder, to the disk. Raises OSError."""
    for file in path.rglob("*") if path.is_dir() else [path]:
        if file.is_file():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())
