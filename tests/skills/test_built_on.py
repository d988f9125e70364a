"""Questions that go on from the answer before, and forbidden commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.skills import dialogue

DIALOGUES = """
how much is 15 times 4 > 15 times 4 is 60.
and times three? > 60 times 3 is 180.
minus twenty > 180 minus 20 is 160.
a quarter of that > A quarter of 160 is 40.
square it > 40 squared is 1,600.
and the square root of that > The square root of 1,600 is 40.
and in pounds? > Of which currency? Say, for example: 40 dollars in pounds.

what is 100 divided by 3 > 100 divided by 3 is about 33.33.
times 3 > 33.3333 times 3 is 100.

what is 20 percent off 45.50 euros > 20 percent off 45.50 euros is 36.40 euros.
half of it > Half of 36.40 euros is 18.20 euros.

what is 3 plus 4 > 3 plus 4 is 7.
that was quick > the model answers
times are hard > the model answers
plus ten > the model answers

plus ten > the model answers

what day is it > It is Wednesday, 2 December 2026.
and tomorrow? > Tomorrow is Thursday, 3 December 2026.
and the day after that? > 4 December 2026 is a Friday.
and one week later > 11 December 2026 is a Friday.
and the day before > 10 December 2026 is a Thursday.

what time is it in New York > In New York it is 9:20 in the morning.
and in Lima > In Lima it is 9:20 in the morning.

set a timer for the rice for 9 minutes > The rice timer is set for 9 minutes.
and one for the beans, twelve minutes > The beans timer is set for 12 minutes.

remind me on friday at 4 to send the letter > I will remind you on Friday at 4 in the afternoon to send the letter.
make that thursday > I will remind you tomorrow at 4 in the afternoon to send the letter.
and one for the invoice at 5 > I will remind you at 5 in the afternoon about the invoice.

set a timer for 9 minutes > The timer is set for 9 minutes.
is it ready yet > The timer has 9 minutes left.
never mind, cancel it > The timer is cancelled.

create a camping list > I made a camping list. It is empty.
put a tent on the camping list > I put tent on your camping list.
how many things are on that list > There is 1 thing on your camping list.
clear it > Your camping list is empty now; 1 thing was on it.

set an alarm > For when?
um > Take your time.
let me think > Take your time.
for like eight ish > The alarm is set for 8 in the evening.

don't set an alarm > All right, I won't.
please don't put bread on the list > All right, I won't.
don't tell anybody > the model answers
don't you set alarms? > the model answers

remind me about the dentist > When shall I remind you about the dentist?
next Wednesday at ten > I will remind you on Wednesday, 9 December at 10 in the morning about the dentist.

we need soap and a lemon > I put soap and lemon on your shopping list.
no not lemon, lime > I took soap and lemon off your shopping list again. I put soap and lime on your shopping list.

how many grams in three ounces > 3 ounces are about 85.05 grams.
and in kilos > 3 ounces are about 0.085 kilograms.

how many days until the twelfth > It is 10 days until Saturday, 12 December 2026.
and until Christmas? > It is 23 days until Friday, 25 December 2026.

what's next Sunday's date > 13 December 2026 is a Sunday.

what's 15 percent of 64 pounds > 15 percent of 64 pounds is 9.60 pounds.
and of 80 pounds > 15 percent of 80 pounds is 12 pounds.

how do I split 120 euros between 8 people > 120 euros divided by 8 is 15 euros.
split 90 pounds four ways > 90 pounds divided by 4 is 22.50 pounds.

what tip should I leave on 40 pounds > the model answers
how much tip should I leave on 40 pounds > That is 4 British pounds at 10 percent, 6 British pounds at 15 percent and \
8 British pounds at 20 percent.

put bread, um, no, rolls on the list > I put rolls on your shopping list.
"""


@pytest.mark.parametrize("lines", DIALOGUES.strip().split("\n\n"), ids=lambda lines: lines[:40])
def test_it_goes_on_from_the_answer_before(lines: str, tmp_path: Path) -> None:
    turns = [line.split(" > ") for line in lines.splitlines()]
    assert dialogue.talk(dialogue.room(tmp_path), *(said for said, _ in turns)) == [heard for _, heard in turns]
