"""Lists, sums, memory and talk in the words of people of all kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.skills.home import synonyms
from assistant.skills.learned import shipped, typed, ways
from assistant.skills.values.spoken_money import currency, money
from assistant.skills.values.spoken_numbers import number
from assistant.skills.words import asides, wording
from tests.skills.dialogue import room, talk
from tests.skills.saying import NOW


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("pop milk on the list, because we're out", "I put milk on your shopping list."),
        ("put milk on the list and some ketchup as well", "I put milk on your shopping list. I put ketchup on your "
         "shopping list."),
        ("ooh and while I remember, we're clean out of teabags so pop them on the shopping",
         "I put teabags on your shopping list."),
        ("what percentage is eighteen of seventy two", "18 of 72 is 25 percent."),
        ("kindly calculate eighteen percent GST on four thousand five hundred", "18 percent of 4,500 is 810."),
        ("thirty two lakh divided by twelve", "3,200,000 divided by 12 is about 266,666.67."),
        ("what is ten percent of six forty", "10 percent of 640 is 64."),
        ("what is nineteen eighty four plus ten", "1,984 plus 10 is 1,994."),
        ("bill's sixty two fifty, leave eighteen percent, what's the tip", "18 percent of 62.5 is 11.25."),
        ("how much more is ninety than fifty four", "90 minus 54 is 36."),
    ],
)  # fmt: skip
def test_one_turn(tmp_path: Path, said: str, answer: str) -> None:
    assert talk(room(tmp_path), said) == [answer]


@pytest.mark.parametrize(
    ("said", "main"),
    [
        ("skip this song on the stereo, it's rubbish", ["skip this song on the stereo"]),
        ("open the curtains, morning's here", ["open the curtains"]),
        ("put the big light on because I can't find my shoes", ["put the big light on"]),
        ("turn it off, he said", []),
    ],
)
def test_what_is_left_of_a_request_and_its_reason(said: str, main: list[str]) -> None:
    assert list(asides.without(said))[-1:] == main


def test_what_is_beside_a_request() -> None:
    assert asides.beside("I've a cold, turn it up, it's too quiet", "turn it up") == ["I've a cold", "it's too quiet"]
    assert asides.is_of_it("put them on the list", ["the oats are gone"])
    assert not asides.is_of_it("put oats on the list", ["they are gone"])


def test_a_number_is_never_read_in_part() -> None:
    words = wording.words("well six forty plus two")
    assert typed.widened({"sum": (2, 5)}, words, NOW) == {"sum": (1, 5)}
    words = wording.words("seven six forty plus two")
    assert typed.widened({"sum": (2, 5)}, words, NOW) == {"sum": (0, 5)}


def test_how_a_thing_is_to_be_is_no_name() -> None:
    assert ways.is_way("cosier") and ways.is_way("more bright")
    assert not ways.is_way("heating") and not ways.is_way("dim lamp")


def test_what_would_be_is_not_done() -> None:
    assert list(shipped().plainly("if I'd turned the heating off we'd have saved a fortune", NOW)) == []
    assert list(shipped().plainly("if I had turned the heating off we would have saved a fortune", NOW)) == []


def test_money_by_its_land() -> None:
    assert currency("american") == currency("us dollars")
    assert money("two hundred canadian") == money("200 canadian dollars")


def test_numbers_of_india() -> None:
    assert (number("two and a half lakh"), number("three crore five lakh")) == (250_000, 30_500_000)


def test_what_a_home_may_call_otherwise() -> None:
    found = list(synonyms.instead("close the drapes in the lounge"))
    assert "close the curtains in the lounge" in found
    assert "close the curtains in the living room" in found
    assert list(synonyms.instead("feed the cat")) == []
