"""When another number beside the right one takes it back, and when it is only said of something else.

False where a careful person would not be sure, and where the rule cannot be: a wrong answer that counts as right is
worse than a right one that counts as wrong.
"""

from __future__ import annotations

import pytest

from training.judge import score

CHAMBER = "At which pressure does the chamber work?"
VALVE = "At which pressure does the safety valve open?"
EMPTY = "How heavy is an empty cylinder?"
TANK = "How much water does the tank hold?"
FILTER = "How many litres does the filter for hard water last?"
OPERATING = "What is the operating pressure?"
WARRANTY = "How long is the warranty?"
BATTERY = "How long does the battery last?"
TEA = "How hot should water for green tea be?"


@pytest.mark.parametrize(
    "answer, reference, question, right",
    [
        # said of something else
        ("It works at 4.5 bar; its safety valve opens at 7 bar.", "4.5 bar", CHAMBER, True),
        ("The chamber works at 4.5 bar; its safety valve opens at 7 bar.", "4.5 bar", CHAMBER, True),
        ("4.5 bar. Its safety valve opens at 7 bar.", "4.5 bar", CHAMBER, True),
        ("An empty Foam 425 weighs 1,060 g, a full one 1,485 g.", "1,060 g", EMPTY, True),
        ("An empty Foam 425 weighs 1,060 g and a full one 1,485 g.", "1,060 g", EMPTY, True),
        (
            "A Reed Hard filter lasts for 110 litres or 45 days, a Reed Alpine filter for 130 litres or 60 days.",
            "110 litres or 45 days",
            FILTER,
            True,
        ),
        ("The tank holds 4.2 litres; their drip trays have 1.3 litres.", "4.2 litres", TANK, True),
        ("A full Foam 425 weighs 1,485 g, an empty one 1,060 g.", "1,060 g", EMPTY, True),
        # said of something else, but only what is sure is forgiven
        ("The documents say: The chamber works at 4.5 bar; its safety valve opens at 7 bar.", "7 bar", VALVE, False),
        ("4.5 bar, while the valve only opens at 7 bar.", "4.5 bar", CHAMBER, False),
        ("The tank holds 4.2 litres, and the drip tray holds 1.3 litres.", "4.2 litres", TANK, False),
        ("The drip tray holds 1.3 litres, but the tank holds 4.2 litres.", "4.2 litres", TANK, False),
        ("The tank holds 4.2 litres. Earlier models held 3.8 litres.", "4.2 litres", TANK, False),
        ("Black tea wants 96 °C, green tea 75 °C.", "75 °C", TEA, False),
        # offered beside it
        ("4.5 bar or 7 bar", "4.5 bar", CHAMBER, False),
        ("4.5 bar, or maybe 7 bar", "4.5 bar", CHAMBER, False),
        ("4.5 bar, 7 bar, 9 bar", "4.5 bar", CHAMBER, False),
        ("4.5 bar and 7 bar", "4.5 bar", CHAMBER, False),
        ("between 4.5 and 7 bar", "4.5 bar", CHAMBER, False),
        ("4.5 to 7 bar", "4.5 bar", CHAMBER, False),
        ("The chamber works between 4.5 bar and 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar, maybe 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar. Actually, it is 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar. Some say 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar; other sources name 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar. The correct pressure is 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar. The pressure reaches 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar normally and in summer at 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar and reaches up to 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber worked at 4.5 bar; nowadays 7 bar are common.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar; occasionally technicians set 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar, which means that the boiler has 7 bar.", "4.5 bar", CHAMBER, False),
        (
            "The bore is 0.35 mm, which means it has a diameter of approximately 2.4 cm.",
            "0.35 mm",
            "How wide is the bore?",
            False,
        ),
        ("The tank holds 4.2 litres. The tank contains 5 litres of water.", "4.2 litres", TANK, False),
        ("The tank holds 4.2 litres with a tray of 1.3 litres.", "4.2 litres", TANK, False),  # one clause
        # a second opinion, a correction, a peak, the same thing at another time or in other words
        ("The chamber works at 4.5 bar. The manufacturer recommends 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar. The manufacturer recommends 7 bar.", "4.5 bar", CHAMBER, False),
        ("4.5 bar. Many technicians prefer 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar. Wikipedia states that it is 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar. After the firmware update it works at 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar. During brewing it reaches 7 bar.", "4.5 bar", CHAMBER, False),
        ("The tank holds 4.2 litres and takes at most 5 litres.", "4.2 litres", TANK, False),
        ("The tank holds 4.2 litres and needs at least 5 litres.", "4.2 litres", TANK, False),
        ("The tank holds 4.2 litres, holding at most 5 litres.", "4.2 litres", TANK, False),
        ("The chamber works at 4.5 bar and reaches peaks of 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar, going beyond that to 7 bar.", "4.5 bar", CHAMBER, False),
        (
            "The pressure at which the chamber works is 4.5 bar. The brewing chamber works at 7 bar.",
            "4.5 bar",
            CHAMBER,
            False,
        ),
        ("The tank holds 4.2 litres of water. A brand new tank holds 5 litres.", "4.2 litres", TANK, False),
        ("The tank holds 4.2 litres of water, a full tank 5 litres.", "4.2 litres", TANK, False),
        ("The tank holds 4.2 litres. The reservoir fits 5 litres.", "4.2 litres", TANK, False),
        ("Your machine runs at 7 bar. A chamber would work at 4.5 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar. Checking again gives 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar. Scratch that make it 7 bar.", "4.5 bar", CHAMBER, False),
        ("4.5 bar. The chamber works at 7 bar.", "4.5 bar", "", False),
        ("4.5 bar. The chamber works at 7 bar.", "4.5 bar", OPERATING, False),
        ("The operating pressure is 4.5 bar. The machine runs at 7 bar.", "4.5 bar", OPERATING, False),
        (
            "The temperature is 96 °C. The boiler tops out at 120 °C.",
            "96 °C",
            "What is the maximum temperature?",
            False,
        ),
        ("The chamber works at 4.5 bar. My colleague insists on 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar. The recommended setting is 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar. One could also argue for 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar. Both this and 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar. Under load it works at 7 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 4.5 bar, depending on load 7 bar.", "4.5 bar", CHAMBER, False),
        ("An empty cylinder weighs 1,060 g. The bottle weighs 1,485 g when empty.", "1,060 g", EMPTY, False),
        ("The water filter holds 4.2 litres, the reservoir itself takes 1.3 litres.", "4.2 litres", TANK, False),
        ("It weighs 1,060 g. An unfilled bottle comes to 1,485 g.", "1,060 g", EMPTY, False),
        ("How much water the tank holds is not hard: 4.2 litres. Fill it with 5 litres.", "4.2 litres", TANK, False),
        ("The tank holds 4.2 litres. Filled to the brim it takes 5 litres.", "4.2 litres", TANK, False),
        ("The warranty lasts 2 years. Registered customers get 3 years.", "2 years", WARRANTY, False),
        ("The warranty lasts 2 years. European law gives 3 years.", "2 years", WARRANTY, False),
        ("The battery lasts 8 hours. Test users measured 5 hours.", "8 hours", BATTERY, False),
        ("The battery lasts 8 hours. Independent tests show 5 hours.", "8 hours", BATTERY, False),
        ("4.5 bar. The manufacturer recommends 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar. Wikipedia states that it is 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar. My colleague insists on 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar. The recommended setting is 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar; its manufacturer recommends 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar; its maximum is 7 bar.", "4.5 bar", CHAMBER, False),
        ("It works at 4.5 bar; its brewing chamber works at 7 bar.", "4.5 bar", CHAMBER, False),
        ("Its pump runs at 7 bar; its valve opens at 4.5 bar.", "4.5 bar", CHAMBER, False),
        ("4.5 bar. Its safety valve opens at 7 bar.", "4.5 bar", "", False),
        ("An empty cylinder weighs 1,060 g, a brand new one 1,485 g.", "1,060 g", EMPTY, False),
        ("A Reed Alpine filter lasts 110 litres, a Reed Hard filter 130 litres.", "110 litres", FILTER, False),
        ("The Reed Hard filter lasts 110 litres, but Anna found 130 litres.", "110 litres", FILTER, False),
        (
            "The Reed Hard filter lasts 110 litres, but Bosch says that an Alpine filter lasts 130 litres.",
            "110 litres",
            FILTER,
            False,
        ),
        ("It works at 4.5 bar. Its ideal is 7 bar.", "4.5 bar", CHAMBER, False),
        ("The tank holds 4.2 litres. Their engineers found 5 litres.", "4.2 litres", TANK, False),
        ("A Reed Hard filter lasts 110 litres, a Reed filter in Norway 130 litres.", "110 litres", FILTER, False),
        ("An empty one weighs 1,060 g, but the full weight of the empty cylinder is 1,485 g.", "1,060 g", EMPTY, False),
        # the right number, said of the wrong thing
        ("It is 7 bar, not 4.5 bar.", "4.5 bar", CHAMBER, False),
        ("It is 7 bar. The valve opens at 4.5 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 7 bar; its safety valve opens at 4.5 bar.", "4.5 bar", CHAMBER, False),
        ("The chamber works at 7 bar; its safety valve opens at 4.5 bar.", "7 bar", VALVE, False),
        ("A full Foam 425 weighs 1,060 g, an empty one 1,485 g.", "1,060 g", EMPTY, False),
        ("The drip tray holds 4.2 litres, the tank holds 1.3 litres.", "4.2 litres", TANK, False),
        ("Black tea wants 75 °C, green tea 96 °C.", "75 °C", TEA, False),
        (
            "The chamber works at 4.5 bar; the pump runs at 7 bar; the safety valve opens at 9 bar.",
            "7 bar",
            VALVE,
            False,
        ),
        ("The valve opens at 7 bar, the pump runs at 4.5 bar.", "4.5 bar", CHAMBER, False),
    ],
)
def test_another_number_takes_the_right_one_back_unless_said_of_something_else(answer, reference, question, right):
    assert score.correct(answer, reference, question) is right
