"""Dates and times that there are none of are said, and never go to the language model."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.skills import Here
from tests.skills import dialogue
from tests.skills.dialogue import MODEL, talk

NEGATIVE = "A length of time cannot be less than nothing; say, for example: five minutes."


@pytest.fixture
def room(tmp_path: Path) -> Here:
    return dialogue.room(tmp_path)


SAID = """
set an alarm for 25 o'clock > There is no 25 o'clock.
Wake me at twenty five o'clock tomorrow. > There is no 25 o'clock.
wake me at 27 > There is no 27 o'clock; say a time of day, or how long from now.
set an alarm for 25:00 > There is no 25:00.
set an alarm for 7:75 > There is no 7:75.
wake me at 13 am > There is no 13 am.
wake me at quarter past 26 > There is no 26 o'clock.
set an alarm for 30 > There is no 30 o'clock; say a time of day, or how long from now.
remind me at 26 o'clock to call my mum > There is no 26 o'clock.
how long until 25 o'clock > There is no 25 o'clock.
what day is February 30th > There is no 30 February.
Remind me on February 30th to pay the rent. > There is no 30 February.
remind me on the 31st of June to pay the rent > There is no 31 June.
how many days until the 45th of May > There is no 45 May.
remind me on the 32nd to pay the rent > No month has a day 32.
set an alarm for 2026-13-01 > There is no month 13.
what day was February 29th 2025 > There is no 29 February in 2025.
set a timer for minus five minutes > {negative}
Set a timer for -5 minutes. > {negative}
remind me in minus five minutes to call my mum > {negative}
wake me in negative ten minutes > {negative}
call me in minus five minutes > {negative}
let us meet at 25 o'clock > There is no 25 o'clock.
What happened on February 30th? > There is no 30 February.
book a table for the 31st of April > There is no 31 April.
who was born on the 30th of February > There is no 30 February.
""".strip().splitlines()


@pytest.mark.parametrize("line", SAID)
def test_it_is_said_in_one_sentence(room, line):
    words, _, expected = line.partition(" > ")
    assert talk(room, words) == [expected.format(negative=NEGATIVE)]
    assert room.timekeeper.entries() == []


FOREIGN = """
de > Weck mich um 25 Uhr. > Diese Uhrzeit gibt es nicht.
de > stelle einen wecker auf 7:75 > Diese Uhrzeit gibt es nicht.
de > Stelle einen Timer auf minus fünf Minuten. > Eine Dauer kann nicht kleiner als nichts sein.
fr > mets un réveil à vingt-cinq heures > Cette heure n'existe pas.
es > pon una alarma a las 26 > Esa hora no existe.
it > metti una sveglia alle 26 > Quest'ora non esiste.
""".strip().splitlines()


@pytest.mark.parametrize("line", FOREIGN)
def test_in_other_languages_too(room, line):
    language, words, expected = line.split(" > ")
    assert talk(room, words, language=language) == [expected]


@pytest.mark.parametrize(
    "words",
    [
        "why is there no 30th of February",
        "in December 40 people came",
        "may 50 people sit in here",
        "march 45 miles a day and you are fit",
        "read Matthew 25:61 to me",
        "is minus five degrees cold",
        "the temperature fell to minus ten in an hour",
        "who was born on February 28th",
        "I was there on the 40th floor",
    ],
)
def test_what_only_looks_like_one_goes_to_the_model(room, words):
    assert talk(room, words) == [MODEL]


def test_what_can_be_still_is(room):
    said = talk(
        room,
        "set an alarm for 24:00",
        "set a timer for 25 hours",
        "remind me to set the oven to 200 in five minutes",
        "remind me on the 31st to pay the rent",
    )
    assert MODEL not in said and not any("There is no" in text for text in said), said
