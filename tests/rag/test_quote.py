"""The sentence or row that answers: which is chosen, how it is said, when nothing answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import evidence, lexical, meaning, quote
from rag.asked import asked
from rag.lines import lines
from rag.records import Stored
from rag.search import Hit, SearchResult

CLUB = (
    "The clubhouse lamp tells the weather. Amber means that a storm is near. The boat weighs 310 kg. It was built in "
    "1987 by Ansel Crome. Guests pay 14 euros a day. The harbour master is Ida Vorn."
)
TABLE = "| Cabin | 6 beds | 90 euros |\n| Tent | 2 places | 25 euros |"


def hit(text: str, title: str = "Sailing Club – Members' Handbook", header: str = "", score: float = 1.0) -> Hit:
    context = f"{title}\n{header}" if header else title
    return Hit(Stored("d-0", "/f", title, (), 0, 0, len(text), context, text), score, 0.5, 1.0)


def weighed(question: str, *hits: Hit, vector: np.ndarray | None = None) -> SearchResult:
    index = lexical.build(((one.passage.id, f"{one.passage.context}\n{one.passage.text}") for one in hits), "s")
    found = evidence.weigh(question, index, hits)
    return SearchResult(list(hits), found[0].sure if found else 0.0, found, vector)


def said(question: str, *hits: Hit, language: str = "en") -> str:
    found = quote.best(question, weighed(question, *hits))
    assert found is not None
    return found.spoken(language)


@pytest.mark.parametrize(
    "question, answer",
    [
        ("What does an amber light mean?", "amber means that a storm is near."),
        ("How heavy is the boat?", "the boat weighs 310 kg."),
        ("When was the boat built?", "the boat weighs 310 kg. It was built in 1987 by Ansel Crome."),
        ("What do guests pay?", "Guests pay 14 euros a day."),
        ("Who is the harbour master?", "the harbour master is Ida Vorn."),
    ],
)
def test_the_sentence_of_the_right_kind_is_said_with_its_place(question, answer):
    assert said(question, hit(CLUB)).lower() == f"the members' handbook says: {answer}".lower()


def test_a_row_is_said_with_its_header():
    rows = hit(TABLE, "prices.csv", "| What | Room for | Price |")
    assert said("What is the price of the tent?", rows) == "The document prices says: Tent: Price 25 euros."
    records = hit("Code: E7; Meaning: the pump is dry; What to do: add water; Who: owner", "codes.csv")
    assert said("What does E7 mean?", records) == "The document codes says: E7: Meaning the pump is dry."


def test_of_a_row_come_the_cells_that_are_asked_for_by_their_header_or_by_what_they_hold():
    row = hit("Name: Canvas bag; part: TB-5; price: 64.0; pack of three: 150.0; note: made in Lisvane", "stock.csv")
    assert (
        said("How much is a pack of three canvas bags?", row)
        == "The document stock says: Canvas bag: pack of three 150.0."
    )
    assert said("Where is the canvas bag made?", row) == "The document stock says: Canvas bag: note made in Lisvane."


def test_what_stands_before_a_semicolon_is_left_out_where_the_rest_says_all():
    both = hit("The boiler works at 4 bar; its valve opens at 7 bar. In the cold it reaches 4 °C; expect 8 °C.", "Plan")
    assert said("At which pressure does the valve open?", both) == "The plan says: its valve opens at 7 bar."
    assert "expect 8" in said("How warm is it in the cold?", both)


@pytest.mark.parametrize("language, start", [("de", "Im Dokument Plan steht: "), ("ja", "Plan: ")])
def test_the_frame_is_in_the_language_of_the_reply(language, start):
    assert said("Segeln?", hit("Segeln ist Montag.", "Plan"), language=language).startswith(start)


def test_what_is_named_and_stands_nowhere_or_is_of_another_kind_is_not_sure():
    assert weighed("What do guests pay?", hit(CLUB)).confidence > 0.5
    assert weighed("What does error E9 on the lamp mean?", hit(CLUB)).confidence < 0.5
    assert weighed("How loud is the clubhouse?", hit(CLUB)).confidence < 0.5
    assert weighed("Who owns the boat?", hit(CLUB)).confidence < 0.5
    assert weighed("", hit(CLUB)).confidence == 0


@pytest.mark.parametrize(
    "question, held",
    [
        ("How heavy is the lamp?", "It weighs 3 kg."),
        ("What speed does it reach?", "It does 25 km/h."),
        ("How old is the oak?", "It stands since 1740."),
        ("What is the phone number of the office?", "Call 0555 20 17 44."),
        ("When do we get our wages?", "They come on the 27th."),
        ("When should I oil it?", "Oil it if it squeaks."),
        ("How often is it stirred?", "Stir it eleven times."),
        ("What does the trip cost?", "It is free of charge."),
        ("Which colour is the door?", "It is green."),
        ("The lamp is red. How long does it last?", "Seven years."),
    ],
)
def test_an_answer_is_of_the_kind_that_is_asked(question, held):
    assert asked(question).fits(held) == 1 and asked(question).fits("Nothing of it.") == -1


@pytest.mark.parametrize(
    "code, question, counted",
    [
        ("de", "Wie viele Betten hat die Hütte?", "betten"),
        ("fr", "Combien de lits a la cabane ?", "lits"),
        ("es", "¿Cuántas camas hay?", "camas"),
        ("ru", "Сколько человек в клубе?", "человек"),
        ("ru", "Сколько стоит билет?", ""),
        ("hi", "कितने लोग हैं?", "लोग"),
        ("de", "Wo ist die Hütte?", ""),
    ],
)
def test_what_is_counted_is_known_in_other_languages(code, question, counted):
    assert asked(question, code).counted == counted


@pytest.mark.parametrize(
    "code, question, held, other",
    [
        ("de", "Wie lange dauert die Fahrt?", "Sie braucht 40 Minuten.", "Sie kostet 40 Euro."),
        ("fr", "Combien de temps dure le trajet ?", "Il prend deux heures.", "Il coûte 40 euros."),
        ("es", "¿Cuánto dura el viaje?", "Tarda dos horas.", "Cuesta 40 euros."),
        ("ru", "Какая мощность у лампы?", "Лампа на 12 ватт.", "Лампа за 12 рублей."),
        ("zh", "风扇的噪音有多大？", "最高三十分贝。", "一共三十元。"),
        ("ja", "電話番号は何番ですか？", "電話は九時からです。", "店は九時からです。"),
        ("hi", "कितनी देर लगती है?", "20 मिनट लगते हैं।", "20 रुपये लगते हैं।"),
        ("ar", "ما مدة الضمان؟", "الضمان سنتان.", "الضمان مجاني."),
    ],
)
def test_an_answer_is_of_the_kind_that_is_asked_in_other_languages(code, question, held, other):
    assert asked(question, code).fits(held) == 1 and asked(question, code).fits(other) == -1


def test_words_near_in_meaning_stand_for_each_other_colours_and_days_do_not():
    near = weighed("Where do I put my bike?", hit("The bicycles belong in the shed. The hall is open on Monday."))
    assert near.lines[0].line.text == "The bicycles belong in the shed."
    ((bike, lemon),) = meaning.loaded().near(["bicycle"], ["bike", "lemon"]).tolist()
    assert bike > 0.6 > 0.3 > lemon
    text = "A green light means that it is on. The hall is open on Monday."
    assert weighed("What does a green light mean?", hit(text)).confidence > 0.5
    assert weighed("What does a red light mean?", hit(text)).confidence < 0.5


def test_the_embedder_decides_between_lines_that_are_close():
    text = "The gate opens early. The gate shuts late."
    result = weighed("Tell me of the gate", hit(text), vector=np.array([1.0, 0.0]))
    seen: list[str] = []

    def encode(texts):
        seen.extend(texts)
        return np.array([[1.0, 0.0] if "late" in one else [0.0, 1.0] for one in texts])

    found = quote.best("Tell me of the gate", result, encode)
    assert found is not None and found.text == "The gate shuts late." and len(seen) == 2
    assert quote.best("Tell me of the gate", result) is not None and len(seen) == 2, "without it nothing is embedded"


@given(st.text(alphabet=st.sampled_from("aA1.|;: -\n*#?é水"), max_size=300))
def test_any_passage_has_lines_that_can_be_said(text):
    for line in lines(hit(text).passage):
        assert line.text.strip() and "\n" not in line.text
    found = quote.best("What is a?", weighed("What is a?", hit(text)))
    assert found is None or found.spoken()
