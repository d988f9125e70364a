"""A request as Home Assistant's services, and an answer from its states: where it takes no sentences itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assistant.skills.home.asking import Call
from assistant.skills.home.registry import Entity, Registry
from assistant.skills.home.templates import Request

_ON = {
    "button": "press", "cover": "open_cover", "input_button": "press", "lock": "lock", "valve": "open_valve",
}  # fmt: skip
_OFF = {"cover": "close_cover", "lock": "unlock", "valve": "close_valve"}
"""What is another service than turn_on and turn_off."""

_ALWAYS = {
    "HassLawnMowerDock": "dock",
    "HassLawnMowerStartMowing": "start_mowing",
    "HassMediaNext": "media_next_track",
    "HassMediaPause": "media_pause",
    "HassMediaPrevious": "media_previous_track",
    "HassMediaUnpause": "media_play",
    "HassVacuumReturnToBase": "return_to_base",
    "HassVacuumStart": "start",
}

_LIGHT = {
    "brightness": "brightness_pct", "brightness_step": "brightness_step_pct", "color": "color_name",
    "temperature": "color_temp_kelvin",
}  # fmt: skip

_STATES = {"open": "on", "closed": "off"}
"""A window's contact says on and off where a cover is open and closed."""


def targets(request: Request, registry: Registry) -> list[Entity]:
    """What is meant. Without an area where it is here and nobody knows where that is."""
    slots = request.slots
    domains = _list(slots.get("domain")) or list(request.domains)
    classes = _list(slots.get("device_class"))
    if request.intent == "HassGetState" and classes:
        domains.append("binary_sensor")
    return registry.find(
        str(slots.get("name") or ""), str(slots.get("area") or ""), str(slots.get("floor") or ""), domains, classes
    )


def calls(request: Request, found: Iterable[Entity]) -> list[Call]:
    """One for each domain among ``found``; none when no service does that."""
    ids: dict[str, list[str]] = {}
    for entity in found:
        ids.setdefault(entity.domain, []).append(entity.id)
    made = []
    for domain in ids:
        service, data = _service(request.intent, request.slots, domain)
        if service:
            made.append(Call(domain, service, {"entity_id": ids[domain], **data}))
    return made


def _service(intent: str, slots: Mapping[str, Any], domain: str) -> tuple[str, dict[str, Any]]:
    match intent:
        case "HassTurnOn":
            return _ON.get(domain, "turn_on"), {}
        case "HassTurnOff":
            return _OFF.get(domain, "turn_off"), {}
        case "HassLightSet":
            return "turn_on", {_LIGHT[name]: slots[name] for name in _LIGHT if name in slots}
        case "HassSetPosition":
            return f"set_{domain}_position", {"position": slots["position"]}
        case "HassClimateSetTemperature" if "temperature" in slots:
            return "set_temperature", {"temperature": slots["temperature"]}
        case "HassClimateSetFanMode":
            return "set_fan_mode", {"fan_mode": slots["fan_mode"]}
        case "HassFanSetSpeed":
            return "set_percentage", {"percentage": slots["percentage"]}
        case "HassSetVolume":
            return "volume_set", {"volume_level": slots["volume_level"] / 100}
        case "HassSetVolumeRelative" if slots.get("volume_step") in ("up", "down"):
            return f"volume_{slots['volume_step']}", {}
        case "HassMediaPlayerMute" | "HassMediaPlayerUnmute":
            return "volume_mute", {"is_volume_muted": intent == "HassMediaPlayerMute"}
    return _ALWAYS.get(intent, ""), {}


def is_step(request: Request) -> bool:
    """Whether it says how much warmer, not how warm."""
    return "temperature_step" in request.slots


def steps(request: Request, found: Iterable[Entity], states: Mapping[str, Mapping[str, Any]]) -> list[Call]:
    """From what is set now; what has nothing set is left out."""
    made = []
    for entity in found:
        now = _attributes(states, entity).get("temperature") if entity.id in states else None
        if isinstance(now, int | float):
            data = {"entity_id": [entity.id], "temperature": now + request.slots["temperature_step"]}
            made.append(Call("climate", "set_temperature", data))
    return made


def is_question(request: Request) -> bool:
    return request.intent in ("HassGetState", "HassClimateGetTemperature", "HassGetWeather")


def answer(request: Request, found: Sequence[Entity], states: Mapping[str, Mapping[str, Any]]) -> str:
    """In English: the words of the states are, too."""
    known = [entity for entity in found if entity.id in states]
    if not known:
        return "I know no such device in your home."
    if request.intent == "HassClimateGetTemperature":
        return _temperature(known, states)
    if request.intent == "HassGetWeather":
        return _weather(states[known[0].id])
    wanted = str(request.slots.get("state") or "")
    held = {entity: str(states[entity.id].get("state")) for entity in known}
    right = [entity for entity in known if held[entity] in (wanted, _STATES.get(wanted) if _is_sensor(entity) else "")]
    match request.kind:
        case "how_many":
            return str(len(right))
        case "which":
            return f"{_listed(right)}." if right else "None."
        case "any":
            return f"Yes, {_listed(right)}." if right else "No."
        case "all":
            wrong = [entity for entity in known if entity not in right]
            return f"No, not {_listed(wrong)}." if wrong else "Yes."
        case "one_yesno":
            return "Yes." if right else "No."
    first = known[0]
    unit = _attributes(states, first).get("unit_of_measurement") or ""
    return f"{first.names[0]}: {held[first].replace('_', ' ')} {unit}".strip() + "."


def _temperature(known: Sequence[Entity], states: Mapping[str, Mapping[str, Any]]) -> str:
    for entity in sorted(known, key=lambda entity: entity.domain != "climate"):
        attributes = _attributes(states, entity)
        value = attributes.get("current_temperature") if entity.domain == "climate" else states[entity.id].get("state")
        if value is not None and (entity.domain == "climate" or entity.device_class == "temperature"):
            return f"{value} degrees."
    return "I know no temperature there."


def _weather(state: Mapping[str, Any]) -> str:
    attributes = state.get("attributes")
    temperature = attributes.get("temperature") if isinstance(attributes, Mapping) else None
    sky = str(state.get("state")).replace("-", " ").replace("partlycloudy", "partly cloudy")
    return f"{sky.capitalize()}, {temperature} degrees." if temperature is not None else f"{sky.capitalize()}."


def _attributes(states: Mapping[str, Mapping[str, Any]], entity: Entity) -> Mapping[str, Any]:
    found = states[entity.id].get("attributes")
    return found if isinstance(found, Mapping) else {}


def _is_sensor(entity: Entity) -> bool:
    return entity.domain == "binary_sensor"


def _listed(found: Sequence[Entity]) -> str:
    names = sorted(entity.names[0] for entity in found)
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _list(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple | set) else [str(value)] if value else []
