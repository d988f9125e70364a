"""What a command changed among timers, alarms, reminders and lists, so that it can be taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.skills import Action, Command, Here
from assistant.skills.stored import list_files
from assistant.skills.stored.entries import Entry, as_row, of_row
from assistant.skills.time.meant import called
from assistant.skills.time.reminders import of_task
from assistant.skills.values.time_replies import listed, sentence

_CHANGES = {
    "timer": ("entries",),
    "alarm": ("entries",),
    "reminder": ("entries",),
    "list": ("lists",),
    "everything": ("entries", "lists"),
}
"""Skill -> what its commands may change."""
_CHANGED = "That was changed since; I cannot take it back."


@dataclass(frozen=True)
class _Kept:
    entries: dict[str, Entry]
    lists: dict[str, str]
    """Name -> what its file holds."""


@dataclass(frozen=True)
class Undo:
    """Takes back what was done."""

    here: Here
    kept: list[_Kept]
    """Before it and after it; empty = nothing was done."""

    async def __call__(self) -> str:
        return _restored(self.kept[0], self.kept[1], self.here) if self.kept else "Nothing was done."

    def rows(self) -> list[dict[str, Any]]:
        """What is needed to take it back in another process."""
        if not self.kept:
            return []
        return [
            {
                "entries": [as_row(one) for id, one in side.entries.items() if one != other.entries.get(id)],
                "lists": {name: text for name, text in side.lists.items() if text != other.lists.get(name)},
            }
            for side, other in (self.kept, self.kept[::-1])
        ]


def undo_of(rows: list[dict[str, Any]], here: Here) -> Undo | None:
    """From what `Undo.rows` gave; None = nothing can be taken back. Raises ValueError, KeyError, TypeError,
    AttributeError, OverflowError."""
    kept = [
        _Kept(
            {entry.id: entry for entry in map(of_row, side["entries"])},
            {str(k): str(v) for k, v in side["lists"].items()},
        )
        for side in rows
    ]
    return Undo(here, kept) if len(kept) == 2 else None


def watched(action: Action | None, command: Command, here: Here) -> Action | None:
    """``action`` with what takes it back, where its command is one that can be."""
    if action is None or action.do is None or _skill(command) not in _CHANGES:
        return action
    do = action.do
    kept: list[_Kept] = []

    async def done() -> str | None:
        before = _look(command, here)
        said = await do()
        kept[:] = [before, _look(command, here)]
        return said

    return replace(action, do=done, undo=Undo(here, kept))


def _skill(command: Command) -> str:
    return command.name.partition(".")[0]


def together(actions: list[Action]) -> Callable[[], Awaitable[str]] | None:
    """What takes back all of them that can be, the last one first."""
    undoing = [action.undo for action in reversed(actions) if action.undo]
    if not undoing:
        return None

    async def undo() -> str:
        return " ".join([await one() for one in undoing])

    return undo


def _look(command: Command, here: Here) -> _Kept:
    lists: dict[str, str] = {}
    changes = _CHANGES[_skill(command)]
    if "lists" in changes:
        lists = {path.stem: path.read_text("utf-8", "replace") for path in (here.folder / "lists").glob("*.md")}
    there = here.timekeeper.entries() if "entries" in changes else ()
    return _Kept({entry.id: entry for entry in there if entry.state in ("waiting", "paused")}, lists)


def _restored(before: _Kept, after: _Kept, here: Here) -> str:
    """What is said once it is as it was. Raises AssistantError."""
    said = [_list_restored(name, before, after, here.folder / "lists") for name in {**before.lists, **after.lists}]
    return " ".join(filter(None, [*said, *_entries_restored(before.entries, after.entries, here)])) or (
        "There is nothing to take back."
    )


def _list_restored(name: str, before: _Kept, after: _Kept, folder: Path) -> str:
    was, is_now, path = before.lists.get(name), after.lists.get(name), folder / f"{name}.md"
    if was == is_now:
        return ""
    now = path.read_text("utf-8", "replace") if path.exists() else None
    if now != is_now:
        return _CHANGED
    spoken = list_files.as_spoken(name)
    changed = list_files.ListFile(folder, spoken)
    there = changed.open_items()
    if was is None:
        changed.delete()
    else:
        changed.write(was)
    again = list_files.ListFile(folder, spoken).open_items()
    gone = [item for item in there if item not in again]
    back = [item for item in again if item not in there]
    if gone and not back:
        return f"I took {listed(gone)} off your {spoken} list again."
    if back and not gone:
        return f"I put {listed(back)} back on your {spoken} list."
    return f"Your {spoken} list is as it was."


def _entries_restored(before: dict[str, Entry], after: dict[str, Entry], here: Here) -> list[str]:
    keeper = here.timekeeper
    there = {entry.id: entry for entry in keeper.entries()}
    added = [there[id] for id in after if id not in before and id in there]
    removed = [entry for id, entry in before.items() if id not in after]
    changed = [entry for id, entry in before.items() if id in after and id in there and entry != after[id]]
    if not (added or removed or changed):
        return []
    said = [_are(added, "cancelled", here)] if added else []
    keeper.cancel(*added)
    keeper.put_back(*removed, *changed)
    return [*said, *([_are(removed, "set again", here)] if removed else []),
            *([_are(changed, "as before", here)] if changed else [])]  # fmt: skip


def _are(entries: list[Entry], what: str, here: Here) -> str:
    names = [_name(entry, here) for entry in entries]
    return f"{sentence(listed(names))} {'is' if len(entries) == 1 else 'are'} {what}."


def _name(entry: Entry, here: Here) -> str:
    return f"the reminder {of_task(entry.name)}".strip() if entry.kind == "reminder" else called(entry, here)
