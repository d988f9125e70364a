"""Timers and lists in German, French, Spanish and Italian: asked for, asked about, cancelled; and what is not there."""

from __future__ import annotations

from datetime import datetime

import pytest

from assistant.skills import Command
from assistant.skills.words import languages
from tests.skills import dialogue

SAID = """
de
Stell einen Timer auf fünf Minuten > Der Timer ist auf 5 Minuten gestellt.
Wie lange läuft der Timer noch? > Der Timer läuft noch 5 Minuten.
Wie viel Zeit hat der Timer noch? > Der Timer läuft noch 5 Minuten.
Mach den Timer aus > Der Timer ist gestoppt.
Stopp den Timer > Es läuft kein Timer.
Wie lange noch? > Es läuft kein Timer.
Was steht auf meiner Einkaufsliste? > Auf der Einkaufsliste steht nichts.
Setz Milch auf die Einkaufsliste > Ich habe Milch auf die Liste gesetzt.
Lies meine Einkaufsliste vor > Auf der Einkaufsliste: Milch.
Nimm Milch von der Liste > Ich habe Milch von der Liste gestrichen.
Nimm Milch von der Liste > Das steht nicht auf der Liste.
Erinnere mich um sechs an den Müll > Ich erinnere dich um 18 Uhr an den Müll.

fr
Mets un minuteur de dix minutes > Le minuteur est réglé sur 10 minutes.
Combien de temps reste-t-il ? > Il reste 10 minutes au minuteur.
Arrête le minuteur > Le minuteur est arrêté.
Arrête le minuteur > Aucun minuteur n'est en marche.
Ajoute du pain à la liste de courses > J'ai ajouté du pain à la liste.
Qu'est-ce qu'il y a sur ma liste de courses ? > Sur la liste de courses : pain.
Enlève le pain de la liste > J'ai retiré le pain de la liste.
Lis ma liste de courses > La liste de courses est vide.

es
Pon un temporizador de tres minutos > El temporizador está puesto: 3 minutos.
¿Cuánto tiempo queda? > Al temporizador le quedan 3 minutos.
Cancela el temporizador > El temporizador está parado.
Cancela el temporizador > No hay ningún temporizador.
Añade leche a la lista de la compra > He añadido leche a la lista.
¿Qué hay en mi lista de la compra? > En la lista de la compra: leche.
Quita la leche de la lista > He quitado la leche de la lista.

it
Imposta un timer di cinque minuti > Il timer è impostato: 5 minuti.
Quanto manca al timer? > Il timer ha ancora 5 minuti.
Ferma il timer > Il timer è fermo.
Aggiungi latte alla lista della spesa > Ho aggiunto latte alla lista.
Cosa c'è nella lista della spesa? > Nella lista della spesa: latte.
Togli il latte dalla lista > Ho tolto il latte dalla lista.
"""


@pytest.mark.parametrize("said", SAID.strip().split("\n\n"), ids=lambda said: said[:2])
def test_what_is_said(said: str, tmp_path) -> None:
    language, *lines = said.splitlines()
    words, heard = zip(*(line.split(" > ") for line in lines))
    assert dialogue.talk(dialogue.room(tmp_path), *words, language=language) == [*heard]


def test_several_timers_are_not_called_none(tmp_path) -> None:
    said = ["Stell einen Timer auf fünf Minuten", "Stell einen Timer auf zehn Minuten", "Mach den Timer aus"]
    assert dialogue.talk(dialogue.room(tmp_path), *said, language="de")[-1].startswith("Es laufen mehrere Timer.")


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("Pon un temporizador de tres minutos", "es"),
        ("Lies meine Einkaufsliste vor", "de"),
        ("Mets un minuteur", "fr"),
        ("Imposta un timer", "it"),
        ("Set a timer for five minutes", ""),
    ],
)
def test_a_typed_command_tells_its_language(words: str, language: str) -> None:
    assert languages.hint(words) == language


def test_one_o_clock_is_one() -> None:
    now = datetime(2026, 12, 2, 1, 7)
    assert languages.reply(Command("clock.time", language="es"), now) == "Es la 1:07."
    assert languages.reply(Command("clock.time", language="it"), now) == "È l'1:07."
