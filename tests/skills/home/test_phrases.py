"""What is said in other words than Home Assistant's own means the same."""

from __future__ import annotations

from functools import cache

import pytest

from assistant.skills.home import guarded, plain
from assistant.skills.home.manners import core
from assistant.skills.home.registry import Entity, Place, Registry
from assistant.skills.home.services import targets
from assistant.skills.home.templates import Request, Templates
from tests.skills.home.fake import ALIASES, AREAS, ENTITIES, FLOORS

_SET = "HassClimateSetTemperature"


@cache
def _registry() -> Registry:
    floors = {area: floor for floor, (_, areas) in FLOORS.items() for area in areas}
    return Registry(
        tuple(
            Entity(id, (name, *filter(None, ALIASES.get(id, ()))), area, attributes.get("device_class", ""))
            for id, name, area, _, attributes in ENTITIES
        ),
        tuple(Place(id, (name,), floors.get(id, "")) for id, name in AREAS.items()),
        tuple(Place(id, (name,)) for id, (name, _) in FLOORS.items()),
    )


@cache
def _templates() -> Templates:
    return Templates("en", _registry())


def _request(words: str) -> Request:
    request = _templates().request(words)
    assert request is not None
    return request


@pytest.mark.parametrize(
    "words,intent,slots,ids",
    [
        ("would you mind switching off the desk lamp", "HassTurnOff", {}, "light.desk"),
        ("kill the lights in the bedroom", "HassTurnOff", {}, "light.bedroom"),
        ("cut that desk lamp on, would ya", "HassTurnOn", {}, "light.desk"),
        ("open the left drape", "HassTurnOn", {}, "cover.curtain"),
        ("kill the lights in the lounge", "HassTurnOff", {}, "light.living_room light.sofa"),
        ("dim the bedroom to about twenty percent", "HassLightSet", {"brightness": 20}, "light.bedroom"),
        ("hey, put the desk lamp on for me, please", "HassTurnOn", {}, "light.desk"),
        ("lights out upstairs", "HassTurnOff", {}, "light.bedroom"),
        ("the desk lamp, turn it off", "HassTurnOff", {}, "light.desk"),
        ("turn everything off in the kitchen", "HassTurnOff", {},
            "light.kitchen_ceiling light.kitchen_counter media_player.radio"),
        ("dim the bedroom to twenty percent", "HassLightSet", {"brightness": 20}, "light.bedroom"),
        ("make the desk lamp brighter", "HassLightSet", {"brightness_step": 25}, "light.desk"),
        ("turn the living room lights blue", "HassLightSet", {"color": "blue"}, "light.living_room light.sofa"),
        ("set the desk lamp to warm white", "HassLightSet", {"temperature": 2700}, "light.desk"),
        ("draw the curtains in the living room", "HassTurnOff", {}, "cover.curtain"),
        ("pull the office blinds up", "HassTurnOn", {}, "cover.blinds"),
        ("open the left curtain halfway", "HassSetPosition", {"position": 50}, "cover.curtain"),
        ("did I leave the garage open?", "HassGetState", {"state": "open"}, "cover.garage"),
        ("did we lock the front door", "HassGetState", {"state": "locked"}, "lock.front"),
        ("is the front door still locked?", "HassGetState", {"state": "locked"}, "lock.front"),
        ("check if the kitchen window is open", "HassGetState", {"state": "on"}, "binary_sensor.kitchen_window"),
        ("is it cold in the bedroom", "HassClimateGetTemperature", {}, "climate.bedroom"),
        ("turn the heating up to 22 in the bedroom", _SET, {"temperature": 22}, "climate.bedroom"),
        ("make it a bit warmer in the bedroom", _SET, {"temperature_step": 1}, "climate.bedroom"),
        ("it's time for movie night", "HassTurnOn", {}, "scene.movie"),
        ("turn the kitchen radio down a bit", "HassSetVolumeRelative", {"volume_step": "down"}, "media_player.radio"),
        ("stop the music in the kitchen", "HassMediaPause", {}, "media_player.radio"),
        ("set the fan in the bedroom to fifty percent", "HassFanSetSpeed", {"percentage": 50}, "fan.bedroom"),
        ("next song on the kitchen radio", "HassMediaNext", {}, "media_player.radio"),
        ("lock all the doors", "HassTurnOn", {}, "lock.front"),
        ("full brightness in the office", "HassLightSet", {"brightness": 100}, "light.desk"),
        ("is the coffee machine running", "HassGetState", {"state": "on"}, "switch.coffee"),
        ("send Robbie home", "HassVacuumReturnToBase", {}, "vacuum.robot"),
        ("is it raining outside", "HassGetWeather", {}, "weather.home"),
    ],
)  # fmt: skip
def test_other_words_mean_the_same(words: str, intent: str, slots: dict, ids: str) -> None:
    request = _request(words)
    assert request.intent == intent
    assert {name: request.slots.get(name) for name in slots} == slots
    assert sorted(entity.id for entity in targets(request, _registry())) == ids.split()


