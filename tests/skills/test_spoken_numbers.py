"""Numbers as people say them and as recognisers write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.skills.values.spoken_numbers import number, ordinal, year
from assistant.spoken import en_numbers as english


@pytest.mark.parametrize(
    "words, value",
    [
        ("twenty five", "25"),
        ("twenty-five", "25"),
        ("two hundred and three", "203"),
        ("a hundred and one", "101"),
        ("twelve hundred", "1200"),
        ("six million two hundred thousand", "6200000"),
        ("two hundred and five thousand", "205000"),
        ("one point five", "1.5"),
        ("nought point two five", "0.25"),
        ("three point one four", "3.14"),
        ("one point oh five", "1.05"),
        ("one point twenty five", "1.25"),
        ("point five", "0.5"),
        ("minus four", "-4"),
        ("-4", "-4"),
        ("minus a half", "-0.5"),
        ("a dozen", "12"),
        ("two dozen", "24"),
        ("half a dozen", "6"),
        ("a couple", "2"),
        ("a couple of hundred", "200"),
        ("1,200", "1200"),
        ("1,234,567.5", "1234567.5"),
        ("a half", "0.5"),
        ("half", "0.5"),
        ("two and a half", "2.5"),
        ("2½", "2.5"),
        ("three quarters", "0.75"),
        ("one and three quarters", "1.75"),
        ("an eighth", "0.125"),
        ("seven hundredths", "0.07"),
        ("1.5 million", "1500000"),
        ("two and a half million", "2500000"),
        ("a quarter of a million", "250000"),
        ("zero", "0"),
    ],
)
def test_a_number_is_understood_however_it_is_said(words, value):
    assert number(words) == Decimal(value)


def test_thirds_are_as_exact_as_decimals_can_be():
    assert number("two thirds") == Decimal(2) / 3


@pytest.mark.parametrize(
    "words",
    (
        "3,5|1,20|a|an|and|point|minus|five six|five and six|100 and 20|two hundred three hundred|twenty eleven|third|"
        "first|nineteen eighty four|two thousand and|one hundred hundred|a little|a couple of|minus minus four|"
        "five point|hundred and|half of|twenty five minutes|the|1.2.3|--4|२|"
    ).split("|"),
)
def test_what_is_no_number_or_more_than_one_gives_none(words):
    assert number(words) is None


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_every_integer_that_is_read_aloud_is_understood_again(value):
    spoken = english.cardinal(abs(value))
    assert number(f"minus {spoken}" if value < 0 else spoken) == value


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=10**4))
def test_so_is_every_decimal(whole, part):
    digits = " ".join(english.SMALL[int(digit)] for digit in str(part))
    assert number(f"{english.cardinal(whole)} point {digits}") == Decimal(f"{whole}.{part}")


@given(st.integers(min_value=1, max_value=10**12))
def test_every_place_in_a_row_that_is_read_aloud_is_understood_again(value):
    assert ordinal(english.ordinal(value)) == value


@given(st.integers(min_value=1000, max_value=2099))
def test_every_year_that_is_read_aloud_is_understood_again(value):
    assert year(english.year(value)) == value


@pytest.mark.parametrize(
    "words, value",
    [("the third", 3), ("21st", 21), ("hundred and first", 101), ("twenty-second", 22), ("last", None), ("five", None),
     ("two thirds", None), ("half fifth", None), ("the", None), ("", None)],
)  # fmt: skip
def test_places_in_a_row(words, value):
    assert ordinal(words) == value


@pytest.mark.parametrize(
    "words, value",
    [("nineteen eighty four", 1984), ("twenty oh five", 2005), ("2026", 2026), ("ten sixty six", 1066),
     ("twenty five", 25), ("five six", None), ("minus four", None), ("1.5", None), ("", None)],
)  # fmt: skip
def test_years_are_read_as_years_only_where_one_is_asked_for(words, value):
    assert year(words) == value


WORDS = """a an and half point hundred million dozen couple of minus quarters third oh 9 1,000 point""".split()


@settings(max_examples=50)
@given(
    st.text("a1,.-½ 9é", max_size=30) | st.lists(st.sampled_from([*english.SMALL, *english.TENS, *WORDS])).map(" ".join)
)
def test_no_words_make_it_fail(words):
    for understand in (number, ordinal, year):
        understand(words)
