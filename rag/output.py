"""Files that the user asks for by name, and the modes of all others.

`-` is standard output, pipes and devices are written through, a link's target is written, and only a regular file is
replaced; its mode is what the user's umask gives. Whatever else the program writes is for the user alone.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rag.atomic import replacing
from rag.text import displayed

PRIVATE = 0o600
"""The mode of a file that holds what the user said."""
_OTHERS = 0o077
_umask: int | None = None
_private: list[Path] = []


def keep_private(*folders: Path) -> None:
    """From now on, whatever this process and its children make is for this user alone, from its first byte; below
    ``folders`` also what they name themselves.

    The umask belongs to the process, not to a thread: call it once, at the start. It is never made wider.
    """
    global _umask
    _private[:] = [Path(os.path.realpath(folder)) for folder in folders]
    if _umask is None:
        _umask = os.umask(_OTHERS)
        os.umask(_umask | _OTHERS)


def usual(path: Path, like: Path | None = None) -> int:
    """The mode for a file that the user names: the one it has, else what their umask gives, but never more open than
    ``like``, the file that it is made of."""
    with contextlib.suppress(OSError):
        return stat.S_IMODE(path.stat().st_mode) & 0o777
    mode = PRIVATE if _is_private(path) else 0o666 & ~_of_user()
    if like is not None:
        with contextlib.suppress(OSError):
            mode &= stat.S_IMODE(like.stat().st_mode) | PRIVATE
    return mode


def make_folder(folder: Path) -> None:
    """A folder that the user names, with its parents, with the modes that their umask gives. Raises OSError."""
    top = topmost(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if top is not None and not _is_private(folder):
        give_back(top)


def topmost(folder: Path) -> Path | None:
    """The first folder that making ``folder`` would make; None when it is there."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    return missing[-1] if missing else None


def give_back(folder: Path) -> None:
    """``folder`` and all that lies in it get the modes that the user's umask gives, as other programs would write it.

    For what is no word of the user's and others may share, such as the hub's cache.
    """
    for path in (folder, *folder.rglob("*")):
        with contextlib.suppress(OSError):
            if not path.is_symlink() and not _is_private(path):
                path.chmod((0o777 if path.is_dir() else 0o666) & ~_of_user())


def is_special(path: Path) -> bool:
    """Whether it is standard output, a device or a pipe, which must be written through and never replaced."""
    if str(path) == "-" or path.absolute().parts[1:2] in (("dev",), ("proc",)):
        return True
    return path.exists() and not path.is_file()


def is_terminal(path: Path) -> bool:
    """Whether it is standard output, and somebody would see it; sound and pictures do not belong there."""
    return str(path) == "-" and os.isatty(1)


def problem(path: Path) -> str:
    """What to do instead, when ``path`` cannot be a file to be written; empty when it can."""
    if str(path) == "-":
        return ""
    try:
        path.stat()
    except FileNotFoundError:
        pass
    except OSError as error:
        return f"cannot be written ({(error.strerror or str(error)).lower()}); name another file"
    if path.is_dir() or not Path(os.path.realpath(path)).parent.is_dir():
        return "name a file in a folder that exists"
    return ""


def folder_problem(path: Path) -> str:
    """The same for a folder."""
    if str(path) == "-":
        return "several files are written, which standard output cannot take; name a folder"
    try:
        there = path.exists()
    except OSError as error:
        return f"cannot be made ({(error.strerror or str(error)).lower()}); name another folder"
    return "is no folder; name another one" if there and not path.is_dir() else ""


@contextmanager
def opened(path: Path, mode: int | None = None) -> Iterator[IO[bytes]]:
    """What the user named, to be written to; a regular file appears whole at the end of the block, or not at all.

    ``mode``: of a regular file; None = `usual`. Raises OSError.
    """
    if str(path) == "-":
        sys.stdout.flush()  # which may be another one, where a command's words go beside
        with os.fdopen(os.dup(1), "wb") as file:
            yield file
    elif is_special(path):
        with path.open("wb") as file:
            yield file
    else:
        place = Path(os.path.realpath(path))
        with replacing(place, usual(place) if mode is None else mode) as part, part.open("wb") as file:
            yield file


def write_text(path: Path, text: str, mode: int | None = None) -> None:
    """See `opened`, `rag.atomic.write_text`. What is a terminal gets it as it may, and can, show it."""
    with opened(path, mode) as file:
        if file.isatty():
            file.write(displayed(text).encode(sys.stdout.encoding or "utf-8", "replace"))
        else:
            file.write(text.encode("utf-8", "backslashreplace"))


def _is_private(path: Path) -> bool:
    place = Path(os.path.realpath(path))
    return any(place == folder or folder in place.parents for folder in _private)


def _of_user() -> int:
    if _umask is not None:
        return _umask
    umask = os.umask(_OTHERS)
    os.umask(umask)
    return umask
