"""What the user must say yes to before it is done: whatever lets somebody in, or lets something out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.skills.home.registry import Entity
from assistant.skills.home.templates import Request

_HARMLESS = {"awning", "blind", "curtain", "damper", "shade", "shutter"}
"""Covers that nobody comes in by. One without a class may be a gate."""

_TELLING = re.compile(r"\b(un ?lock|open|disarm|alarm|garage|gates?|locks?|doors?)\b", re.IGNORECASE)
_LIGHT = re.compile(r"\b(lights?|lamps?)\b", re.IGNORECASE)
"""Whether a switch, script, scene or button opens something, its name alone tells."""

_NAMED_ONLY = {"button", "input_boolean", "input_button", "scene", "script", "switch"}
_CLASSES = {"garage": "garage door"}


def question(request: Request, found: Sequence[Entity], words: str, language: str) -> str:
    """ "Shall I unlock the Front Door?"; empty = it is done at once. Other languages than English are asked their own
    ``words``."""
    verb = _verb(request, found)
    if not verb:
        return ""
    if language.partition("-")[0] != "en":
        return f"{words.strip(' .!?')}?"
    slots = request.slots
    kind = slots.get("device_class") or request.domains[0]
    what = str(slots.get("name") or _CLASSES.get(str(kind), kind))
    where = next((f" in the {slots[place]}" for place in ("area", "floor") if slots.get(place)), "")
    return f"Shall I {verb} the {what.removeprefix('the ').removeprefix('The ')}{where}?"


def _verb(request: Request, found: Sequence[Entity]) -> str:
    """Empty = it is harmless."""
    on = request.intent == "HassTurnOn"
    if not on and request.intent not in ("HassTurnOff", "HassSetPosition"):
        return ""
    domains = {entity.domain for entity in found} or set(request.domains)
    if request.intent == "HassTurnOff" and "lock" in domains:
        return "unlock"
    if request.intent != "HassTurnOff" and request.slots.get("position") != 0:
        covers = [entity for entity in found if entity.domain == "cover"]
        classes = {entity.device_class for entity in covers} or {str(request.slots.get("device_class") or "")}
        if "valve" in domains or ("cover" in domains and not classes <= _HARMLESS):
            return "open"
    names = (name for entity in found if entity.domain in _NAMED_ONLY for name in entity.names)
    if any(_TELLING.search(name) and not _LIGHT.search(name) for name in names):
        return "turn on" if on else "turn off"
    return ""
