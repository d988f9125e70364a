"""Lists as people use them, and the files they lie in."""

from __future__ import annotations

import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import AssistantError
from assistant.skills import Command, Impossible
from assistant.skills.lists import lists
from assistant.skills.stored.list_files import ListFile
from assistant.skills.values.list_words import WARES, items, list_name, wares
from tests.skills.saying import Skill, here

SKILL = Skill(lists)


@pytest.fixture
def told(tmp_path):
    """Says one sentence after the other, in one folder; gives what was answered last."""

    def tell(*sentences):
        return [SKILL.says(words, here(tmp_path)) for words in sentences][-1]

    return tell


@pytest.mark.parametrize(
    "words, said",
    [
        ("Put milk, eggs and bread on the shopping list.", "I put milk, eggs and bread on your shopping list."),
        ("add milk eggs and bread to my shopping list", "I put milk, eggs and bread on your shopping list."),
        ("stick milk on the shopping list would you", "I put milk on your shopping list."),
        ("we need more butter", "I put butter on your shopping list."),
        ("We're running low on toilet paper.", "I put toilet paper on your shopping list."),
        ("there's no coffee left", "I put coffee on your shopping list."),
        ("I need to buy two pints of milk", "I put two pints of milk on your shopping list."),
        ("we need to get a dozen eggs", "I put a dozen eggs on your shopping list."),
        ("don't forget the cat food", "I put cat food on your shopping list."),
        ("please pop some olive oil on the list", "I put olive oil on your shopping list."),
        ("mac and cheese should go on the grocery list", "I put mac and cheese on your shopping list."),
        ("add call the dentist to my to-do list", "I put call the dentist on your to-do list."),
        ("add a task to call mum and dad", "I put call mum and dad on your to-do list."),
        ("put wash the car and feed Tom on my to do list", "I put wash the car and feed Tom on your to-do list."),
        ("put Casablanca on my movies list", "I put Casablanca on your movies list."),
    ],
)  # fmt: skip
def test_things_are_put_on_lists_however_it_is_said(words, said, told):
    assert told(words) == said


def test_what_was_put_on_a_list_is_read_counted_and_found(told):
    assert told("what's on my shopping list") == "There is nothing on your shopping list."
    told("put milk, eggs and bread on the shopping list", "add call the dentist to my to do list")
    assert told("Read me the shopping list please") == "On your shopping list are milk, eggs and bread."
    assert told("what do we need to buy") == "On your shopping list are milk, eggs and bread."
    assert told("what do I still have to do today") == "On your to-do list is call the dentist."
    assert told("how many things are on my grocery list") == "There are 3 things on your shopping list."
    assert told("is there any milk on my list?") == "Yes, milk is on your shopping list."
    assert told("do I have an egg on the shopping list already") == "Yes, eggs are on your shopping list."
    assert told("is butter on the list") == "No, there is no butter on your shopping list."
    assert (
        told("what was the last thing I put on the shopping list") == "The last thing on your shopping list is bread."
    )
    assert told("which lists do I have") == "You have 2 lists: shopping and to-do."


def test_nothing_is_put_on_a_list_twice(told):
    told("put two eggs and milk on the shopping list")
    assert told("add milk to the shopping list") == "Milk is on your shopping list already."
    said = "I put bread on your shopping list. Milk was there already."
    assert told("add the milk and bread to the shopping list") == said
    assert told("what's on the shopping list") == "On your shopping list are two eggs, milk and bread."


def test_things_are_taken_off_and_ticked_off(told):
    told("put milk, oat milk, eggs and bread on the shopping list", "put call mum on my to-do list")
    assert told("take the eggs off the shopping list") == "I took eggs off your shopping list."
    assert told("scratch the butter from my list") == "There is no butter on your shopping list."
    assert told("tick off the milk") == "Milk on your shopping list is ticked off."
    assert told("I got the bread") == "Bread on your shopping list is ticked off."
    assert told("is milk on my shopping list") == "Yes, oat milk is on your shopping list."
    assert told("is bread on my shopping list") == "No, bread on your shopping list is ticked off."
    assert told("tick call mum off") == "Call mum on your to-do list is ticked off."
    assert told("what's on my shopping list") == "On your shopping list is oat milk."
    assert told("add bread to the shopping list") == "I put bread on your shopping list."


def test_a_thing_that_is_not_named_is_asked_for(tmp_path):
    with pytest.raises(Impossible, match="What do you mean by that?"):
        lists.run(Command("list.add", {"items": "that"}), here(tmp_path))


def test_things_are_told_apart_in_other_languages(tmp_path):
    found = Command("list.add", {"items": "Milch Eier und Brot"}, "Setze Milch, Eier und Brot auf die Liste", "de")
    assert lists.run(found, here(tmp_path)).say == "I put Milch, Eier and Brot on your shopping list."


