"""What is out of reach, said in German, French, Spanish and Italian."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from assistant.knowledge import language_of
from assistant.skills import Before, alarms, home, languages, lists, outside, talking
from assistant.skills.loaded import Skills
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
