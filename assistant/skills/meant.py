"""Which timers, alarms or reminders are meant, and how they are called aloud."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from assistant.skills import Command, Here, Impossible
from assistant.skills.entries import Entry, Kind
from assistant.skills.spoken_time import Moment, duration
from assistant.skills.time_replies import about, adjective, counted, listed, repeats, when

LONGEST_NAME = 10
"""Words."""
MOST = 100
"""Entries of one kind."""
_IDLE = ("the", "my", "a", "an", "our", "for", "called", "named", "that", "this", "new", "other", "one", "some")
_YOURS = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "i'm": "you're", "i've": "you've",
    "i'll": "you'll", "am": "are", "our": "your", "us": "you", "we": "you",
}  # fmt: skip
_AFTER = ("timer", "timers", "alarm", "alarms", "reminder", "one", "please")


def name(asked: Command, slot: str = "name") -> str:
    """What it is to be called; empty = nothing. Raises Impossible."""
    words = str(asked.values.get(slot, "")).strip(" .?!,").split()
    while words and words[0].lower() in _IDLE:
        del words[0]
    while words and words[-1].lower() in _AFTER:
        del words[-1]
    if len(words) > LONGEST_NAME:
        raise Impossible(f"That name is too long; {LONGEST_NAME} words are the most.")
    return " ".join(words)


def room(here: Here, kind: Kind) -> None:
    """Raises Impossible when there are too many."""
    if len(here.timekeeper.entries(kind)) >= MOST:
        raise Impossible(f"There are {MOST} {kind}s already; cancel some of them first.")


def meant(asked: Command, here: Here, kind: Kind) -> list[Entry]:
    """Those that fit what was said of them; empty = this was not about such things at all. Raises Impossible.

    Where nothing was said of it, what rings is meant, else the only one there is.
    """
    keeper = here.timekeeper
    there = keeper.entries(kind)
    said, length, moment = name(asked), asked.values.get("length"), asked.values.get("moment")
    if kind == "timer" and said and (counted_so := duration(said, here.now())):
        said, length = "", counted_so
    if said:
        found = keeper.find(said, kind)
        if not found and f"{kind}" not in asked.words.lower():
            return []  # "how long is left of the film"
        if not found:
            raise Impossible(f"There is no {said} {kind}{_but(there, here)}.")
        return found
    if isinstance(length, str):
        length = duration(length, here.now())
    if length is not None:
        if found := [entry for entry in there if entry.length == length]:
            return found
        raise Impossible(f"There is no {adjective(length)} {kind}{_but(there, here)}.")
    if isinstance(moment, Moment):
        if found := [entry for entry in there if _fits(entry, moment, here.now())]:
            return found
        raise Impossible(f"There is no {kind} {said_when(moment, here.now())}{_but(there, here)}.")
    if not there:
        raise Impossible(f"There is no {kind}.")
    ringing = [entry for entry in keeper.ringing() if entry.kind == kind]
    return ringing or there


def one(asked: Command, here: Here, kind: Kind) -> Entry | None:
    """The one that is meant; None = this was not about such things. Raises Impossible when it may be several."""
    found = meant(asked, here, kind)
    if len(found) > 1:
        said = [described(entry, here) for entry in found]
        raise Impossible(f"There are {counted(len(found), kind)}: {listed(said)}. Which one?")
    return found[0] if found else None


def called(entry: Entry, here: Here) -> str:
    """ "the pasta timer"; where it has no name, what tells it from others."""
    if entry.kind == "reminder":
        return f"the reminder {to_you(entry.name)}" if entry.name else "the reminder"
    if entry.name:
        return f"the {entry.name} {entry.kind}"
    if entry.kind == "timer":
        others = len(here.timekeeper.entries("timer")) > 1
        return f"the {adjective(entry.length)} timer" if others and entry.length else "the timer"
    return f"the alarm {due(entry, here.now())}"


def described(entry: Entry, here: Here) -> str:
    """ "the pasta timer with 5 minutes left"."""
    if entry.kind != "timer":
        said = called(entry, here)
        return said if entry.kind == "alarm" and not entry.name else f"{said} {due(entry, here.now())}"
    if entry.state == "ringing":
        return f"{called(entry, here)}, which rings"
    held = ", on hold" if entry.state == "paused" else ""
    return f"{called(entry, here)} with {about(here.timekeeper.left(entry))} left{held}"


def to_you(words: str) -> str:
    """What the user calls "my" is "your" when it is said to them."""
    return " ".join(_YOURS.get(word.lower(), word) for word in words.split())


def due(entry: Entry, now: datetime) -> str:
    """ "at 7 in the morning on weekdays", "tomorrow at noon"."""
    at = entry.due.astimezone(now.tzinfo)
    if entry.repeat:
        at = at.replace(year=now.year, month=now.month, day=now.day)
        return f"{when(at, now)} {repeats(entry.repeat)}"
    return when(at, now)


def said_when(moment: Moment, now: datetime) -> str:
    if moment.has_time:
        return when(moment.at, now)
    return when(moment.at, now).rpartition(" at ")[0] or "then"


def ringing(entry: Entry, here: Here) -> str:
    """What is said when it rings."""
    if entry.kind == "reminder":
        return f"This is your reminder: {to_you(entry.name)}." if entry.name else "This is your reminder."
    if entry.kind == "alarm":
        return f"It is {when(here.now(), here.now()).removeprefix('at ')}{': ' + entry.name if entry.name else ''}."
    length = f"{adjective(entry.length)} " if entry.length and not entry.name else ""
    return f"The {entry.name} timer is done." if entry.name else f"The {length}timer is done."


def while_off(entries: Sequence[Entry], now: datetime) -> str:
    """What is said at the start of those that were missed; empty when none were."""
    said = []
    for entry in entries:
        at = when(entry.due, now)
        match entry.kind:
            case "timer":
                said.append(f"the {entry.name + ' ' if entry.name else ''}timer ran out {at}")
            case "alarm":
                said.append(f"the {entry.name + ' ' if entry.name else ''}alarm was due {at}")
            case _:
                said.append(f"a reminder was due {at}{': ' if entry.name else ''}{to_you(entry.name)}")
    return f"While I was off, {listed(said)}." if said else ""


def same(entry: Entry, other: Entry) -> bool:
    """Whether both ring at the same times, under the same name."""
    one, two = entry.due.astimezone(other.due.tzinfo), other.due
    when = one.time() == two.time() if entry.repeat else one == two
    return when and (entry.name, entry.repeat) == (other.name, other.repeat)


def _but(there: Sequence[Entry], here: Here) -> str:
    """What there is instead."""
    if not there:
        return ""
    return f"; there is {listed([described(entry, here) for entry in there[:3]])}"


def _fits(entry: Entry, moment: Moment, now: datetime) -> bool:
    at = entry.due.astimezone(now.tzinfo)
    same_time = (at.hour % 12 if moment.either_half else at.hour, at.minute) == (
        moment.at.hour % 12 if moment.either_half else moment.at.hour,
        moment.at.minute,
    )
    same_day = at.date() == moment.at.date() or moment.at.weekday() in entry.repeat
    return (same_time or not moment.has_time) and (same_day or not moment.has_date)
