"""What only the user can know is not made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from assistant.memory.facts import Fact, Memory
from assistant.skills import loaded
from assistant.skills.talk import unknown
from tests.scene import Scene
from tests.scripted import Say
from tests.skills.dialogue import room
from tests.skills.equipment import equipped
from tests.skills.saying import Steered, here

ASKED = """
Where is my car?
where did I park the car
Where have I put my keys?
Do you know where my glasses are?
What's my sister's name?
What is my sister called?
So what's my name?
Do you know my name?
Who am I?
Who is my dentist?
How old am I?
How old is my little brother?
When's my birthday?
Do you remember when my wife's birthday is?
When is my dentist appointment?
Where do I live?
where was I born
What do I do for a living?
What am I allergic to?
Am I allergic to nuts?
What's my favourite colour?
What was my locker code again?
What colour is my front door?
How many children do I have?
What car do I drive?
What did I have for breakfast yesterday?
What's our wifi password?
""".strip().splitlines()

OTHERS = """
Where is my liver?
Where is my nearest post office?
What is my purpose in life?
What's my best option?
How do I get to my sister's house?
Why is my car making a noise?
What should I call my cat?
What are my rights as a tenant?
Where can I park my car?
How many bones do I have?
How old is the universe?
Who is the president of France?
What is a birthday?
What colour is the sky?
What do I do if my car breaks down?
What is the name of the capital of Peru?
My name is Ann.
I don't know where my car is.
Where is the Eiffel Tower?
What's your name?
""".strip().splitlines()


@pytest.fixture(scope="module")
def skills():
    return loaded.load()


@pytest.mark.parametrize("words", ASKED)
def test_what_only_the_user_can_know_is_said_to_be_unknown(skills, words, tmp_path):
    name, action = skills.action(words, "en", replace(room(tmp_path), memory=Memory(tmp_path / "me.md")))
    assert (name, action.say, action.do) == ("memory.unknown", unknown.SAID, None)


@pytest.mark.parametrize("words", OTHERS)
def test_what_others_know_is_left_to_the_model(words):
    assert not unknown.asks_of_oneself(words)


def test_a_fact_answers_and_once_it_is_forgotten_nothing_is_made_up(skills, tmp_path):
    memory = Memory(tmp_path / "me.md")
    where = here(tmp_path, memory=memory)
    fact = Fact("my car is on level three", date(2026, 12, 2))
    memory.remember(fact)
    assert skills.action("Where is my car?", "en", where)[1].say == "Your car is on level three."
    memory.forget([fact])
    assert skills.action("Where is my car?", "en", where)[1].say == unknown.SAID


def test_what_was_told_in_this_conversation_without_a_plain_answer_is_the_models(skills, tmp_path):
    where = here(tmp_path, Steered(words="my sister Anna comes today"), memory=Memory(tmp_path / "me.md"))
    assert skills.action("What is my sister's name?", "en", where) is None
    assert skills.action("Where is my car?", "en", where)[1].say == unknown.SAID


def test_documents_and_tools_may_know(skills, tmp_path):
    where = here(tmp_path, memory=Memory(tmp_path / "me.md"))
    assert skills.action("Where is my car?", "en", replace(where, has_tools=True)) is None
    assert skills.action("Where is my car?", "en", replace(where, documents=object())) is None


def test_in_a_conversation_what_was_told_in_it_is_the_answer():
    says = [
        Say(1.0, "what is my sister's name"),
        Say(9.0, "my sister is called Anna"),
        Say(17.0, "what is my sister's name"),
    ]
    scene = Scene(says, ["Nice."], equipment=equipped()).play()
    assert [turn.heard for turn in scene.turns] == [unknown.SAID, "Nice.", "Your sister is called Anna."]


class Talked(Steered):
    def told(self) -> list[str]:
        return self.words.splitlines()


@pytest.mark.parametrize(
    ("told", "words", "answer"),
    [
        ("I'm allergic to nuts", "What am I allergic to?", "You're allergic to nuts."),
        ("My keys are on the table\nI'm bored", "Where are my keys?", "Your keys are on the table."),
        ("I live in Bristol\nWhere do I live?", "Where do I live?", "You live in Bristol."),
        ("My name is Ben\nWhat time is it?", "What's my name?", "Your name is Ben."),
        ("My favourite colour is green\nmy favourite colour is blue", "What's my favourite colour?",
         "Your favourite colour is blue."),
        ("I'm bored", "What's my name?", unknown.SAID),
    ],
)  # fmt: skip
def test_what_was_told_before_is_said(skills, tmp_path, told, words, answer):
    where = here(tmp_path, Talked(words=told), memory=Memory(tmp_path / "me.md"))
    assert skills.action(words, "en", where)[1].say == answer


@pytest.mark.parametrize("words", ["My favourite colour is green", "My locker code is 1234"])
def test_a_statement_is_no_question(words):
    assert not unknown.asks_of_oneself(words)


@pytest.mark.parametrize("words", ["Remember it", "Remember that.", "Please keep that in mind", "Don't forget that"])
def test_what_was_said_before_is_remembered(skills, tmp_path, words):
    memory = Memory(tmp_path / "me.md")
    where = here(tmp_path, Talked(words="My favourite colour is green\nWhat is it?"), memory=memory)
    name, action = skills.action(words, "en", where)
    assert (name, action.say) == ("memory.remember_that", "I'll remember that your favourite colour is green.")
    nothing = here(tmp_path, Talked(words="What time is it?"), memory=memory)
    assert skills.action(words, "en", nothing)[1].say.startswith("I do not know what to remember.")


@pytest.mark.parametrize(
    ("fact", "words", "answer"),
    [
        ("we leave the key under the blue pot", "Where's the key?", "You leave the key under the blue pot."),
        ("my car is parked on level three", "Where did I park?", "Your car is parked on level three."),
    ],
)
def test_a_thing_in_a_fact_is_found(skills, tmp_path, fact, words, answer):
    memory = Memory(tmp_path / "me.md")
    memory.remember(Fact(fact, date(2026, 12, 2)))
    assert skills.action(words, "en", here(tmp_path, memory=memory))[1].say == answer


def test_all_is_forgotten_after_a_yes_and_what_was_asked_is_said(skills, tmp_path):
    memory = Memory(tmp_path / "me.md")
    for text in ("my car is blue", "my dog is called Rex"):
        memory.remember(Fact(text, date(2026, 12, 2)))
    asked = skills.action("Forget everything", "en", here(tmp_path, memory=memory))[1].ask
    assert asked == "Shall I forget all 2 things that you told me?"
    assert skills.action("What did I just ask you?", "en", here(tmp_path, memory=memory))[0] == "talking.heard"
