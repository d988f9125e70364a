"""The everyday skills side by side, as one matcher sees them."""

from __future__ import annotations

import pytest

from assistant.skills.lists import lists
from assistant.skills.numbers import currencies, sums, units
from assistant.skills.talk import documents, talking
from assistant.skills.words.matching import Matcher
from tests.skills.saying import NOW

MODULES = (lists, sums, units, currencies, talking, documents)
MATCHER = Matcher([row for module in MODULES for row in module.COMMANDS])


def test_every_command_has_one_name_and_help():
    rows = [row for module in MODULES for row in module.COMMANDS]
    assert len({row.name for row in rows}) == len(rows) and all(row.help.endswith(".") for row in rows)


def test_there_are_lookalikes_enough(lookalikes):
    assert len(set(lookalikes)) >= 60


@pytest.mark.parametrize(
    "words, name",
    [
        ("how many pounds is five kilos", "units.convert"),
        ("how many pounds is five euros", "currencies.convert"),
        ("how much is ten percent of ninety pounds", "sums.calculate"),
        ("five pounds in dollars", "currencies.convert"),
        ("five pounds in grams", "units.convert"),
        ("what is 20 percent off 50", "sums.calculate"),
        ("take the milk off the list", "list.remove"),
        ("take 3 from 10", "sums.calculate"),
        ("add 3 and 4", "sums.calculate"),
        ("add milk", "list.add"),
        ("stop", "talking.stop"),
        ("search my notes for the boiler", "documents.search"),
        ("turn it down", "talking.quieter"),
    ],
)
def test_words_that_several_skills_know_go_to_the_right_one(words, name):
    found = MATCHER.matches(words, NOW)
    assert (found[0].name if found else "") == name


def test_no_lookalike_matches_anything(lookalikes):
    assert [words for words in lookalikes if MATCHER.matches(words, NOW)] == []
