"""Whose memory lies where, and opening it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

from assistant.concurrency.failures import explained, failure
from assistant.errors import UsageError
from assistant.folders import data_folder
from assistant.knowledge import QuestionEmbedder
from assistant.memory.facts import Memory
from assistant.settings import MemorySettings


def location(settings: MemorySettings) -> Path:
    """The file of the person's facts. Raises UsageError for a name that can be none of a file."""
    person = settings.person.strip() or "me"
    if not re.fullmatch(r"\w[\w .'-]{0,60}", person):
        raise UsageError(f"[memory] person = {person!r}: write a name of letters, digits, spaces, dots and dashes")
    folder = Path(settings.path).expanduser() if settings.path else data_folder() / "memory"
    return folder / f"{person.casefold().replace(' ', '-')}.md"


def load(settings: MemorySettings, embedder: QuestionEmbedder | None, notice: Callable[[str], None]) -> Memory | None:
    """The person's memory; None where nothing is to be remembered. ``embedder`` compares meanings once it is loaded;
    None = words alone are compared. Raises UsageError.
    """
    if not settings.enabled:
        return None
    memory = Memory(location(settings), embedder)
    if embedder is not None:
        threading.Thread(target=_prepare, args=(memory, embedder, notice), name="memory", daemon=True).start()
    return memory


def _prepare(memory: Memory, embedder: QuestionEmbedder, notice: Callable[[str], None]) -> None:
    try:
        if embedder.wait():
            memory.prepare()
    except BaseException as error:  # the first question meets the same
        notice(explained(failure(error), "Remembering"))
