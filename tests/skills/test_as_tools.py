"""Skills as tools of a language model."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest

from assistant.errors import AssistantError
from assistant.skills import Action, Command, command, home
from assistant.skills.as_tools import asking, schema, tools
from assistant.skills.loaded import Skills
from tests.skills.equipment import Lamp, equipped


class Kettle:
    COMMANDS = (
        command("boil", "Boil water.", "boil [the] water for {duration} [in the {pot}]", "(cook|boil) for {duration}"),
        command("empty", "Empty the kettle.", "empty the (kettle|pot)", destructive=True),
    )
    asked: list[Command] = []

    def run(self, asked, here):
        self.asked.append(asked)
        if asked.name == "empty":
            return None

        async def do():
            return None

        return Action("It boils.", do)


def made():
    kettle = Kettle()
    equipment = equipped(kettle)
    here = equipment.here(SimpleNamespace(), 1, "")
    return kettle, equipment.skills, dict((tool.name, run) for tool, run in tools(equipment.skills, lambda: here))


def test_slots_become_arguments_and_only_what_no_sentence_does_without_is_required():
    assert schema(Kettle.COMMANDS[0]) == {
        "type": "object",
        "properties": {
            "duration": {"type": "string", "description": "a length of time, e.g. 5 minutes"},
            "pot": {"type": "string", "description": "pot"},
        },
        "required": ["duration"],
        "additionalProperties": False,
    }


def test_arguments_are_understood_as_spoken_words_are():
    kettle, _, run = made()
    assert asyncio.run(run["boil"]({"duration": "5 minutes", "pot": "big pot"})) == "It boils."
    assert kettle.asked[-1].values == {"duration": timedelta(minutes=5), "pot": "big pot"}


@pytest.mark.parametrize("name, arguments", [("boil", {"duration": "blue"}), ("empty", {})])
def test_what_cannot_be_meant_is_told_to_the_model(name, arguments):
    with pytest.raises(AssistantError):
        asyncio.run(made()[2][name](arguments))


def test_destructive_ones_ask():
    assert asking(made()[1]) == {"empty"}


def test_a_skill_that_fails_is_told_and_said():
    class Broken:
        COMMANDS = (command("break", "Break.", "break it"),)

        def run(self, asked, here):
            raise ZeroDivisionError("oh")

    told: list[str] = []
    action = Skills([Broken()], told.append).run(Command("break"), SimpleNamespace())
    assert action == Action("Sorry, that skill failed.") and "ZeroDivisionError" in told[0]


def test_what_needs_a_yes_is_not_done_for_a_model():
    lamp = Lamp()
    equipment = equipped(lamp)
    here = equipment.here(SimpleNamespace(), 1, "")
    run = {tool.name: run for tool, run in tools(equipment.skills, lambda: here)}
    with pytest.raises(AssistantError, match="Shall I unlock the door"):
        asyncio.run(run["unlock"]({}))
    assert lamp.done == []


def test_a_skill_without_sentences_of_its_own_is_given_the_words():
    (row,) = home.COMMANDS
    assert schema(row)["properties"].keys() == {"words"} and schema(row)["required"] == ["words"]
