"""Reminders and alarms that are counted back from what they are about: "I have the dentist on Friday at nine, remind me
the evening before". English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from assistant.skills import Command
from assistant.skills.values.spoken_time import Moment, duration, later, local, moment
from assistant.skills.values.time_words import PARTS

_PART = r"(?:on )?the (?P<part>evening|night|day|morning|afternoon) before"
_OF = r"(?:on )?the (?P<of>morning|evening|day) of"
_SPAN = r"(?P<span>[\w' ]{3,40}?) (?:before|beforehand|earlier|ahead|in advance|ahead of|prior to)"
_BACK = rf"(?:{_PART}|{_OF}|{_SPAN})"
_ASK = r"(?:,? (?:and|so|please|can you|could you|would you|will you|then|just))*"
_VERB = (
    r"(?P<verb>remind me|let me know|give me a bell|shout|"
    r"give me a (?:shout|nudge|reminder|ping|heads up)|nudge me|ping me|poke me|tell me|"
    r"mention (?:it|that) to me|jog my memory|wake me(?: up)?|get me up)"
)
_IT = r"(?: (?:about|of) (?:it|that|this))?(?: again| also)?"
_END = r"(?: (?:it|that|then|hand|too|as well|please))*"
_EVENT_FIRST = re.compile(
    rf"(?P<event>.+?)(?P<joint>{_ASK}),? {_VERB}{_IT} (?:{_BACK}|(?P<at>(?:at|in the) .+)){_END}", re.IGNORECASE
)
_EVENT_ALONE = re.compile(
    rf"(?P<event>.+?)(?P<joint>{_ASK}),? {_VERB}(?: (?:about|of) (?:it|that))?(?: then| please| when it's time)*",
    re.IGNORECASE,
)
_EVENT_LAST = re.compile(
    rf"(?:(?:please|can you|could you|and|also) )*{_VERB}{_IT} {_BACK} (?P<event>.+?)(?:,? to (?P<task>.+))?",
    re.IGNORECASE,
)
_TOO = re.compile(rf"(?:(?:and|also|then|please|oh|actually) )*{_VERB}{_IT} {_BACK}{_END}", re.IGNORECASE)
_QUICK = re.compile(
    r"\b(?:before|beforehand|earlier|ahead|in advance|prior|of|remind me|know|shout|"
    r"(?:nudge|ping|poke|tell|wake|to) me)\b"
)
_HAVE = re.compile(
    r"^(?:(?:so|well|okay|right|oh|now|and|dear|love),? )*"
    r"(?:(?:(?:i|we) )?(?:must|need to|should|gotta|have to|have got to|'ve got to|got to|have)(?: remember to)? |"
    r"(?:i|we)(?:'ve| have)(?: got)?(?: to)? |(?:there is|there's) |"
    r"it's |it is )?(?P<event>.+?)(?:,? (?:that's|that is|which is))?"
    r"(?: (?:is|are|gets in|comes|arrives|leaves|starts|begins|goes|will be|departs))?,?$",
    re.IGNORECASE,
)
_PAST = re.compile(r"\b(?:had|was|were|said|told|went|used|forgot|didn't|never|always)\b", re.IGNORECASE)
_LONGEST_WHEN, _LONGEST_TASK = 10, 12
"""Words."""


def ahead(words: str, done: tuple[Command, ...], now: datetime) -> tuple[Command, ...]:
    """What is to be set; none = it is nothing of this kind."""
    text = words.strip().rstrip(".!?")
    if not _QUICK.search(text.lower()):
        return ()
    if (too := _TOO.fullmatch(text)) and len(done) == 1 and done[0].name == "reminder.set":
        was = done[0].values.get("moment")
        return _set(too, str(done[0].values.get("task", "")), was, words, now) if isinstance(was, Moment) else ()
    for pattern in (_EVENT_FIRST, _EVENT_LAST, _EVENT_ALONE):
        found = pattern.fullmatch(text)
        if not found or _PAST.search(found["event"]):
            continue
        for event, at in _timed(found["event"], now):
            task = found.groupdict().get("task") or event
            if len(task.split()) <= _LONGEST_TASK and (commands := _set(found, task, at, words, now)):
                return commands
    return ()


def _timed(event: str, now: datetime) -> Iterator[tuple[str, Moment]]:
    """What it is without its time, and the time that it ends with."""
    said = event.rstrip(" ,").split()
    for size in range(min(_LONGEST_WHEN, len(said)), 0, -1):
        at = moment(" ".join(said[-size:]).lower(), now)
        if at and (size > 1 or at.has_date) and (rest := _HAVE.fullmatch(" ".join(said[:-size]))):
            yield rest["event"], at
            return
    for size in range(min(_LONGEST_WHEN, len(said) - 1), 1, -1):
        at = moment(" ".join(said[:size]).lower().rstrip(","), now)
        if at and at.has_date and (rest := _HAVE.fullmatch(" ".join(said[size:]))):
            yield rest["event"], at
            return


def _set(found: re.Match[str], task: str, event: Moment, words: str, now: datetime) -> tuple[Command, ...]:
    at = _at(found, event, now)
    if at is None:
        return ()
    if at.after and not found["verb"].lower().startswith(("remind", "wake", "get")):
        return (Command("timer.set", {"duration": at.after}, words),)
    if found["verb"].lower().startswith(("wake", "get")):
        return (Command("alarm.set", {"moment": at}, words),) if at.has_time else ()
    return (Command("reminder.set", {"task": task, "moment": at}, words),)


def _at(found: re.Match[str], event: Moment, now: datetime) -> Moment | None:
    said = found.groupdict()
    if part := said.get("part") or said.get("of"):
        day = event.at.date() - timedelta(days=1 if said.get("part") else 0)
        return Moment(local(day, time(PARTS.get(part.lower(), 0)), now), has_date=True, has_time=False)
    if said.get("at"):
        return _that_day(said["at"].lower(), event, now)
    if not said.get("span"):
        return event
    span = duration(said["span"].lower(), now)
    if not span or not (event.has_time or span.seconds == 0):
        return None
    return Moment(later(_start(event), -span), has_date=True, has_time=event.has_time)


def _start(event: Moment) -> datetime:
    """Nothing begins in the small hours, unless that was said."""
    return later(event.at, timedelta(hours=12)) if event.either_half and event.at.hour < 7 else event.at


def _that_day(words: str, event: Moment, now: datetime) -> Moment | None:
    """Of the day of the event, and before it."""
    at = moment(words, now)
    if at is None and event.has_time:  # "at quarter past"
        hours = (_start(event).hour, _start(event).hour - 1)
        said = (moment(f"{words} {hour % 12 or 12}", now) for hour in hours)
        tried = [Moment(one.at, False, True, True) for one in said if one]
        before = [one for one in tried if one.at < _start(event)]
        return max(before, key=lambda one: one.at, default=None)
    if at is None or at.has_date or at.after or not event.has_date:
        return at
    if not at.has_time:
        return Moment(local(event.at.date(), at.at.time(), now), has_date=True, has_time=False)
    either = (at.at.hour % 12, at.at.hour % 12 + 12) if at.either_half else (at.at.hour,)
    times = [local(event.at.date(), time(hour, at.at.minute), now) for hour in either]
    fit = [one for one in times if not event.has_time or one < _start(event)]
    return Moment(fit[-1], has_date=True, has_time=True) if fit else None
