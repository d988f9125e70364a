"""Timers, alarms and reminders as they lie in their file: readable JSON, replaced in one step, the user's alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

from assistant.skills.stored.machine_time import here
from assistant.skills.values.time_replies import adjective, clock, to_you, when
from rag import atomic

Kind = Literal["timer", "alarm", "reminder"]
State = Literal["waiting", "paused", "ringing", "missed"]
_KINDS = ("timer", "alarm", "reminder")
_STATES = ("waiting", "paused", "ringing", "missed")


@dataclass(frozen=True)
class Entry:
    id: str
    kind: Kind
    name: str
    """What it is called; a reminder's is what it reminds of; empty = nothing."""
    due: datetime
    """By the wall clock. While `steady` is given, that decides instead."""
    state: State = "waiting"
    length: timedelta | None = None
    """How long it was set for."""
    left: timedelta | None = None
    """While it is paused."""
    steady: float | None = None
    """When it is due by the steady clock, in its seconds; None = by the wall clock, or paused."""
    boot: str = ""
    """Since when that clock counts."""
    repeat: frozenset[int] = frozenset()
    """On which days of every week (Monday is 0); empty = once."""
    clock: time | None = None
    """At what local time it repeats."""
    last: datetime | None = None
    """For when it rang last, where it repeats."""
    rang: bool = False
    """Whether it is missed because the program ended while it rang."""

    def sentence(self) -> str:
        """What is said when it rings."""
        match self.kind:
            case "reminder":
                return f"This is your reminder: {to_you(self.name)}." if self.name else "This is your reminder."
            case "alarm":
                return f"It is {clock(self.due)}{': ' if self.name else ''}{self.name}."
            case _:
                name = self.name or (adjective(self.length) if self.length else "")
                return f"The {name + ' ' if name else ''}timer is done."

    def missed_sentence(self, now: datetime | None = None) -> str:
        """What is said of one that became due while the program was down, or was ringing when it ended."""
        at = when(self.due, (now or here()).astimezone(self.due.tzinfo))
        name = f"{self.name} " if self.name else ""
        begin = "I was ended while it rang:" if self.rang else "While I was off,"
        match self.kind:
            case "timer":
                return f"{begin} the {name}timer ran out {at}."
            case "alarm":
                return f"{begin} the {name}alarm was due {at}."
            case _:
                return f"{begin} a reminder was due {at}{': ' if name else ''}{to_you(self.name)}."


def load(path: Path, notice: Callable[[str], None], mend: bool = True) -> dict[str, Entry]:
    """Id -> entry. A file that is damaged is set aside, with a notice, unless it is not ours to ``mend``; what can be
    read of it is kept. Raises OSError."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return {}
    damaged = False
    found: dict[str, Entry] = {}
    try:
        rows = json.loads(text)["entries"]
        rows = rows if isinstance(rows, list) else [None]
    except (ValueError, KeyError, TypeError, RecursionError):
        rows, damaged = [], True
    for row in rows:
        try:
            entry = of_row(row)
            found[entry.id] = entry
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            damaged = True
    if damaged and mend:
        aside = _free(path)
        aside.touch(0o600)
        atomic.write_text(aside, text.decode("utf-8", "backslashreplace"), 0o600)
        save(path, found.values())
        kept = f"what could be read of it is kept ({len(found)})" if found else "nothing of it could be read"
        notice(f"{path.name}, which keeps the timers, is damaged; {kept}; the damaged file is now {aside}")
    return found


def save(path: Path, entries: Iterable[Entry]) -> None:
    """Raises OSError."""
    rows = [as_row(entry) for entry in entries]
    atomic.write_text(path, json.dumps({"entries": rows}, indent=1, ensure_ascii=False) + "\n", 0o600)


def stamp(path: Path) -> tuple[int, int, int]:
    """Another one after each change of the file."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _free(path: Path) -> Path:
    """Where a damaged file can be set aside."""
    names = (path.with_name(f"{path.stem}.damaged{number or ''}{path.suffix}") for number in range(1_000_000))
    return next(name for name in names if not name.exists())


def as_row(entry: Entry) -> dict[str, Any]:
    """As it lies in the file."""
    row: dict[str, Any] = {
        "id": entry.id,
        "kind": entry.kind,
        "name": entry.name,
        "state": entry.state,
        "due": entry.due.isoformat(),
        "length": entry.length and entry.length.total_seconds(),
        "left": None if entry.left is None else entry.left.total_seconds(),
        "steady": entry.steady,
        "boot": entry.boot,
        "repeat": sorted(entry.repeat),
        "clock": entry.clock and entry.clock.isoformat(),
        "last": entry.last and entry.last.isoformat(),
        "rang": entry.rang or None,
    }
    return {key: value for key, value in row.items() if value not in (None, "", [])}


def of_row(row: dict[str, Any]) -> Entry:
    """What `as_row` gave. Raises ValueError, KeyError, TypeError, AttributeError, OverflowError."""

    def span(key: str) -> timedelta | None:
        return timedelta(seconds=row[key]) if key in row else None

    due = datetime.fromisoformat(row["due"])
    last = datetime.fromisoformat(row["last"]) if "last" in row else None
    clock = time.fromisoformat(row["clock"]) if "clock" in row else None
    repeat = frozenset(int(day) for day in row.get("repeat", ()))
    steady = float(row["steady"]) if "steady" in row else None
    name, id, boot = row.get("name", ""), row["id"], row.get("boot", "")
    right = (
        row["kind"] in _KINDS
        and row["state"] in _STATES
        and all(isinstance(text, str) for text in (name, id, boot))
        and repeat <= set(range(7))
        and due.tzinfo is not None
        and (last is None or last.tzinfo is not None)
        and (not repeat or clock is not None)
        and (row["state"] != "paused" or "left" in row)
        and (steady is None or steady == steady)
    )
    if not right:
        raise ValueError
    length, left, rang = span("length"), span("left"), row.get("rang") is True
    return Entry(id, row["kind"], name, due, row["state"], length, left, steady, boot, repeat, clock, last, rang)
