"""The same commands, with the same values, in German, French, Spanish and Italian, and replies in these."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.skills import Command, command
from assistant.skills.words import languages
from assistant.skills.words.languages import homeassistant, kinds
from assistant.skills.words.matching import Matcher

NOW = datetime(2026, 12, 2, 15, 20, tzinfo=ZoneInfo("Europe/Berlin"))
NAMES = sorted(languages.read("de").replies)


@cache
def matcher(language: str) -> Matcher:
    return Matcher([command(name, "", name.replace(".", " ").replace("_", " ")) for name in NAMES], language)


def understood(language: str, words: str) -> tuple[str, dict[str, Any]] | None:
    found = matcher(language).understood(words, NOW)
    assert len(found) <= 1
    return (
        (found[0].name, {slot: getattr(value, "at", value) for slot, value in found[0].values.items()})
        if found
        else None
    )


def at(day: int, hour: int, minute: int) -> dict[str, datetime]:
    return {"moment": NOW.replace(day=day, hour=hour, minute=minute)}


@pytest.mark.parametrize(
    ("language", "words", "expected"),
    [
        ("de", "Stelle einen Timer auf fünf Minuten.", ("timer.set", {"duration": timedelta(minutes=5)})),
        (
            "de",
            "Kannst du bitte einen Timer für anderthalb Stunden stellen?",
            ("timer.set", {"duration": timedelta(hours=1.5)}),
        ),
        (
            "de",
            "Stell einen Nudel Timer auf 10 Minuten",
            ("timer.set", {"name": "Nudel", "duration": timedelta(minutes=10)}),
        ),
        ("de", "Lösche alle Timer", ("timer.cancel_all", {})),
        ("de", "Wie spät ist es?", ("clock.time", {})),
        ("de", "Füge Milch zur Einkaufsliste hinzu", ("list.add", {"items": "Milch", "list": "shopping"})),
        ("de", "Weck mich morgen um halb sieben", ("alarm.set", at(3, 6, 30))),
        ("de", "Stell die Lautstärke auf fünfzig Prozent", ("talking.volume", {"number": Decimal(50)})),
        ("de", "mach lauter bitte", ("talking.louder", {})),
        ("de", "Was ist die Hauptstadt von Frankreich?", None),
        ("de", "Timer sind nervig", None),
        ("fr", "Mets un minuteur de cinq minutes.", ("timer.set", {"duration": timedelta(minutes=5)})),
        ("fr", "Mets un minuteur d'une heure et demie", ("timer.set", {"duration": timedelta(hours=1.5)})),
        ("fr", "Quelle heure est-il ?", ("clock.time", {})),
        ("fr", "Réveille-moi à sept heures et demie", ("alarm.set", at(2, 19, 30))),
        ("fr", "Parle plus lentement s'il te plaît", ("talking.slower", {})),
        ("fr", "quelle est la capitale de la France", None),
        ("es", "Pon un temporizador de cinco minutos", ("timer.set", {"duration": timedelta(minutes=5)})),
        ("es", "¿Qué hora es?", ("clock.time", {})),
        ("es", "Despiértame mañana a las siete menos cuarto", ("alarm.set", at(3, 6, 45))),
        ("es", "añade leche a la lista de la compra", ("list.add", {"items": "leche", "list": "shopping"})),
        ("es", "cuál es la capital de Francia", None),
        ("it", "Imposta un timer di cinque minuti", ("timer.set", {"duration": timedelta(minutes=5)})),
        ("it", "Che ore sono?", ("clock.time", {})),
        ("it", "aggiungi latte alla lista della spesa", ("list.add", {"items": "latte", "list": "shopping"})),
        ("it", "Svegliami alle sette e mezza", ("alarm.set", at(2, 19, 30))),
        ("it", "qual è la capitale della Francia", None),
    ],
)
def test_commands(language: str, words: str, expected: tuple[str, dict[str, Any]] | None) -> None:
    assert understood(language, words) == expected


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_each_language_has_the_same_commands_and_every_command_a_reply(language: str) -> None:
    known, german = languages.read(language), languages.read("de")
    assert known.commands.keys() == german.commands.keys()
    assert known.replies.keys() == german.replies.keys()
    assert known.commands.keys() | set(homeassistant.INTENTS.values()) <= known.replies.keys()
    assert len(known.words["days"]) == 7 and len(known.words["months"]) == 12
    values = {"name": "A", "duration": timedelta(minutes=65), "items": "B", "number": 3}
    for name in known.replies:
        assert "{" not in languages.reply(Command(name, values, language=language), NOW)


def test_replies() -> None:
    named = Command("timer.set", {"name": "Nudel", "duration": timedelta(minutes=65)}, language="de")
    assert languages.reply(named, NOW) == "Der Timer Nudel ist auf 1 Stunde und 5 Minuten gestellt."
    assert languages.reply(Command("clock.date", language="fr"), NOW) == "Nous sommes mercredi 2 décembre."
    assert languages.reply(Command("clock.time", language="es"), NOW) == "Son las 15:20."
    assert languages.reply(Command("clock.time", language="en"), NOW) == ""
    assert languages.reply(Command("sums", language="de"), NOW) == ""


def test_a_skill_that_is_not_there_is_not_understood() -> None:
    clock = Matcher([command("clock.time", "", "what time is it")], "de")
    assert [found.name for found in clock.understood("wie spät ist es", NOW)] == ["clock.time"]
    assert clock.understood("stelle einen timer auf fünf minuten", NOW) == ()


def test_a_skill_may_bring_its_own_sentences() -> None:
    own = Matcher([command("mine", "", "do it", de=("tu es {number} mal",))], "de")
    (found,) = own.understood("Tu es drei Mal!", NOW)
    assert (found.name, found.values, found.language) == ("mine", {"number": 3}, "de")


@pytest.mark.parametrize(
    ("language", "words", "seconds"),
    [
        ("de", "zwei stunden und zehn minuten", 7800),
        ("de", "einundzwanzig sekunden", 21),
        ("fr", "vingt et une minutes", 1260),
        ("es", "treinta y cinco segundos", 35),
        ("it", "un'ora", 3600),
        ("de", "grüne minuten", None),
        ("de", "zehn", None),
    ],
)
def test_durations(language: str, words: str, seconds: int | None) -> None:
    found = kinds.duration(words, NOW, language=language)
    assert found == (None if seconds is None else timedelta(seconds=seconds))
