from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.knowledge import is_question
from rag import evidence, ingest, language, lexical, search
from rag.lexical import Lexical
from rag.records import Stored
from rag.search import Search
from rag.store import Store
from rag.text import canonical
from rag.words import content_words
from tests.rag.conftest import texts

SETS = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.glob("languages/*")
}


def documents(*shown: str) -> tuple[Lexical, list[Stored]]:
    found = [Stored(f"{n}-0", str(n), "", (), 0, 0, len(text), "", text) for n, text in enumerate(shown)]
    return lexical.build([(stored.id, f"\n{stored.text}") for stored in found], "s"), found


def sure(index: Lexical, shown: list[Stored], question: str) -> tuple[list[str], float]:
    """By words alone: the sources of the best three passages, and the confidence."""
    scores = index.scores(question)
    hits = [search.Hit(shown[at], float(scores[at]), 0.5, 0) for at in lexical.best(scores, 3)]
    told = evidence.weigh(question, index, hits, reads=False)
    return [hit.passage.source for hit in hits], told[0].sure if told else 0.0


@pytest.mark.parametrize("code", sorted(SETS))
def test_each_language_finds_its_documents_and_knows_what_they_do_not_tell(code):
    index, shown = documents(*SETS[code]["documents"])
    assert index.languages == [code]
    told = [(sure(index, shown, question), str(number)) for question, number in SETS[code]["told"]]
    assert sum(number in found for (found, _), number in told) >= 9
    assert sum(confidence >= 0.5 for (_, confidence), _ in told) >= 7
    assert sum(sure(index, shown, question)[1] < 0.5 for question in SETS[code]["untold"]) >= 4


@pytest.mark.parametrize("code", sorted(SETS))
def test_each_language_has_its_questions_and_its_small_talk(code):
    questions = [*(question for question, _ in SETS[code]["told"]), *SETS[code]["untold"]]
    assert all(language.detect(question) == code and is_question(question) for question in questions)
    assert sum(is_question(question.rstrip("?？؟ ")) for question in questions) >= 13


@pytest.mark.parametrize(
    ("text", "code"),
    [("I don't think anyone likes me", "en"), ("I’m sure they won’t", "en"), ("Tu m'aimes et t'es là", "fr")],
)
def test_what_english_contracts_is_not_taken_for_french(text, code):
    assert language.detect(text) == code


@pytest.mark.parametrize(
    "said",
    ["Hallo, wie geht's?", "Bonjour, ça va ?", "¿Qué tal estás?", "Привет, как дела?", "كيف حالك؟", "आप कैसे हैं?"]
    + ["你好吗？", "元気ですか？", "How are you?", "Danke schön", "Me gusta el gazpacho.", "Ich habe Hunger."],
)
def test_small_talk_and_statements_ask_no_document(said):
    assert not is_question(said)


def test_an_english_embedder_does_not_decide_in_other_languages(tmp_path, model, minilm):
    names = {f"d{number}": text for number, text in enumerate(SETS["es"]["documents"])}
    store = Store(tmp_path / "store")
    ingest.add(store, [str(texts(tmp_path / "docs", **names))], model, lambda: minilm, search.PASSAGE_TOKENS)
    found = Search(store, minilm).find("¿Cómo se llama el socorrista?")
    assert found.hits[0].passage.source.endswith("d0.txt") and found.confidence > 0.5
    store.close()


def test_words_for_what_is_asked_are_no_evidence_against_a_passage():
    index, shown = documents("The Quillon lamp has a green bulb of 12 watts.")
    assert sure(index, shown, "What colour is the bulb of the Quillon lamp?")[1] > 0.9
    assert sure(index, shown, "What does the Quillon lamp cost?")[1] < 0.5, "no price stands there"
    assert sure(index, shown, "How heavy is the Quillon lamp?")[1] < 0.5, "12 are no kilograms"


@pytest.mark.parametrize(
    "written, asked",
    [
        ("The ﬁrst oﬃcer ﬁlled the ﬂask.", "Who filled the flask, the first officer?"),
        ("Das Cafe\u0301 schlie\u00dft um acht.", "Wann schließt das Café?"),
        ("The pass\u00adword is kept by the har\u200bbour master.", "Where is the harbour password?"),
        ("Ｔｏｋｙｏ ５００ lamps", "tokyo 500 lamps"),
        ("الـمـكتبة مُغلقة", "أين المكتبة المغلقة؟"),
        ("Всё ещё зелёный", "Где зеленый?"),
    ],
)
def test_one_word_written_in_two_ways_is_one_word(written, asked):
    index, shown = documents(written, "Something else.")
    assert sure(index, shown, asked)[0][:1] == ["0"] and sure(index, shown, asked)[1] > 0.5


def test_compounds_and_endings_are_relatives():
    index, shown = documents("Der Wassertank fasst vier Liter.", "Die Lampe ist rot.")
    assert sure(index, shown, "Wo ist das Wasser?")[0] == ["0"]


def test_the_more_is_covered_by_chance_the_more_must_be_covered():
    index, shown = documents("The lamp has a green bulb.", "a pump")
    loose = sure(index, shown, "Which bulb has the lamp?")[1]
    index.chance = 0.9
    assert loose > sure(index, shown, "Which bulb has the lamp?")[1]


def test_documents_about_one_thing_share_more_by_chance():
    same = [f"The pump of model {n} has a red valve and a blue hose for cold water." for n in "abcdefgh"]
    other = [f"w{n} x{n} y{n} z{n} v{n}." for n in "abcdefgh"]
    assert documents(*same)[0].chance > 0.4 > documents(*other)[0].chance


def test_an_index_of_another_version_is_made_anew(tmp_path, monkeypatch):
    index, _ = documents("a lamp")
    monkeypatch.setattr(lexical, "VERSION", lexical.VERSION - 1)
    lexical.save(index, tmp_path)
    monkeypatch.undo()
    assert lexical.load(tmp_path, "s") is None
    lexical.save(index, tmp_path)
    kept = lexical.load(tmp_path, "s")
    assert kept.languages == ["en"] and kept.chance == index.chance
    assert len(list(tmp_path.iterdir())) == 1


@settings(max_examples=60)
@given(st.text(alphabet="abzéßΩжё食堂のカنـहिนี 5?.\u00ad\u200b\u0301\n", max_size=40))
def test_any_text_can_be_indexed_and_asked(text):
    index, _ = documents(text, "A lamp.")
    assert (index.scores(text) >= 0).all()
    assert canonical(canonical(text)) == canonical(text)
    content_words(text), is_question(text), index.subjects(text)
    assert 0 <= sure(*documents(text, "A lamp."), f"What is the {text} of the lamp?")[1] <= 1
