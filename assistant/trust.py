"""Whether what lies in the folder that the user stands in may decide where keys and words go: once they agreed to it.

The user's own config folder and the checkout that the program runs from always count. Any other folder counts with the
contents that its `config.toml` and `.env` had when the user agreed to them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import stat
from pathlib import Path

from assistant.folders import checkout, config_folder
from rag.atomic import write_text

FILES = ("config.toml", ".env")
_MOST_BYTES = 1_000_000  # of a file that holds settings


def counts(path: Path) -> bool:
    """Whether ``path``, one of `FILES` in some folder, may decide."""
    folder = path.absolute().parent.resolve()
    own = [place.resolve() for place in (config_folder(), checkout()) if place]
    return folder in own or decided(folder) is True


def decided(folder: Path) -> bool | None:
    """What the user said about ``folder`` as it is now; None when they were not asked."""
    found = _decision(folder)
    return bool(found[1]) if found and found[0] == _content(folder) else None


def has_changed(folder: Path) -> bool:
    """Whether the user agreed to ``folder`` as it was once, and it is another now."""
    found = _decision(folder)
    return bool(found and found[1] and found[0] != _content(folder))


def content(path: Path) -> bytes:
    """Of a small ordinary file, else nothing: a pipe would wait for ever, and a device may have no end."""
    try:
        status = path.stat()
        return path.read_bytes() if stat.S_ISREG(status.st_mode) and status.st_size <= _MOST_BYTES else b""
    except OSError:
        return b""


def decide(folder: Path, agreed: bool) -> None:
    """Keep what the user said about ``folder`` as it is now. What cannot be written counts as not asked."""
    decisions = {**_decisions(), str(folder.resolve()): [_content(folder), agreed]}
    with contextlib.suppress(OSError):
        write_text(_location(), json.dumps(decisions, indent=1), mode=0o600)


def _location() -> Path:
    return config_folder() / "folders.json"


def _decision(folder: Path) -> list | None:
    """A digest of the folder, and what was said about it."""
    found = _decisions().get(str(folder.resolve()))
    return found if isinstance(found, list) and len(found) == 2 else None


def _decisions() -> dict[str, object]:
    try:
        found = json.loads(_location().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _content(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in FILES:
        held = content(folder / name)
        digest.update(f"{name} {len(held)}\n".encode() + held)
    return digest.hexdigest()
