"""What the model wrote: which rows of it are taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.asked import Asked
from training.data.written import Example, checked, parse


@pytest.mark.parametrize(
    "text",
    [
        '[{"instruction": "a b", "output": "c d"}]',
        '{"rows": [{"instruction": "a b", "output": "c d"}]}',
        'Sure!\n```json\n[{"instruction": "a b", "output": "c d"},]\n```\nDone.',
        '[{"instruction": "a b", "output": "c d",}, {"instruction": "e f", "outp',
        '<think>maybe {"instruction": "x y", "output": "z"}</think>{"instruction": "a b", "output": "c d"}',
        '[{"instruction": "a b" "output": "bad"}, {"instruction": "a b", "output": "c d"}]',
        '{"rows": [{"instruction": "a b", "output": "c d"}, {"instruction": "e f", "output": "g',
    ],
)
def test_whole_rows_are_found_in_broken_json(text):
    assert parse(text) == [{"instruction": "a b", "output": "c d"}]


def test_a_comma_before_a_bracket_inside_a_text_stays():
    assert parse('[{"instruction": "list", "output": "[1, ]"}]') == [{"instruction": "list", "output": "[1, ]"}]


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=5), st.integers(0, 400), st.text(max_size=8))
def test_any_cut_of_an_array_gives_the_rows_before_the_cut(pairs, cut, prose):
    rows = [{"instruction": asked, "output": answered} for asked, answered in pairs]
    whole = json.dumps(rows)
    assert parse(whole) == rows
    assert parse(whole[:cut]) == rows[: len(parse(whole[:cut]))]
    parse(prose + whole[cut:] + prose)  # never raises


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("text", "wrong form"),
        ({"instruction": "a", "output": ["b"]}, "wrong form"),
        ({"instruction": "Say", "output": " "}, "empty"),
        ({"instruction": "...", "output": "Paris is nice."}, "a placeholder"),
        ({"instruction": "Say hi", "output": "string"}, "a placeholder"),
        ({"instruction": "Say hi", "output": "I'm sorry, but I can't help with that."}, "a refusal"),
        ({"instruction": "Say hi", "output": "x" * 5000}, "too long"),
    ],
)
def test_unusable_rows_are_told_apart(entry, reason):
    assert checked(entry) == reason


@pytest.mark.parametrize("output", ["42", "No.", "I can not only sing, I dance.", "Sorry to hear that, tea may help."])
def test_short_and_polite_answers_are_kept(output):
    assert checked({"instruction": "Say something", "output": output}) == Example("Say something", "", output)


def test_same_question_in_other_words_is_known_and_another_fact_is_not():
    asked = Asked()
    assert asked.add("What is the capital of France?")
    assert not asked.add("Please tell me the capital of France!")
    assert asked.add("What is the capital of Spain?")
    assert asked.add("How are you?") and not asked.add("how are you")
