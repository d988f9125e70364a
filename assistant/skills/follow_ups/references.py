"""Words that refer to what was done just before: "make it fifteen", "turn it off again", "what about the bedroom?"

Only where one thing can be meant: after one command, and where that has one thing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, cast

from assistant.skills import Command, Here, Impossible
from assistant.skills.asking import asking_back
from assistant.skills.stored.entries import Entry
from assistant.skills.stored.list_files import ListFile
from assistant.skills.time.meant import at_its_time, meant
from assistant.skills.values.cities import zone_of
from assistant.skills.values.list_words import SHOPPING, TASKS, TO_DO, list_name
from assistant.skills.values.slots import KINDS
from assistant.skills.values.spoken_numbers import ordinal
from assistant.skills.values.spoken_time import next_hour, span_of
from assistant.skills.values.time_replies import counted
from assistant.skills.words import corrections, manners, wording

Understand = Callable[[str], tuple[Command, ...]]

IT = re.compile(r"\b(?:it|that|them)\b")
_MAKE = re.compile(
    r"(?:make|change|set|move|push|turn|reset) (?:it|that)(?: back)?(?: to| for| until| into)? (?P<value>.+)"
)
_ADD = re.compile(
    r"(?:give it|add|make it|put)(?: another)? (?P<value>.+?)(?: more| longer| extra)?(?: (?:to|on|onto) it)?"
)
_SIMPLE = {
    "cancel": re.compile(
        r"(?:cancel|delete|remove|drop|scrap|clear|kill|turn off|get rid of) (?:it|that|them|(?:that|this) one)|cancel"
    ),
    "pause": re.compile(r"(?:pause|hold|freeze) (?:it|that)"),
    "resume": re.compile(r"(?:resume|continue|unpause) (?:it|that)"),
    "restart": re.compile(r"(?:restart (?:it|that)|start (?:it|that) (?:over|from the beginning))"),
    "ask": re.compile(
        r"how (?:long|much time|much longer)(?: is| has| have| does| do)?(?: it| that| they)?(?: got| have)?"
        r"(?: left| to go)?(?: (?:on|for|with) (?:it|that|them))?"
        r"|(?:is|are) (?:it|that|they|those) (?:done|ready|finished|up|over|nearly done)(?: yet| now)?"
        r"|when (?:is|will) (?:it|that) (?:be )?(?:done|ready|finished|up|go off|ring)"
    ),
}
_CANCEL_ALL = re.compile(
    r"(?:cancel|delete|remove|drop|scrap|clear|kill|turn off|get rid of) (?:them all|(?:all|both)(?: of)?(?: them)?)"
)
_THE_NTH = re.compile(r"(?:cancel|delete|remove|drop|scrap|kill|turn off) the (?P<place>\w+)(?: one| timer)?")
_HOW_MANY = re.compile(
    r"how many(?: things| items)?(?: are| is| do i have| have i got)?(?: there)?(?: still)?(?: left)?(?: on it)?"
)
_RENAME = re.compile(
    r"(?:rename|call|name) (?:it|that)(?: to| as)? (?:the )?(?P<name>[\w' ]{1,40}?)(?: timer| alarm)?(?: instead)?"
)
_READ_IT = re.compile(
    r"what (?:is|have i got|do i have|have we got) on (?:it|there|that)(?: now| so far)?|read (?:it|that|them)"
    r"(?: out| back| aloud| to me)*"
)
_CLEAR_IT = re.compile(r"(?:clear|empty|wipe) (?:it|that|the whole thing)(?: out)?|start it again from scratch")
_THAT_LIST = re.compile(r"\b(?:that|this|the same) list\b", re.IGNORECASE)
_OFF_BY_PLACE = re.compile(
    r"(?:take|remove|delete|cross|scratch|strike|drop)(?: off| out)? "
    r"the (?P<place>\w+)(?: (?:one|thing|item))?(?: off)?"
)
_OFF_THE_LIST = re.compile(r"(?:take|remove|delete|cancel|scratch|drop|forget) (?:it|that|them)(?: off)?")
_MORE = re.compile(r"(?:oh )?(?:and|also|plus) (?P<value>.+?)(?: too| as well| also)?")
_WHAT_ABOUT = re.compile(r"(?:and )?(?:(?:what|how) about|and|now|then) (?P<value>.+?)(?: too| as well)?")
_REPEATED = ("home", "clock.", "sums.", "units.", "currencies.", "list.read", "list.has", "list.count", "timer.ask")
"""What may be meant again for something else: questions, and the home."""
_KEPT = {"timer", "alarm", "reminder", "list"}
_POINTING = frozenset(
    "and or but the a an other others one ones minus plus less more it its that this them those these then now no yes "
    "please another all both last first again too also off on up down to by of for".split()
)
_NEVER_MIND = re.compile(r"^(?:never ?mind|forget it|it does not matter) (?=cancel|stop|delete|remove)")
_NO = re.compile(r"^(?:no|nope|oh|sorry|actually|wait|hang on) ")
_AGAIN = re.compile(r" (?:again|please|then|now|instead|after all)$")


def of_it(words: str, done: tuple[Command, ...], understand: Understand, here: Here) -> tuple[Command, ...]:
    """What ``words`` say of the thing that ``done`` was about; none = nothing. Raises Impossible."""
    if len(done) != 1:
        return ()
    text = " ".join(word.plain for word in manners.bare(wording.words(words)).words)
    text = _NEVER_MIND.sub("", text)
    while (shorter := _AGAIN.sub("", _NO.sub("", text))) != text:
        text = shorter
    (last,) = done
    skill = last.name.partition(".")[0]
    if skill in ("timer", "alarm", "reminder"):
        found = _of_an_entry(text, words, last, cast(Literal["timer", "alarm", "reminder"], skill), here)
        return (found,) if found else ()
    if skill == "list" and (found := _of_the_list(text, words, last, here)):
        return (found,)
    if skill == "list" and last.values.get("list") and _THAT_LIST.search(words):
        named = _THAT_LIST.sub(f"the {list_name(str(last.values['list']))} list", words)
        return tuple(one for one in understand(named) if one.name.startswith("list."))
    if last.name == "list.add":
        if _OFF_THE_LIST.fullmatch(text):
            return (replace(last, name="list.remove"),)
        if more := _MORE.fullmatch(" ".join(word.plain for word in wording.words(words))):
            if to_do := _to_do_too(more["value"], last, understand):
                return to_do
            names_one = not set(more["value"].split()) <= _POINTING
            return _on_the_list_too(more["value"], last, understand, here) if names_one else ()
    if last.name == "home" and (thing := _thing(last)) and len(IT.findall(text)) == 1:
        return _same_home(understand(IT.sub(thing, text)), last)
    return ()


def is_of_nothing(words: str, found: tuple[Command, ...], done: tuple[Command, ...], now: datetime) -> bool:
    """Whether ``words`` name no thing ("and the other one", "minus five"), and none like it was spoken of before."""
    if not all(word.plain in _POINTING or KINDS["number"](word.said, now) is not None for word in wording.words(words)):
        return False
    about = {one.name.partition(".")[0] for one in found}
    return about <= _KEPT and about.isdisjoint(one.name.partition(".")[0] for one in done)


def _of_the_list(text: str, words: str, last: Command, here: Here) -> Command | None:
    name = list_name(str(last.values.get("list", "")) or SHOPPING)
    if _READ_IT.fullmatch(text):
        return Command("list.read", {"list": name}, words)
    if _HOW_MANY.fullmatch(text) and text != "how many" and (last.values.get("list") or last.name == "list.add"):
        return Command("list.count", {"list": name}, words)
    if _CLEAR_IT.fullmatch(text):
        return Command("list.clear", {"list": name}, words)
    if (off := _OFF_BY_PLACE.fullmatch(text)) and (off["place"] == "last" or ordinal(off["place"])):
        there = ListFile(here.folder / "lists", name).open_items()
        place = len(there) if off["place"] == "last" else int(ordinal(off["place"]) or 0)
        if not 1 <= place <= len(there):
            raise Impossible(f"There {'is' if len(there) == 1 else 'are'} {counted(len(there), 'thing')} on that list.")
        return Command("list.remove", {"things": (there[place - 1],), "list": name}, words)
    return None


def what_about(words: str, done: tuple[Command, ...], understand: Understand, now: datetime) -> tuple[Command, ...]:
    """The command that was done, for what ``words`` name instead; none = they name nothing."""
    plain = " ".join(word.plain for word in wording.words(words))
    found = _WHAT_ABOUT.fullmatch(plain)
    if len(done) != 1 or not found or not done[0].name.startswith(_REPEATED):
        return ()
    again = corrections.instead(done[0].words, found["value"], understand, now)
    places = [str(one.values["place"]) for one in again if "place" in one.values]
    return again if all(map(zone_of, places)) else ()


def _of_an_entry(
    text: str, words: str, last: Command, kind: Literal["timer", "alarm", "reminder"], here: Here
) -> Command | None:
    if _CANCEL_ALL.fullmatch(text) and here.timekeeper.entries(kind):
        return Command(f"{kind}.cancel_all", {}, words)
    if nth := _THE_NTH.fullmatch(text):
        return _nth(nth["place"], words, last, kind, here)
    entry = _entry(last, kind, here)
    if entry is None:
        return _of_either(text, words, kind, here)
    about = {"entry": entry.id}
    for name, pattern in _SIMPLE.items():
        if pattern.fullmatch(text) and (kind == "timer" or name == "cancel"):
            return Command(f"{kind}.{name}", about, f"{words} {kind}")
    if found := _MAKE.fullmatch(text):
        if value := _value(found["value"], kind, entry, here.now()):
            slot = "duration" if kind == "timer" else "moment"
            return Command(f"{kind}.change", {slot: at_its_time(value, entry, here.now()), **about}, words)
    if kind != "reminder" and (renamed := _RENAME.fullmatch(text)):
        return Command("timer.rename", {"new": renamed["name"], **about}, words)
    if kind == "timer" and (found := _ADD.fullmatch(text)) and not found["value"].startswith("it "):
        if length := _value(found["value"], kind, entry, here.now()):
            return Command("timer.add", {"duration": length, **about}, f"{words} more")
    return None


def _nth(
    place: str, words: str, last: Command, kind: Literal["timer", "alarm", "reminder"], here: Here
) -> Command | None:
    """The one at that place of those that were told; where none were, the skill asks which one."""
    there = here.timekeeper.entries(kind)
    number = len(there) if place == "last" else ordinal(place)
    if number is None or len(there) < 2:
        return None
    if last.name not in (f"{kind}.list", f"{kind}.ask"):
        return Command(f"{kind}.cancel", {}, f"{words} {kind}")
    if number > len(there):
        raise Impossible(f"There are only {counted(len(there), kind)}.")
    return Command(f"{kind}.cancel", {"entry": there[int(number) - 1].id}, f"{words} {kind}")


def _of_either(text: str, words: str, kind: Literal["timer", "alarm", "reminder"], here: Here) -> Command | None:
    """What may be meant of several: the skill asks which one."""
    there = here.timekeeper.entries(kind)
    if len(there) < 2:
        return None
    if _SIMPLE["cancel"].fullmatch(text):
        return Command(f"{kind}.cancel", {}, f"{words} {kind}")
    if kind == "timer" and _SIMPLE["ask"].fullmatch(text):
        return Command("timer.list", {}, words)
    found = _MAKE.fullmatch(text)
    if found and (value := _value(found["value"], kind, there[0], here.now())):
        return Command(f"{kind}.change", {"duration" if kind == "timer" else "moment": value}, f"{words} {kind}")
    return None


def _entry(last: Command, kind: Literal["timer", "alarm", "reminder"], here: Here) -> Entry | None:
    """The one that was set, changed or asked for."""
    there, values = here.timekeeper.entries(kind), last.values
    if len(there) <= 1 or "entry" in values:
        return next((entry for entry in there if values.get("entry", entry.id) == entry.id), None)
    length = values.get("duration")
    if isinstance(number := values.get("number"), Decimal):
        length = span_of(number * 60)
    said: dict[str, Any] = {"name": values.get("name") or values.get("task", "")}
    if not said["name"]:
        said = {"length": length} if kind == "timer" else {"moment": values.get("moment")}
    if not any(said.values()):
        return None
    try:
        found = meant(Command("", said, kind), here, kind)
    except Impossible:
        return None
    return found[0] if len(found) == 1 else None


def _value(text: str, kind: str, entry: Entry, now: datetime) -> Any:
    """What it is to be set to, in the unit that it had; None = no such thing."""
    number = KINDS["number"](text, now)
    if kind != "timer":
        return KINDS["moment"](text, now) or KINDS["moment"](f"at {text}", now) or (number and next_hour(number, now))
    if number is None:
        return KINDS["duration"](text, now)
    hours = entry.length is not None and not entry.length % timedelta(hours=1) and number <= 12
    return span_of(number * (3600 if hours else 60))


def _to_do_too(text: str, last: Command, understand: Understand) -> tuple[Command, ...]:
    """ "and email the tutor", after something to do was put on the list."""
    if list_name(str(last.values.get("list", ""))) != TO_DO or text.split()[0] not in TASKS:
        return ()
    found = understand(f"put {text} on the to-do list")
    return found if [one.name for one in found] == ["list.add"] else ()


def _on_the_list_too(text: str, last: Command, understand: Understand, here: Here) -> tuple[Command, ...]:
    name = list_name(str(last.values.get("list", "")) or "shopping")
    too = asking_back.Missing((f"put {{}} on the {name} list",), frozenset({"list.add"}), ("wares",))
    return asking_back.plainly(too, text, understand, here.now()) or asking_back.perhaps(too, text, understand)


def _thing(last: Command) -> str:
    """How the thing is called that was switched."""
    name, area = last.values.get("name"), last.values.get("area")
    if isinstance(name, str) and name and name != "all":
        return f"the {name}"
    is_light = last.values.get("domain") == "light"
    return f"the lights in the {area}" if is_light and isinstance(area, str) and area else ""


def _same_home(found: tuple[Command, ...], last: Command) -> tuple[Command, ...]:
    """Those of the same thing, told Home Assistant by its name."""
    same = [one for one in found if one.name == "home" and one.values.get("intent")]
    if len(same) != len(found) or any(
        one.values.get(slot) != last.values.get(slot) for one in same for slot in ("name", "area")
    ):
        return ()
    return found
