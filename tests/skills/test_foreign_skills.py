"""Sums and reminders in German, French, Spanish and Italian, through the real skills."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.skills import dialogue
from tests.skills.dialogue import MODEL

SAID = """
de was ist siebzehn mal dreiundzwanzig? > Das ergibt 391.
de Wie viel sind zwanzig Prozent von achtzig > Das ergibt 16.
de 3,5 mal 2 > Das ergibt 7.
de zehn geteilt durch drei > Das ergibt etwa 3,33.
de zehn geteilt durch null > Das ergibt nichts, was ich ausrechnen kann.
de was ist drei komma eins vier mal zwei > Das ergibt 6,28.
de was ist die Wurzel aus 144 > Das ergibt 12.
de Erinnere mich morgen um acht daran, zu üben > Ich erinnere dich morgen um 8 Uhr daran, zu üben.
de erinnere mich in zehn Minuten an den Ofen > Ich erinnere dich in 10 Minuten an den Ofen.
de erinnere mich um sechs daran Mama anzurufen > Ich erinnere dich um 18 Uhr daran, Mama anzurufen.
de lösche alle Erinnerungen > Das geht gerade nicht: Davon gibt es nichts, oder mehreres.
de einmal im Leben > the model answers
de erinnerst du dich an mich > the model answers
fr combien font douze fois huit ? > Cela fait 96.
fr quelle est la racine carrée de quatre-vingt-un > Cela fait 9.
fr Rappelle-moi d'appeler maman à dix-huit heures > Je vous le rappelle à 18:00 : appeler maman.
fr rappelle-moi dans dix minutes de sortir le gâteau > Je vous le rappelle dans 10 minutes : sortir le gâteau.
fr je te rappelle plus tard > the model answers
es ¿Cuánto es siete por ocho? > Da 56.
es cuánto es el veinte por ciento de 150 > Da 30.
es cien dividido entre tres > Da aproximadamente 33,33.
es Recuérdame llamar a mamá a las seis > Te lo recuerdo a las 18:00: llamar a mamá.
es recuérdame mañana a las ocho sacar la basura > Te lo recuerdo mañana a las 8:00: sacar la basura.
es gracias por venir > the model answers
it quanto fa sette per otto? > Fa 56.
it qual è la radice quadrata di 169 > Fa 13.
it Ricordami di chiamare la mamma alle sei > Te lo ricordo alle 18:00: chiamare la mamma.
it ricordami tra dieci minuti di spegnere il forno > Te lo ricordo tra 10 minuti: spegnere il forno.
it non per me > the model answers
"""


@pytest.mark.parametrize("line", SAID.strip().splitlines(), ids=lambda line: line.partition(" > ")[0])
def test_what_is_said(line: str, tmp_path: Path) -> None:
    said, _, heard = line.partition(" > ")
    language, _, words = said.partition(" ")
    room = dialogue.room(tmp_path)
    assert dialogue.talk(room, words, language=language) == [heard]
    assert len(room.timekeeper.entries("reminder")) == any(
        word in heard for word in ("erinnere", "rappelle ", "ecuerdo", "icordo")
    )


def test_a_reminder_keeps_what_is_to_be_done_without_the_words_that_link_it(tmp_path: Path) -> None:
    room = dialogue.room(tmp_path)
    dialogue.talk(room, "Erinnere mich morgen um acht daran, den Müll rauszubringen", language="de")
    (entry,) = room.timekeeper.entries("reminder")
    assert (entry.name, entry.due.day, entry.due.hour) == ("den Müll rauszubringen", 3, 8)
    said = dialogue.talk(room, "lösche alle Erinnerungen", "was ist fünf", language="de")
    assert said == ["Alle Erinnerungen sind gelöscht.", MODEL] and not room.timekeeper.entries()
