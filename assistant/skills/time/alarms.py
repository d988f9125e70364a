"""Alarms: at a time of day, once or on days of every week."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

from assistant.skills import Action, Command, Here, Impossible
from assistant.skills.asking.asking_back import Missing
from assistant.skills.stored.entries import Entry
from assistant.skills.time.alarm_sentences import COMMANDS
from assistant.skills.time.meant import called, due, meant, name, one, room, same, with_entry
from assistant.skills.time.timers import snoozed
from assistant.skills.values import spoken_time
from assistant.skills.values.spoken_time import Days, Moment, later, local, next_hour
from assistant.skills.values.time_replies import counted, day, listed, repeats, sentence, span, when

__all__ = ["COMMANDS", "SNOOZE", "run"]

SNOOZE = timedelta(minutes=9)
_WAKING = re.compile(r"\b(?:wake|get (?:me|us) up|out of bed|rouse|awake|be up|alarm clock)\b")
_OF_ALARMS = re.compile(r"\b(?:alarm|wake|wecker)")
_LONGEST_NAP = timedelta(hours=3)
_TIMES = ("moment", "number", "days", "duration")


def run(asked: Command, here: Here) -> Action | None:
    now = here.now()
    match asked.name.removeprefix("alarm."):
        case "set" | "set_hour" if "other" in asked.values:
            return _set_both(asked, here)
        case "set":
            return _set(asked.values["moment"], asked, here)
        case "set_hour":
            return _set(_hour(asked, now), asked, here)
        case "set_after":
            return _set_after(asked.values["duration"], here)
        case "when":
            days = asked.values.get("days")
            return _when(repeats(days.weekdays), name(asked)) if isinstance(days, Days) else _when("", name(asked))
        case "to_when":
            return _to_when(asked, here)
        case "ask":
            return _ask(asked, here)
        case "cancel":
            return _cancel(asked, here)
        case "cancel_all":
            return _cancel_all(here)
        case "change":
            return _to(asked, here)
        case "later" | "earlier":
            length = asked.values["duration"]
            return _by(length if asked.name == "alarm.later" else -length, asked, here)
        case _:
            return _snooze(asked, here)


def _hour(asked: Command, now: datetime) -> Moment:
    number = asked.values["number"]
    if hour := next_hour(number, now):
        return hour
    raise Impossible(f"There is no {number:f} o'clock; say a time of day, or how long from now.")


def _when(day: str, called_so: str) -> Action:
    """``day``: what was said of it, "tomorrow"."""
    sentences = (f"set an alarm for {{}} {day}".strip(), f"set an alarm {day} {{}}".replace("  ", " "))
    names = frozenset({"alarm.set", "alarm.set_hour", "alarm.set_after"})
    given = {"name": called_so} if called_so else {}
    return Action("At what time?" if day else "For when?", asks_back=Missing(sentences, names, _TIMES, given))


def _to_when(asked: Command, here: Here) -> Action | None:
    entry = one(asked, here, "alarm")
    if entry is None:
        return None
    missing = Missing(("change the alarm to {}",), frozenset({"alarm.change"}), _TIMES, {"entry": entry.id})
    return Action("To what time?", asks_back=missing)


def _set(moment: Moment, asked: Command, here: Here) -> Action:
    now = here.now()
    days = asked.values.get("days")
    at = _daily(moment, days, now) if isinstance(days, Days) else _waking(moment, asked.words, now)
    if not moment.has_time:
        return _when(repeats(days.weekdays) if isinstance(days, Days) else day(at, now), name(asked))
    if at <= now and not days:
        raise Impossible(f"{sentence(when(at, now))} is over already.")
    if moment.after and not days:
        return _set_after(moment.after, here)
    room(here, "alarm")
    called_so = name(asked)
    repeat = days.weekdays if isinstance(days, Days) else frozenset[int]()
    new = Entry("", "alarm", called_so, at, repeat=repeat)
    if any(same(entry, new) for entry in here.timekeeper.entries("alarm")):
        return Action(f"There is an alarm {_for(new, now)} already.")

    async def do() -> None:
        here.timekeeper.set("alarm", called_so, at=at, repeat=repeat)

    label = f"The {called_so} alarm" if called_so else "The alarm"
    return Action(f"{label} is set {_for(new, now)}.", do)


def _set_both(asked: Command, here: Here) -> Action:
    """ "two alarms, for six and seven"."""
    said = [asked.values.get("moment", asked.values.get("number")), asked.values["other"]]
    moments = [one if isinstance(one, Moment) else _hour(Command("", {"number": one}), here.now()) for one in said]
    both = [_set(one, Command(asked.name, {}, asked.words), here) for one in moments]

    async def do() -> None:
        for alarm in both:
            if alarm.do:
                await alarm.do()

    return Action(" ".join(alarm.say for alarm in both), do)


def _waking(moment: Moment, words: str, now: datetime) -> datetime:
    """Who says "wake me at seven" in the morning means no nap in the evening, but the next morning."""
    late = moment.either_half and not moment.has_date and moment.at.hour >= 12 and moment.at - now > _LONGEST_NAP
    if not late or not _WAKING.search(words.lower()):
        return moment.at
    return local(moment.at.date() + timedelta(days=1), moment.at.time().replace(hour=moment.at.hour - 12), now)


def _daily(moment: Moment, days: Days, now: datetime) -> datetime:
    """An alarm of every week without "in the evening" is one of the morning."""
    at = moment.at
    if moment.either_half:
        evening = days.part in ("afternoon", "evening", "night")
        at = at.replace(hour=at.hour % 12 + (12 if evening else 0))
    return at


def _set_after(length: timedelta, here: Here) -> Action:
    if not timedelta(seconds=1) <= length <= timedelta(days=7):
        raise Impossible("An alarm can be set for up to a week ahead; say at what time, or ask me to remind you.")
    room(here, "alarm")

    async def do() -> None:
        here.timekeeper.set("alarm", after=length)

    now = here.now()
    return Action(f"The alarm is set for {span(length)} from now, {when(later(now, length), now)}.", do)


def _ask(asked: Command, here: Here) -> Action:
    there = here.timekeeper.entries("alarm")
    if not there:
        return Action("There is no alarm.")
    if isinstance(asked.values.get("moment"), Moment) or name(asked):
        there = meant(asked, here, "alarm")
    if len(there) == 1 or "next" in asked.words.lower() or "wak" in asked.words.lower():
        entry = there[0]
        label = f"The {entry.name} alarm" if entry.name else "The alarm"
        return Action(f"{label} is set {_for(entry, here.now())}.")
    said = [f"{entry.name + ' ' if entry.name else ''}{due(entry, here.now())}" for entry in there]
    return Action(f"There are {counted(len(there), 'alarm')}: {listed(said)}.")


def _cancel(asked: Command, here: Here) -> Action | None:
    entry = one(asked, here, "alarm")
    if entry is None:
        return None
    day = asked.values.get("moment")
    if isinstance(day, Moment) and day.has_date and entry.repeat and entry.state == "waiting":
        return _skipped(entry, day, here)

    async def do() -> None:
        if entry.state == "ringing":
            here.timekeeper.stop(entry)  # one that repeats rings again on its next day
        else:
            here.timekeeper.cancel(entry)

    return Action(f"{sentence(called(entry, here))} is {'off' if entry.state == 'ringing' else 'cancelled'}.", do)


def _skipped(entry: Entry, day: Moment, here: Here) -> Action:
    """One day of those on which it rings."""
    now = here.now()
    if entry.due.astimezone(now.tzinfo).date() != day.at.date():
        raise Impossible("I can leave out only the next time that it rings.")
    after = here.timekeeper.after(entry)

    async def do() -> None:
        here.timekeeper.put_back(after)

    label = f"the {entry.name} alarm" if entry.name else "the alarm"
    skipped, then = when(entry.due, now), when(after.due, now)
    return Action(f"I leave out {label} {skipped}. It rings again {then}.", do)


def _cancel_all(here: Here) -> Action:
    there = here.timekeeper.entries("alarm")
    if not there:
        raise Impossible("There is no alarm.")

    async def do() -> None:
        here.timekeeper.cancel(*here.timekeeper.entries("alarm"))

    said = {1: "The alarm is", 2: "Both alarms are"}.get(len(there), f"All {len(there)} alarms are")
    return Action(f"{said} cancelled.", do)


def _to(asked: Command, here: Here) -> Action | None:
    moment = asked.values.get("moment") or _hour(asked, here.now())
    if not here.timekeeper.entries("alarm"):
        return _set(moment, asked, here) if _OF_ALARMS.search(asked.words.lower()) else None
    old = asked.values.get("old")
    if isinstance(old, str | Decimal):
        old = spoken_time.moment(f"{old}", here.now()) or spoken_time.moment(f"at {old}", here.now())
    of_it = {"name": name(asked), "moment": old, "entry": asked.values.get("entry")}
    entry = one(Command(asked.name, of_it, asked.words), here, "alarm", asked)
    if entry is None:
        return None
    if not moment.has_time:
        return _to_when(with_entry(asked, entry), here)
    at, now = moment.at, here.now()
    was = entry.due.astimezone(now.tzinfo)
    if moment.either_half and not moment.has_date:  # the half of the day in which it was
        at = local(was.date(), at.time().replace(hour=at.hour % 12 + (12 if was.hour >= 12 else 0)), now)
        at = at if at > now or entry.repeat else moment.at
    return _moved(entry, at, here)


def _by(length: timedelta, asked: Command, here: Here) -> Action | None:
    entry = one(asked, here, "alarm")
    if entry is None:
        return None
    return _moved(entry, later(entry.due.astimezone(here.now().tzinfo), length), here)


def _moved(entry: Entry, at: datetime, here: Here) -> Action:
    now = here.now()
    if at <= now and not entry.repeat:
        raise Impossible(f"{sentence(when(at, now))} is over already.")

    async def do() -> None:
        here.timekeeper.change(entry, to=at)

    label = f"The {entry.name} alarm" if entry.name else "The alarm"
    return Action(f"{label} is set {_for(Entry('', 'alarm', '', at, repeat=entry.repeat), now)} now.", do)


def _snooze(asked: Command, here: Here) -> Action | None:
    rang = here.timekeeper.ringing() or here.timekeeper.just_rang()
    if not rang:
        return Action("Nothing rings at the moment.") if "snooze" in asked.words.lower() else None
    return snoozed(asked.values.get("duration", SNOOZE), [called(entry, here) for entry in rang], here)


def _for(entry: Entry, now: datetime) -> str:
    """ "for 7 in the morning on weekdays", "for tomorrow at noon"."""
    said = re.sub("^(?:at|on) ", "", due(entry, now))
    return f"for {said}"
