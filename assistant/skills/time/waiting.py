"""What is set in a program that ends at once rings only in one that lasts: that is said, never left out."""

from __future__ import annotations

from assistant.skills import Command, Here
from assistant.skills.words import languages

_WAITS = frozenset(
    "timer.set timer.set_until timer.set_minutes timer.add timer.take timer.change timer.resume timer.restart "
    "alarm.set alarm.set_hour "
    "alarm.set_after alarm.change alarm.later alarm.earlier reminder.set reminder.set_after reminder.change".split()
)
_SAID = "Start the assistant before then: I ring only while it runs."


def note(command: Command, here: Here) -> str:
    """What must be said, too, when ``command`` is done, in its language; empty = nothing."""
    if here.lasts or command.name not in _WAITS:
        return ""
    return languages.read(command.language).words["waiting"] if command.language in languages.LANGUAGES else _SAID
