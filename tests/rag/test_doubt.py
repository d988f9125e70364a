"""Of what is told in doubt: its wording, and what a store must have of a question for it."""

from __future__ import annotations

import pytest

from assistant.settings import RagSettings
from assistant.skills.words.languages import LANGUAGES
from rag import evidence, ingest
from rag.doubt import doubt
from rag.search import PASSAGE_TOKENS, Hit, Search
from rag.store import Store

PUMP = """# The Orro pump

1. Open the cover.

2. Fill the tank of the pump with 4.2 litres of water.

The pump weighs 11 kilograms. The cover of the pump is green.
"""


@pytest.fixture(scope="module")
def search(tmp_path_factory, model, models, minilm):
    folder = tmp_path_factory.mktemp("doubt")
    (folder / "pump.md").write_text(PUMP)
    store = Store(folder / "store")
    ingest.add(store, [str(folder / "pump.md")], model, lambda: minilm, PASSAGE_TOKENS)
    yield Search(store, minilm)
    store.close()


@pytest.mark.parametrize("code", [*LANGUAGES, "ru", "ar", "zh", "ja", "hi"])
def test_each_language_has_one_short_sentence_of_its_own(code):
    assert doubt(code) != doubt("en") and doubt(f"{code}-XX") == doubt(code)
    assert doubt(code)[-1] in ".。।" and len(doubt(code)) <= 60


def test_a_language_without_one_has_the_english():
    assert doubt("") == doubt("fi") == doubt("en") == "Perhaps this helps."


def test_the_band_lies_below_what_is_sure_and_above_what_is_refused():
    assert 0 < RagSettings().doubt < 0.5 < RagSettings().threshold < 1


def test_a_store_is_about_what_its_passages_tell(search):
    assert search.find("How heavy is the pump?").about and search.find("What colour is the cover of the pump?").about


@pytest.mark.parametrize(
    "question",
    [
        "How many people live in Oslo?",  # a name that stands nowhere
        "Who painted the Mona Lisa?",
        "When does the pump wake up?",  # no time stands there
        "What does photosynthesis mean?",  # far from all passages
    ],
)
def test_it_is_not_about_what_is_known_by_heart_or_of_another_kind(search, question):
    assert not search.find(question).about


def test_the_number_of_a_list_is_no_line(search):
    index = search._index()
    hits = [Hit(stored, 1.0, 0.5, 1.0) for stored in search._store.all()]
    texts = [one.line.text for one in evidence.weigh("How do vaccines work?", index, hits)]
    assert texts and not {"1.", "2."} & set(texts)
