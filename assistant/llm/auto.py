"""`[llm] model = "auto"`: which model was chosen for this machine, by `assistant setup --auto`; `gguf` looks here."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from assistant.concurrency.threads import cores, processor
from assistant.folders import data_folder
from rag.atomic import write_text


def path() -> Path:
    return data_folder() / "auto.json"


def machine() -> str:
    return f"{processor()}, {cores()} cores"


def chosen() -> str | None:
    """What `[llm] model` would be set to; None as long as nothing was chosen on this machine."""
    return _read().get("model")


def keep(model: str) -> None:
    """The next start takes it, and says so once, unless nothing changes by it. Raises OSError."""
    before = chosen()
    if model != before:
        same = before is None and model == "bundled"
        write_text(path(), json.dumps({"machine": machine(), "model": model, "said": same}))


def is_news() -> bool:
    """Whether the user was not told yet; asked once, it is not."""
    kept = _read()
    if not kept or kept["said"]:
        return False
    with contextlib.suppress(OSError):  # it is said again at the next start
        write_text(path(), json.dumps({**kept, "said": True}))
    return True


def _read() -> dict:
    """Empty where nothing was chosen here, or what is written there cannot be read."""
    try:
        kept = json.loads(path().read_text(encoding="utf-8"))
        usable = kept["machine"] == machine() and isinstance(kept["model"], str) and isinstance(kept["said"], bool)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return kept if usable else {}
