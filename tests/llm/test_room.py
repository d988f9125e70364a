"""What goes into a context that is too small for all that tools gave, with a model whose tokens are letters."""

from __future__ import annotations

import pytest

from assistant.errors import EngineError
from assistant.llm import Message, ToolCall
from assistant.llm.room import Room


class Letters:
    context = 400

    def tokenize(self, text: bytes) -> list[int]:
        return list(text)

    def text(self, token: int) -> bytes:
        return bytes([token])


def kept(system: int, *results: int) -> list[int]:
    """How much of each result stays."""

    def tokens(messages, unfinished, tools) -> list[int]:
        return [0] * sum(len(message.content) + 8 for message in messages)

    room = Room(Letters(), 100, tokens, print)  # type: ignore[arg-type]
    calls = tuple(ToolCall(str(number), "look", {}) for number in range(len(results)))
    told = [Message("tool", "r" * size, call_id=call.id) for call, size in zip(calls, results)]
    talk = [Message("system", "s" * system), Message("user", "which of them"), Message("assistant", "", calls), *told]
    return [len(message.content) for message in room.fit(talk) if message.role == "tool"]


@pytest.mark.parametrize("results", [(300, 20), (20, 300), (300, 300, 300), (90, 90, 90), (300,) * 8])
def test_what_several_tools_gave_is_cut_where_it_is_longest(results: tuple[int, ...]) -> None:
    found = kept(50, *results)
    assert len(found) == len(results) and min(found) > 0 and sum(found) < sum(results)
    assert all(left == size for left, size in zip(found, results) if size < max(found))


def test_where_not_even_the_beginnings_fit_one_is_told() -> None:
    with pytest.raises(EngineError, match="has no room"):
        kept(500, 20, 20)
