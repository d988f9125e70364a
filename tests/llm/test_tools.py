"""Calls as models write them: checked, mended, or told what is wrong with them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.llm import Message, Tool, ToolCall
from assistant.llm.call_text import MARKS, Spoken, read
from assistant.llm.tools import Written, checked, in_words

TOOL = Tool(
    "book",
    "",
    {
        "type": "object",
        "properties": {
            "people": {"type": "integer"},
            "price": {"type": "number"},
            "name": {"type": "string"},
            "vegan": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "integer"}},
            "size": {"type": "string", "enum": ["half board", "full board"]},
            "room": {"type": "object", "properties": {"number": {"type": "integer"}}},
            "day": {"$ref": "https://example.com/day.json"},
            "code": {"type": "string", "pattern": "(a+)+$"},
        },
        "required": ["people"],
    },
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"people": "4"}, {"people": 4}),
        ({"people": 4.0}, {"people": 4}),
        ({"people": 4, "price": "12.5"}, {"people": 4, "price": 12.5}),
        ({"people": 4, "name": 7}, {"people": 4, "name": "7"}),
        ({"people": 4, "name": "007"}, {"people": 4, "name": "007"}),
        ({"people": 4, "vegan": "True"}, {"people": 4, "vegan": True}),
        ({"people": 4, "tags": "[1, 2]"}, {"people": 4, "tags": [1, 2]}),
        ({"people": 4, "tags": ["1", 2]}, {"people": 4, "tags": [1, 2]}),
        ({"people": 4, "tags": 1}, {"people": 4, "tags": [1]}),
        ({"people": 4, "size": "Half-board"}, {"people": 4, "size": "half board"}),
        ({"people": 4, "room": {"number": "12"}}, {"people": 4, "room": {"number": 12}}),
        ({"people": 4, "name": None}, {"people": 4}),
        ({"people": 4, "more": 1}, {"people": 4, "more": 1}),
        ({"people": 4, "day": "Monday"}, {"people": 4, "day": "Monday"}),
        ({"people": 4, "code": "a" * 40 + "!"}, {"people": 4, "code": "a" * 40 + "!"}),
    ],
)
def test_what_is_plainly_meant_is_mended_and_the_rest_left_alone(written, meant) -> None:
    for arguments in (written, json.dumps(written), json.dumps(json.dumps(written))):
        call = checked(Written("book", arguments), [TOOL], "c1")
        assert isinstance(call, ToolCall) and dict(call.arguments) == meant and call.id == "c1"
        assert all(type(call.arguments[key]) is type(meant[key]) for key in meant)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({}, "'people' is a required property"),
        ({"people": "four"}, "people: 'four' is not of type 'integer'"),
        ({"people": 4.5}, "people: 4.5 is not of type 'integer'"),
        ({"people": 4, "size": "none"}, "size: 'none' is not one of"),
        ("four people", "are no JSON object"),
        ([4], "are no JSON object"),
    ],
)
def test_what_cannot_be_mended_is_told_to_the_model_in_one_sentence(written, words) -> None:
    told = checked(Written("book", written), [TOOL], "c1")
    assert isinstance(told, str) and told.startswith("Error: ") and words in told and told.count("\n") == 0


def test_a_name_is_taken_only_where_one_tool_can_be_meant() -> None:
    alike = [Tool("light-on", "", {}), Tool("light_on", "", {}), Tool("lights", "", {})]
    names = [checked(Written(name, {}), alike, "c") for name in ("light_on", "LIGHTS", "lightOn", "light")]
    assert [one.name if isinstance(one, ToolCall) else one[:26] for one in names] == [
        "light_on", "lights", "Error: there is no tool 'li", "Error: there is no tool 'li",
    ] or [getattr(one, "name", "") for one in names] == ["light_on", "lights", "", ""]  # fmt: skip


@pytest.mark.parametrize(
    "schema", [{"type": 5}, {"properties": []}, {"$ref": "#"}, {"required": 3}, {"properties": {"a": {"$ref": "#/x"}}}]
)
def test_a_schema_that_is_none_is_left_to_the_tool(schema) -> None:
    assert isinstance(checked(Written("t", {"a": 1}), [Tool("t", "", schema)], "c"), ToolCall)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSONS, st.dictionaries(st.sampled_from(["type", "properties", "items", "enum", "required", "anyOf"]), JSONS))
def test_nothing_that_a_model_or_a_server_writes_breaks_the_check(arguments, schema) -> None:
    tools = [Tool("t", "", schema)]
    assert isinstance(checked(Written("t", arguments), tools, "c"), (str, ToolCall))


@given(
    st.lists(st.sampled_from([*MARKS, "{", "}", "[", '"name": "x"', ' "arguments": ', "[ARGS]", "x", "\n", ":", ","]))
)
def test_any_text_can_be_read_for_calls_and_cut_anywhere_gives_the_same(parts) -> None:
    text = "".join(parts)
    found = []
    for pieces in ([text], parts, list(text)):
        spoken = Spoken(MARKS)
        said = "".join([*map(spoken.feed, pieces), spoken.flush()])
        found.append((said, spoken.opened, spoken.calls))
        assert all(isinstance(one, Written) for one in read(spoken.calls))
    assert found[0] == found[2]


@pytest.mark.parametrize("text", ["[" * 20_000, '{"a":' * 5_000, "<parameter=x>" * 2_000, "<function=f>" * 2_000])
def test_a_flood_of_beginnings_is_read_soon(text) -> None:
    assert len(read(text)) <= 2_000


def test_for_a_model_without_calls_the_roles_still_alternate() -> None:
    calls = (ToolCall("a", "x", {"n": 1}), ToolCall("b", "y", {}))
    told = in_words([
        Message("system", "S"), Message("user", "Q"), Message("assistant", "Let me look.", calls),
        Message("tool", "one", call_id="a"), Message("tool", "two", call_id="b"),
    ])  # fmt: skip
    assert [one.role for one in told] == ["system", "user", "assistant", "user"]
    assert '{"name": "x", "arguments": {"n": 1}}' in told[2].content and told[2].content.startswith("Let me look.")
    assert told[3].content.index("one") < told[3].content.index("two")
