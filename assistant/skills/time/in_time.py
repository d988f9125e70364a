"""Waking in time for something: how long that takes, only the user knows."""

from __future__ import annotations

from assistant.skills import Action, Command, Here, command
from assistant.skills.asking.asking_back import Missing

_WAKE = "(wake me [up]|get me up|get me out of bed|set [me] (an|my|the) alarm)"
_EVENT = (
    "(train|bus|flight|plane|ferry|tram|coach|meeting|appointment|class|lesson|lecture|service|shift|match|game|show|"
    "exam|interview|boat|ship|film|call)"
)
_NAMES = frozenset({"alarm.set", "alarm.set_hour", "alarm.set_after"})

COMMANDS = (
    command(
        "alarm.in_time",
        "ask at what time to ring, so that the user is in time for something",
        f"{_WAKE} [early|well|just] in time (for|to catch|to get|to make) {{what}}",
        f"{_WAKE} [early|well|just] in time to {{what}}",
        f"{_WAKE} [early enough] (for|to catch|to make) (the|my|our) {{moment}} {_EVENT} [to {{place}}]",
        f"{_WAKE} [early enough] (for|to catch|to make) (the|my|our) {_EVENT} at {{moment}}",
        f"{_WAKE} before (the|my|our) {{moment}} {_EVENT}",
        f"{_WAKE} [early|well|just] before (that|it|then)",
        f"{{what}} [and] {_WAKE} [early|well|just] before (that|it|then)",
    ),
)


def run(asked: Command, here: Here) -> Action | None:
    missing = Missing(("wake me {}", "wake me at {}"), _NAMES, ("moment", "number", "duration"))
    return Action("I do not know how long you need before that. At what time shall I wake you?", asks_back=missing)
