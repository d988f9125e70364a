"""The home of home.toml: which of its entities are meant by a name, an area, a domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.bench.tools import held_out


@dataclass(frozen=True)
class Entity:
    id: str
    """As in Home Assistant: ``light.hall``."""
    names: tuple[str, ...]
    """Its name, then its aliases; lower case."""
    areas: tuple[str, ...]
    """The name of its area, then the area's aliases; empty = in none."""
    kind: str
    """Home Assistant's device class; empty = none."""
    state: str

    @property
    def domain(self) -> str:
        return self.id.partition(".")[0]


def load() -> list[Entity]:
    """Raises UsageError without a checkout."""
    return [
        Entity(
            row["id"],
            tuple(name.lower() for name in (row["name"], *row["aliases"])),
            tuple(name.lower() for name in (area["name"], *area.get("aliases", ())) if name),
            row.get("kind", ""),
            row["state"],
        )
        for area in held_out.area_rows()
        for row in area["entities"]
    ]


def meant(home: Iterable[Entity], slots: Mapping[str, Any]) -> frozenset[str]:
    """The ids of those that have the ``name``, ``area``, ``domain`` and ``device_class`` of an intent's slots; a name
    or an area may be "all", a domain or a class one or several."""

    def fits(entity: Entity) -> bool:
        return (
            _is(slots.get("name"), entity.names)
            and _is(slots.get("area"), entity.areas)
            and _among(entity.domain, slots.get("domain"))
            and _among(entity.kind, slots.get("device_class"))
        )

    return frozenset(entity.id for entity in home if fits(entity))


def _is(wanted: str | None, names: tuple[str, ...]) -> bool:
    return not wanted or wanted == "all" or wanted.lower().removeprefix("the ") in names


def _among(value: str, wanted: str | list[str] | None) -> bool:
    return not wanted or value in ([wanted] if isinstance(wanted, str) else wanted)
