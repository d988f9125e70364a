"""Whether a model reads passages: what is asked, what is kept, what follows."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from types import SimpleNamespace

import pytest

from assistant.config import Settings
from assistant.errors import EngineError
from assistant.llm import LlmSettings
from assistant.models import reads
from assistant.settings import RagSettings


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setattr(reads, "data_folder", lambda: tmp_path)
    file = tmp_path / "m.gguf"
    file.write_bytes(b"GGUF")
    return LlmSettings(model=str(file))


class Scripted:
    def __init__(self, reading: bool) -> None:
        self.reading, self.asked = reading, 0

    async def __call__(self, messages) -> str:
        self.asked += 1
        return "It is a kind of lamp."


class Reader(Scripted):
    """Says the right value of the exercise that it is asked."""

    def __init__(self, made) -> None:
        super().__init__(True)
        self.right = {one.passage: one.right for one in made}

    async def __call__(self, messages) -> str:
        self.asked += 1
        return next(right for passage, right in self.right.items() if passage in messages[-1].content)


def test_each_exercise_holds_the_right_value_and_a_wrong_one():
    made = reads.exercises(random.Random(1))
    assert len(made) == 12 and made != reads.exercises(random.Random(2))
    for one in made:
        assert one.right in one.passage and one.wrong in one.passage and one.right not in one.question
        assert one.solved(f"It is {one.right}.") and not one.solved(one.wrong) and not one.solved(one.passage)


def test_a_model_that_makes_things_up_quotes_from_then_on_and_is_measured_once(model):
    settings, ask = Settings(llm=model), Scripted(False)
    assert reads.known(model) is None and not reads.quotes(settings)
    found = asyncio.run(reads.measure(model, ask))
    assert found is not None and not found.well and reads.quotes(settings) and reads.known(model) == found
    assert asyncio.run(reads.measure(model, ask)) == found and ask.asked == found.asked
    assert not reads.quotes(dataclasses.replace(settings, rag=RagSettings(answer="write")))


def test_a_model_that_says_what_passages_tell_writes(model, monkeypatch):
    made = reads.exercises(random.Random(3))
    monkeypatch.setattr(reads, "exercises", lambda rng: made)
    found = asyncio.run(reads.measure(model, Reader(made)))
    assert found is not None and found.well and not reads.quotes(Settings(llm=model))


def test_documents_quote_as_is_set_or_as_the_model_needs(model):
    documents, made_up = SimpleNamespace(quotes=None), Scripted(False)
    for answer, quotes in (("write", False), ("quote", True), ("auto", True)):
        asyncio.run(reads.decide(documents, Settings(llm=model, rag=RagSettings(answer=answer)), made_up))
        assert documents.quotes is quotes and bool(made_up.asked) is (answer == "auto")


def test_documents_do_not_quote_for_a_model_that_could_not_be_measured(model):
    async def broken(messages) -> str:
        raise EngineError("no answer")

    documents = SimpleNamespace(quotes=None)
    with pytest.raises(EngineError, match="no answer"):
        asyncio.run(reads.decide(documents, Settings(llm=model), broken))
    assert documents.quotes is False


def test_a_slow_model_is_judged_by_what_it_answered_in_time(model):
    times = iter(range(0, 1000, 5))
    found = asyncio.run(reads.measure(model, Scripted(False), clock=lambda: next(times)))
    assert found is not None and found.asked == 4


def test_the_bundled_model_quotes_and_an_endpoint_writes():
    assert reads.quotes(Settings())
    assert not reads.quotes(Settings(llm=LlmSettings(engine="openai", model="x")))
    assert reads.quotes(Settings(llm=LlmSettings(engine="openai", model="x"), rag=RagSettings(answer="quote")))
