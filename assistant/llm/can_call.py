"""Which local models can call tools: measured once for each file by `assistant models try`, kept in the data folder.

A model that was not tried, or that was too often wrong, is offered no tools: it would only call the wrong ones.
"""

from __future__ import annotations

import json
from pathlib import Path

from assistant.folders import data_folder
from rag.atomic import write_text

_KNOWN = {"SmolLM2-135M-Instruct.Q4_1.gguf 98362432": (4, 12)}  # the bundled one: it calls nothing at all
BOUND = 0.75
"""Share of the questions that a model has to get right."""


def path() -> Path:
    return data_folder() / "can_call.json"


def key(model: Path, adapter: Path | None = None) -> str:
    """What a file is known by, wherever it lies."""
    files = [model, *([adapter] if adapter else [])]
    return " + ".join(f"{file.name} {file.stat().st_size}" for file in files)


def result(key: str) -> tuple[int, int] | None:
    """How many of how many questions were right; None when it was not tried."""
    return _read().get(key) or _KNOWN.get(key)


def keep(key: str, right: int, asked: int) -> None:
    """Raises OSError."""
    path().parent.mkdir(parents=True, exist_ok=True)
    write_text(path(), json.dumps({**_read(), key: (right, asked)}, indent=1))


def why_not(name: str, model: str, found: tuple[int, int] | None) -> str:
    """One sentence on why it is offered no tools; empty when it is. ``model``: what [llm] model is set to."""
    if found is None:
        return f"{name} was not tried with tools; `assistant models try {model}` tells whether it can call them."
    return "" if enough(*found) else cannot(name, *found)


def enough(right: int, asked: int) -> bool:
    return right >= BOUND * asked


def cannot(name: str, right: int, asked: int) -> str:
    return f"{name} cannot call tools ({right} of {asked} right); skills still work."


def _read() -> dict[str, tuple[int, int]]:
    """Empty where nothing was tried, or what is written there cannot be read."""
    try:
        kept = json.loads(path().read_text(encoding="utf-8"))
        return {str(key): (int(right), int(asked)) for key, (right, asked) in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
