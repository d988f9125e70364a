"""Recorded turns, asked again: as they were said, with what had been heard by then."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import config
from assistant.cli import main
from assistant.compare import arms, children, records, results, shadow
from assistant.compare.answerer import Answered
from assistant.compare.identity import identity
from assistant.compare.lines import table
from assistant.compare.questions import Question, fingerprint
from assistant.compare.replay import recorded, with_answers
from assistant.errors import UsageError
from tests.data import tiny_gguf


def row(turn: int, user: str, heard: str = "Fine.", outcome: str = "answered", conversation: str = "c1") -> dict:
    return {
        "conversation": conversation,
        "turn": turn,
        "user": user,
        "reply": heard,
        "heard": heard,
        "outcome": outcome,
        "engines": {"llm": "some model"},
    }


ROWS = [
    row(1, "How are you?"),
    row(2, "", "", "nothing_said"),
    row(3, "mumble", "Sorry?", "unsure"),
    row(4, "How old is the bridge?", "It was", "interrupted"),
    row(1, "Other talk?", conversation="c2"),
    row(5, "And who built it?", "The documents do not tell.", "unknown"),
    row(6, "Why?"),
]


def test_questions_come_with_what_was_heard_before_and_nothing_else() -> None:
    turns = recorded(ROWS, "c1")
    assert [turn.question.text for turn in turns] == [
        "How are you?",
        "How old is the bridge?",
        "And who built it?",
        "Why?",
    ]
    assert [message["content"] for message in turns[-1].question.history] == [
        "How are you?",
        "Fine.",
        "How old is the bridge?",
        "It was",
    ]
    assert turns[0].question.history == () and turns[1].reply == "It was"


def test_conversations_do_not_mix_and_ids_differ() -> None:
    turns = recorded(ROWS)
    assert len({turn.question.id for turn in turns}) == len(turns) == 5
    assert next(turn for turn in turns if turn.question.id == "c2-1").question.history == ()


def test_only_the_newest_are_taken_with_their_whole_history() -> None:
    turns = recorded(ROWS, "c1", newest=2)
    assert [turn.question.text for turn in turns] == ["And who built it?", "Why?"]
    assert len(turns[0].question.history) == 4


@pytest.mark.parametrize("conversation", ["c2", "nobody"])
def test_too_few_turns_are_refused(conversation: str) -> None:
    with pytest.raises(UsageError, match="conversations are: c1, c2"):
        recorded(ROWS, conversation)


def test_reference_answers_are_found_by_the_words_of_the_question() -> None:
    reference = Question("x", "how old is the BRIDGE", ("140 years",), evidence=("built in 1883",))
    turns = with_answers(recorded(ROWS, "c1"), [reference])
    assert turns[1].question.answers == ("140 years",) and turns[1].question.kind == "fact"
    assert turns[0].question.answers == () and turns[0].question.kind == "recorded"


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["conversation", "turn", "user", "reply", "heard", "outcome"]),
            st.one_of(st.none(), st.text(max_size=5), st.integers(0, 3)),
            max_size=6,
        ).map(lambda row: {"turn": 1, "engines": {}} | row),
        max_size=6,
    )
)
def test_whatever_a_journal_holds_nothing_breaks(rows: list[dict]) -> None:
    try:
        turns = recorded(rows)
    except UsageError as error:
        assert "\n" not in str(error)
    else:
        assert len(turns) >= 2 and len({turn.question.id for turn in turns}) == len(turns)


def test_the_command_answers_them_again_and_the_report_can_read_it(tmp_path: Path, capsys) -> None:
    journal = tmp_path / "j.jsonl"
    journal.write_text("\n".join(map(json.dumps, ROWS)))
    (tmp_path / "answers.jsonl").write_text(
        '{"question": "How old is the bridge?", "answer": "140 years"}\n{"question": "Why?", "answer": "Because"}\n'
    )
    command = [
        "compare",
        "replay",
        "--journal",
        str(journal),
        "--arm",
        f"one:model={tiny_gguf()}",
        "--conversation",
        "c1",
        "-n",
        "2",
        "--answers",
        str(tmp_path / "answers.jsonl"),
        "--out",
        str(tmp_path / "out"),
        "--set",
        "llm.max_tokens=8",
        "--set",
        "llm.context=512",
    ]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "And who built it?" in out and "then  The documents do not tell." in out
    loaded = results.load(records.Records(tmp_path / "out"))
    assert loaded.arms == ["one"] and [question.text for question in loaded.questions] == ["And who built it?", "Why?"]
    assert "1 of 2 turns have no reference answer" in " ".join(loaded.notes)
    assert main(["compare", "report", str(tmp_path / "out")]) == 0


def test_what_was_answered_in_the_shadow_is_not_asked_again(tmp_path: Path, capsys, monkeypatch) -> None:
    journal = tmp_path / "j.jsonl"
    journal.write_text("\n".join(map(json.dumps, ROWS)))
    asked: list[tuple[str, list[str]]] = []
    real = children.results

    def watched(work, *given):
        if work.__name__ == "answer":
            asked.append((given[0].name, given[3]))
        return real(work, *given)

    monkeypatch.setattr(children, "results", watched)
    sets = ["--set=llm.max_tokens=8", "--set=llm.context=512"]
    command = [
        "compare",
        "replay",
        "--journal",
        str(journal),
        "--conversation",
        "c1",
        "--arm",
        f"one:model={tiny_gguf()}",
        "--out",
        str(tmp_path / "out"),
        *sets,
    ]
    settings = config.load(None, {"llm.max_tokens": "8", "llm.context": "512"}).settings
    (arm,) = arms.choose([], [f"one:model={tiny_gguf()}"], settings, lambda name: None)
    alike, _ = identity(settings)
    turns = recorded(ROWS, "c1")

    def in_the_shadow(turns: list) -> None:
        lines = [
            {
                "conversation": "c1",
                "turn": 1,
                "arm": "called otherwise",
                "key": arms.fingerprint(arm, ""),
                "question": turn.question.text,
                "asked": fingerprint([turn.question]),
                "settings": alike,
                **dataclasses.asdict(Answered(f"To {turn.question.text}", "answered", seconds=99.0, cpu=99.0)),
            }
            for turn in turns
        ]
        shadow.location(journal).write_text("\n".join(map(json.dumps, lines)))

    in_the_shadow(turns[:-1])
    assert main(command) == 0
    assert asked == [("one", [turns[-1].question.id])]
    told = capsys.readouterr()
    assert "one has answered 3 of 4 turns in the shadow already" in told.err and "asking one (3 of 4 done)" in told.err
    assert f"one   To {turns[0].question.text}" in told.out
    loaded = results.load(records.Records(tmp_path / "out"))
    lines = {line.key: line for line in table(loaded).lines}
    assert "cpu" not in lines and "first_word" not in lines  # of one question only
    assert lines["spoken"].n == 4 and "in the shadow" in " ".join(loaded.notes)
    before = (tmp_path / "out" / "records.jsonl").read_bytes()
    assert main(command) == 0
    assert (tmp_path / "out" / "records.jsonl").read_bytes() == before

    in_the_shadow(turns)  # all of them: the model is not even loaded
    del asked[:]
    assert main([*command[:-3], str(tmp_path / "all"), *sets]) == 0
    assert asked == [] and results.load(records.Records(tmp_path / "all")).arms == ["one"]
    assert main(["compare", "report", str(tmp_path / "all"), "--to", str(tmp_path / "shown")]) == 0
    assert (tmp_path / "shown" / "report.html").is_file()
