"""Whether words are for the home: Home Assistant's own sentence templates, with the names that this home has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from hassil import IntentData, Intents, SlotList, TextSlotList, recognize_ranked
from hassil.recognize import RecognizeResult
from home_assistant_intents import get_intents, get_languages

from assistant.skills.home import phrases, synonyms
from assistant.skills.home.manners import core, plainer, without_pointing, without_signs
from assistant.skills.home.narrowed import Block, Narrowed, blocks
from assistant.skills.home.registry import Entity, Place, Registry

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
    words: str = ""
    """Without manners."""
    is_ours: bool = False
    """Home Assistant itself does not understand these words."""
    is_here: bool = False
    """It names no place: the one where the assistant stands is meant, in slots["area"], "" when not known."""


@cache
def _loaded(language: str) -> tuple[tuple[Intents, list[Block]], ...]:
    """Home Assistant's, then ours in English; none = it has none. 0.3 s of CPU at the first time."""
    names = sorted(get_languages())
    found = next((name for name in (language, *names) if name in names and name.partition("-")[0] == language), None)
    content = get_intents(found) if found else None
    if not content:
        return ()
    every = [content, phrases.content(content)] if language == "en" else [content]
    return tuple((intents, blocks(intents)) for intents in map(Intents.from_dict, every))


class Templates:
    """Of one language, for one home."""

    def __init__(self, language: str, registry: Registry, whole: bool = False) -> None:
        """``whole``: also what other skills do, and what no device of this home can; and nothing of ours.

        Raises KeyError where Home Assistant has no templates in that language (two letters, or such as "pt-BR").
        """
        loaded = _loaded(language)
        if not loaded:
            raise KeyError(language)
        self._language = language
        named: list[tuple] = [
            (said, name, {"domain": entity.domain, "device_class": entity.device_class})
            for entity in registry.entities
            for name in entity.names
            for said in _variants(name, entity)
        ]
        names = {"name": named, "area": _names(registry.areas), "floor": _names(registry.floors)}
        self._lists: dict[str, SlotList] = {
            name: TextSlotList.from_tuples(rows, allow_template=False, name=name) for name, rows in names.items()
        }
        said = {name: [row[0] for row in rows] for name, rows in names.items()}
        self._theirs, *self._ours = (
            Narrowed(intents, (block for block in every if whole or _may_be(block, registry)), said)
            for intents, every in (loaded[:1] if whole else loaded)
        )
        self.request("turn on the lights")  # hassil builds its index of names

    def request(self, words: str, area: str = _UNKNOWN) -> Request | None:
        """``area``: where the assistant stands. Milliseconds, also for words that are nothing for the home."""
        if len(words) > LONGEST * 10 or not 0 < len(words.split()) <= LONGEST:
            return None
        request = core(words, self._language)
        plain = plainer(request) if self._language == "en" else request
        pointed = without_pointing(plain) if self._language == "en" else plain
        for said in dict.fromkeys((words, request, plain, pointed)):
            if found := self._best(self._theirs, said, area):
                return found
        for ours in self._ours:
            for said in dict.fromkeys((plain, pointed)):
                if found := self._best(ours, said, area):
                    return replace(found, is_ours=True)
        others = synonyms.instead(plain) if self._language == "en" else ()
        return next((found for other in others if (found := self._known(other, area))), None)

    def _known(self, words: str, area: str) -> Request | None:
        """Where these words name something of this home."""
        if found := self._best(self._theirs, words, area):
            return found if found.slots.get("name") or found.slots.get("area") else None
        named = (self._best(ours, words, area) for ours in self._ours)
        return next((replace(one, is_ours=True) for one in named if one and {"name", "area"} & set(one.slots)), None)

    def _best(self, intents: Narrowed, words: str, area: str) -> Request | None:
        context = {"area": area}
        found = recognize_ranked(
            words, intents.to(words), slot_lists=self._lists, intent_context=context, best_slot_name="name"
        )
        return _request(found[0], words) if found else None


def _variants(name: str, entity: Entity) -> tuple[str, ...]:
    """As it is said, too: the lock "Front Door Lock" is the front door's."""
    ends = {"lock": " lock", "cover": " door" if entity.device_class == "garage" else ""}
    end = ends.get(entity.domain, "")
    names = {name, without_signs(name)}
    if end and name.lower().endswith(end):
        names.add(name[: -len(end)])
    return tuple(names - {""})


def _may_be(block: Block, registry: Registry) -> bool:
    domains = _about(block.intent, block.data)
    return block.intent not in _LEFT_OUT and (not domains or not registry.domains.isdisjoint(domains))


def _about(intent: str, block: IntentData) -> tuple[str, ...]:
    return tuple(sorted(block.domains)) or _DOMAINS.get(intent, ())


def _names(places: Iterable[Place]) -> list[tuple]:
    return [(text, own) for place in places for own in place.names for text in {own, without_signs(own)} - {""}]


def _request(found: RecognizeResult, words: str) -> Request:
    slots = {name: entity.value for name, entity in found.entities.items()}
    said = any(entity.name == "area" and entity.text for entity in found.entities_list)
    is_here = "area" in found.intent_data.requires_context and not said
    domains = _about(found.intent.name, found.intent_data)
    return Request(found.intent.name, slots, domains, found.response or "", words, is_here=is_here)
