"""The names that the program gives to commands and slots -> those of commands.toml. What is not named here is counted
as another action, so a skill that is added cannot pass unseen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from assistant.bench.tools import home
from assistant.bench.tools.judge import Decision
from assistant.skills import Command
from assistant.skills.time.alarms import next_hour
from assistant.skills.values.list_words import items
from assistant.skills.values.spoken_time import Moment

_Values = dict[str, Any]

KINDS: dict[str, tuple[str, _Values]] = {
    "clock.time": ("clock.time", {}),
    "clock.date": ("clock.date", {}),
    "clock.day_of": ("clock.weekday", {}),
    "clock.until": ("clock.until", {}),
    "timer.set": ("timer.set", {}),
    "timer.set_minutes": ("timer.set", {}),
    "timer.ask": ("timer.ask", {}),
    "timer.list": ("timer.ask", {}),
    "timer.add": ("timer.change", {}),
    "timer.take": ("timer.change", {"sign": -1}),
    "timer.change": ("timer.change", {}),
    "timer.cancel": ("timer.cancel", {}),
    "timer.cancel_all": ("timer.cancel", {"all": True}),
    "alarm.set": ("alarm.set", {}),
    "alarm.set_hour": ("alarm.set", {}),
    "alarm.set_after": ("alarm.set", {}),
    "alarm.ask": ("alarm.ask", {}),
    "alarm.when": ("alarm.ask", {}),
    "alarm.change": ("alarm.change", {}),
    "alarm.cancel": ("alarm.cancel", {}),
    "alarm.cancel_all": ("alarm.cancel", {"all": True}),
    "reminder.set": ("reminder.set", {}),
    "reminder.set_after": ("reminder.set", {}),
    "reminder.list": ("reminder.ask", {}),
    "reminder.cancel": ("reminder.cancel", {}),
    "list.add": ("list.add", {"list": "shopping"}),
    "list.remove": ("list.remove", {"list": "shopping"}),
    "list.tick": ("list.remove", {"list": "shopping"}),
    "list.read": ("list.read", {"list": "shopping"}),
    "sums.calculate": ("sum", {}),
    "units.convert": ("unit", {}),
    "currencies.convert": ("currency", {}),
    "talking.volume": ("talk.volume", {}),
    "talking.full_volume": ("talk.volume", {"to": 100.0}),
    "talking.mute": ("talk.volume", {"to": 0.0}),
    "talking.louder": ("talk.volume", {"by": "up"}),
    "talking.quieter": ("talk.volume", {"by": "down"}),
    "talking.faster": ("talk.rate", {"by": "faster"}),
    "talking.slower": ("talk.rate", {"by": "slower"}),
    "talking.repeat": ("talk.repeat", {}),
    "talking.stop": ("talk.stop", {}),
    "talking.sleep": ("talk.sleep", {}),
    "talking.goodbye": ("talk.goodbye", {}),
    "talking.language": ("talk.language", {}),
    "documents.search": ("documents.ask", {}),
    "memory.remember": ("memory.remember", {}),
    "memory.forget": ("memory.forget", {}),
    "memory.forget_that": ("memory.forget", {}),
    "memory.correct": ("memory.correct", {}),
    "memory.list": ("memory.list", {}),
    "memory.about": ("memory.list", {}),
}
"""A command's name -> its kind, and the values that the name itself says."""

FIELDS: dict[str, dict[str, str]] = {
    "clock.date": {"moment": "date"},
    "clock.weekday": {"moment": "date"},
    "clock.until": {"moment": "to"},
    "timer.set": {"duration": "seconds", "number": "minutes", "name": "name"},
    "timer.ask": {"length": "length", "name": "name"},
    "timer.change": {"duration": "by", "length": "length", "name": "name"},
    "timer.cancel": {"length": "length", "name": "name"},
    "alarm.set": {"moment": "at", "number": "at", "duration": "at", "name": "name"},
    "alarm.change": {"moment": "at", "number": "at", "old": "old", "name": "name"},
    "alarm.cancel": {"moment": "at", "name": "name"},
    "reminder.set": {"task": "what", "moment": "at", "number": "at"},
    "reminder.cancel": {"name": "what"},
    "list.add": {"items": "items", "wares": "items", "list": "list"},
    "list.remove": {"items": "items", "wares": "items", "list": "list"},
    "list.read": {"list": "list"},
    "currency": {"money": "money", "currency": "to"},
    "talk.volume": {"number": "to"},
    "talk.language": {"tongue": "language"},
    "documents.ask": {"topic": "about"},
    "memory.remember": {"fact": "fact"},
    "memory.forget": {"topic": "fact"},
    "memory.correct": {"correction": "fact"},
}
"""Kind -> slot -> the value that it is."""

