"""Which timers, alarms or reminders are meant, and how they are called aloud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from assistant.skills import Command, Here, Impossible
from assistant.skills.asking.asking_back import Which
from assistant.skills.stored.entries import Entry, Kind
from assistant.skills.values.spoken_time import Moment, duration, local, moment
from assistant.skills.values.time_replies import about, adjective, counted, listed, repeats, to_you, when

LONGEST_NAME = 10
"""Words."""
MOST = 100
"""Entries of one kind."""
_IDLE = ("the", "my", "a", "an", "our", "for", "called", "named", "that", "this", "new", "other", "one", "some")
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
    if chosen := asked.values.get("entry"):
        if found := [entry for entry in there if entry.id == chosen]:
            return found
        raise Impossible(f"That {kind} is gone.")
    said, length, at = name(asked), asked.values.get("length"), asked.values.get("moment")
    if kind == "timer" and said and (counted_so := duration(said, here.now())):
        said, length = "", counted_so
    if kind != "timer" and said and not keeper.find(said, kind) and (told := _time_of(said, here.now())):
        said, at = "", told  # "the seven o'clock alarm"
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
    if isinstance(at, Moment):
        if found := [entry for entry in there if _fits(entry, at, here.now())]:
            return found
        raise Impossible(f"There is no {kind} {said_when(at, here.now())}{_but(there, here)}.")
    if not there:
        raise Impossible(f"There is no {kind}.")
    ringing = [entry for entry in keeper.ringing() if entry.kind == kind]
    return ringing or there


def _time_of(words: str, now: datetime) -> Moment | None:
    return moment(words, now) or moment(f"at {words}", now)


def one(asked: Command, here: Here, kind: Kind, whole: Command | None = None) -> Entry | None:
    """The one that is meant; None = this was not about such things. Raises Impossible when it may be several.

    ``whole``: the command itself, where ``asked`` is only what it says of the thing.
    """
    found = meant(asked, here, kind)
    if len(found) > 1:
        raise which_of(found, [described(entry, here) for entry in found], whole or asked, here)
    return found[0] if found else None


def which_of(found: Sequence[Entry], described: Sequence[str], asked: Command, here: Here) -> Impossible:
    """The question which of them is meant."""
    kind = found[0].kind

    def find(words: str) -> list[int]:
        fitting = {entry.id for entry in _called_so(words, here, kind)}
        return [place for place, entry in enumerate(found) if entry.id in fitting]

    text = f"There are {counted(len(found), kind)}: {listed(described)}. Which one?"
    return Impossible(text, Which(tuple(with_entry(asked, entry) for entry in found), find))


def with_entry(asked: Command, entry: Entry) -> Command:
    """It is meant, whatever was said of it."""
    return replace(asked, values={**asked.values, "entry": entry.id})


def _called_so(words: str, here: Here, kind: Kind) -> list[Entry]:
    """Those that the words may mean, of which none is one of the command."""
    at = _time_of(words, here.now()) if kind != "timer" else None
    try:
        return meant(Command("", {"name": words} if at is None else {"moment": at}), here, kind)
    except Impossible:
        return []


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


def due(entry: Entry, now: datetime) -> str:
    """ "at 7 in the morning on weekdays", "tomorrow at noon"."""
    at = entry.due.astimezone(now.tzinfo)
    if entry.repeat:
        at = at.replace(year=now.year, month=now.month, day=now.day)
        return f"{when(at, now)} {repeats(entry.repeat)}"
    return when(at, now)


def at_its_time(value: Any, entry: Entry, now: datetime) -> Any:
    """A day alone keeps the time that was set."""
    if not isinstance(value, Moment) or value.has_time or entry.repeat:
        return value
    at = entry.due.astimezone(now.tzinfo)
    return replace(value, at=local(value.at.date(), at.time(), now), has_time=True, either_half=False)


def said_when(moment: Moment, now: datetime) -> str:
    if moment.has_time:
        return when(moment.at, now)
    return when(moment.at, now).rpartition(" at ")[0] or "then"


def same(entry: Entry, other: Entry) -> bool:
    """Whether both ring at the same times, under the same name."""
    one, two = entry.due.astimezone(other.due.tzinfo), other.due
    when = one.time() == two.time() if entry.repeat else one == two
    return when and (entry.name, entry.repeat) == (other.name, other.repeat)


def _but(there: Sequence[Entry], here: Here) -> str:
    """What there is instead."""
    if not there:
        return ""
    return f"; there {'is' if len(there) == 1 else 'are'} {listed([described(entry, here) for entry in there[:3]])}"


def _fits(entry: Entry, moment: Moment, now: datetime) -> bool:
    at = entry.due.astimezone(now.tzinfo)
    same_time = (at.hour % 12 if moment.either_half else at.hour, at.minute) == (
        moment.at.hour % 12 if moment.either_half else moment.at.hour,
        moment.at.minute,
    )
    same_day = at.date() == moment.at.date() or moment.at.weekday() in entry.repeat
    return (same_time or not moment.has_time) and (same_day or not moment.has_date)
