"""Kinds of commands in the plain words that templates know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant.skills.learned import ways
from assistant.skills.values.slots import KINDS
from assistant.skills.words.wording import Word, said

_SURE = 0.9
_SURE_OF_OTHERS = 0.95
"""For what is said of others in the same words: "she should speak more slowly"."""
_SURER = 0.985
"""For what cannot be taken back, lets somebody in, or leaves the user unheard."""
LEAST_SURE = _SURE
_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLES = frozenset("a an the my your our his her their this that some".split())
_EDGES = re.compile(r"^(?:(?:a|an|the|my|our|your|his|her|their|that|this|some|any)\s+)+|(?:'s|’s)$", re.IGNORECASE)
_BARE = ("name", "list", "area", "color", "items")
"""Slots that go without an article."""
_SETTING, _LEFT_OUT = ("timer.set", "alarm.set"), {"name"}
_NOON = datetime(2026, 6, 1, 12).astimezone()


@dataclass(frozen=True)
class Plain:
    words: str
    sure: float
    """How likely the kind must be."""
    names: frozenset[str]
    """Of the commands that it may be understood as."""


@dataclass(frozen=True)
class Rewording:
    names: frozenset[str]
    sentences: tuple[str, ...]
    """The fullest first."""
    sure: float


_WAYS = ("turn {way} the {name} in the {area}", "turn {way} the {area} {name}", "turn {way} the {name}")


def _as(names: str, *sentences: str, sure: float = _SURE) -> Rewording:
    return Rewording(frozenset(names.split()), sentences, sure)


def _home(*sentences: str, sure: float = _SURE) -> Rewording:
    return _as("home", *sentences, sure=sure)


REWORDINGS = {
    "clock.time": _as("clock.time", "what time is it"),
    "clock.date": _as("clock.date", "what is the date"),
    "clock.weekday": _as("clock.day_of clock.date", "what day is {moment}", "what day is it"),
    "clock.until": _as("clock.until", "how long is it until {moment}"),
    "timer.set": _as(
        "timer.set timer.set_minutes",
        "set a timer for {duration} called {name}", "set a timer for {duration}",
    ),
    "timer.ask": _as(
        "timer.ask", "how much time is left on the {name} timer", "how much time is left on the {length} timer",
        "how much time is left on the timer",
    ),
    "timer.list": _as("timer.list", "which timers do I have"),
    "timer.add": _as("timer.add", "add {duration} to the {name} timer", "add {duration} to the timer"),
    "timer.take": _as("timer.take", "take {duration} off the {name} timer", "take {duration} off the timer"),
    "timer.change": _as("timer.change", "change the {name} timer to {duration}", "change the timer to {duration}"),
    "timer.cancel": _as(
        "timer.cancel", "cancel the {name} timer", "cancel the {length} timer", "cancel the timer",
    ),
    "timer.cancel_all": _as("timer.cancel_all", "cancel all timers"),
    "timer.pause": _as("timer.pause", "pause the {name} timer", "pause the timer"),
    "timer.resume": _as("timer.resume", "resume the {name} timer", "resume the timer"),
    "alarm.set": _as(
        "alarm.set alarm.set_hour alarm.set_after",
        "set an alarm for {moment} called {name}", "set an alarm for {moment}", "wake me {moment}",
    ),
    "alarm.ask": _as("alarm.ask", "which alarms do I have"),
    "alarm.cancel": _as("alarm.cancel", "cancel the alarm for {moment}", "cancel the {moment} alarm",
                        "cancel the alarm"),
    "alarm.cancel_all": _as("alarm.cancel_all", "cancel all alarms"),
    "alarm.change": _as(
        "alarm.change", "change the {old} alarm to {moment}", "change my alarm to {moment}",
    ),
    "alarm.snooze": _as("alarm.snooze", "snooze for {duration}", "snooze"),
    "reminder.set": _as(
        "reminder.set reminder.set_after",
        "remind me {moment} to {task}", "remind me {moment} about {thing}", "remind me to {task}",
        "remind me about {thing}",
    ),
    "reminder.list": _as("reminder.list", "what are my reminders"),
    "reminder.cancel": _as("reminder.cancel", "cancel the reminder about {name}"),
    "list.add": _as("list.add", "add {items} to the {list} list", "add {items} to the list"),
    "list.remove": _as("list.remove", "remove {items} from the {list} list", "remove {items} from the list",
                       sure=_SURE_OF_OTHERS),
    "list.read": _as("list.read", "what is on the {list} list", "what is on the list"),
    "list.has": _as("list.has", "is {items} on the {list} list", "is {items} on the list"),
    "list.clear": _as("list.clear", "clear the {list} list", "clear the list", sure=_SURER),
    "sum": _as("sums.calculate", "what is {sum}"),
    "unit": _as("units.convert", "convert {quantity} to {unit}"),
    "currency": _as("currencies.convert", "convert {money} to {currency}"),
    "memory.remember": _as("memory.remember", "remember that {fact}", sure=_SURE_OF_OTHERS),
    "memory.forget": _as("memory.forget", "forget everything you know about {topic}", sure=_SURE_OF_OTHERS),
    "memory.correct": _as("memory.correct", "that is wrong {correction}", sure=_SURE_OF_OTHERS),
    "memory.list": _as("memory.list", "what do you know about me", sure=_SURER),
    "documents.search": _as("documents.search", "search my documents for {topic}"),
    "talk.louder": _as("talking.louder", "speak louder", sure=_SURE_OF_OTHERS),
    "talk.quieter": _as("talking.quieter", "speak more quietly", sure=_SURE_OF_OTHERS),
    "talk.volume": _as("talking.volume talking.full_volume", "set the volume to {number} percent",
                       "set the volume to {number}"),
    "talk.mute": _as("talking.mute", "mute yourself", sure=_SURER),
    "talk.faster": _as("talking.faster", "speak faster", sure=_SURE_OF_OTHERS),
    "talk.slower": _as("talking.slower", "speak more slowly", sure=_SURE_OF_OTHERS),
    "talk.normal_speed": _as("talking.normal_speed", "speak at normal speed", sure=_SURE_OF_OTHERS),
    "talk.repeat": _as("talking.repeat", "say that again", sure=_SURE_OF_OTHERS),
    "talk.stop": _as("talking.stop", "stop talking", sure=_SURE_OF_OTHERS),
    "talk.sleep": _as("talking.sleep", "go to sleep", sure=_SURER),
    "talk.goodbye": _as("talking.goodbye", "goodbye", sure=_SURER),
    "talk.language": _as("talking.language", "speak {tongue}", sure=_SURE_OF_OTHERS),
    "home.on": _home("turn on the {area} {name}", "turn on the {name} in the {area}", "turn on the {name}",
                     "turn on the lights in the {area}"),
    "home.off": _home("turn off the {area} {name}", "turn off the {name} in the {area}", "turn off the {name}",
                      "turn off the lights in the {area}"),
    "home.open": _home("open the {area} {name}", "open the {name} in the {area}", "open the {name}", sure=_SURER),
    "home.close": _home("close the {area} {name}", "close the {name} in the {area}", "close the {name}"),
    "home.lock": _home("lock the {name}"),
    "home.unlock": _home("unlock the {name}", sure=_SURER),
    "home.brightness": _home("set the {area} {name} to {number} percent",
                             "set the {area} lights to {number} percent",
                             "set the {name} to {number} percent",
                             "set the {area} {name} to {level}", "set the {area} lights to {level}",
                             "set the {name} to {level}", *_WAYS, "turn {way} the {area} lights",
                             "turn {way} the lights"),
    "home.color": _home("set the {area} {name} to {color}", "set the {area} lights to {color}",
                        "set the {name} to {color}"),
    "home.temperature": _home("set the {area} {name} to {number} degrees",
                              "set the {area} temperature to {number} degrees",
                              "set the {name} to {number} degrees", "set the temperature to {number} degrees", *_WAYS,
                              "turn {way} the heating in the {area}", "turn {way} the heating"),
    "home.volume": _home("set the {area} {name} volume to {number} percent",
                         "set the {name} volume to {number} percent",
                         "set the {area} volume to {number} percent", *_WAYS,
                         "turn {way} the music in the {area}", "{silence} the {area} {name}", "{silence} the {name}"),
    "home.scene": _home("activate the {name} scene", "activate {name}"),
    "home.play": _home("play {name} in the {area}", "play {name}", "play the music in the {area}",
                       "resume the {name}"),
    "home.pause": _home("pause the {area} {name}", "pause the {name}", "pause the music in the {area}"),
    "home.next": _home("next track on the {name}", "skip to the next song", sure=_SURER),
    "home.ask": _home("is the {area} {name} {state}", "are the {area} {name} {state}", "is the {name} {state}",
                      "are the {name} {state}", "which {name} are {state}", "how {state} is it in the {area}",
                      "what is the {state} in the {area}", "what is the temperature in the {area}"),
}  # fmt: skip


def plainly(kind: str, slots: Mapping[str, str], about: bool = False) -> Iterator[Plain]:
    """``about``: whether the task is a thing. What was said is not left out, but for the name of what is set."""
    filled = {**slots, "thing": slots["task"]} if "task" in slots else dict(slots)
    rewording = REWORDINGS[kind]
    holds = {sentence: set(_SLOT.findall(sentence)) for sentence in rewording.sentences}
    known = set().union(*holds.values()) - {"task", "thing"} - (_LEFT_OUT if kind in _SETTING else set())
    fitting = [sentence for sentence, held in holds.items() if known & set(filled) <= held <= set(filled)]
    for sentence in sorted(fitting, key=lambda sentence: about and "{thing}" not in sentence):
        yield Plain(sentence.format_map(filled), rewording.sure, rewording.names)


def filled(kind: str, words: Sequence[Word], stretches: Mapping[str, tuple[int, int]]) -> dict[str, str]:
    """Slot -> what fills it, as the plain sentences need it."""
    slots = {slot: said(list(words[begin:end]), commas=True) for slot, (begin, end) in stretches.items()}
    if kind.startswith("home.") and ways.is_way(slots.get("name", "-")):
        del slots["name"]
    if "number" not in slots:
        taken = {at for begin, end in stretches.values() for at in range(begin, end)}
        slots |= ways.of(kind, [word.plain for at, word in enumerate(words) if at not in taken])
    return tidied(slots)


def tidied(slots: Mapping[str, str]) -> dict[str, str]:
    """As the plain sentences need them: without the little words at their edges, and "ten" for a timer as minutes."""
    tidy = {slot: _EDGES.sub("", text) if slot in _BARE else text for slot, text in slots.items()}
    for slot in {"duration", "length"} & set(tidy):
        if KINDS["number"](tidy[slot].lower(), _NOON) is not None:
            tidy[slot] += " minutes"
    return {slot: text for slot, text in tidy.items() if text}


def is_thing(words: Sequence[Word], task: tuple[int, int] | None) -> bool:
    """ "about the bins", "Sheila's birthday"."""
    if task is None:
        return False
    before = words[task[0] - 1].plain if task[0] else ""
    first = words[task[0]].plain
    return before in ("about", "of", "for") or first in _ARTICLES or first.endswith("'s")