_LISTS = {"grocery": "shopping", "groceries": "shopping", "todo": "to-do", "to do": "to-do", "things to do": "to-do"}

# Home Assistant's intents, from what their slots are about.
_INTENTS: dict[str, Callable[[frozenset[str]], str]] = {
    "HassTurnOn": lambda ids: {"cover": "home.open", "scene": "home.scene", "lock": "home.lock"}.get(
        _domain(ids), "home.on"
    ),
    "HassTurnOff": lambda ids: {"cover": "home.close", "lock": "home.unlock"}.get(_domain(ids), "home.off"),
    "HassSetPosition": lambda ids: "home.position",
    "HassClimateSetTemperature": lambda ids: "home.temperature",
    "HassClimateGetTemperature": lambda ids: "home.ask",
    "HassGetState": lambda ids: "home.ask",
    "HassMediaPause": lambda ids: "home.pause",
    "HassMediaUnpause": lambda ids: "home.play",
    "HassMediaNext": lambda ids: "home.next",
    "HassSetVolume": lambda ids: "home.volume",
}
_HOME_FIELDS = {
    "brightness": "percent",
    "position": "percent",
    "volume_level": "percent",
    "temperature": "degrees",
    "color": "color",
}
_DOMAINS = {
    "HassClimate": "climate",
    "HassMedia": "media_player",
    "HassSetVolume": "media_player",
    "HassLight": "light",
}


def meaning(command: Command, say: str, now: datetime, entities: Sequence[home.Entity]) -> Decision:
    """What a command stands for; ``say``: what its action says."""
    if command.name == "home":
        return Decision(*_at_home(command, entities), say)
    if command.name not in KINDS:
        return Decision(command.name, command.values, say)
    kind, preset = KINDS[command.name]
    values = dict(preset)
    for slot, value in command.values.items():
        if name := FIELDS.get(kind, {}).get(slot):
            values |= _values(name, value, now)
    sign = values.pop("sign", 1)
    if "by" in values and not isinstance(values["by"], str):
        values["by"] *= sign
    if command.name == "timer.change" and "by" in values:
        values["to"] = values.pop("by")
    if command.name == "clock.day_of" and "date" in command.words.lower():
        kind = "clock.date"  # the reply tells both
    return Decision(kind, values, say)


def _at_home(command: Command, entities: Sequence[home.Entity]) -> tuple[str, _Values]:
    intent = str(command.values.get("intent", ""))
    slots: Mapping[str, Any] = {
        "domain": next((domain for name, domain in _DOMAINS.items() if intent.startswith(name)), None),
        **command.values,
    }
    meant = home.meant(entities, slots)
    values: _Values = {}
    for slot, field in _HOME_FIELDS.items():
        if slots.get(slot) not in (None, ""):
            values |= _values(field, slots[slot], None)
    if intent == "HassLightSet":
        kind = "home.color" if "color" in values else "home.brightness"
    else:
        kind = _INTENTS[intent](meant) if intent in _INTENTS else intent or "home"
    return kind, {"entities": meant, **values}


def _domain(ids: frozenset[str]) -> str:
    domains = {one.partition(".")[0] for one in ids}
    return domains.pop() if len(domains) == 1 else ""


def _values(name: str, value: Any, now: datetime | None) -> _Values:
    """What a slot's value is called and is in commands.toml."""
    if name == "minutes":
        return {"seconds": float(value) * 60}
    if name == "money":
        return {"amount": float(value.amount), "of": value.currency.code}
    if isinstance(value, timedelta):
        return {name: (now + value).isoformat() if name == "at" and now else value.total_seconds()}
    if isinstance(value, Moment):
        return {name: _written(value)}
    if isinstance(value, Decimal):
        hour = next_hour(value, now) if name in ("at", "old") and now else None
        return {name: _written(hour) if hour else float(value)}
    if hasattr(value, "code"):  # a currency, a language
        return {name: value.code}
    if isinstance(value, tuple):
        return {name: list(value)}
    if not isinstance(value, str):
        return {name: value}
    text = value.lower().strip()
    if name == "items":
        return {name: items(text)}
    if name == "list":
        text = text.removeprefix("my ").removeprefix("the ").removesuffix(" list")
        return {name: _LISTS.get(text, text)}
    return {name: float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) and name != "color" else value}


def _written(moment: Moment) -> str:
    return moment.at.isoformat() if moment.has_time else moment.at.date().isoformat()
