"""Number words of English and German, where they are easily wrong."""

from __future__ import annotations

import pytest

from assistant.spoken import de_numbers as german
from assistant.spoken import en_numbers as english


@pytest.mark.parametrize(
    ("number", "cardinal", "ordinal"),
    [
        (0, "zero", "zeroth"),
        (12, "twelve", "twelfth"),
        (40, "forty", "fortieth"),
        (101, "one hundred one", "one hundred first"),
        (1_000_000, "one million", "one millionth"),
        (2_000_019, "two million nineteen", "two million nineteenth"),
        (10**15 - 10**12, "nine hundred ninety-nine trillion", "nine hundred ninety-nine trillionth"),
    ],
)
def test_english(number: int, cardinal: str, ordinal: str) -> None:
    assert (english.cardinal(number), english.ordinal(number)) == (cardinal, ordinal)


@pytest.mark.parametrize(
    ("number", "cardinal", "ordinal"),
    [
        (0, "null", "nullte"),
        (1, "eins", "erste"),
        (16, "sechzehn", "sechzehnte"),
        (21, "einundzwanzig", "einundzwanzigste"),
        (101, "hunderteins", "hunderterste"),
        (1_100, "tausendeinhundert", "tausendeinhundertste"),
        (1_007, "tausendsieben", "tausendsiebte"),
        (21_000, "einundzwanzigtausend", "einundzwanzigtausendste"),
        (101_000, "hunderteintausend", "hunderteintausendste"),
        (1_000_000, "eine Million", "einemillionste"),
        (2_000_001, "zwei Millionen eins", "zweimillionenerste"),
    ],
)
def test_german(number: int, cardinal: str, ordinal: str) -> None:
    assert (german.cardinal(number), german.ordinal(number)) == (cardinal, ordinal)


def test_german_one_follows_what_is_counted() -> None:
    assert [german.cardinal(1, gender) for gender in ("", "m", "f")] == ["eins", "ein", "eine"]
    assert german.cardinal(101, "f") == "hunderteins"


@pytest.mark.parametrize(
    ("year", "words"),
    [
        (1000, "one thousand"),
        (1066, "ten sixty-six"),
        (1900, "nineteen hundred"),
        (1905, "nineteen oh five"),
        (2000, "two thousand"),
        (2009, "two thousand nine"),
        (2010, "twenty ten"),
    ],
)
def test_english_years(year: int, words: str) -> None:
    assert english.year(year) == words
