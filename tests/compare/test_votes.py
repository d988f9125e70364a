"""Votes: how they are kept, counted and understood."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.compare import votes
from assistant.compare.votes import Cast, meant, next_pair, standing, table
from assistant.errors import AssistantError


def test_pairs_with_few_votes_are_next() -> None:
    casts = [Cast("q", "base", "tuned", ("k1", "k2"), ("a", "b"), "tie")] * 3 + [
        Cast("q", "rag", "tuned", ("k3", "k2"), ("a", "b"), "tie")
    ]
    assert {frozenset(next_pair(["base", "tuned", "rag"], casts, random.Random(seed))) for seed in range(9)} == {
        frozenset(("base", "rag"))
    }


def test_votes_on_a_model_that_has_changed_since_do_not_count() -> None:
    old = Cast("q", "base", "tuned", ("k1", "old"), ("a", "b"), "first")
    new = Cast("q", "base", "tuned", ("k1", "k2"), ("a", "b"), "second")
    found = standing([old, old, new])
    assert (found.votes, found.outdated) == (1, 2) and "2 older ones" in table(found)


def test_the_table_says_that_it_is_not_decided_and_how_many_votes_are_missing() -> None:
    casts = (
        [Cast("q", "base", "tuned", ("k1", "k2"), ("a", "b"), "first")] * 6
        + [Cast("q", "base", "tuned", ("k1", "k2"), ("a", "b"), "second")] * 4
        + [Cast("q", "tuned", "base", ("k2", "k1"), ("a", "b"), "both bad")]
    )
    text = table(standing(casts))
    assert "not decided" in text and "more votes between them" in text and '1 of them "both bad"' in text


def test_torn_and_foreign_lines_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "votes.jsonl"
    path.write_bytes(b'{"question": "q"}\n[1]\n{"torn')
    votes.append(path, Cast("q", "base", "tuned", ("k1", "k2"), ("a", "b"), "tie"))
    votes.append(path, Cast("r", "base", "tuned", ("k1", "k2"), ("a", "b"), "first"))
    assert [cast.question for cast in votes.read(path)] == ["q", "r"]
    assert all(json.loads(line)["time"] for line in path.read_bytes().splitlines()[-2:])


def test_a_vote_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AssistantError, match="--votes"):
        votes.append(tmp_path / "file" / "votes.jsonl", Cast("q", "base", "tuned", ("1", "2"), ("a", "b"), "tie"))


@pytest.mark.parametrize(
    "words, choice",
    [
        ("first", "first"),
        ("The first one.", "first"),
        ("2", "second"),
        ("second!", "second"),
        ("a tie", "tie"),
        ("both bad", "both bad"),
        ("Both are bad.", "both bad"),
        ("they are equal", "tie"),
        ("quit", "quit"),
        ("B", "second"),
        ("the second one", "second"),
        ("one", "first"),
        ("Number one.", "first"),
        ("answer two", "second"),
        ("Both mad.", "both bad"),
        ("both are equally bad", "both bad"),
        ("Both are good.", "tie"),
        ("a tide", "tie"),
        ("No difference.", "tie"),
        ("both", None),
        ("both of what", None),
        ("stop", "quit"),
        ("first or second", None),
        ("what?", None),
        ("", None),
    ],
)
def test_votes_are_understood(words: str, choice: str | None) -> None:
    assert meant(words) == choice


@given(st.text())
def test_any_text_is_a_vote_or_none(text: str) -> None:
    assert meant(text) in {*votes.SCORES, "quit", None} - {"same"}
