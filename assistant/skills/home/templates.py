"""Whether words are for the home: Home Assistant's own sentence templates, with the names that this home has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from hassil import IntentData, Intents, SlotList, TextSlotList, recognize_ranked
from hassil.intents import Intent
from hassil.recognize import RecognizeResult
from home_assistant_intents import get_intents, get_languages

from assistant.skills.home.registry import Registry

LONGEST = 40
"""Words of a request."""

_UNKNOWN = ""
"""The area where the assistant stands, when it is not known."""

_LEFT_OUT = (
    "HassNevermind", "HassRespond", "HassGetCurrentDate", "HassGetCurrentTime",
    "HassStartTimer", "HassCancelTimer", "HassCancelAllTimers", "HassIncreaseTimer", "HassDecreaseTimer",
    "HassPauseTimer", "HassUnpauseTimer", "HassTimerStatus",
    "HassListAddItem", "HassListCompleteItem", "HassListRemoveItem",
    "HassShoppingListAddItem", "HassShoppingListCompleteItem",
)  # fmt: skip
"""What other skills do."""

_DOMAINS: Mapping[str, tuple[str, ...]] = {
    "HassBroadcast": ("assist_satellite",),
    "HassClimateGetTemperature": ("climate", "sensor"),
    "HassClimateSetFanMode": ("climate",),
    "HassClimateSetTemperature": ("climate",),
    "HassFanSetSpeed": ("fan",),
    "HassGetWeather": ("weather",),
    "HassLawnMowerDock": ("lawn_mower",),
    "HassLawnMowerStartMowing": ("lawn_mower",),
    "HassLightSet": ("light",),
    "HassMediaNext": ("media_player",),
    "HassMediaPause": ("media_player",),
    "HassMediaPlayerMute": ("media_player",),
    "HassMediaPlayerUnmute": ("media_player",),
    "HassMediaPrevious": ("media_player",),
    "HassMediaSearchAndPlay": ("media_player",),
    "HassMediaUnpause": ("media_player",),
    "HassSetPosition": ("cover", "valve"),
    "HassSetVolume": ("media_player",),
    "HassSetVolumeRelative": ("media_player",),
    "HassVacuumCleanArea": ("vacuum",),
    "HassVacuumReturnToBase": ("vacuum",),
    "HassVacuumStart": ("vacuum",),
}
"""Intent -> what it is about, where its templates do not say."""


@dataclass(frozen=True)
class Request:
    intent: str
    """As Home Assistant calls it: "HassTurnOn"."""
    slots: Mapping[str, Any] = field(default_factory=dict)
    """As Home Assistant calls them: name, area, floor, domain, device_class, state, brightness ..."""
    domains: tuple[str, ...] = ()
    """What it may be about."""
    kind: str = ""
    """Of answer: "which", "how_many", "any", "all", "one_yesno" ..."""
    is_here: bool = False
    """It names no place: the one where the assistant stands is meant, in slots["area"], "" when not known."""


@cache
def _loaded(language: str) -> Intents | None:
    """0.1 s of CPU at the first time, when what hassil reads only once it needs it is read, too."""
    names = sorted(get_languages())
    found = next((name for name in (language, *names) if name in names and name.partition("-")[0] == language), None)
    content = get_intents(found) if found else None
    if not content:
        return None
    intents = Intents.from_dict(content)
    for intent in intents.intents.values():
        for block in intent.data:
            for sentence in block.sentences:
                sentence.get_required_clauses({**intents.expansion_rules, **block.expansion_rules})
    return intents


class Templates:
    """Of one language, for one home."""

    def __init__(self, intents: Intents, registry: Registry, whole: bool = False) -> None:
        """``whole``: also what other skills do, and what no device of this home can."""
        self._intents = intents if whole else _fitting(intents, registry)
        named = [
            (name, name, {"domain": entity.domain, "device_class": entity.device_class})
            for entity in registry.entities
            for name in entity.names
        ]
        self._lists: dict[str, SlotList] = {
            "name": TextSlotList.from_tuples(named, allow_template=False, name="name"),
            "area": _names(registry.areas, "area"),
            "floor": _names(registry.floors, "floor"),
        }
        self.request("turn on the lights")  # hassil builds its index of names

    def request(self, words: str, area: str = _UNKNOWN) -> Request | None:
        """``area``: where the assistant stands. Milliseconds, also for words that are nothing for the home."""
        if len(words) > LONGEST * 10 or not 0 < len(words.split()) <= LONGEST:
            return None
        found = recognize_ranked(
            words, self._intents, slot_lists=self._lists, intent_context={"area": area}, best_slot_name="name"
        )
        return _request(found[0]) if found else None


def templates(language: str, registry: Registry, whole: bool = False) -> Templates | None:
    """None = Home Assistant has no templates in that language (two letters, or such as "pt-BR")."""
    intents = _loaded(language)
    return Templates(intents, registry, whole) if intents else None


def _fitting(intents: Intents, registry: Registry) -> Intents:
    kept = {}
    for name, intent in intents.intents.items():
        blocks = [block for block in intent.data if _may_be(name, block, registry)]
        if blocks and name not in _LEFT_OUT:
            kept[name] = Intent(name, blocks)
    return replace(intents, intents=kept)


def _may_be(intent: str, block: IntentData, registry: Registry) -> bool:
    domains = _about(intent, block)
    return not domains or not registry.domains.isdisjoint(domains)


def _about(intent: str, block: IntentData) -> tuple[str, ...]:
    return tuple(sorted(block.domains)) or _DOMAINS.get(intent, ())


def _names(places: Any, name: str) -> TextSlotList:
    texts = (text for place in places for text in place.names)
    return TextSlotList.from_strings(texts, allow_template=False, name=name)


def _request(found: RecognizeResult) -> Request:
    slots = {name: entity.value for name, entity in found.entities.items()}
    said = any(entity.name == "area" and entity.text for entity in found.entities_list)
    is_here = "area" in found.intent_data.requires_context and not said
    return Request(
        found.intent.name, slots, _about(found.intent.name, found.intent_data), found.response or "", is_here
    )
