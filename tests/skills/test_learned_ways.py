"""A thing of the home that is to be brighter, warmer or louder, without a number, in words that the home's templates
know."""

from __future__ import annotations

import pytest

from assistant.skills.learned import rewording, samples, ways
from tests.skills.home.test_phrases import _templates


@pytest.mark.parametrize(
    "kind, words, found",
    [
        ("home.brightness", "make it brighter in here", {"way": "up"}),
        ("home.brightness", "it is too bright", {"way": "down"}),
        ("home.brightness", "not so bright please", {"way": "down"}),
        ("home.brightness", "less bright", {"way": "down"}),
        ("home.brightness", "a little more", {"way": "up"}),
        ("home.brightness", "full brightness", {"level": "full"}),
        ("home.temperature", "it is too cold bump it up", {"way": "up"}),
        ("home.temperature", "cool it down i am boiling", {"way": "down"}),
        ("home.temperature", "turn down the heat", {"way": "down"}),
        ("home.volume", "more quiet please", {"way": "down"}),
        ("home.volume", "can you mute that", {"silence": "mute"}),
        ("home.volume", "up or down", {}),
        ("home.volume", "to where it was", {}),
        ("home.on", "brighter", {}),
    ],
)
def test_the_way_is_told_by_words_that_fill_no_slot(kind: str, words: str, found: dict[str, str]) -> None:
    assert ways.of(kind, words.split()) == found


@pytest.mark.parametrize(
    "kind, line, intent, slots",
    [
        ("home.brightness", "I can't see my sewing, a bit more from the [desk lamp](name)", "HassLightSet",
         {"name": "Desk Lamp", "brightness_step": 25}),
        ("home.brightness", "the [kitchen](area) [lights](name) are too bright for me", "HassLightSet",
         {"area": "Kitchen", "brightness_step": -25}),
        ("home.brightness", "darker in the [kitchen](area), love", "HassLightSet",
         {"area": "Kitchen", "brightness_step": -25}),
        ("home.brightness", "the [desk lamp](name) wants to be on full", "HassLightSet",
         {"name": "Desk Lamp", "brightness": 100}),
        ("home.temperature", "it's warmer I need it in the [bedroom](area)", "HassClimateSetTemperature",
         {"area": "Bedroom", "temperature_step": 1}),
        ("home.temperature", "my toes are ice, up the [radiator](name)", "HassClimateSetTemperature",
         {"name": "Radiator", "temperature_step": 1}),
        ("home.volume", "I'm on the phone so less from the [television](name)", "HassSetVolumeRelative",
         {"name": "Television", "volume_step": "down"}),
        ("home.volume", "hush the [television](name), baby's asleep", "HassMediaPlayerMute", {"name": "Television"}),
        ("home.ask", "how many degrees would the [bedroom](area) be", "HassClimateGetTemperature", {"area": "Bedroom"}),
        ("home.pause", "whatever's on in the [kitchen](area), pause it", "HassMediaPause", {"area": "Kitchen"}),
    ],
)  # fmt: skip
def test_the_home_knows_what_it_is_worded_as(kind: str, line: str, intent: str, slots: dict) -> None:
    one = samples.sample(kind, line)
    stretches = {slot: (begin, end) for slot, begin, end in one.slots}
    plains = rewording.plainly(kind, rewording.filled(kind, one.words, stretches))
    request = next(filter(None, (_templates().request(plain.words) for plain in plains)))
    assert (request.intent, {name: request.slots.get(name) for name in slots}) == (intent, slots)


def test_a_number_says_more_than_the_way() -> None:
    one = samples.sample("home.brightness", "turn the [lamp](name) down to [ten](number) percent")
    stretches = {slot: (begin, end) for slot, begin, end in one.slots}
    assert rewording.filled("home.brightness", one.words, stretches) == {"name": "lamp", "number": "ten"}
