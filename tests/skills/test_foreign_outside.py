"""What is out of reach, said in German, French, Spanish and Italian."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.knowledge import language_of
from assistant.reply.commands import Commands, Equipment
from assistant.skills import Before, home
from assistant.skills.lists import lists
from assistant.skills.loaded import Skills
from assistant.skills.talk import outside, talking
from assistant.skills.time import alarms
from assistant.skills.words import languages
from tests.skills import dialogue

SAID = """
de > Schalt bitte die Lampe im Flur aus > home
de > Wie wird das Wetter am Wochenende? > weather
de > Spiel mir etwas Jazz > play
de > Hol schnell den Notarzt! > emergency
de > Ruf bitte Oma an > call
de > Mach die Hausaufgaben auf >
fr > Ferme les volets s'il te plaît > home
fr > Quel temps fera-t-il demain ? > weather
fr > Mets la radio > play
fr > Appelle une ambulance ! > emergency
fr > Ouvre ton livre >
es > Apaga las luces > home
es > ¿Va a nevar mañana? > weather
es > Pon un poco de música > play
es > Necesito una ambulancia > emergency
es > Sube la voz >
it > Spegni la luce in camera > home
it > Sta piovendo? > weather
it > Vorrei ascoltare la radio > play
it > Chiama la nonna > call
it > Chiamate i pompieri > emergency
it > Spegni la sveglia >
"""


@cache
def skills() -> Skills:
    return Skills([outside, talking, alarms, lists])  # type: ignore[list-item]


@pytest.mark.parametrize("line", SAID.strip().splitlines())
def test_it_is_said_in_the_language_of_the_request(line: str, tmp_path: Path) -> None:
    language, words, name = (part.strip() for part in line.split(">"))
    found = skills().action(words, language, dialogue.room(tmp_path), Before())
    assert (found and found[1].say) == (languages.read(language).replies[f"outside.{name}"] if name else None)


@pytest.mark.parametrize("line", [line for line in SAID.strip().splitlines() if not line.endswith(">")])
def test_typed_it_tells_its_language(line: str) -> None:
    language, words, _ = (part.strip() for part in line.split(">"))
    assert (languages.hint(words) or language_of(words)) in (language, "")


def test_where_a_home_is_connected_it_is_not_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "is_configured", lambda: True)
    found = skills().action("Mach das Licht an", "de", dialogue.room(tmp_path), Before())
    assert found is None


def test_what_is_out_of_reach_may_be_the_task_that_was_asked_for(tmp_path: Path) -> None:
    room = dialogue.room(tmp_path)
    asked = skills().action("add something to my to-do list", "en", room, Before())
    assert asked is not None and asked[1].asks_back
    found = skills().action("call the plumber", "en", room, Before(asked[1].asks_back))
    assert found is not None and found[1].say == "I put call the plumber on your to-do list."
    music = skills().action("play some music", "en", room, Before(asked[1].asks_back))
    assert music is not None and music[0] == "outside.play"


CHAT = """Wie heißt du? | Erzähl mir einen Witz | Ich habe gestern die Lampe ausgemacht | Mein Hund ist krank
Comment tu t'appelles ? | J'ai mis le lait dans le frigo | Je suis fatigué aujourd'hui | Raconte-moi une blague
Ayer apagué la luz a las diez | Estoy cansado hoy | Ho messo il latte in frigo | Raccontami una barzelletta"""


@pytest.mark.parametrize("words", [words for line in CHAT.splitlines() for words in line.split(" | ")])
def test_heard_as_english_it_is_no_command(words: str, tmp_path: Path) -> None:
    assert dialogue.skills().action(words, "en", dialogue.room(tmp_path), Before()) is None


@pytest.mark.parametrize("language", ["de", "fr"])
def test_few_english_words_that_were_taken_for_another_language_are_understood(language: str, tmp_path: Path) -> None:
    room = dialogue.room(tmp_path)
    equipment = Equipment(dialogue.skills(), tmp_path, room.timekeeper)
    commands = Commands(equipment, SimpleNamespace(spoken_language=""))  # type: ignore[arg-type]
    turn = SimpleNamespace(id=1, language=language)

    async def understood() -> None:
        found = commands.understood(turn, "roll a twelve sided dice")  # type: ignore[arg-type]
        assert found is not None and found[0] == "talking.dice" and turn.language == "en"
        turn.language = language
        assert commands.understood(turn, "please roll a twelve sided dice for us all") is None  # type: ignore[arg-type]

    asyncio.run(understood())
