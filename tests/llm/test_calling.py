"""Calls of a local model: written under a grammar, given back where they are wrong, and kept in the KV cache."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from assistant.errors import EngineError
from assistant.llm import Message, Tool, ToolCall, can_call, gguf, llama
from assistant.llm.sampling import Sampler
from tests.llm.loaded import SYSTEM, decoded_tokens, engine, user

TOOLS = [
    Tool(
        "weather", "The weather.", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    ),
    Tool("light", "A light.", {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}),
]


@pytest.fixture(scope="module")
def smol():
    loaded = engine("bundled", max_tokens=16)
    yield loaded
    loaded.close()


@pytest.fixture()
def said_first(smol, monkeypatch):
    """Makes the model begin its replies with a text."""

    def begin(text: str) -> None:
        class Scripted(Sampler):
            def __init__(self, temperature: float, seed: int) -> None:
                super().__init__(temperature, seed)
                self._script = smol._model.tokenize(text.encode())

            def pick(self, logits):
                return self._script.pop(0) if self._script else super().pick(logits)

        monkeypatch.setattr(llama, "Sampler", Scripted)

    return begin


def replied(loaded, *messages: Message, tools=TOOLS) -> tuple[str, tuple[ToolCall, ...]]:
    async def collect():
        said, calls = "", ()
        async with aclosing(loaded.reply([SYSTEM, *messages], tools)) as pieces:
            async for piece in pieces:
                said, calls = said + piece, piece.calls or calls
        return said, calls

    return asyncio.run(collect())


@pytest.mark.parametrize("begun", ["Let me look. <tool_call>\n", '{"name": "'])
def test_a_call_that_has_begun_is_finished_in_the_right_form(smol, said_first, begun) -> None:
    said_first(begun)
    said, calls = replied(smol, user("What is the weather in Paris?"))
    assert said.strip() == ("Let me look." if begun.startswith("Let") else "")
    assert calls and all(set(one.arguments) == ({"city"} if one.name == "weather" else {"on"}) for one in calls)
    assert len({one.id for one in calls}) == len(calls)


def test_calls_and_tools_stay_in_the_kv_cache(smol, said_first, monkeypatch) -> None:
    question = user("What is the weather in Paris?")
    asyncio.run(smol.warm([SYSTEM], TOOLS))
    sizes = decoded_tokens(smol, monkeypatch)
    said_first("<tool_call>")
    _, calls = replied(smol, question)
    assert sum(size for size in sizes if size > 1) < 25
    del sizes[:]
    done = [Message("assistant", "", calls), *(Message("tool", "Sunny.", call_id=one.id) for one in calls)]
    asyncio.run(smol.warm([SYSTEM, question, *done], TOOLS))
    assert sum(sizes) < 25 + 30 * len(calls)


def test_without_tools_the_prompt_is_as_it_was_and_a_mark_is_mere_text(smol, said_first) -> None:
    assert smol._tokens([SYSTEM, user("Hi")], tools=()) == smol._tokens([SYSTEM, user("Hi")])
    said_first("<tool_call>")
    assert replied(smol, user("Hi"), tools=())[0].startswith("<tool_call>")


def test_what_a_schema_says_beyond_the_grammar_is_told_to_the_model_once(smol, said_first) -> None:
    said_first("<tool_call>")
    narrow = {"type": "object", "properties": {"city": {"type": "string", "minLength": 500}}, "required": ["city"]}
    with pytest.raises(EngineError, match="called a tool wrongly, twice"):
        replied(smol, user("What is the weather in Paris?"), tools=[Tool("weather", "", narrow)])


def test_tools_that_do_not_fit_are_left_out_and_the_user_told_once() -> None:
    notices: list[str] = []
    loaded = engine("bundled", notice=notices.append, context=512, max_tokens=16)
    many = [Tool(f"tool{number}", "words " * 20, {}) for number in range(30)]
    for _ in range(2):
        replied(loaded, user("Hi"), tools=many)
    loaded.close()
    assert len([one for one in notices if "of 30 tools" in one]) == 1


def test_a_model_that_was_tried_and_could_is_offered_tools(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(can_call, "path", lambda: tmp_path / "can_call.json")
    file = gguf.bundled()
    for right, calls_tools in ((None, False), (8, False), (9, True), (12, True)):
        if right is not None:
            can_call.keep(can_call.key(file), right, 12)
        found = can_call.result(can_call.key(file))
        why = can_call.why_not("SmolLM2", "bundled", found)
        assert (why == "") == calls_tools
        if right == 8:
            assert why == "SmolLM2 cannot call tools (8 of 12 right); skills still work."
    (tmp_path / "can_call.json").write_text("[]")
    assert can_call.result("other.gguf 5") is None
    assert "`assistant models try x.gguf`" in can_call.why_not("x", "x.gguf", None)


def test_the_bundled_model_is_offered_none(smol) -> None:
    assert not smol.calls_tools and "cannot call tools" in smol.why_no_tools
