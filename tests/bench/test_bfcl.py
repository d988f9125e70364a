"""BFCL's rules, on questions made up in its form."""

from __future__ import annotations

import json

import pytest

from assistant.bench import bfcl
from assistant.errors import UsageError
from assistant.llm import ToolCall

FUNCTION = {
    "name": "shop.buy",
    "description": "",
    "parameters": {
        "type": "dict",
        "properties": {
            "what": {"type": "string"},
            "price": {"type": "float"},
            "sizes": {"type": "array", "items": {"type": "integer"}},
            "to": {"type": "dict", "properties": {"city": {"type": "string"}}},
        },
        "required": ["what"],
    },
}
TRUTH = {"what": ["New shoes", "shoes"], "price": [9.0, ""], "sizes": [[1, 2], ""], "to": [{"city": ["Rome"]}, ""]}


@pytest.fixture()
def data(tmp_path):
    asked = {"id": "q", "question": [[{"role": "user", "content": "Buy shoes."}]], "function": [FUNCTION]}
    (tmp_path / "possible_answer").mkdir()
    for kind in bfcl.KINDS:
        name = "BFCL_v4_simple_python.json" if kind == "simple" else f"BFCL_v4_{kind}.json"
        truths = [{"shop.buy": TRUTH}] * (2 if kind == "parallel" else 1)
        (tmp_path / name).write_text(json.dumps({**asked, "id": kind}) + "\n")
        (tmp_path / "possible_answer" / name).write_text(json.dumps({"id": kind, "ground_truth": truths}) + "\n")
    return tmp_path


def test_a_perfect_model_is_right_everywhere(data) -> None:
    known = {kind: bfcl.questions(data, kind) for kind in bfcl.KINDS}
    for kind, questions in known.items():
        (score,) = bfcl.run(data, bfcl.Perfect(questions), kinds=[kind])
        assert (score.asked, score.right, score.read) == (1, 1, score.called) and score.called == (
            kind != "irrelevance"
        )


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        ({"what": "new-shoes"}, True),
        ({"what": "SHOES", "price": 9, "sizes": [1, 2], "to": {"city": "rome"}}, True),
        ({}, False),
        ({"what": "boots"}, False),
        ({"what": "shoes", "price": "9"}, False),
        ({"what": "shoes", "price": 8}, False),
        ({"what": "shoes", "sizes": [2, 1]}, False),
        ({"what": "shoes", "sizes": ["1", "2"]}, False),
        ({"what": "shoes", "to": {}}, False),
        ({"what": "shoes", "to": {"city": "Rome", "street": "x"}}, False),
        ({"what": "shoes", "more": 1}, False),
    ],
)
def test_arguments_are_right_as_bfcl_has_it(data, arguments, right) -> None:
    (question,) = bfcl.questions(data, "simple")
    call = ToolCall("c", "shop_buy", arguments)
    assert (bfcl.wrong(question, [call]) == "") is right
    assert (
        bfcl.wrong(question, [call, call])
        and bfcl.wrong(question, [])
        and bfcl.wrong(question, [ToolCall("c", "x", {})])
    )
    (nothing,) = bfcl.questions(data, "irrelevance")
    assert bfcl.wrong(nothing, [call]) == "called" and bfcl.wrong(nothing, []) == ""


def test_a_place_without_the_data_is_told(tmp_path) -> None:
    with pytest.raises(UsageError, match="holds no BFCL data"):
        bfcl.questions(tmp_path, "simple")
