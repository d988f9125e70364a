"""What the call of `assistant ask` just before this one was about: "make it fifteen" refers to it, "ten minutes"
answers what it asked.

One small file with the words of that command, and with what takes it back. What they mean
is worked out again, which changes nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.skills import Action, Before, Command, Here
from assistant.skills.follow_ups import deeds, taken_back

if TYPE_CHECKING:
    from assistant.skills.loaded import Skills

_REMEMBERED = 600.0  # seconds
_OF = ("timer.", "alarm.", "reminder.", "list.", "sums.", "units.", "currencies.", "clock.", "home", "everything.")


def keep(action: Action | None, folder: Path, now: float) -> None:
    """``action``: what the words of this call became; None = no command. ``now``: seconds since 1970. Where it
    cannot be written, the next call refers to nothing."""
    if action is not None and any(one.name == taken_back.ASK for one in action.commands):
        return  # what it asks of is still what the call before was about
    path = _path(folder)
    with contextlib.suppress(OSError):
        if action is None or not action.commands or not all(one.name.startswith(_OF) for one in action.commands):
            path.unlink(missing_ok=True)
            return
        rows = [
            {
                "name": one.name,
                "words": one.words,
                "language": one.language,
                "texts": {slot: value for slot, value in one.values.items() if isinstance(value, str)},
            }
            for one in action.commands
        ]
        undo = action.undo.rows() if isinstance(action.undo, deeds.Undo) else []
        folder.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump({"at": now, "commands": rows, "undo": undo}, file, ensure_ascii=False)
        os.replace(new, path)


def before(skills: Skills, here: Here) -> Before:
    """What the words of this call may refer to, or answer."""
    try:
        kept = json.loads(_path(here.folder).read_text(encoding="utf-8"))
        if not 0 <= here.now().timestamp() - kept["at"] <= _REMEMBERED:
            return Before()
        rows = [Command(row["name"], dict(row["texts"]), row["words"], row["language"]) for row in kept["commands"]]
        undo = deeds.undo_of(kept.get("undo", []), here)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return Before()
    found = skills.action(rows[0].words, rows[0].language, here) if rows else None
    if found is None or [one.name for one in found[1].commands] != [row.name for row in rows]:
        return Before(None, tuple(rows), undo)
    again = tuple(
        Command(one.name, {**one.values, **row.values}, one.words, one.language)
        for one, row in zip(found[1].commands, rows)
    )
    return Before(found[1].asks_back, () if found[1].asks_back else again, undo)


def _path(folder: Path) -> Path:
    return folder / ".before.json"
