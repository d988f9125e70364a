"""Alarms: at a time of day, once or on days of every week."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

from assistant.skills import Action, Command, Here, Impossible, command, spoken_time
from assistant.skills.asking_back import Missing
from assistant.skills.entries import Entry
from assistant.skills.meant import called, due, meant, name, one, room, same, with_entry
from assistant.skills.spoken_time import Days, Moment, later, local, next_hour
from assistant.skills.time_replies import counted, day, listed, repeats, sentence, span, when
from assistant.skills.timers import snoozed

SNOOZE = timedelta(minutes=9)
_SET = "(set|make|create|put on|put|add|turn on|switch on|start|give me|get me|schedule|i need|i want|set up|fix)"
_AN = "[me|us] (an|another|the|my|a new|a)"
_CANCEL = (
    "(cancel|stop|delete|remove|kill|clear|end|turn off|switch off|get rid of|scrap|drop|ditch|forget|shut off|dismiss|"
    "silence|disable|deactivate|never mind|call off|take off)"
)
_THE = "[the|my|that|this|our]"
_WAKE = "(wake me [up]|get me up|get me out of bed|rouse me|wake us [up]|have me (up|awake)|make sure i'm (up|awake))"

_WAKING = re.compile(r"\b(?:wake|get (?:me|us) up|out of bed|rouse|awake|be up)\b")
_LONGEST_NAP = timedelta(hours=3)
_TIMES = ("moment", "number", "days", "duration")
_CHANGE = "(change|move|shift|push|reset|switch|bring)"

COMMANDS = (
    command(
        "alarm.set",
        "ring at a time of day, once or on days of every week; it may have a name",
        f"{_SET} {_AN} alarm [clock] {{moment}}",
        f"{_SET} {_AN} alarm [clock] (for|at|to|to go off at|to ring at) {{moment}}",
        f"{_SET} {_AN} {{moment}} alarm",
        f"{_SET} {_AN} alarm [clock] [(for|at|to)] {{moment}} [on|for] {{days}}",
        f"{_SET} {_AN} alarm [clock] [for|on] {{days}} [(at|for)] {{moment}}",
        f"{_SET} {_AN} {{moment}} alarm [for|on] {{days}}",
        f"{_SET} {_AN} alarm [clock] (called|named|labelled|labeled) {{name}} (for|at) {{moment}}",
        f"{_SET} {_AN} alarm [clock] [(for|at)] {{moment}} (called|named|labelled|to|for my|for the) {{name}}",
        f"{_SET} {_AN} {{name}} alarm (for|at) {{moment}}",
        f"{_SET} alarm [for|at] {{moment}}",
        "(put|set|turn|switch|have) (an|the|my) [{name}] alarm on [for] {moment}",
        "[an|the] alarm (for|at) {moment}",
        "[an|the] alarm {moment}",
        "alarm [for|on] {days} [at|for] {moment}",
        "{moment} alarm",
        f"{_WAKE} [again] [at|by|around] {{moment}}",
        f"{_WAKE} [on|for] {{days}} [at|by] {{moment}}",
        f"{_WAKE} [at|by] {{moment}} [on] {{days}}",
        "(i need|i have|i've got|i want|i'd like) to (be up|get up|be awake|wake up|rise|be woken) [at|by] {moment}",
        "(i need|i have|i want) to (be up|get up|wake up) [at|by] {moment} [on] {days}",
        "(don't|do not) let me (sleep|oversleep|sleep in|lie in) (past|after|beyond|later than) {moment}",
        "(make sure i|i need you to make sure i) (get up|wake up) [at|by] {moment}",
        "{moment} (wake me [up]|get me up)",
        f"{_SET} [me|us] (two|2) alarms (for|at) {{moment}} and [for|at] {{moment:other}}",
    ),
    command(
        "alarm.set_hour",
        "ring at the next such hour",
        f"{_SET} {_AN} alarm [clock] (for|to) {{number}}",
        f"{_SET} {_AN} alarm [clock] (for|to) {{number}} [on|for] {{days}}",
        f"{_SET} {_AN} alarm [clock] [for|on] {{days}} for {{number}}",
        f"{_SET} alarm for {{number}}",
        f"{_SET} [me|us] (two|2) alarms (for|at) {{number}} and [for|at] {{number:other}}",
        "alarm for {number}",
        f"{_WAKE} [again] at {{number}}",
    ),
    command(
        "alarm.set_after",
        "ring after a length of time",
        f"{_WAKE} [from my nap] (in|after) {{duration}}",
        f"{_SET} {_AN} alarm [clock] (in|after|for) {{duration}} [from now]",
    ),
    command(
        "alarm.when",
        "ask for when an alarm is to be set that was asked for without a time",
        f"{_SET} {_AN} alarm [clock]",
        f"{_SET} {_AN} {{name}} alarm",
        f"{_SET} {_AN} alarm [clock] (called|named|labelled|labeled) {{name}}",
        f"{_SET} {_AN} alarm [clock] [for|on] {{days}}",
        f"{_WAKE} [on|for] {{days}}",
        "wake me up",
    ),
    command(
        "alarm.to_when",
        "ask to what time an alarm is to be changed",
        f"{_CHANGE} {_THE} [{{name}}] alarm",
        f"{_CHANGE} {_THE} {{moment}} alarm",
    ),
    command(
        "alarm.ask",
        "which alarms there are, and when they ring",
        "(what|which) alarms (do i have|have i got|are there|are|do we have|have i set) [set|on|running]",
        "(list|show|show me|read|read me|read out|tell me|check) [all] [of] [the|my|our] (alarms|alarm)",
        "how many alarms (do i have|have i got|are there|are) [set|on]",
        "(do i have|have i got|are there|is there|did i set|do we have|have i set) [any|some|an|a|my] (alarms|alarm) "
        "[on|set]",
        "(do i have|have i got|is there|did i set|have i set) [an|a|my] alarm [set] [for|at] {moment}",
        "any alarms [on|set]",
        "(when is|when's|what time is|what is|what's|when are|what are) (my|the|our) [next|first] (alarm|alarms) "
        "[set] [for]",
        "(when|what time) (does|will|is) (my|the) [next|{name}] alarm (go off|going off|ring|set for|set|due)",
        "(when|what time) (will you|are you going to|do you) wake me [up]",
        "(when|what time) are you waking me [up]",
        "(when|what time) (do i|am i supposed to|will i) [have to|need to] (get up|be woken|wake up) tomorrow",
        "is (my|the) alarm (on|set) [for] [{moment}]",
        "(are you|will you be) waking me [up] [at|tomorrow]",
        "my alarms",
        "how long [is it|have i got] (until|till|before) (my|the) [next] alarm [(goes off|rings)]",
        "what time's (my|the) alarm",
        "(what time|when) have i [got] (my|the|an) alarm [set] [for]",
        "am i (getting|being|going to be) woken [up] [{moment}]",
    ),
    command(
        "alarm.cancel",
        "drop an alarm, or silence it",
        f"{_CANCEL} {_THE} alarm [clock]",
        f"{_CANCEL} {_THE} {{moment}} alarm",
        f"{_CANCEL} {_THE} alarm [for|at|set for] {{moment}}",
        f"{_CANCEL} {_THE} {{name}} alarm",
        f"{_CANCEL} {_THE} alarm (called|named|for|for the|for my) {{name}}",
        f"(turn|switch|shut) {_THE} [{{name}}] alarm off",
        "(don't|do not|no need to|you needn't|you don't need to) wake me [up] [at|in] [{moment}]",
        "[i] (don't|do not|no longer) need (the|my|that) alarm [any more|anymore] [{moment}]",
        "no alarm {moment}",
    ),
    command(
        "alarm.cancel_all",
        "drop all alarms",
        f"{_CANCEL} [all|both|every] [of] {_THE} alarms",
        f"{_CANCEL} (all|every|every single|each) alarm",
        f"(turn|switch) [all] {_THE} alarms off",
        "no more alarms",
        destructive=True,
    ),
    command(
        "alarm.change",
        "let an alarm ring at another time",
        f"{_CHANGE} {_THE} [{{name}}] alarm [back|forward] (to|for) {{moment}} [instead]",
        f"(change|move|shift|switch) {_THE} alarm from {{moment:old}} to {{moment}}",
        f"(change|move|shift|switch) {_THE} alarm from {{number:old}} to {{number}}",
        f"(make|have) {_THE} [{{name}}] alarm [go off|ring] [at] {{moment}} [instead]",
        "wake me [up] {moment} instead",
        f"{_CHANGE} {_THE} [{{name}}] alarm [back|forward] (to|for) {{number}} [instead]",
    ),
    command(
        "alarm.later",
        "let an alarm ring later by a length of time",
        f"(make|set|move|push|put|shift) {_THE} [{{name}}] alarm [back|out] [by] {{duration}} [later|back]",
        f"(delay|postpone|push back) {_THE} [{{name}}] alarm [by|for] {{duration}}",
        "wake me [up] {duration} later",
    ),
    command(
        "alarm.earlier",
        "let an alarm ring earlier by a length of time",
        f"(make|set|move|bring|put|pull) {_THE} [{{name}}] alarm [forward|ahead] [by] {{duration}} (earlier|sooner)",
        f"(bring|move|pull) {_THE} [{{name}}] alarm (forward|ahead) [by] {{duration}}",
        "wake me [up] {duration} (earlier|sooner)",
    ),
    command(
        "alarm.snooze",
        "silence what rings, and ring again in a few minutes",
        "snooze [it|that|again]",
        f"snooze {_THE} [{{name}}] (alarm|timer|reminder)",
        f"snooze [(it|that|{_THE} alarm)] [for] [another] {{duration}}",
        "(hit|press) [the] snooze [button]",
        "let me sleep [in|on] [for] [a bit|a little|a while] [longer|more]",
        "let me sleep [for|on for|in for] [another] {duration} [more|longer]",
        "wake me [up] again (in|after) {duration}",
        "(a few|a couple) more minutes",
    ),
)


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

    async def do() -> None:
        if entry.state == "ringing":
            here.timekeeper.stop(entry)  # one that repeats rings again on its next day
        else:
            here.timekeeper.cancel(entry)

    return Action(f"{sentence(called(entry, here))} is {'off' if entry.state == 'ringing' else 'cancelled'}.", do)


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
        return _set(moment, asked, here)
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
