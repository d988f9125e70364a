"""The names that the program gives to commands and slots -> those of commands.toml. What is not named here is counted
as another action, so a skill that is added cannot pass unseen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from assistant.bench.tools import home
from assistant.bench.tools.judge import Decision
from assistant.skills import Command

_Values = dict[str, Any]

KINDS: dict[str, tuple[str, _Values]] = {
    "time": ("clock.time", {}),
    "date": ("clock.date", {}),
    "weekday": ("clock.weekday", {}),
    "until": ("clock.until", {}),
    "set_timer": ("timer.set", {}),
    "ask_timer": ("timer.ask", {}),
    "change_timer": ("timer.change", {}),
    "shorten_timer": ("timer.change", {"sign": -1}),
    "cancel_timer": ("timer.cancel", {}),
    "cancel_timers": ("timer.cancel", {"all": True}),
    "set_alarm": ("alarm.set", {}),
    "ask_alarm": ("alarm.ask", {}),
    "change_alarm": ("alarm.change", {}),
    "cancel_alarm": ("alarm.cancel", {}),
    "cancel_alarms": ("alarm.cancel", {"all": True}),
    "set_reminder": ("reminder.set", {}),
    "ask_reminders": ("reminder.ask", {}),
    "cancel_reminder": ("reminder.cancel", {}),
    "add_to_list": ("list.add", {"list": "shopping"}),
    "remove_from_list": ("list.remove", {"list": "shopping"}),
    "read_list": ("list.read", {"list": "shopping"}),
    "sum": ("sum", {}),
    "percent": ("percent", {}),
    "convert_unit": ("unit", {}),
    "convert_currency": ("currency", {}),
    "set_volume": ("talk.volume", {}),
    "louder": ("talk.volume", {"by": "up"}),
    "quieter": ("talk.volume", {"by": "down"}),
    "faster": ("talk.rate", {"by": "faster"}),
    "slower": ("talk.rate", {"by": "slower"}),
    "repeat": ("talk.repeat", {}),
    "stop": ("talk.stop", {}),
    "sleep": ("talk.sleep", {}),
    "goodbye": ("talk.goodbye", {}),
    "speak_language": ("talk.language", {}),
    "ask_documents": ("documents.ask", {}),
    "remember": ("memory.remember", {}),
    "forget": ("memory.forget", {}),
    "correct": ("memory.correct", {}),
    "what_is_known": ("memory.list", {}),
}
"""A command's name -> its kind, and the values that the name itself says."""

FIELDS: dict[str, dict[str, str]] = {
    "clock.date": {"moment": "date"},
    "clock.weekday": {"moment": "date"},
    "clock.until": {"moment": "to"},
    "timer.set": {"duration": "seconds", "name": "name"},
    "timer.ask": {"duration": "length", "name": "name"},
    "timer.change": {"duration": "by", "total": "to", "length": "length", "name": "name"},
    "timer.cancel": {"duration": "length", "name": "name"},
    "alarm.set": {"moment": "at", "name": "name"},
    "alarm.change": {"moment": "at", "old": "old", "name": "name"},
    "alarm.cancel": {"moment": "at", "name": "name"},
    "reminder.set": {"what": "what", "moment": "at", "duration": "at"},
    "reminder.cancel": {"what": "what"},
    "list.add": {"items": "items", "list": "list"},
    "list.remove": {"items": "items", "list": "list"},
    "list.read": {"list": "list"},
    "currency": {"number": "amount", "from": "of", "to": "to"},
    "talk.volume": {"number": "to"},
    "talk.language": {"language": "language"},
    "documents.ask": {"about": "about"},
    "memory.remember": {"fact": "fact"},
    "memory.forget": {"fact": "fact"},
    "memory.correct": {"fact": "fact"},
}
"""Kind -> slot -> the value that it is."""

_LANGUAGES = {"german": "de", "spanish": "es"}
_LISTS = {"grocery": "shopping", "groceries": "shopping", "todo": "to-do", "to do": "to-do", "things to do": "to-do"}
_CURRENCIES = {
    "GBP": ("pound", "pounds", "quid", "british pounds"),
    "EUR": ("euro", "euros"),
    "USD": ("dollar", "dollars", "us dollars"),
    "NOK": ("kroner", "norwegian kroner"),
    "INR": ("rupees", "indian rupees"),
    "CHF": ("francs", "swiss francs"),
}
_TO_CODE = {word: code for code, words in _CURRENCIES.items() for word in words}

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
    if command.name.startswith("Hass"):
        return Decision(*_at_home(command, entities), say)
    if command.name not in KINDS:
        return Decision(command.name, command.values, say)
    kind, preset = KINDS[command.name]
    values = dict(preset)
    for slot, value in command.values.items():
        if slot in FIELDS.get(kind, {}):
            name = FIELDS[kind][slot]
            values[name] = _plain(name, value, now)
    sign = values.pop("sign", 1)
    if "by" in values and not isinstance(values["by"], str):
        values["by"] *= sign
    return Decision(kind, values, say)


def _at_home(command: Command, entities: Sequence[home.Entity]) -> tuple[str, _Values]:
    slots: Mapping[str, Any] = {
        "domain": next((domain for name, domain in _DOMAINS.items() if command.name.startswith(name)), None),
        **command.values,
    }
    meant = home.meant(entities, slots)
    values = {field: _plain(field, slots[slot], None) for slot, field in _HOME_FIELDS.items() if slot in slots}
    if command.name == "HassLightSet":
        kind = "home.color" if "color" in values else "home.brightness"
    else:
        kind = _INTENTS[command.name](meant) if command.name in _INTENTS else command.name
    return kind, {"entities": meant, **values}


def _domain(ids: frozenset[str]) -> str:
    domains = {one.partition(".")[0] for one in ids}
    return domains.pop() if len(domains) == 1 else ""


def _plain(name: str, value: Any, now: datetime | None) -> Any:
    if isinstance(value, timedelta):
        return (now + value).isoformat() if name == "at" and now else value.total_seconds()
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if not isinstance(value, str):
        return value
    text = value.lower().strip()
    match name:
        case "items":
            return [item.strip() for item in text.replace(" and ", ",").split(",") if item.strip()]
        case "list":
            text = text.removeprefix("my ").removeprefix("the ").removesuffix(" list")
            return _LISTS.get(text, text)
        case "of" | "to" if text in _TO_CODE:
            return _TO_CODE[text]
        case "language":
            return _LANGUAGES.get(text, text)
    return value
