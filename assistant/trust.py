"""Whether what lies in the folder that the user stands in may decide where keys and words go: once they agreed to it.

The user's own config folder and the checkout that the program runs from always count. Any other folder counts with the
contents that its `config.toml` and `.env` had when the user agreed to them, and what in it they name to be run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import stat
import tomllib
from pathlib import Path
from typing import Any

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
        _add(digest, name, content(folder / name))
    for path in _run(folder):
        _add(digest, str(path), content(path))
    return digest.hexdigest()


def _add(digest: Any, name: str, held: bytes) -> None:
    digest.update(f"{name} {len(held)}\n".encode("utf-8", "surrogateescape") + held)


def _run(folder: Path) -> list[Path]:
    """What of ``folder`` its settings would have run, or take as policy: skills, programs and their arguments."""
    try:
        settings = tomllib.loads(content(folder / FILES[0]).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return []
    named = [_text(settings, "skills", "path"), _text(settings, "safety", "policy")]
    servers = settings.get("mcp")
    for server in servers.values() if isinstance(servers, dict) else ():
        if isinstance(server, dict):
            arguments = server.get("args")
            named += [server.get("command"), *(arguments if isinstance(arguments, list) else ())]
    found: set[Path] = set()
    for name in named:
        if isinstance(name, str) and name:
            with contextlib.suppress(OSError, ValueError, RuntimeError):
                place = (folder / Path(name).expanduser()).resolve()
                if place.is_relative_to(folder.resolve()):
                    found |= set(place.glob("*.py")) if place.is_dir() else {place} if place.is_file() else set()
    return sorted(found)


def _text(settings: dict[str, Any], section: str, key: str) -> Any:
    table = settings.get(section)
    return table.get(key) if isinstance(table, dict) else None
