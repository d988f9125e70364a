"""What the documents say, quoted on demand."""

from __future__ import annotations

import pytest

from assistant.retrieved import CitedPassage, Retrieved
from assistant.skills.talk import documents
from tests.skills.saying import Skill, here

SKILL = Skill(documents)
TEXT = (
    "The pump runs at 40 bar. Change the oil of the pump every 500 hours,\nand the filter with it. Wear gloves. "
    "Never run the pump dry."
)


class Library:
    """Documents that find one passage, or none."""

    introduction = ""

    def __init__(self, confidence: float | None = 0.9, found: bool = True) -> None:
        self.asked: list[str] = []
        self._confidence, self._found = confidence, found

    async def look_up(self, question, earlier, kept):
        self.asked.append(question)
        passage = CitedPassage("otter.pdf", "Otter Manual", ("Hydraulics", "Pump"), 2, 0.9, TEXT)
        if self._confidence is None or not self._found:
            return Retrieved(question, True, confidence=self._confidence)
        return Retrieved(question, True, "", (passage,), 0.9, "According to Otter Manual, Pump, page 2")


@pytest.mark.parametrize("stored, begins", [(True, "Your documents are stored"), (False, "I have no documents")])
@pytest.mark.parametrize(
    "words",
    ["what is in my documents?", "which documents do you have", "do my files say who the landlord is", "find my pdfs"],
)
def test_documents_that_are_not_asked_are_said_to_be_so(words: str, stored: bool, begins: str) -> None:
    assert documents.said_of(words, here(stored=stored)).startswith(begins)


@pytest.mark.parametrize(
    "words",
    ["What documents do you have?", "which files are stored", "list my documents", "do you have any documents?"],
)
def test_which_documents_there_are_is_no_question_to_them(words: str) -> None:
    assert documents.said_of(words, here(documents=Library())) == (  # type: ignore[arg-type]
        "I look in the documents that you added. The command assistant rag list shows which."
    )


@pytest.mark.parametrize("words", ["what documents do you have to bring to the landlord", "which files are green"])
def test_what_the_documents_may_tell_is_asked_of_them(words: str) -> None:
    assert documents.said_of(words, here(documents=Library())) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("words", ["I lost my documents", "what is a document", "who signed the documents"])
def test_talk_about_documents_is_no_question_to_them(words: str) -> None:
    assert documents.said_of(words, here(stored=True)) == ""


@pytest.mark.parametrize(
    "words",
    [
        "What do my documents say about the oil of the pump?",
        "look in my documents for the oil of the pump",
        "could you search the manual for the oil of the pump",
        "does my manual say anything about the oil of the pump",
        "find the oil of the pump in my papers",
        "what is written about the oil of the pump in the handbook",
        "please have a look in my files for the oil of the pump",
    ],
)
def test_the_best_sentence_is_quoted_with_its_place(words):
    library = Library()
    said = SKILL.says(words, here(documents=library))
    quoted = "Change the oil of the pump every 500 hours, and the filter with it."
    assert said == f"According to Otter Manual, Pump, page 2: {quoted}"
    assert library.asked == ["the oil of the pump?"]


def test_what_documents_say_is_kept_from_the_language_model():
    _, action = SKILL.understood("what do my documents say about the pump", here(documents=Library()))
    assert not action.keep_history


def test_documents_that_do_not_tell_and_those_that_cannot_be_searched():
    ask = "what do my documents say about the pump"
    assert SKILL.says(ask, here(documents=Library(found=False))) == "Your documents say nothing about the pump."
    assert SKILL.says(ask, here(documents=Library(None))) == "Your documents cannot be searched at the moment."
    assert "assistant rag add" in SKILL.says(ask, here())


def test_a_sentence_without_end_is_cut():
    passage = CitedPassage("a", "A", (), 0, 1.0, "oil " * 200)
    found = Retrieved("oil", True, "", (passage,), 1.0)
    assert documents.sentence("oil", found).endswith("oil …") and len(documents.sentence("oil", found)) < 310


def test_no_lookalike_searches_anything(lookalikes):
    assert [words for words in lookalikes if SKILL.command(words, here(documents=Library()))] == []