def test_what_home_assistant_understands_is_left_to_it() -> None:
    assert not _request("which lights are still on").is_ours
    assert _request("which lights are still on").words == "which lights are on"
    assert _request("kill the lights in the kitchen").is_ours


@pytest.mark.parametrize(
    "words",
    [
        "the kitchen light is broken again",
        "i was in the kitchen and the lights went out",
        "how do I turn on the light of a gas boiler",
        "why are kitchen lights so expensive",
        "my sister left the garage door open yesterday",
        "what would movie night be without popcorn",
        "tell me about smart lights",
        "who invented the thermostat",
        "turn on your charm",
        "open a bank account",
        "close the deal",
        "lock in my answer",
        "set the scene for me",
        "is the sun a light",
        "put on a brave face",
        "make it short",
        "start over",
    ],
)
def test_talk_about_lights_asks_for_nothing(words: str) -> None:
    assert _templates().request(words) is None
    assert not plain.request(words, "en")


@pytest.mark.parametrize(
    "words,request_",
    [
        ("Could you turn on the porch light, please?", "turn on the porch light"),
        ("switch the heating off", "switch the heating off"),
        ("Is the back door locked?", "Is the back door locked"),
        ("set the thermostat to 20 degrees", "set the thermostat to 20 degrees"),
        ("start the vacuum cleaner", "start the vacuum cleaner"),
    ],
)
def test_plain_commands_need_no_home(words: str, request_: str) -> None:
    assert plain.request(words, "en") == request_
    assert not plain.request(words, "de")


def test_a_word_at_the_end_may_be_part_of_the_name() -> None:
    assert core("please turn on now playing, thanks", "en") == "turn on now playing"
    assert core("schalte das bitte ein", "de") == "schalte das bitte ein"


@pytest.mark.parametrize(
    "id,name,words,question",
    [
        ("lock.a", "Back Door Lock", "unlock the back door", "Shall I unlock the Back Door Lock?"),
        ("cover.a", "Drive", "open the drive", "Shall I open the Drive?"),  # a cover without a class may be a gate
        ("valve.a", "Water Main", "open the water main", "Shall I open the Water Main?"),
        ("script.a", "Unlock Everything", "run unlock everything", "Shall I turn on the Unlock Everything?"),
        ("button.a", "Front Gate", "press the front gate button", "Shall I turn on the Front Gate?"),
        ("switch.a", "Alarm", "turn off the alarm", "Shall I turn off the Alarm?"),
        ("switch.a", "Door Lamp", "turn on the door lamp", ""),
        ("valve.a", "Water Main", "close the water main", ""),
        ("lock.a", "Back Door Lock", "lock the back door", ""),
        ("lock.a", "Back Door Lock", "unbolt the back door", "Shall I unlock the Back Door Lock?"),
    ],
)
def test_whatever_lets_somebody_in_is_asked(id: str, name: str, words: str, question: str) -> None:
    registry = Registry((Entity(id, (name,)),))
    request = Templates("en", registry).request(words)
    assert request
    assert guarded.question(request, registry.find(str(request.slots["name"])), words, "en") == question


def test_a_room_full_of_doors_is_asked_too() -> None:
    registry = Registry((Entity("cover.a", ("Big Door",), "g", "garage"),), (Place("g", ("Garage",)),))
    request = Templates("en", registry).request("open the garage doors in the garage")
    assert request
    found = targets(request, registry)
    assert guarded.question(request, found, "", "en") == "Shall I open the garage door in the Garage?"
