"""Two reminders in one sentence, each with its own time: "remind me to water the plants tomorrow and to feed the cat at
six". English."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from assistant.skills import Command, Impossible
from assistant.skills.values.list_words import TASKS
from assistant.skills.values.spoken_time import moment

_WHOLE = re.compile(r".*?\bremind (?:me|us),? (?P<rest>.+)", re.IGNORECASE | re.DOTALL)
_JOINT = re.compile(r",? and (?:then |also )*(?:(?:please )?remind (?:me|us) )?", re.IGNORECASE)
_MOST_JOINTS = 4
_TO = ("", "to ")


def both(words: str, understand: Callable[[str], tuple[Command, ...]], now: datetime) -> tuple[Command, ...]:
    """Each of them; none = they are not two."""
    whole = _WHOLE.fullmatch(words.strip())
    if not whole:
        return ()
    for joint in list(_JOINT.finditer(whole["rest"]))[:_MOST_JOINTS]:
        first, second = whole["rest"][: joint.start()], whole["rest"][joint.end() :]
        to = _TO[1:] if second.partition(" ")[0].lower() in TASKS else _TO[:1]
        one = _timed(f"remind me {first}", understand)
        other = next(filter(None, (_timed(f"remind me {lead}{second}", understand) for lead in to)), None)
        if other and not one and moment(first.lower(), now):  # "on Monday and Friday to call mum"
            one = _timed(f"remind me {first} to {other.values['task']}", understand)
        if one and not other and moment(second.lower(), now):
            other = _timed(f"remind me to {one.values['task']} {second}", understand)
        if one and other:
            return one, other
    return ()


def _timed(words: str, understand: Callable[[str], tuple[Command, ...]]) -> Command | None:
    """The reminder that they are, of a task and with a time."""
    try:
        found = understand(words)
    except Impossible:
        return None
    if len(found) != 1 or found[0].name != "reminder.set" or not found[0].values.get("task"):
        return None
    return found[0] if "moment" in found[0].values or "days" in found[0].values else None