def test_where_several_are_meant_it_is_asked_which(told):
    told("put oat milk and soy milk on the shopping list")
    said = "On your shopping list are oat milk and soy milk. Which one do you mean?"
    assert told("take milk off the shopping list") == said
    assert told("how many things are on the shopping list") == "There are 2 things on your shopping list."


def test_lists_are_begun_emptied_and_deleted(told):
    assert told("start a list called holiday") == "I made a holiday list. It is empty."
    assert told("put sun cream and sandals on the holiday list") == "I put sun cream and sandals on your holiday list."
    assert told("make a holiday list") == "There is a holiday list already, with 2 things on it."
    assert told("clear my holiday list") == "Your holiday list is empty now; 2 things were on it."
    assert told("what's on my holiday list") == "Your holiday list is empty."
    assert told("delete my holiday list") == "I deleted your holiday list, with nothing on it."
    assert told("what lists are there") == "You have no lists yet."


def test_what_loses_something_is_destructive():
    assert {row.name for row in lists.COMMANDS if row.destructive} == {"list.clear", "list.delete"}


def test_nothing_is_changed_until_it_is_done(tmp_path):
    assert SKILL.understood("put milk on the shopping list", here(tmp_path)) is not None
    assert list(tmp_path.rglob("*")) == []


def test_a_list_is_a_readable_private_file_that_a_person_may_edit(told, tmp_path):
    told("put milk and bread on the shopping list", "tick off the milk")
    path = tmp_path / "lists" / "shopping.md"
    assert path.read_text() == "# Shopping\n\n- [x] milk\n- [ ] bread\n"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    path.write_text("# For Saturday\n\nAsk Anna!\n* jam\n- [X] milk\n\nthe end\n")
    assert (
        told("add tea to the shopping list", "what's on my shopping list") == "On your shopping list are jam and tea."
    )
    assert path.read_text() == "# For Saturday\n\nAsk Anna!\n- [ ] jam\n- [x] milk\n\nthe end\n- [ ] tea\n"


def test_a_list_that_cannot_be_read_is_said(told, tmp_path):
    (tmp_path / "lists" / "shopping.md").mkdir(parents=True)
    path = tmp_path / "lists" / "shopping.md"
    assert told("what's on my shopping list") == f"The list {path} cannot be read: Is a directory."


def test_a_full_list_takes_no_more(tmp_path):
    full = ListFile(tmp_path, "shopping")
    for number in range(500):
        assert full.add(f"thing {number}")
    with pytest.raises(AssistantError, match="is full"):
        full.add("one more")


def test_no_name_leads_out_of_the_folder(tmp_path):
    for name in ("../../etc/passwd", "", ".", "a/b", "..", "x" * 500):
        assert ListFile(tmp_path, name).path.parent == tmp_path


def test_no_lookalike_is_taken_for_a_list(lookalikes, tmp_path):
    assert [words for words in lookalikes if SKILL.command(words, here(tmp_path))] == []


@pytest.mark.parametrize(
    "words", ["we need milk and love", "I bought milk", "we need more time", "I need coffee to live"]
)
def test_what_is_only_told_changes_nothing(words, tmp_path):
    assert SKILL.command(words, here(tmp_path)) == ""


@pytest.mark.parametrize(
    "words, name",
    [("the grocery", "shopping"), ("my to do", "to-do"), ("To-Do", "to-do"), ("", "shopping"), ("packing", "packing")],
)
def test_names_of_lists(words, name):
    assert list_name(words) == name


@pytest.mark.parametrize(
    "words, things",
    [
        ("lab report and laundry", ["lab report", "laundry"]),
        ("the bins and the laundry", ["bins", "laundry"]),
        ("call mum and dad", ["call mum and dad"]),
        ("meet Tom and Anna", ["meet Tom and Anna"]),
        ("mum and dad's anniversary", ["mum and dad's anniversary"]),
        ("fix the tap and the lamp in the hall", ["fix the tap and the lamp in the hall"]),
    ],
)
def test_a_task_that_names_two_things_and_no_deed_is_two(words, things):
    assert items(words, "to-do") == things


@settings(max_examples=50)
@given(st.lists(st.sampled_from(sorted(WARES)), min_size=1, max_size=6, unique=True))
def test_every_ware_of_a_spoken_row_is_found(row):
    assert items(", ".join(row[:-1]) + (" and " if row[1:] else "") + row[-1]) == row
    assert wares(row[0]) is not None


@settings(max_examples=50)
@given(
    st.text("ab,.-½ 9é\n", max_size=20)
    | st.lists(st.sampled_from("milk , and the a oil dozen of mac cheese more".split())).map(" ".join)
)
def test_no_words_make_it_fail(words):
    assert all(items(words)) and all(items(words, "to-do"))
    wares(words)
