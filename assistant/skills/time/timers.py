"""Timers: set, asked for, changed, cancelled, by their name or by their length."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

from assistant.skills import Action, Command, Here, Impossible
from assistant.skills.asking.asking_back import Missing
from assistant.skills.stored.entries import Entry, Kind
from assistant.skills.time.meant import called, described, meant, name, one, room
from assistant.skills.time.timer_sentences import COMMANDS
from assistant.skills.values.spoken_time import duration, span_of
from assistant.skills.values.time_replies import about, clock, counted, listed, sentence, span, when

__all__ = ["COMMANDS", "run"]

LONGEST = timedelta(hours=100)
_SETS = frozenset({"timer.set", "timer.set_minutes"})
_MORE = frozenset("more another extra longer add plus timer extend put stick tack pop bung".split())


def run(asked: Command, here: Here) -> Action | None:
    match asked.name.removeprefix("timer."):
        case "set":
            if "other" in asked.values or "minutes" in asked.values:
                return _set_both(asked, here)
            return _set(asked.values["duration"], name(asked), here)
        case "set_minutes":
            return _set(span_of(asked.values["number"] * 60), "", here)
        case "too_long":
            return _set(LONGEST * 2, "", here)
        case "set_until":
            return _set_until(asked, here)
        case "for_how_long":
            return _for_how_long(name(asked))
        case "to_how_long" | "by_how_long":
            return _how_long(asked, here)
        case "ask":
            return _ask(asked, here)
        case "list":
            return _list(here)
        case "cancel":
            return _cancel(asked, here)
        case "cancel_all":
            return _cancel_all(here)
        case "pause" | "resume":
            return _hold(asked, here)
        case "rename":
            return _rename(asked, here)
        case "restart":
            entry = one(asked, here, "timer")
            return None if entry is None else _to(entry.length or here.timekeeper.left(entry), asked, here)
        case "change":
            return _to(asked.values["duration"], asked, here)
        case "take":
            return _by(-asked.values["duration"], asked, here)
        case _:
            return _add(asked, here)


def _checked(length: timedelta) -> timedelta:
    if length < timedelta(seconds=1):
        raise Impossible("A timer needs at least one second.")
    if length > LONGEST:
        raise Impossible("A timer runs for 100 hours at most; for later, ask me to remind you.")
    return length


def _for_how_long(called_so: str) -> Action:
    end = f" called {called_so}" if called_so else ""
    sentences = (f"set a timer for {{}}{end}", f"set a timer for {{}} minutes{end}")
    return Action("For how long?", asks_back=Missing(sentences, _SETS, ("duration", "number")))


def _how_long(asked: Command, here: Here) -> Action | None:
    entry = one(asked, here, "timer")
    if entry is None:
        return None
    given, kinds = {"entry": entry.id}, ("duration", "number")
    if asked.name == "timer.to_how_long":
        sentences = ("change the timer to {}", "change the timer to {} minutes")
        return Action("To how long?", asks_back=Missing(sentences, frozenset({"timer.change"}), kinds, given))
    sentences = ("add {} to the timer", "add {} minutes to the timer")
    return Action("By how long?", asks_back=Missing(sentences, frozenset({"timer.add"}), kinds, given))


def _set(length: timedelta, called_so: str, here: Here) -> Action:
    _checked(length)
    room(here, "timer")

    async def do() -> None:
        here.timekeeper.set("timer", called_so, after=length)

    label = f"The {called_so} timer" if called_so else "The timer"
    return Action(f"{label} is set for {span(length)}.", do)


def _set_until(asked: Command, here: Here) -> Action | None:
    at, now = asked.values["moment"], here.now()
    if at.after:
        return _set(at.after, name(asked), here)
    if not at.has_time:
        return None
    left = timedelta(seconds=math.ceil(at.at.timestamp() - now.timestamp()))
    if left <= timedelta():
        raise Impossible(f"{sentence(when(at.at, now))} is over already.")
    timer = _set(left, name(asked), here)
    label = f"The {name(asked)} timer" if name(asked) else "The timer"
    return replace(timer, say=f"{label} is set until {clock(at.at)}, for {about(left)}.")


def _set_both(asked: Command, here: Here) -> Action | None:
    """ "for ten minutes, and another for fifteen"."""
    other = asked.values.get("other")
    if other is None:
        other = span_of(asked.values["minutes"] * 60)
    second = duration(other, here.now()) if isinstance(other, str) else other
    lengths, names = [asked.values["duration"], second], [name(asked), name(asked, "second")]
    if None in lengths:
        return None
    both = [_set(length, called_so, here) for length, called_so in zip(lengths, names)]

    async def do() -> None:
        for one_timer in both:
            assert one_timer.do is not None
            await one_timer.do()

    said = [span(length) + (f" for the {called_so}" if called_so else "") for length, called_so in zip(lengths, names)]
    return Action(f"Two timers are set, for {listed(said)}.", do)


def _ask(asked: Command, here: Here) -> Action | None:
    if not here.timekeeper.entries("timer") and asked.language == "en" and "timer" not in asked.words.lower():
        return None
    found = meant(asked, here, "timer")
    if not found:
        return None
    if len(found) > 1:
        return Action(f"There are {counted(len(found), 'timer')}: {listed([described(one, here) for one in found])}.")
    return Action(_left(found[0], here))


def _left(entry: Entry, here: Here) -> str:
    label = sentence(called(entry, here))
    if entry.state == "ringing":
        return f"{label} is ringing."
    held = "; it is on hold" if entry.state == "paused" else ""
    return f"{label} has {about(here.timekeeper.left(entry))} left{held}."


def _list(here: Here) -> Action:
    there = here.timekeeper.entries("timer")
    if not there:
        return Action("There is no timer.")
    if len(there) == 1:
        return Action(_left(there[0], here))
    return Action(f"There are {counted(len(there), 'timer')}: {listed([described(entry, here) for entry in there])}.")


def _cancel(asked: Command, here: Here) -> Action | None:
    entry = one(asked, here, "timer")
    if entry is None:
        return None

    async def do() -> None:
        here.timekeeper.cancel(entry)

    done = "stopped" if entry.state == "ringing" else "cancelled"
    return Action(f"{sentence(called(entry, here))} is {done}.", do)


def _cancel_all(here: Here) -> Action:
    there = here.timekeeper.entries("timer")
    if not there:
        raise Impossible("There is no timer.")

    async def do() -> None:
        here.timekeeper.cancel(*here.timekeeper.entries("timer"))

    said = {1: "The timer is", 2: "Both timers are"}.get(len(there), f"All {len(there)} timers are")
    return Action(f"{said} cancelled.", do)


def _rename(asked: Command, here: Here) -> Action | None:
    kind: Kind = "alarm" if "entry" in asked.values and not _is_timer(asked, here) else "timer"
    entry, new = one(asked, here, kind), name(asked, "new")
    if entry is None or not new:
        return None

    async def do() -> None:
        here.timekeeper.put_back(replace(entry, name=new))

    return Action(f"{sentence(called(entry, here))} is called {new} now.", do)


def _is_timer(asked: Command, here: Here) -> bool:
    return any(entry.id == asked.values["entry"] for entry in here.timekeeper.entries("timer"))


def _hold(asked: Command, here: Here) -> Action | None:
    resumes = asked.name == "timer.resume"
    entry = one(asked, here, "timer")
    if entry is None:
        return None
    label = sentence(called(entry, here))
    if resumes == (entry.state == "waiting"):
        return Action(f"{label} is {'running' if resumes else 'on hold'} already.")
    if entry.state == "ringing":
        return Action(f"{label} is ringing.")

    async def do() -> None:
        (here.timekeeper.resume if resumes else here.timekeeper.pause)(entry)

    left = about(here.timekeeper.left(entry))
    return Action(f"{label} {'goes on' if resumes else 'is on hold'}, with {left} left.", do)


def _to(length: timedelta, asked: Command, here: Here) -> Action | None:
    entry = one(asked, here, "timer")
    if entry is None:
        return None
    _checked(length)

    async def do() -> None:
        here.timekeeper.change(entry, to=length)

    return Action(f"{sentence(called(entry, here))} is set for {span(length)} from now.", do)


def _add(asked: Command, here: Here) -> Action | None:
    words = set(asked.words.lower().replace(",", " ").split())
    if not words & _MORE:
        return None  # "give me five minutes" asks for patience
    more = span_of(asked.values["number"] * 60) if "number" in asked.values else asked.values["duration"]
    if rang := here.timekeeper.ringing():
        return snoozed(more, [called(entry, here) for entry in rang], here)
    if not here.timekeeper.entries("timer") and "timer" not in words:
        return None
    return _by(more, asked, here)


def snoozed(length: timedelta, names: list[str], here: Here) -> Action:
    """What rings is to ring again later."""
    _checked(length)

    async def do() -> str | None:
        return None if here.timekeeper.snooze(length) else "Nothing was ringing."

    return Action(f"{sentence(listed(names))} {'ring' if len(names) > 1 else 'rings'} again in {span(length)}.", do)


def _by(length: timedelta, asked: Command, here: Here) -> Action | None:
    entry = one(asked, here, "timer")
    if entry is None:
        return None
    left = here.timekeeper.left(entry) + length
    label = called(entry, here)
    if left < timedelta(seconds=1):
        raise Impossible(f"There is less left than that: {label} has {about(here.timekeeper.left(entry))} left.")
    _checked(left)

    async def do() -> None:
        here.timekeeper.change(entry, by=length)

    return Action(f"{sentence(label)} has {about(left)} left now.", do)
