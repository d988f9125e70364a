"""What `assistant models try` measured on this machine, kept in the data folder, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

from assistant.concurrency.threads import cores, processor
from assistant.folders import data_folder
from rag.atomic import replacing

SOON = 1.0  # seconds to the first spoken word that people take for an answer, not for a pause


@dataclass(frozen=True)
class Tried:
    name: str
    model: str
    """What [llm] model is set to for it."""
    right: int
    """Of `asked` built-in questions."""
    asked: int
    own_right: int
    own_asked: int
    first_word: float
    """Seconds from the last word heard to the first sound of the answer, median."""
    tokens_per_second: float
    reading: float
    """Tokens/s in which it reads."""
    memory: float
    """Bytes that loading it added to the process."""
    cpu: float
    """Seconds of processor time for each second of writing."""
    threads: int
    voice: str
    machine: str = ""
    date: str = ""
    calls_right: int = 0
    """Of `calls_asked` questions that want a call of a tool, or none; 0 of 0 = not asked."""
    calls_asked: int = 0

    @property
    def quality(self) -> float:
        """Share of all questions answered rightly, the user's own among them."""
        return (self.right + self.own_right) / max(1, self.asked + self.own_asked)


def machine() -> str:
    return f"{processor()}, {cores()} cores"


def path() -> Path:
    return data_folder() / "tried.jsonl"


def keep(tried: Tried) -> Tried:
    """Added to what was tried here; an earlier trial of the same name is replaced."""
    stamped = Tried(
        **{**asdict(tried), "machine": machine(), "date": datetime.now().astimezone().isoformat(timespec="seconds")}
    )
    others = [one for one in _read() if (one.name, one.machine) != (stamped.name, stamped.machine)]
    path().parent.mkdir(parents=True, exist_ok=True)
    with replacing(path()) as part:
        part.write_text("".join(json.dumps(asdict(one)) + "\n" for one in [*others, stamped]), encoding="utf-8")
    return stamped


def here() -> list[Tried]:
    """On this machine, the soonest first."""
    return sorted((one for one in _read() if one.machine == machine()), key=lambda one: one.first_word)


def _read() -> list[Tried]:
    """A line that is torn or of another version counts as not there."""
    found = []
    names = {field.name for field in fields(Tried)}
    needed = {field.name for field in fields(Tried) if field.default is MISSING}
    try:
        lines = path().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    for line in lines:
        try:
            row = json.loads(line)
            if needed <= set(row) <= names:
                found.append(Tried(**row))
        except (ValueError, TypeError):
            continue
    return found


def front(tried: Sequence[Tried]) -> list[Tried]:
    """Those that no other one beats in both: right answers and time to the first word (the Pareto front)."""
    return [
        one
        for one in tried
        if not any(
            other.quality >= one.quality
            and other.first_word <= one.first_word
            and (other.quality, -other.first_word) != (one.quality, -one.first_word)
            for other in tried
        )
    ]


def recommendation(tried: Sequence[Tried]) -> str:
    """One sentence that follows from the numbers alone."""
    if not tried:
        return "Nothing was tried on this machine yet."
    soon = [one for one in tried if one.first_word <= SOON]
    if not soon:
        best = min(tried, key=lambda one: one.first_word)
        return (
            f"None of these begins to speak within {SOON:g} s here; {best.name} comes nearest with "
            f"{best.first_word:.2f} s, so try a smaller one."
        )
    best = max(soon, key=lambda one: (one.quality, -one.first_word))
    text = (
        f"Take {best.name}: of what begins to speak within {SOON:g} s here it answers most questions rightly, "
        f"{best.quality:.0%}, after {best.first_word:.2f} s"
    )
    better = [one for one in tried if one.first_word > SOON and one.quality > best.quality]
    if better:
        wiser = max(better, key=lambda one: one.quality)
        text += f"; {wiser.name} would know {wiser.quality:.0%}, but lets you wait {wiser.first_word:.1f} s"
    return f"{text}."
