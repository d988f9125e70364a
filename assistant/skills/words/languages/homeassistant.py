"""What home-assistant-intents' sentences mean here: timers, the shopping list, volume and the clock."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from assistant.skills import Command

if TYPE_CHECKING:
    from hassil import Intents

INTENTS = {
    "HassStartTimer": "timer.set",
    "HassCancelTimer": "timer.cancel",
    "HassCancelAllTimers": "timer.cancel_all",
    "HassPauseTimer": "timer.pause",
    "HassUnpauseTimer": "timer.resume",
    "HassIncreaseTimer": "timer.add",
    "HassDecreaseTimer": "timer.take",
    "HassGetCurrentTime": "clock.time",
    "HassGetCurrentDate": "clock.date",
    "HassShoppingListAddItem": "list.add",
    "HassShoppingListCompleteItem": "list.remove",
    "HassSetVolume": "talking.volume",
    "HassSetVolumeRelative": "talking.louder",
    "HassNevermind": "talking.stop",
}
_OF_A_HOUSE = ("area", "floor", "name")
"""Lists that are filled from a house, and empty here."""


class Sentences:
    def __init__(self, language: str) -> None:
        from hassil import Intents, TextSlotList

        text = (files("home_assistant_intents") / "data" / f"{language}.json").read_text(encoding="utf-8")
        rows = json.loads(text)
        rows["intents"] = {name: rows["intents"][name] for name in INTENTS if name in rows["intents"]}
        for intent in rows["intents"].values():
            intent["data"] = [row for row in intent["data"] if row.get("response") != "command"]
        self._language = language
        self._intents: Intents = Intents.from_dict(rows)
        self._intents.slot_lists |= {name: TextSlotList(name, []) for name in _OF_A_HOUSE}

    def command(self, plain: str, words: str) -> Command | None:
        """``plain``: the words without punctuation."""
        from hassil import recognize_ranked

        found = recognize_ranked(plain, self._intents, intent_context={"area": "here"}, language=self._language)
        for result in found:
            name, values = _meant(result.intent.name, {slot: entity.value for slot, entity in result.entities.items()})
            if values is not None:
                return Command(name, values, words, self._language)
        return None


def _meant(intent: str, slots: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """Our command and its values; None = nothing that we do."""
    name = INTENTS[intent]
    values = {slot: str(slots[slot]).strip() for slot in ("name",) if slot in slots}
    length = timedelta(
        **{unit: float(slots.get(unit, slots.get(f"start_{unit}", 0))) for unit in ("hours", "minutes", "seconds")}
    )
    match name:
        case "timer.set" | "timer.add" | "timer.take":
            return name, values | {"duration": length} if length else None
        case "timer.cancel" | "timer.pause" | "timer.resume":
            return name, values | ({"length": length} if length else {})
        case "list.add" | "list.remove":
            return name, {"items": str(slots["item"]).strip(), "list": "shopping"} if "item" in slots else None
        case "talking.volume":
            return name, {"number": slots["volume_level"]} if "volume_level" in slots else None
        case "talking.louder":
            step = slots.get("volume_step", "up")
            return "talking.quieter" if step == "down" or (not isinstance(step, str) and step < 0) else name, {}
    return name, {}
