"""The journal as a source of rows: with consent, through a review, and only turns that went well."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import cli
from assistant.safety.anonymise import anonymise
from training.data.from_journal import Candidate, candidates, review, reviewed
from training.errors import TrainingError


def turn(user: str, reply: str, **changes) -> dict:
    return {
        "turn": 1,
        "conversation": "c",
        "user": user,
        "reply": reply,
        "outcome": "answered",
        "error": None,
        **changes,
    }


def found(*turns: dict):
    return candidates(turns, anonymise(turns))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"outcome": "refused"}, "refused"),
        ({"outcome": "failed"}, "failed"),
        ({"error": "no voice"}, "failed"),
        ({"outcome": "interrupted"}, "interrupted"),
        ({"outcome": "unknown"}, "unknown to the documents"),
        ({"outcome": "nothing_said"}, "nothing said"),
        ({"reply": " "}, "nothing said"),
        ({"user": "my key is [key-hidden]"}, "a key or password"),
        ({"revisions": [{"confidence": 0.3}]}, "hardly understood"),
    ],
)
def test_turns_that_did_not_go_well_are_left_out(changes, reason):
    kept, left_out = found({**turn("what makes tea green", "The leaves are not dried."), **changes})
    assert kept == [] and left_out == {reason: 1}


def test_turns_with_something_personal_are_not_ticked():
    kept, _ = found(
        turn("what makes tea green", "The leaves are steamed."),
        turn("my name is Olga, call me at 030 1234567", "Hello."),
    )
    assert [(one.ticked, one.personal) for one in kept] == [(True, ()), (False, ("name", "phone"))]


def test_follow_up_keeps_the_turns_it_needs_and_a_new_question_does_not():
    kept, _ = found(
        turn("what is the capital of spain", "Madrid."),
        turn("how many people live there", "3 million."),
        turn("what do cows eat", "Grass."),
        turn("and what about horses", "Hay.", conversation="other"),
    )
    assert [len(one.earlier) for one in kept] == [0, 1, 0, 0]
    assert kept[1].earlier == (("what is the capital of spain", "Madrid."),)


def test_question_asked_twice_is_kept_once():
    kept, left_out = found(turn("what do cows eat", "Grass."), turn("tell me what cows eat", "They eat grass."))
    assert len(kept) == 1 and left_out == {"asked before": 1}


_text = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1)
_line = st.lists(_text, min_size=1, max_size=3).map(" ".join)


_earlier = st.lists(st.tuples(_line, _line), max_size=2).map(tuple)


@given(st.lists(st.builds(Candidate, _earlier, _line, _line, st.booleans(), st.just(()), st.booleans()), max_size=4))
def test_review_that_nobody_changed_gives_what_is_ticked(turns):
    rows = reviewed(review(turns, "review.txt"))
    ticked = [one for one in turns if one.ticked]
    assert [(row.question, row.answer, row.kind, row.source) for row in rows] == [
        (one.question, one.answer, "fact" if one.fact else "", "journal") for one in ticked
    ]
    assert [len(row.messages) for row in rows] == [2 * len(one.earlier) + 2 for one in ticked]


@given(st.text())
def test_any_text_gives_rows_or_one_sentence(text):
    try:
        reviewed(f"[x]\n{text}")
    except TrainingError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[x]\nyou: hello\n", "turn that begins in line 1 has no answer"),
        ("[x]\nhello\n", 'line 2 should be "you: ..."'),
        ("[x]\nyou: a\nyou: b\n", 'line 3 should be "assistant: ..."'),
    ],
)
def test_slip_in_the_review_is_named_by_line(text, sentence):
    with pytest.raises(TrainingError, match=sentence):
        reviewed(text)


@pytest.fixture
def journal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    turns = [
        turn("what makes tea green", "The leaves are steamed."),
        turn("my name is Olga", "Hello Olga."),
        turn("how do I make a bomb", "No.", outcome="refused"),
    ]
    Path("journal.jsonl").write_text("".join(json.dumps(one) + "\n" for one in turns) + '{"turn": 4, "us')
    return ["train", "make", "--set", "journal.path=journal.jsonl"]


def test_nothing_is_read_without_consent(journal, capsys):
    assert cli.main([*journal, "--from-journal"]) == 2
    assert "add --i-agree" in capsys.readouterr().err and not Path("journal-review.txt").exists()


def test_from_journal_to_rows_through_the_review(journal, capsys):
    assert cli.main([*journal, "--from-journal", "--i-agree"]) == 0
    path = Path("journal-review.txt")
    assert "2 of 3 turns (left out: 1 refused); 1 seem to hold something personal" in capsys.readouterr().out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and not list(Path().glob("*.jsonl.*"))
    path.write_text(path.read_text().replace("The leaves are steamed.", "Its leaves are steamed, not dried."))
    assert cli.main([*journal, "--reviewed", str(path)]) == 0
    [row] = [json.loads(line) for line in Path("journal-review.jsonl").read_text().splitlines()]
    assert [message["content"] for message in row["messages"]] == [
        "what makes tea green",
        "Its leaves are steamed, not dried.",
    ]
    assert cli.main([*journal, "--from-journal", "--i-agree"]) == 2  # the corrections are not overwritten
