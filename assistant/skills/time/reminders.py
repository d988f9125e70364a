"""Reminders: of something to do, at a time, after a while, or on days of every week."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any

from assistant.skills import Action, Command, Here, Impossible, command
from assistant.skills.asking.asking_back import Missing
from assistant.skills.stored.entries import Entry
from assistant.skills.time.meant import at_its_time, due, meant, name, room, which_of
from assistant.skills.values.spoken_time import Days, Moment, days, later, local, moment, next_hour, span_of
from assistant.skills.values.time_replies import counted, day, listed, sentence, span, to_you
from assistant.skills.values.time_words import PARTS
from assistant.skills.words import languages

_REMIND = (
    "(remind me|(give|send) me a reminder|set a reminder [for me]|(make|create|add) a reminder|"
    "put in a reminder|set me a reminder|i need a reminder|i want a reminder|i need reminding|"
    "leave me a reminder|schedule a reminder|drop me a reminder|make me a reminder)"
)
_TO = "(to|about|of|that|for|i need to|i have to|i must|that i need to|that i have to|that i should|i should)"
_NUDGE = (
    "(ping me|nudge me|tell me|poke me|prompt me|alert me|notify me|give me a nudge|give me a shout|give me a ping|"
    "give me a poke|jog my memory|prod me|buzz me)"
)
_FORGET = (
    "((don't|do not) [you] let me (forget|miss|overlook)|"
    "help me remember|make sure i (remember|don't forget)|i (mustn't|can't) forget|"
    "i (need|have|want) to remember|i must remember|see that i don't forget)"
)
_CANCEL = "(cancel|stop|delete|remove|kill|clear|get rid of|scrap|drop|ditch|forget|dismiss|erase|call off|cross off)"
_MOVE = "(change|move|shift|push|postpone|reschedule)"
_SETS = frozenset({"reminder.set", "reminder.set_after"})
_TIMES = ("moment", "number", "days", "duration")
_LONGEST_WHEN = 10  # words of a time
_LONGEST_TASK = 25  # words
_SELDOM = re.compile(
    r"^(?:of )?(?:every|each) (?:month|year)\b"
    r"|\b(?:every|each) (?:month|year|fortnight|(?:other|second|two|three) \w+)$|\b(?:monthly|yearly|annually)$"
)
_NO_TASK = re.compile(r"^(?:and|or|after next)\b|\b(?:and|or)$")
_CLAUSE = re.compile(
    r"(?:\S+ ){0,2}?\S+(?: is| are| has| have| was| will|'s (?:a|an|at|in|on|the|not|here|ready|due|gone|coming|open|"
    r"closed|back|over|off))\b|(?:it|that|there|he|she)'s\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\bremind me (?:how|why|who|whose|which|where|what (?:is|was|are|the name))\b", re.IGNORECASE)
"""Asks for what was forgotten: "remind me how to say sorry"."""
_WHY = re.compile(r",? (?:because|cos|coz|'cause|or else|otherwise) .+", re.IGNORECASE)

COMMANDS = (
    command(
        "reminder.set",
        "remind the user of something at a time, once or on days of every week",
        f"{_REMIND} {_TO} {{task}} {{moment}}",
        f"{_REMIND} {{moment}} {_TO} {{task}}",
        f"{_REMIND} (for|at) {{moment}} {_TO} {{task}}",
        f"{_REMIND} {_TO} {{task}} [on] {{days}} {{moment}}",
        f"{_REMIND} {_TO} {{task}} {{moment}} [on] {{days}}",
        f"{_REMIND} [on] {{days}} {{moment}} {_TO} {{task}}",
        f"{_REMIND} {{moment}} [on] {{days}} {_TO} {{task}}",
        f"{_REMIND} [on] {{days}} {_TO} {{task}} {{moment}}",
        f"{_REMIND} {_TO} {{task}} [on] {{days}}",
        f"{_REMIND} [on] {{days}} {_TO} {{task}}",
        f"{_REMIND} (to|about|that) {{task}}",
        f"{_REMIND} [on] the {{number}} of (each|every) month (to|about) {{task}}",
        f"{_REMIND} {{moment}}",
        f"{_REMIND} {{moment}} {{task}}",
        f"{_NUDGE} {{moment}} {_TO} {{task}}",
        f"{_NUDGE} (to|about) {{task}} {{moment}}",
        f"{_FORGET} to {{task}} {{moment}}",
        f"{_FORGET} {{moment}} to {{task}}",
        f"{_FORGET} (about|the|my) {{task}} {{moment}}",
        f"{_REMIND} (for|at) {{moment}} {{task}}",
        "(put|stick|pop) a reminder (in|on) [for] {moment} (to|about|for) {task}",
        "{moment} (tell|ping|nudge|prompt) me to {task}",
        "{moment} remind me (to|about|of|that) {task}",
        "[on] {days} {moment} remind me (to|about|of|that) {task}",
        "reminder [for] {moment} [to] {task}",
        "reminder to {task} {moment}",
        "(set|make|create|add) a {task} reminder [for] {moment}",
        "(set|make|create|add) a reminder (called|named) {task} [for] {moment}",
    ),
    command(
        "reminder.set_after",
        "remind the user of something in so many minutes",
        f"({_REMIND}|{_NUDGE}) in {{number}} {_TO} {{task}}",
    ),
    command(
        "reminder.of_what",
        "ask what the user is to be reminded of",
        f"{_REMIND}",
        f"{_REMIND} (to do|of|about) something",
    ),
    command(
        "reminder.to_when",
        "ask to what time a reminder is to be moved",
        "(change|move|shift|postpone|reschedule) [the|my|that] reminder [(about|for) {name}]",
        "(change|move|shift|postpone|reschedule) [the|my] {name} reminder",
    ),
    command(
        "reminder.list",
        "which reminders there are",
        "(what are|what're|what is|what's) (my|the) [next|upcoming] (reminders|reminder) [for {moment}]",
        "(what|which) reminders (do i have|have i got|are there|are|have i set) [set|coming up] [for] [{moment}]",
        "(list|show|show me|read|read me|read out|tell me|check|give me|go through) [all] [of] [the|my] reminders "
        "[for {moment}]",
        "how many reminders (do i have|have i got|are there|are) [set]",
        "(do i have|have i got|are there|did i set) [any] (reminders|reminder) [set] [for] [{moment}]",
        "any reminders [for] [{moment}]",
        "(have|do) you (got|have) any reminders [for me] [{moment}]",
        "[is there] anything [that] (i should|i need to|i have to|i must|i was to) remember [{moment}]",
        "(what is|what's) on my reminders",
        "what (have you got|have i got|do you have|do i have|is|have we got) [down|noted|written] [for me] to "
        "(remember|be reminded of|remind me of|remind me about)",
        "what have you got (down|noted|written down) for me",
        "what (did i ask you|have i asked you|am i supposed|do i have|have i got|do i need|was i supposed) to "
        "(remember|remind me of|remind me about|be reminded of) [{moment}]",
        "what (are you|will you be|have you got to be) (reminding me of|reminding me about|remind me of) [{moment}]",
        "what (am i|are we) (supposed|meant) to (do|be doing) {moment}",
        "what (should|must) i (not forget|remember) [{moment}]",
        "my reminders",
        "when (is|are) my (next reminder|reminders)",
        "what (do i|i|must i|should i) [have to] (do|take) [on] {moment}",
    ),
    command(
        "reminder.ask",
        "when the user is reminded of something",
        "(when|at what time|what time) (is|are) [the|my] {name}",
        "(when|at what time|what time) (will you|do you|are you going to) remind me (to|of|about) {name}",
    ),
    command(
        "reminder.cancel",
        "drop a reminder",
        f"{_CANCEL} [the|my|that] reminder [to|about|for|of] {{name}}",
        f"{_CANCEL} [the|my|that] reminder",
        f"{_CANCEL} [the|my] {{name}} reminder",
        f"{_CANCEL} [the|my|that] {{moment}} reminder",
        f"{_CANCEL} [the|my|that] reminder (for|at) {{moment}}",
        "(cancel|delete|call off) (the|my|that) {name} [one]",
        "(don't|do not|no need to|you needn't|you don't (need|have) to|stop) (remind|reminding) me (to|about|of) "
        "{name} [any more|anymore|again]",
        "[i] (don't|do not|no longer) need [the|my|that] reminder (to|about|for) {name} [any more|anymore]",
    ),
    command(
        "reminder.cancel_all",
        "drop all reminders",
        f"{_CANCEL} [all|every] [of] [the|my] reminders",
        f"{_CANCEL} (all|every) reminder",
        "no more reminders",
        destructive=True,
    ),
    command(
        "reminder.change",
        "remind the user at another time",
        "(change|move|set|shift|put|push|postpone|reschedule) [the|my|that] reminder [(to|about|for) {name}] "
        "[back] (to|until|till|for) {moment}",
        "(change|move|shift|push|postpone|reschedule) [the|my] {name} reminder [back] (to|until|till|for) {moment}",
        "remind me (to|about) {name} {moment} instead",
        f"{_MOVE} [the|my] {{name}} [one] [back] (to|until|till|for) {{moment}}",
        f"{_MOVE} [the|my] {{name}} [one] [back] (to|until|till|for) {{number}}",
        "[the|my] {name} (should be|must be|ought to be|is) [at] {moment} not [at] {moment:old}",
        "[the|my] {name} (should be|must be|ought to be) {moment}",
    ),
    command(
        "reminder.again",
        "remind the user once more of what was just reminded of",
        "remind me again {moment}",
        "remind me again (in|after) {duration}",
        "remind me [again] later",
    ),
)
_LATER = timedelta(minutes=15)


def run(asked: Command, here: Here) -> Action | None:
    if asked.name.startswith("reminder.set") and _ASKS.search(asked.words):
        return None
    match asked.name.removeprefix("reminder."):
        case "set":
            named = languages.task(str(asked.values.get("task", "")), asked.language)
            return _set({**asked.values, "task": _with_article(named, asked.words)}, here)
        case "set_after":
            after = span_of(asked.values["number"] * 60)
            when = Moment(later(here.now(), after), has_date=False, has_time=True, after=after)
            return _set({"task": asked.values["task"], "moment": when}, here)
        case "of_what":
            sentences = ("remind me {}", "remind me to {}")
            return Action("Of what shall I remind you?", asks_back=Missing(sentences, _SETS, tasks=True))
        case "to_when":
            entry = _one(asked, here)
            sentences = ("move the reminder to {}", "move the reminder to at {}")
            missing = Missing(sentences, frozenset({"reminder.change"}), _TIMES, {"entry": entry.id if entry else ""})
            return Action("To what time?", asks_back=missing) if entry else None
        case "list":
            return _list(asked, here)
        case "ask":
            return _ask(asked, here)
        case "cancel":
            return _cancel(asked, here)
        case "cancel_all":
            return _cancel_all(here)
        case "change":
            return _change(asked, here)
        case _:
            return _again(asked, here)


def _set(values: dict[str, Any], here: Here) -> Action | None:
    now = here.now()
    task, when, repeat = str(values.get("task", "")), values.get("moment"), values.get("days")
    task, when, repeat = _split(task.strip(" .?!,"), when, repeat, now)
    if "number" in values or _SELDOM.search(task.lower()):
        raise Impossible("I can remind you once, or on days of every week. Please say one date.")
    if _NO_TASK.search(task):
        raise Impossible("I did not understand for when that is. Please say one reminder at a time.")
    if len(task.split()) > _LONGEST_TASK:
        raise Impossible(f"That is too long for a reminder; {_LONGEST_TASK} words are the most.")
    if when is None and repeat is None:
        return _when(task, "")
    at = _time(when, repeat, now)
    if repeat is None and at <= now:
        if when and not when.has_time:
            return _when(task, day(at, now))
        raise Impossible(f"{sentence(due(Entry('', 'reminder', '', at), now))} is over already.")
    room(here, "reminder")
    weekdays = repeat.weekdays if repeat else frozenset[int]()
    after = when.after if when and not repeat else None

    async def do() -> None:
        if after:
            here.timekeeper.set("reminder", task, after=after)
        else:
            here.timekeeper.set("reminder", task, at=at, repeat=weekdays)

    time_said = f"in {span(after)}" if after else due(Entry("", "reminder", task, at, repeat=weekdays), now)
    return Action(f"I will remind you {time_said}{' ' + of_task(task) if task else ''}.", do)


def _with_article(task: str, words: str) -> str:
    """ "the church supper", of "don't let me miss the church supper"."""
    found = re.search(rf"\b(?:forget|miss|remember) (the|my) {re.escape(task)}", words, re.IGNORECASE) if task else None
    return f"{found[1].lower()} {task}" if found else task


def _when(task: str, day: str) -> Action:
    """``day``: what was said of it, "today"."""
    of = f" {of_task(task, to_them=False)}" if task else ""
    sentences = (f"remind me {day} {{}}{of}", f"remind me {day} at {{}}{of}", f"remind me {{}} {day}{of}")
    missing = Missing(tuple(text.replace("  ", " ") for text in sentences), _SETS, _TIMES)
    return Action(
        "At what time?" if day else f"When shall I remind you{of and f' {of_task(task)}'}?", asks_back=missing
    )


def _split(
    task: str, when: Moment | None, repeat: Days | None, now: datetime
) -> tuple[str, Moment | None, Days | None]:
    """Times that stand at either end of the words of the task belong to it no more."""
    if when is None and repeat is None and (reason := _WHY.search(task)):
        shorter = _split(task[: reason.start()], when, repeat, now)
        if shorter[1:] != (None, None):
            return shorter
    words = task.split()
    for size in range(min(_LONGEST_WHEN, len(words) - 1), 0, -1):
        for said, rest in ((words[-size:], words[:-size]), (words[:size], words[size:])):
            text = " ".join(said)
            if repeat is None and (found := days(text, now)):
                return _split(" ".join(rest).removeprefix("to "), when, found, now)
            at = moment(text, now)
            if at is None or (size == 1 and not at.has_date):
                continue
            if when is None:
                return _split(" ".join(rest).removeprefix("to "), at, repeat, now)
            if when.has_date and not when.has_time and at.has_time and not at.has_date:
                at = Moment(local(when.at.date(), at.at.time(), now), True, True, at.either_half)
                return " ".join(rest), at, repeat
    return task, when, repeat


def _time(when: Moment | None, repeat: Days | None, now: datetime) -> datetime:
    """A reminder is for the waking hours, unless morning, evening or now was said."""
    part = repeat.part if repeat else ""
    if when is None:
        return local(now.date(), time(PARTS.get(part, 9)), now)
    at = when.at
    if not when.has_time:
        if when.has_date and (at.hour, at.minute) == (0, 0):
            at = local(at.date(), time(9), now)
        return at
    if when.either_half and (when.has_date or repeat):
        morning, evening = (local(at.date(), at.time().replace(hour=at.hour % 12 + half), now) for half in (0, 12))
        early = part not in ("afternoon", "evening", "night") and at.hour % 12 >= 6
        at = morning if early and (repeat or morning > now) else evening
    return at


def of_task(task: str, to_them: bool = True) -> str:
    """ "to call mum", "about the bins"; ``to_them``: said to the user, whose "my" is "your"."""
    first = task.split(" ", 1)[0].lower() if task else ""
    noun = first in ("the", "my", "a", "an", "our", "his", "her", "their") or first.endswith("'s")
    link = "that" if _CLAUSE.match(task) else "about" if noun else "to"
    return f"{link} {to_you(task) if to_them else task}" if task else ""


def _list(asked: Command, here: Here) -> Action:
    there, now, when = here.timekeeper.entries("reminder"), here.now(), asked.values.get("moment")
    that_day = ""
    if isinstance(when, Moment) and when.has_date:
        there = [
            entry
            for entry in there
            if entry.due.astimezone(now.tzinfo).date() == when.at.date() or when.at.weekday() in entry.repeat
        ]
        that_day = " then"
    if not there:
        return Action(f"There is no reminder{that_day}.")
    said = [f"{due(entry, now)}{' ' + of_task(entry.name) if entry.name else ''}" for entry in there]
    return Action(f"I will remind you {listed(said)}.")


def _ask(asked: Command, here: Here) -> Action | None:
    found = here.timekeeper.find(name(asked), "reminder")
    said = [f"{due(entry, here.now())} {of_task(entry.name)}" for entry in found]
    return Action(f"I will remind you {listed(said)}.") if said else None


def _one(asked: Command, here: Here, whole: Command | None = None) -> Entry | None:
    found = meant(asked, here, "reminder")
    if len(found) > 1:
        said = [f"{due(entry, here.now())} {of_task(entry.name)}".strip() for entry in found]
        raise which_of(found, said, whole or asked, here)
    return found[0] if found else None


def _cancel(asked: Command, here: Here) -> Action | None:
    entry = _one(asked, here)
    if entry is None:
        return None

    async def do() -> None:
        here.timekeeper.cancel(entry)

    return Action(f"The reminder {of_task(entry.name)} is cancelled.".replace("  ", " "), do)


def _cancel_all(here: Here) -> Action:
    there = here.timekeeper.entries("reminder")
    if not there:
        raise Impossible("There is no reminder.")

    async def do() -> None:
        here.timekeeper.cancel(*here.timekeeper.entries("reminder"))

    return Action(f"{sentence(counted(len(there), 'reminder'))} {'is' if len(there) == 1 else 'are'} cancelled.", do)


def _change(asked: Command, here: Here) -> Action | None:
    of_it = {slot: asked.values.get(slot, "") for slot in ("name", "entry")}
    entry = _one(Command(asked.name, of_it, asked.words), here, asked)
    if entry is None:
        return None
    now, when = here.now(), asked.values.get("moment") or next_hour(asked.values["number"], here.now())
    if when is None:
        return None
    if entry.repeat:
        at = _time(when, Days(entry.repeat), now)
    else:
        at = _time(when if when.has_time else at_its_time(when, entry, now), None, now)
    if at <= now and not entry.repeat:
        raise Impossible("That is over already.")

    async def do() -> None:
        here.timekeeper.change(entry, to=at)

    moved = Entry("", "reminder", "", at, repeat=entry.repeat)
    return Action(f"I will remind you {due(moved, now)} {of_task(entry.name)}".strip() + ".", do)


def _again(asked: Command, here: Here) -> Action | None:
    keeper, now = here.timekeeper, here.now()
    rang = [entry for entry in keeper.ringing() or keeper.just_rang() if entry.kind == "reminder"]
    if not rang:
        return Action("There was no reminder a moment ago.")
    when = asked.values.get("moment")
    at = _time(when, None, now) if isinstance(when, Moment) else now + asked.values.get("duration", _LATER)

    async def do() -> None:
        keeper.stop(*rang)
        for entry in rang:
            keeper.set("reminder", entry.name, at=at)

    return Action(f"I will remind you again {due(Entry('', 'reminder', '', at), now)}.", do)
