"""Whatever Home Assistant's lists hold, reading them gives a registry of plain names."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.skills.home.registry import Entity, Place, Registry, read
from assistant.skills.home.templates import Templates

_KEYS = (
    "entity_id", "attributes", "friendly_name", "device_class", "aliases", "area_id", "floor_id", "device_id", "id",
    "name",
)  # fmt: skip
_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("light.a"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=5),
    max_leaves=10,
)


@settings(max_examples=40)
@given(_JUNK, _JUNK, _JUNK, _JUNK, _JUNK)
def test_strange_lists_are_read(states: Any, entries: Any, devices: Any, areas: Any, floors: Any) -> None:
    registry = read(states, ["light.a"], entries, devices, areas, floors)
    for place in (*registry.entities, *registry.areas, *registry.floors):
        assert place.names and all(name.strip() == name != "" for name in place.names)
    registry.find("a", "b", "c", ["light"], ["door"])


def test_a_name_of_templates_signs_is_a_name() -> None:
    registry = Registry((Entity("light.a", ("Lamp (left) [old] {x}|<y>;",)), Entity("light.b", ("Lamp",))))
    assert Templates("en", registry).request("turn on the lamp left old x y")
    request = Templates("en", registry).request("turn on the lamp")
    assert request and request.slots["name"] == "Lamp"


def test_names_are_found_however_they_are_written() -> None:
    kitchen = Place("k", ("Kitchen", "Cook Room"), "g")
    lamp = Entity("light.a", ("Lamp", "Glow"), "k")
    registry = Registry((lamp, Entity("light.b", ("Lamp",))), (kitchen,), (Place("g", ("Ground Floor",)),))
    assert registry.find("glow") == [lamp]
    assert registry.find("LAMP", area="cook room") == registry.find("lamp", floor="ground floor") == [lamp]
    assert registry.find("lamp", area="cellar") == registry.find("lamp", domains=["fan"]) == []


_HOME = Registry((Entity("light.a", ("Desk Lamp",), "o"), Entity("scene.a", ("Evening",))), (Place("o", ("Office",)),))
_TEMPLATES = Templates("en", _HOME)
_WORDS = st.sampled_from(
    "turn on off the lights lamp desk office set to 50 percent please is open half evening".split()
)


@settings(max_examples=60)
@given(st.lists(_WORDS | st.text(string.printable, max_size=6), max_size=45).map(" ".join))
@example("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}" * 300)
def test_any_words_are_taken(words: str) -> None:
    request = _TEMPLATES.request(words)
    assert request is None or request.intent.startswith("Hass")


_NAMED = st.sampled_from(
    "turn on the desk lamp|office lights|evening|in the office|lights|off|set|to 50%|open".split("|")
)


_WHOLE = Templates("en", _HOME)
for narrowed in (_WHOLE._theirs, *_WHOLE._ours):
    narrowed._names = {}  # no name is ever missing


@settings(max_examples=60)
@given(st.lists(_NAMED, max_size=5).map(" ".join))
@example("turn on the desk lamp in the office")
def test_narrowed_templates_match_the_same(words: str) -> None:
    assert _WHOLE.request(words) == _TEMPLATES.request(words)
