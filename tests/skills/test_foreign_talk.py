"""Who talks in another language than the bundled model's is told so in that language, and nobody who speaks English."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.skills import Action, loaded
from assistant.skills.talk import foreign_talk
from rag.language import surely_foreign
from tests.skills.saying import Steered, here

_ENGLISH = [
    *(Path(__file__).parent / "nothing.txt").read_text(encoding="utf-8").splitlines(),
    *(Path(__file__).parent / "lookalikes.txt").read_text(encoding="utf-8").splitlines(),
    "C'est la vie", "Play La donna è mobile", "What does guten Morgen mean?", "Hola!",
    "Pizza quattro stagioni con funghi",
    "Who was Leonardo da Vinci?", "Is Las Vegas in Nevada?", "del Toro", "Die Hard",
    "Man, was that a war", "I am in die hard mode", "Was die Hard a hit?", "Is de la Soul a band?",
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Was ist die Hauptstadt von Frankreich?", "de"),
        ("Warum ist der Himmel blau?", "de"),
        ("Erzähl mir etwas über die Geschichte von Köln.", "de"),
        ("Quelle est la capitale de l'Italie ?", "fr"),
        ("Pourquoi le ciel est-il bleu ?", "fr"),
        ("¿Cuál es la capital de Portugal?", "es"),
        ("Cuéntame algo sobre la historia de mi ciudad", "es"),
        ("Qual è la capitale della Spagna?", "it"),
        ("Qual é a capital do Brasil e quantas pessoas vivem lá?", "pt"),
        ("Wat is de hoofdstad van België?", "nl"),
        ("Почему небо голубое?", "ru"),
        ("ما هي عاصمة مصر؟", "ar"),
        ("भारत की राजधानी क्या है?", "hi"),
        ("天空为什么是蓝色的？", "zh"),
        ("空はなぜ青いのですか？", "ja"),
    ],
)
def test_who_talks_in_another_language_is_told_so_in_it(words: str, code: str) -> None:
    assert surely_foreign(words) == code
    action = foreign_talk.answer(words, "", here(controls=Steered(), only_english=True, heard=False))
    assert action is not None and "assistant models" in action.say and surely_foreign(action.say) in (code, "")


def test_nobody_who_speaks_english_is_told_so() -> None:
    assert not [words for words in _ENGLISH if surely_foreign(words)]


def test_it_is_said_of_the_bundled_model_only_and_where_no_document_may_answer() -> None:
    words, place = "Warum ist der Himmel blau?", here(controls=Steered(), only_english=True)
    skills = loaded.load()
    assert loaded.otherwise(words, "", place) is not None
    assert loaded.otherwise("Perché il cielo è blu?", "it", place) is not None
    for other in (replace(place, only_english=False), replace(place, documents=object())):  # type: ignore[arg-type]
        assert loaded.otherwise(words, "", other) is None
    name, _ = skills.action(words, "", place) or ("", None)
    assert name == "talking.foreign"
    name, _ = skills.action("Wie spät ist es?", "de", place) or ("", None)
    assert name == "clock.time"
    skills.close()


def test_it_is_not_said_twice_in_a_row_in_the_same_words() -> None:
    steered = Steered()
    place = here(controls=steered, only_english=True)
    action = foreign_talk.answer("Warum ist der Himmel blau?", "", place)
    assert action is not None
    assert asyncio.run(_done(action)) == action.say
    steered.reply = action.say
    assert asyncio.run(_done(action)) == "Das geht leider nur auf Englisch."


async def _done(action: Action) -> str | None:
    assert action.do is not None
    return await action.do()


def test_a_script_that_the_voice_may_not_read_is_answered_in_english_aloud() -> None:
    action = foreign_talk.answer("天空为什么是蓝色的？", "", here(controls=Steered(), only_english=True))
    assert action is not None and action.say.startswith("My language model understands English only.")
