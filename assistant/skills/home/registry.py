"""What there is in the home, under the names that it has in Home Assistant: entities, areas, floors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rag.text import clean

_MOST_ENTITIES = 2000
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Entity:
    id: str
    """As "light.kitchen"."""
    names: tuple[str, ...]
    """Its own name first, then its aliases."""
    area: str = ""
    """The area's id."""
    device_class: str = ""
    """"window", "garage" and the like."""

    @property
    def domain(self) -> str:
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Place:
    """An area or a floor."""

    id: str
    names: tuple[str, ...]
    floor: str = ""
    """An area's: the floor's id."""


@dataclass(frozen=True)
class Registry:
    """Only what is exposed to voice assistants."""

    entities: tuple[Entity, ...] = ()
    areas: tuple[Place, ...] = ()
    floors: tuple[Place, ...] = ()

    @cached_property
    def domains(self) -> frozenset[str]:
        return frozenset(entity.domain for entity in self.entities)

    def find(
        self, name: str = "", area: str = "", floor: str = "", domains: Iterable[str] = (), classes: Iterable[str] = ()
    ) -> list[Entity]:
        """Those that all of these hold for; names as they were said, "" and () = any."""
        domains, classes = set(domains), set(classes)
        floors = {place.id for place in self.floors if _is_called(place.names, floor)}
        areas = {
            place.id
            for place in self.areas
            if (not area or _is_called(place.names, area)) and (not floor or place.floor in floors)
        }
        return [
            entity
            for entity in self.entities
            if (not name or _is_called(entity.names, name))
            and (not (area or floor) or entity.area in areas)
            and (not domains or entity.domain in domains)
            and (not classes or entity.device_class in classes)
        ]


def _is_called(names: Iterable[str], name: str) -> bool:
    return name.casefold() in (own.casefold() for own in names)


def read(states: Any, exposed: Iterable[str], entries: Any, devices: Any, areas: Any, floors: Any) -> Registry:
    """What Home Assistant's lists say; what is not of their form is left out. ``exposed``: ids of entities."""
    areas_of_devices = {_text(row.get("id")): row.get("area_id") for row in _rows(devices)}
    known = {_text(row.get("entity_id")): row for row in _rows(states)}
    entries = entries if isinstance(entries, Mapping) else {}
    found = []
    for id in sorted(known.keys() & set(exposed))[:_MOST_ENTITIES]:
        attributes = _row(known[id].get("attributes"))
        entry = _row(entries.get(id))
        names = _names(attributes.get("friendly_name") or entry.get("name"), entry.get("aliases"))
        area = entry.get("area_id") or areas_of_devices.get(_text(entry.get("device_id")))
        if names:
            found.append(Entity(id, names, _text(area), _text(attributes.get("device_class"))))
    return Registry(tuple(found), _places(areas, "area_id"), _places(floors, "floor_id"))


def _places(rows: Any, id: str) -> tuple[Place, ...]:
    found = (
        Place(_text(row.get(id)), _names(row.get("name"), row.get("aliases")), _text(row.get("floor_id")))
        for row in _rows(rows)
    )
    return tuple(place for place in found if place.id and place.names)[:_MOST_ENTITIES]


def _names(name: Any, aliases: Any) -> tuple[str, ...]:
    """An alias may be null: it stands for the name itself."""
    every = [name, *(aliases if isinstance(aliases, list) else ())]
    texts = (" ".join(clean(text).split()) for text in every if isinstance(text, str))
    return tuple(dict.fromkeys(text for text in texts if 0 < len(text) <= _LONGEST_NAME))


def _rows(value: Any) -> list[dict]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _row(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
