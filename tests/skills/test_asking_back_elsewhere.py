"""What is asked back in German, French, Spanish and Italian, and what answers it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assistant.reply.commands import Commands, Equipment
from assistant.reply.steering import Steering
from assistant.skills import Here
from assistant.skills.words import languages
from assistant.turn import Turn
from tests.skills import dialogue
from tests.skills.dialogue import MODEL, talk

DIALOGUES = """
de
Stell einen Timer. > Für wie lange?
Zehn Minuten. > Der Timer ist auf 10 Minuten gestellt.

de
Setze bitte einen Timer > Für wie lange?
für eine halbe Stunde, bitte > Der Timer ist auf 30 Minuten gestellt.

de
stell einen Nudel Timer > Für wie lange?
zwölf > Der Timer Nudel ist auf 12 Minuten gestellt.

de
Weck mich > Für wann?
um sieben Uhr > Der Wecker ist auf 19 Uhr gestellt.

de
Stell einen Wecker > Für wann?
halb acht > Der Wecker ist auf 19:30 gestellt.

de
Erinnere mich daran, Mama anzurufen. > Wann soll ich dich erinnern?
um acht Uhr > Ich erinnere dich um 20 Uhr daran, Mama anzurufen.

de
Erinnere mich > Woran soll ich dich erinnern?
den Müll rauszubringen > Wann soll ich dich erinnern?
in zehn Minuten > Ich erinnere dich in 10 Minuten daran, den Müll rauszubringen.

de
Setz etwas auf die Einkaufsliste > Was soll ich auf die Liste setzen?
Milch und Brot > Ich habe Milch und Brot auf die Liste gesetzt.

de
Stell einen Timer > Für wie lange?
Ach, vergiss es > {model}

de
Stell einen Timer > Für wie lange?
vergiss es > Gut, dann nicht.
Zehn Minuten > {model}

de
Stell einen Timer > Für wie lange?
Wie spät ist es? > Es ist 15:20.

de
Setz etwas auf die Einkaufsliste > Was soll ich auf die Liste setzen?
Wer war eigentlich der erste Mensch auf dem Mond > {model}

fr
Mets un minuteur > Pour combien de temps ?
dix minutes > Le minuteur est réglé sur 10 minutes.

fr
Réveille-moi > Pour quelle heure ?
à sept heures > Le réveil est réglé sur 19:00.

fr
Rappelle-moi de sortir la poubelle > Quand faut-il vous le rappeler ?
dans dix minutes > Je vous le rappelle dans 10 minutes : sortir la poubelle.

fr
Rappelle-moi ton nom > {model}

fr
Ajoute quelque chose à ma liste de courses > Que dois-je mettre sur la liste ?
du lait > J'ai ajouté du lait à la liste.

fr
Mets un minuteur > Pour combien de temps ?
laisse tomber > D'accord, je ne le fais pas.

es
Pon un temporizador > ¿Durante cuánto tiempo?
de diez minutos > El temporizador está puesto: 10 minutos.

es
Despiértame > ¿Para qué hora?
a las siete > La alarma está puesta: 19:00.

es
Recuérdame comprar leche > ¿Cuándo te lo recuerdo?
en diez minutos > Te lo recuerdo en 10 minutos: comprar leche.

es
Añade algo a la lista de la compra > ¿Qué pongo en la lista?
leche > He añadido leche a la lista.

es
Pon un temporizador > ¿Durante cuánto tiempo?
déjalo > De acuerdo, no lo hago.

it
Imposta un timer > Per quanto tempo?
dieci minuti > Il timer è impostato: 10 minuti.

it
Svegliami > Per che ora?
alle sette > La sveglia è impostata: 19:00.

it
Ricordami di comprare il latte > Quando te lo ricordo?
tra dieci minuti > Te lo ricordo tra 10 minuti: comprare il latte.

it
Aggiungi qualcosa alla lista della spesa > Che cosa metto sulla lista?
latte > Ho aggiunto latte alla lista.

it
Imposta un timer > Per quanto tempo?
lascia stare > Va bene, non lo faccio.
"""


@pytest.fixture
def room(tmp_path: Path) -> Here:
    return dialogue.room(tmp_path)


@pytest.mark.parametrize("lines", DIALOGUES.strip().split("\n\n"))
def test_the_answer_fills_what_was_missing(room, lines):
    language, *turns = lines.splitlines()
    said, expected = zip(*(turn.split(" > ") for turn in turns))
    assert talk(room, *said, language=language) == [text.format(model=MODEL) for text in expected]


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_each_language_asks_for_the_same(language):
    asks = languages.read(language).asks
    assert asks.keys() == languages.read("de").asks.keys()
    assert all(asked["question"].endswith("?") and asked["gaps"] and asked["sentences"] for asked in asks.values())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("zehn minuten", "Der Timer ist auf 10 Minuten gestellt."),
        ("What time is it?", "It is"),
        ("nein", "Gut, dann nicht."),
    ],
)
def test_in_a_conversation_a_short_answer_is_heard_in_the_language_of_the_question(room, words, expected):
    async def play() -> tuple[str, str]:
        commands = Commands(Equipment(dialogue.skills(), room.folder, room.timekeeper), Steering(None, lambda: []))
        first, second = Turn(1, language="de"), Turn(2)
        found = commands.understood(first, "Stell einen Timer")
        assert found is not None and found[1].say == "Für wie lange?"
        commands.ask(found[1], first)
        answered = commands.understood(second, words)
        assert answered is not None
        return answered[1].say, second.language

    said, language = asyncio.run(play())
    assert said.startswith(expected) and language == ("" if expected == "It is" else "de")


@pytest.mark.parametrize("words", ["Speak English.", "Set a timer for ten minutes.", "Sprich wieder Englisch."])
def test_who_had_it_speak_german_is_understood_in_english_and_in_german(room, words):
    steering = Steering(None, lambda: [], spoken_language="de")
    commands = Commands(Equipment(dialogue.skills(), room.folder, room.timekeeper), steering)

    async def play() -> None:
        turn = Turn(1, language="de")
        found = commands.understood(turn, words)
        assert found is not None and found[0] == ("timer.set" if "timer" in words else "talking.language")
        assert turn.language == ("de" if "Englisch" in words else "en")
        assert commands.understood(Turn(2, language="de"), "What is the capital of France?") is None

    asyncio.run(play())
