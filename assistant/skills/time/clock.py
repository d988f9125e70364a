"""Time and date: here and elsewhere, and how long until a day."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from assistant.skills import Action, Command, Here, command
from assistant.skills.values.cities import has_several, zone_of
from assistant.skills.values.said_time import months_on
from assistant.skills.values.spoken_time import Moment, local, next_hour
from assistant.skills.values.time_replies import about, clock, counted, date, day
from assistant.skills.values.time_words import DAY_NAMES, MONTH_NAMES

_DAY = "(monday|tuesday|wednesday|thursday|friday|saturday|sunday)"

COMMANDS = (
    command(
        "clock.time",
        "the time of day here",
        "(what is|what's|whats|tell me|give me) the [current|exact|right] time [now|right now|here]",
        "(what|which) time (is it|it is|have we got|have you got|do you have|do you make it) [now|right now|exactly]",
        "what's the time now then",
        "(do|would) you (have|know|happen to know) (the time|what time it is)",
        "(tell me|say|i need|give me|i'd like to know|i want to know|let me know) (the time|what time it is) [now]",
        "(have|has) you [got] the time [on you]",
        "got the time",
        "[the] time [right now|now|check]",
        "current time",
        "how late is it [already|now]",
        "is it late [already|yet]",
        "what (hour|o'clock) is it",
        "is it (nearly|almost|gone|past|about) {number} [o'clock] [yet|already|now]",
        "(what|which) hours are [it|they]",
        "(it is|is it) (what|which) (time|hour|o'clock) [now]",
        "what's the hour",
        "what does the clock say",
    ),
    command(
        "clock.time_in",
        "the time of day in a city or country",
        "(what|which) time is it [right now|now|currently|at the moment] (in|over in|at) {place}",
        "(what is|what's|whats|tell me|give me) the [current|local] time [of day] (in|over in) {place} [right now|now]",
        "[the|current|local] time in {place}",
        "(what|which) time (do they have|have they got|would it be) in {place}",
        "how late is it in {place}",
        "(tell me|do you know|i need to know) what time it is in {place}",
        "what's {place} time [right now|now]",
        "is it (day|night|morning|evening) in {place} [now]",
    ),
    command(
        "clock.date",
        "the date and the day of the week today",
        "(what is|what's|whats|tell me|give me) (the|today's|todays) [current] date [today|please]",
        "(what|which) (day|date) (is it|is today|have we got|do we have|are we on) [today|now|again]",
        "(what is|what's|whats) (today|today's date|the day|the day today|the date today)",
        "(what|which) day of the week is (it|today) [today]",
        "(what|which) weekday (is it|is today|do we have) [today]",
        "(what|which) day of the month is it [today]",
        "(what|which) month (is it|are we in) [now]",
        "(tell me|do you know|i need to know) (what|which) (day|date) (it is|today is) [today]",
        "what's the date and [the] (time|day)",
        "today's date",
        f"is (it|today) {_DAY} [or {_DAY}] [today|already]",
        "(today is|it is|we are|today we have|today) (what|which) (day|date|weekday) [today]",
    ),
    command(
        "clock.day_of",
        "the date and the weekday of a day that is named",
        "(what|which) (day|weekday|date|day of the week) (is|was|will be|does|is on|falls on) {moment} [fall on|be|on]",
        "(what|which) (day|weekday|day of the week) (is|was|does|did|will) {moment} (be|fall on|land on|on|this year)",
        "(on what|on which|what|which) (day|weekday|day of the week) (is|was|does|did|will) {moment} [be|fall]",
        "(what is|what's|what was|what will be) the date (on|of|for) {moment}",
        "(what is|what's|what was) the date {moment}",
        "what's {moment} date",
        "(what|which) day does {moment} (fall|land) on [this year|next year]",
        "what date is it {moment}",
        "(when is|when's|when does) {moment} [this year|next|fall|come]",
        "tell me (when|what day) {moment} is",
        "what will the date be {moment}",
        "(what|which) date (do|will) we have {moment}",
        "what is it for [a] date {moment}",
    ),
    command(
        "clock.year",
        "the year it is",
        "[in] (what|which) year (is it|is this|are we [in]|we are|do we have) [now]",
        "(what is|what's|tell me) the [current] year",
    ),
    command(
        "clock.week",
        "the number of the week in the year",
        "(what|which) (week|week number|calendar week|number of week) (is it|is this|are we in|do we have) [now]",
        "(what is|what's|tell me) the [current] (week number|calendar week|number of the week)",
        "(what|which) week of the year (is it|is this|are we in)",
        "what number week is (it|this)",
    ),
    command(
        "clock.until",
        "how long it is until a day or a time",
        "how long [is it|is there|is left|have we got|do we have|do i have|to go] (until|till|til|before|to) {moment}",
        "how long [is it] (until|till|til|before|to) it (is|gets to be) {moment}",
        "how (much time|much longer) [is there|is left|do we have|is it] (until|till|til|before|to) {moment}",
        "how many (days|weeks|hours|minutes|months|sleeps|nights) (until|till|til|before|to) {moment}",
        "how many (days|weeks|hours|minutes|months|sleeps|nights) (is it|are there|are left|left|to go|do we have|have "
        "we got|remain) (until|till|til|before|to) {moment}",
        "[what is|what's] the countdown to {moment}",
        "(days|weeks|hours) (until|till|to) {moment}",
        "count the days (until|till|to) {moment}",
        "how (far away|far off|far) is {moment}",
        "how (long|many days|many weeks|many sleeps) [is it|are there] (until|till|to|before) (my|our|the) {event} "
        "[on|at] {moment}",
        "how many (days|weeks) [are|is] [there] left (in|of|until the end of) {moment}",
        "how many (days|weeks) [are|is] [there] left (in|of|until the end of) [the|this] (month|year)",
        "how soon is {moment}",
        "is it long (until|till) {moment}",
        "how long [is it|is there|have we got|do we have] (until|till|before|to) {number}",
    ),
)

_WORDS_OF_A_PLACE = 4
_SPANS = "|".join(("month", "year", *MONTH_NAMES))
_LEFT = re.compile(rf"\bleft (?:in|of|until the end of) (?P<of>(?:the |this )?(?:{_SPANS}))\b")
_NOW = re.compile(r" (?:right|now|right now|at the moment|currently|today)$")


def run(asked: Command, here: Here) -> Action | None:
    now = here.now()
    match asked.name:
        case "clock.time":
            return Action(f"It is {clock(now)}.")
        case "clock.time_in":
            return _time_in(str(asked.values["place"]), asked.words.lower(), now)
        case "clock.date":
            return Action(f"It is {_long(now)}.")
        case "clock.day_of":
            return _day_of(asked.values["moment"], asked.words.lower(), now)
        case "clock.year":
            return Action(f"It is {now.year}.")
        case "clock.week":
            return Action(f"It is week {now.isocalendar().week}.")
        case _:
            if left := _LEFT.search(asked.words.lower()):
                return _left(left["of"], now)
            moment = asked.values.get("moment") or next_hour(asked.values["number"], now)
            return _until(moment, asked.words.lower(), now) if moment else None


def _time_in(place: str, words: str, now: datetime) -> Action | None:
    place = _NOW.sub("", place.strip(" .?!,").lower())
    name = place.title() if "." not in place else place.upper()
    name = name.replace("The ", "the ")
    if has_several(place):
        return Action(f"There is more than one time in {name}; ask for a city.")
    zone = zone_of(place)
    if zone is None and (len(place.split()) > _WORDS_OF_A_PLACE or f"in {place}" not in words):
        return None  # "what is the meaning of time"
    if zone is None:
        return Action(f"I do not know the time zone of {name}; ask for a larger city nearby.")
    there = now.astimezone(zone)
    ahead = (there.date() - now.date()).days
    other = f", {'tomorrow' if ahead > 0 else 'yesterday'}" if ahead else ""
    return Action(f"In {name} it is {clock(there)}{other}.")


def _day_of(moment: Moment, words: str, now: datetime) -> Action | None:
    if not moment.has_date:
        return None
    if words.startswith("when"):
        return Action(f"It is on {_long(moment.at)}.")
    ahead = (moment.at.date() - now.date()).days
    near = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}.get(ahead)
    if near:
        return Action(f"{near} {'was' if ahead < 0 else 'is'} {_long(moment.at)}.")
    verb = "was" if ahead < 0 else "is"
    return Action(f"{date(moment.at)} {verb} a {DAY_NAMES[moment.at.weekday()].capitalize()}.")


def _until(moment: Moment, words: str, now: datetime) -> Action | None:
    if moment.has_time:
        left = timedelta(seconds=moment.at.timestamp() - now.timestamp())
        if left < timedelta():
            return Action(f"That was {about(-left)} ago.")
        return Action(f"It is {about(left)} until {clock(moment.at)}{_on(moment, now)}.")
    if not moment.has_date:
        return None
    days = (moment.at.date() - now.date()).days
    if days < 1:
        return Action("That is today." if days == 0 else f"That was {counted(-days, 'day')} ago.")
    unit, size = ("week", 7) if "week" in words else ("night", 1) if "night" in words else ("day", 1)
    if "sleep" in words:
        unit = "sleep"
    if "hour" in words or "minute" in words:
        left = timedelta(seconds=moment.at.timestamp() - now.timestamp())
        unit, size = ("hour", 3600) if "hour" in words else ("minute", 60)
        return Action(f"It is {counted(round(left.total_seconds() / size), unit)} until {_long(moment.at)}.")
    whole, rest = divmod(days, size)
    parts = [counted(whole, unit)] if whole else []
    parts += [counted(rest, "day")] if rest else []
    return Action(f"It is {' and '.join(parts)} until {_long(moment.at)}.")


def _left(of: str, now: datetime) -> Action:
    """Until the end of a month or the year."""
    today = now.date()
    months = [months_on(today.replace(day=1), ahead) for ahead in range(12)]
    if of.endswith("year"):
        end = today.replace(month=12, day=31)
    else:
        start = next(month for month in months if of.endswith(("month", MONTH_NAMES[month.month - 1])))
        end = months_on(start, 1) - timedelta(days=1)
    return Action(f"It is {counted((end - today).days, 'day')} until {_long(local(end, now.time(), now))}.")


def _on(moment: Moment, now: datetime) -> str:
    near = day(moment.at, now)
    return f" {near}" if moment.has_date and near != "today" else ""


def _long(at: datetime) -> str:
    return f"{DAY_NAMES[at.weekday()].capitalize()}, {date(at)}"
