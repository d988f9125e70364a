"""Units as people ask for them, by the real pint."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.skills.numbers import units
from assistant.skills.values.spoken_units import quantity, unit
from assistant.skills.values.spoken_units import units as all_units
from tests.skills.saying import Skill

SKILL = Skill(units)


@pytest.mark.parametrize(
    "words, said",
    [
        ("How many ounces in 200 grams?", "200 grams are about 7.05 ounces."),
        ("Convert five miles to kilometers, please", "5 miles are about 8.05 kilometres."),
        ("what's 72 Fahrenheit in Celsius", "72 degrees Fahrenheit is about 22.22 degrees Celsius."),
        ("what is 180 degrees in fahrenheit", "180 degrees Celsius is 356 degrees Fahrenheit."),
        ("minus forty fahrenheit in celsius", "Minus 40 degrees Fahrenheit is minus 40 degrees Celsius."),
        ("how many cups is half a litre", "0.5 litres is about 2.11 cups."),
        ("how many centimetres is 5 foot 10", "5 feet 10 inches are 177.8 centimetres."),
        ("how tall is six feet two inches in metres", "6 feet 2 inches are 1.8796 metres."),
        ("how many kilos is eleven stone four", "11 stone 4 pounds are about 71.67 kilograms."),
        ("how many ounces are there in two cups", "2 cups are 16 US fluid ounces."),
        ("eight ounces in millilitres", "8 US fluid ounces are about 236.59 millilitres."),
        ("20 km per hour in miles per hour", "20 kilometres per hour are about 12.43 miles per hour."),
        ("how many acres is two hectares", "2 hectares are about 4.94 acres."),
        ("how many square feet is fifty square metres", "50 square metres are about 538.2 square feet."),
        ("how many megabytes are in a gigabyte", "1 gigabyte is 1,000 megabytes."),
        ("tell me how many seconds there are in a day", "1 day is 86,400 seconds."),
        ("how many minutes are in an hour and a half", "1.5 hours are 90 minutes."),
        ("could you convert two and a half pounds to grams please", "2.5 pounds are about 1,133.98 grams."),
        ("the recipe says 356 fahrenheit, what is that in celsius", "356 degrees Fahrenheit is 180 degrees Celsius."),
        ("how many tablespoons in a quarter of a cup", "0.25 cups is 4 tablespoons."),
        ("what's a hundred kilometres an hour in miles", "100 kilometres per hour are about 62.14 miles per hour."),
        ("5km in miles", "5 kilometres are about 3.11 miles."),
        ("one mile in miles", "That is 1 mile already."),
    ],
)  # fmt: skip
def test_a_quantity_is_said_in_the_unit_that_is_asked_for(words, said):
    assert SKILL.says(words) == said


@pytest.mark.parametrize(
    "words, said",
    [
        ("how many litres are in ten kilograms", "Kilograms cannot be turned into litres."),
        ("two hundred grams of flour in cups", "Grams cannot be turned into cups."),
        ("convert 3 miles to hours", "Miles cannot be turned into hours."),
        ("minus five hundred celsius in kelvin", "Nothing can be as cold as minus 500 degrees Celsius."),
    ],
)
def test_what_cannot_be_turned_into_it_is_said(words, said):
    assert SKILL.says(words) == said


@pytest.mark.parametrize(
    "words", ["how many feet has a spider", "how many days are in february", "how many calories are in a banana"]
)
def test_questions_about_the_world_convert_nothing(words):
    assert SKILL.command(words) == ""


def test_no_lookalike_is_taken_for_a_conversion(lookalikes):
    assert [words for words in lookalikes if SKILL.command(words)] == []


def test_the_library_knows_every_unit_of_the_table():
    registry = units._registry()
    assert len(set(all_units())) > 90
    for one in all_units():
        registry.Unit(one.pint)
        assert unit(one.many.lower()) == unit(one.one.lower()) == one


@pytest.mark.parametrize(
    "words", ["five", "grams", "a", "", "five grams of sugar", "two hundred", "5 foot 13", "a lot"]
)
def test_what_is_no_quantity_gives_none(words):
    assert quantity(words) is None


@settings(max_examples=50)
@given(st.decimals(min_value=0, max_value=10**6, places=2), st.sampled_from(["grams", "feet", "square metres", "mph"]))
def test_every_amount_is_kept(amount, name):
    found = quantity(f"{amount} {name}")
    assert found is not None and found.amount == amount and found.unit == unit(name)


@settings(max_examples=50)
@given(
    st.lists(st.sampled_from("a an of half two 5 foot feet inches and stone minus litre % 10km °c".split())).map(
        " ".join
    )
)
def test_no_words_make_it_fail(words):
    assert quantity(words) is None or isinstance(quantity(words).amount, Decimal)
