"""What is corrected or taken back in the turn after a command, and what only sounds like that."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assistant.skills import Before, Command
from assistant.skills.follow_ups.references import is_of_nothing
from assistant.skills.time import timers
from assistant.skills.values.list_words import items
from tests.scene import Scene
from tests.scripted import Say
from tests.skills import dialogue
from tests.skills.equipment import equipped
from tests.skills.saying import NOW

DIALOGUES = """
Set a timer for ten minutes > The timer is set for 10 minutes.
Sorry, fifteen > The timer is set for 15 minutes from now.
No, twelve minutes > The timer is set for 12 minutes from now.
No, I meant thirty > The timer is set for 30 minutes from now.
I meant forty > The timer is set for 40 minutes from now.
Undo that > The timer is as before.

Set a timer for ten minutes > The timer is set for 10 minutes.
Add five minutes > The timer has 15 minutes left now.
No, ten minutes > The timer has 20 minutes left now.

Set an alarm for seven > The alarm is set for 7 in the evening.
Not seven, eight > The alarm is set for 8 in the evening now.
No, nine > The alarm is set for 9 in the evening now.

Remind me to call Anna at five > I will remind you at 5 in the afternoon to call Anna.
No, Julia > The reminder to call Anna is cancelled. I will remind you at 5 in the afternoon to call Julia.

Remind me to call Anna at five > I will remind you at 5 in the afternoon to call Anna.
No, buy stamps > The reminder to call Anna is cancelled. I will remind you at 5 in the afternoon to buy stamps.

Remind me to call Anna at five > I will remind you at 5 in the afternoon to call Anna.
Actually no > The reminder to call Anna is cancelled.

Put milk on the list > I put milk on your shopping list.
No, oat milk > I took milk off your shopping list again. I put oat milk on your shopping list.

Put eggs and bread on the list > I put eggs and bread on your shopping list.
No, I meant butter > Shall I take it back, or what shall I change?
the sky is blue > the model answers

Put eggs on the list > I put eggs on your shopping list.
That's wrong > Shall I take it back, or what shall I change?
Bread > I took eggs off your shopping list again. I put bread on your shopping list.

Put eggs and milk on the list > I put eggs and milk on your shopping list.
Clear the list > Your shopping list is empty now; 2 things were on it.
Oh no, put them back > I put eggs and milk back on your shopping list.

Put eggs on the list > I put eggs on your shopping list.
Take that back > I took eggs off your shopping list again.

Set a timer for ten minutes > The timer is set for 10 minutes.
Cancel it > The timer is cancelled.
Undo that > The timer is set again.

What time is it > It is 3:20 in the afternoon.
Undo that > I cannot take that back.

Set a timer for ten minutes > The timer is set for 10 minutes.
No, that's fine > the model answers
Undo that > There is nothing to take back.

Put milk on the list > I put milk on your shopping list.
No problem > the model answers
"""


@pytest.mark.parametrize("lines", DIALOGUES.strip().split("\n\n"), ids=lambda lines: lines[:50])
def test_the_command_before(lines: str, tmp_path: Path) -> None:
    turns = [line.split(" > ") for line in lines.splitlines()]
    assert dialogue.talk(dialogue.room(tmp_path), *(said for said, _ in turns)) == [heard for _, heard in turns]


CHAT = (
    "No thanks|No, I don't think so|No, cool|Sorry?|Actually, who was Napoleon?|Oh no|No way|No, what is a leap year"
    "|No, history repeats itself|Sorry, tick tock|No, pasta takes about ten minutes|Actually, roll over Beethoven"
    "|No, make hay while the sun shines|No, I would like to learn French|And the other one"
)


@pytest.mark.parametrize("words", CHAT.split("|"))
def test_nothing_is_changed_by_chat(words: str, tmp_path: Path) -> None:
    where = dialogue.room(tmp_path)
    dialogue.talk(where, "Put milk on the list", words)
    assert (tmp_path / "lists/shopping.md").read_text().endswith("\n\n- [ ] milk\n")
    dialogue.talk(where, "Remind me to call Anna at five", words)
    (before,) = where.timekeeper.entries()
    dialogue.talk(where, "Pause the timer", words)
    assert where.timekeeper.entries() == [before] and before.name == "call Anna"


def test_a_list_that_was_changed_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    where = dialogue.room(tmp_path)
    name, action = dialogue.skills().action("put milk on the list", "en", where) or pytest.fail("no command")
    assert action.do is not None and action.undo is not None
    asyncio.run(dialogue.done(action.do))
    path = tmp_path / "lists/shopping.md"
    path.write_text(path.read_text() + "- [ ] tea\n")
    again = dialogue.skills().action("undo that", "en", where, Before(None, action.commands, action.undo))
    assert again and again[1].do
    assert asyncio.run(dialogue.done(again[1].do)) == "That was changed since; I cannot take it back."
    assert "tea" in path.read_text() and "milk" in path.read_text()


def test_in_a_conversation(tmp_path: Path) -> None:
    room, equipment = dialogue.room(tmp_path), equipped(timers)
    object.__setattr__(equipment, "timekeeper", room.timekeeper)
    says = [Say(1.0, "set a timer for ten minutes"), Say(6.0, "no, fifteen")]
    played = Scene(says, ["I am the model."], until=10, equipment=equipment).play()
    assert played.turns[-1].heard == "The timer is set for 15 minutes from now."


@pytest.mark.parametrize(
    "words, done, nothing",
    [("And the other one", (), True), ("Minus five", (), True), ("Minus five", (Command("timer.set"),), False),
     ("Minus five", (Command("sums.calculate"),), True), ("five more minutes", (), False),
     ("scrap the pasta one", (), False)],
)  # fmt: skip
def test_words_that_name_nothing_need_a_command_before_them(
    words: str, done: tuple[Command, ...], nothing: bool
) -> None:
    assert is_of_nothing(words, (Command("timer.cancel"),), done, NOW) == nothing


def test_the_other_one_is_none_where_nothing_was_spoken_of(tmp_path: Path) -> None:
    where = dialogue.room(tmp_path)
    heard = dialogue.talk(where, "Set a timer for ten minutes", "What's the capital of Spain?", "And the other one")
    assert heard[-1] == dialogue.MODEL and len(where.timekeeper.entries()) == 1


def test_nobody_puts_a_hesitation_on_a_list() -> None:
    assert items("porridge oats, bananas and, um, washing up liquid") == [
        "porridge oats",
        "bananas",
        "washing up liquid",
    ]


def test_a_timer_for_a_thing(tmp_path: Path) -> None:
    said = ("Set a timer for the eggs, six minutes please", "How long have the eggs got?", "Cancel the eggs")
    assert dialogue.talk(dialogue.room(tmp_path), *said) == [
        "The eggs timer is set for 6 minutes.",
        "The eggs timer has 6 minutes left.",
        "The eggs timer is cancelled.",
    ]
