import asyncio
from collections.abc import Sequence
from itertools import islice

from assistant.bench import answers
from assistant.bench.answers import converse, questions
from assistant.config import Settings
from assistant.llm import Message


class Answering:
    """Answers with what ``reply`` makes of the prompt, two words a piece."""

    name = "answering"

    def __init__(self, reply) -> None:
        self.prompts: list[list[Message]] = []
        self._reply = reply

    async def warm(self, messages: Sequence[Message]) -> None: ...

    async def completeness(self, messages: Sequence[Message]) -> None: ...

    async def reply(self, messages: Sequence[Message]):
        self.prompts.append(list(messages))
        words = self._reply(messages).split()
        for start in range(0, len(words), 2):
            yield " ".join(words[start : start + 2]) + " "


def whole(messages: Sequence[Message]) -> str:
    return f"To that I say {abs(hash(messages[-1].content))} and nothing else."


def test_every_question_comes_once_and_each_conversation_has_its_own_order():
    first, second = list(islice(questions(0), 120)), list(islice(questions(1), 120))
    assert len(set(first)) == 120 and set(first) == set(second) and first != second
    assert list(islice(questions(0), 120)) == first


def test_whole_answers_are_answers():
    cases = asyncio.run(converse(Answering(whole), Settings(), [True, True, *[False] * 10], 3))
    assert len(cases) == 10 and not any(case["fault"] for case in cases)


def test_a_model_that_imitates_what_was_cut_is_found_out():
    def imitating(messages: Sequence[Message]) -> str:
        said = [message.content for message in messages if message.role == "assistant"]
        return said[0] if said else "The beginning of it all was a very long time ago."

    cases = asyncio.run(converse(Answering(imitating), Settings(), [False] * 4, 3))
    assert [case["fault"] for case in cases] == [None, "repetition", "repetition", "repetition"]


def test_an_interrupted_reply_is_heard_for_a_few_words():
    engine = Answering(whole)
    asyncio.run(converse(engine, Settings(), [True] * 5 + [False], 3))
    assert all(len(message.content.split()) <= 6 for message in engine.prompts[-1] if message.role == "assistant")


def test_questions_that_refer_back_follow_the_one_that_they_refer_to():
    first, *following = [question for _, question in zip(range(5), answers.followed(0))]
    assert first == next(answers.questions(0))
    assert tuple(following) in answers._FOLLOWING


def test_the_table_has_a_row_for_each_number_of_interruptions_and_the_growth(monkeypatch):
    monkeypatch.setattr(answers, "_LONG", 6)
    found = asyncio.run(answers._run(Answering(lambda messages: "The"), Settings(), 1))
    shares = [row for row in found.rows if row.unit == "%"]
    assert [row.n for row in shares] == [10, 10, 10, 10, 3, 6, 6] and not any(row.met for row in shares)
    assert {row.p50 for row in shares} == {100.0}
    assert found.rows[-1].name == "its growth per turn" and len(found.details) == 55
