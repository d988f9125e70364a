"""Facts in what a language model reads: where they stand, what documents and history have to do with them."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from assistant.llm import Message
from assistant.memory.facts import Fact, Memory
from assistant.reply import prompt
from assistant.reply.history import History
from assistant.reply.reading import Reading
from assistant.retrieved import Retrieved
from assistant.settings import RagSettings
from assistant.turn import Turn
from tests.scripted import ScriptedLlm

ANNA = Fact("my sister is called Anna", date(2026, 5, 3))
SHOWN = "I told you on 3 May: my sister is called Anna."
SYSTEM = Message("system", "Be kind.")


class Documents:
    introduction = ""

    def __init__(self, text: str = "") -> None:
        self.text, self.asked = text, 0

    async def look_up(self, question: str, earlier: Any, kept: Retrieved | None) -> Retrieved:
        self.asked += 1
        return Retrieved(question, True, self.text, confidence=0.1)

    def known(self, text: str) -> set[str]:
        return set()

    def forget(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def memory(tmp_path):
    memory = Memory(tmp_path / "me.md")
    memory.remember(ANNA)
    return memory


def reading(memory: Memory | None, documents: Documents | None = None) -> tuple[Reading, History, list[str]]:
    history, notices = History(SYSTEM), []
    return Reading(ScriptedLlm([]), history, documents, notices.append, memory), history, notices


def test_a_fact_stands_before_the_question_and_after_the_history_which_never_holds_it(memory):
    read, history, _ = reading(memory)
    history.remember(Turn(1, "Hello.", heard="Hi.", outcome="answered"))
    turn = Turn(2)
    assert asyncio.run(read.look_up(turn, "what's the name")) is None
    found = asyncio.run(read.look_up(turn, "what's the name of my sister"))
    *before, last = history.prompt("What's the name of my sister?", found)
    assert before == history.opening() and last.content == f"{SHOWN}\n\nWhat's the name of my sister?"
    assert asyncio.run(read.look_up(turn, "what's the name of the song")) is None and turn.found is None
    turn.user, turn.outcome = "What's the name of my sister?", "answered"
    history.remember(turn)
    assert SHOWN not in str(history.messages)


def test_a_fact_stands_before_passages_and_the_documents_need_not_tell(memory):
    read, history, _ = reading(memory, Documents("<passage>"))
    turn = Turn(1)
    found = asyncio.run(read.look_up(turn, "Who is my sister?"))
    assert history.prompt("Who is my sister?", found)[-1].content == f"{SHOWN}\n\n<passage>\n\nWho is my sister?"
    documents = Documents()
    read, _, _ = reading(memory, documents)
    found = asyncio.run(read.look_up(Turn(1), "Who is my sister?"))
    assert found and not found.unknown and prompt.plan(found, RagSettings()) == prompt.Delivery()
    again = asyncio.run(read.look_up(turn := Turn(2), "Who is my brother?"))
    assert again and again.unknown and prompt.plan(again, RagSettings()).instead
    asyncio.run(read.look_up(turn, "Who is my brother?"))
    assert documents.asked == 2  # the same words are not searched twice


def test_without_a_memory_nothing_is_different():
    read, history, _ = reading(None)
    assert asyncio.run(read.look_up(Turn(1), "Who is my sister?")) is None
    assert history.prompt("Who is my sister?") == [SYSTEM, Message("user", "Who is my sister?")]


def test_what_is_forgotten_is_gone_from_the_conversation_too(memory):
    _, history, _ = reading(memory)
    for number, (user, heard) in enumerate(
        [
            ("Remember that my sister is called Anna.", "I'll remember that your sister is called Anna."),
            ("What do spiders eat?", "Flies."),
            ("Write a poem to my sister.", "Dear Anna, how are you."),
        ],
        1,
    ):
        history.remember(Turn(number, user, heard=heard, outcome="answered"))
    memory.forget([ANNA])
    assert [message.content for message in history.messages] == ["What do spiders eat?", "Flies."]


def test_a_fact_taken_out_by_hand_is_gone_from_the_conversation_at_the_next_words(memory):
    read, history, _ = reading(memory)
    history.remember(Turn(1, "My sister is called Anna, isn't she?", heard="Yes.", outcome="answered"))
    memory.path.write_text("")
    asyncio.run(read.look_up(Turn(2), "who is my sister"))
    assert history.messages == []


def test_a_file_that_cannot_be_read_is_said_once_and_the_conversation_goes_on(memory):
    read, _, notices = reading(memory)
    memory.path.write_bytes(b"- caf\xe9")
    turn = Turn(1)
    for words in ("who is", "who is my sister"):
        assert asyncio.run(read.look_up(turn, words)) is None
    assert len(notices) == 1 and "UTF-8" in notices[0]
    memory.path.write_text(ANNA.line())
    found = asyncio.run(read.look_up(turn, "who is my sister"))
    assert found and found.facts == SHOWN and len(notices) == 1
