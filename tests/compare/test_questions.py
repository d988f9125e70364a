"""Files of questions: what is read, and what is said about a file that cannot be used."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.compare.questions import fingerprint, from_json, read
from assistant.errors import UsageError

SAMPLES = Path(__file__).parents[2] / "rag" / "samples" / "questions.jsonl"


def written(folder: Path, *lines: object, name: str = "questions.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


def refusal(*paths: Path) -> str:
    with pytest.raises(UsageError) as error:
        read(paths)
    return str(error.value)


def test_sample_questions_are_read_as_they_are():
    questions = read([SAMPLES]).questions
    assert len(questions) == 120
    assert sum(question.unanswerable for question in questions) == 40
    first = questions[0]
    assert first.answers == ("11.8 kg (OT5-K) or 11.1 kg (OT5-P)",) and "11.8 kg" in first.evidence[0]
    assert all(not question.answers for question in questions if question.unanswerable)


def test_several_answers_kinds_ids_and_two_files_go_together(tmp_path):
    facts = written(
        tmp_path,
        {"id": "a", "question": "How heavy?", "answer": ["11 kg", " 11,000 g "]},
        {"question": "Who?", "unanswerable": True},
        {"id": 0, "question": "When?", "kind": "unanswerable"},
        {"question": "Where?", "answer": "Here.", "unanswerable": False},
    )
    style = written(tmp_path, {"question": "Hello?", "answer": "Ahoy!", "kind": "style"}, name="style.jsonl")
    one, two, when, where, three = read([facts, style]).questions
    assert (one.id, one.answers, one.kind) == ("a", ("11 kg", "11,000 g"), "fact")
    assert (two.kind, two.answers, three.kind) == ("unanswerable", (), "style")
    assert (when.id, when.kind, where.kind, where.answers) == ("0", "unanswerable", "fact", ("Here.",))


def test_rows_to_learn_from_are_questions_too(tmp_path):
    rows = written(
        tmp_path,
        {
            "messages": [
                {"role": "system", "content": "Be a pirate."},
                {"role": "user", "content": "Is it far?"},
                {"role": "assistant", "content": "No."},
                {"role": "user", "content": "How far?"},
                {"role": "assistant", "content": "Two miles."},
            ],
            "kind": "style",
        },
        {"messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "Here."}]},
    )
    found = read([rows])
    assert found.questions[0].text == "How far?" and found.questions[0].answers == ("Two miles.",)
    assert [message["content"] for message in found.questions[0].history] == ["Is it far?", "No."]
    assert found.questions[1].kind == "fact"
    assert "system prompt of their own" in found.notes[0]


def test_rows_of_kind_unanswerable_say_that_nobody_knows(tmp_path):
    rows = written(
        tmp_path,
        *(
            {"messages": [{"role": "user", "content": words}, {"role": "assistant", "content": answer}], "kind": kind}
            for words, answer, kind in (("Who made it?", "I do not know.", "unanswerable"), ("Where?", "Here.", "fact"))
        ),
    )
    who, where = read([rows]).questions
    assert who.unanswerable and who.answers == () and where.answers == ("Here.",)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([{"question": "Why?", "answer": "So."}, '{"question": "Who?"'], "line 2 is not valid JSON"),
        (
            [{"question": "Why?", "answer": "So."}, {"question": "Who?"}, {"question": "How?", "answer": " "}],
            "lines 2, 3 have no reference answer",
        ),
        ([{"question": "Why?", "answer": "So."}, {"answer": "Me."}], 'line 2 has no "question"'),
        ([{"question": "Why?", "answer": "So."}, {"question": "Who?", "answer": 3}], 'line 2 has an "answer"'),
        ([{"question": "Why?", "answer": "So."}, {"question": " why? ", "answer": "So."}], "line 2 asks the same as"),
        (
            [{"id": 1, "question": "Why?", "answer": "So."}, {"id": 1, "question": "Who?", "answer": "I."}],
            "ids must differ",
        ),
        ([{"question": "Why?", "answer": "So."}], "holds 1 question;"),
        ([{"question": "Why?", "answer": "So.", "unanswerable": True}], "is unanswerable, yet has an answer"),
        (
            [{"question": "Why?", "answer": "So."}, {"question": "Who?", "answer": "I.", "unanswerable": "false"}],
            'line 2 has an "unanswerable" that is neither true nor false',
        ),
        (
            [{"question": "Why?", "answer": "So."}, {"question": "Who?", "answer": "I.", "kind": "unanswerable"}],
            "line 2 is unanswerable, yet has an answer",
        ),
        (
            [
                {"question": "Why?", "answer": "So."},
                {"question": "Who?", "kind": "unanswerable", "unanswerable": False},
            ],
            'line 2 is of kind "unanswerable", yet says "unanswerable": false',
        ),
        (
            [{"question": "Why?", "answer": "So."}, {"question": "Who?", "answer": "I.", "kind": ["x"]}],
            'line 2 has a "kind"',
        ),
        ([{"question": "Why?", "answer": "So.", "audio": "gone.wav"}], "recording that is not there"),
        ([""], "is empty"),
    ],
)
def test_bad_file_is_refused_with_the_line(tmp_path, lines, said):
    path = written(tmp_path, *lines)
    message = refusal(path)
    assert said in message and str(path) in message and "\n" not in message


def test_missing_file_is_named(tmp_path):
    assert "there is no such file" in refusal(tmp_path / "gone.jsonl")


def test_fingerprint_follows_what_is_asked_and_what_is_right_only(tmp_path):
    lines = [{"question": "Why?", "answer": "So."}, {"question": "Who?", "answer": "I."}]
    same = written(
        tmp_path, *(json.dumps(line, indent=None, separators=(", ", " : ")) for line in lines), name="b.jsonl"
    )
    questions = read([written(tmp_path, *lines)]).questions
    assert fingerprint(questions) == fingerprint(read([same]).questions)
    lines[1]["answer"] = "You."
    assert fingerprint(questions) != fingerprint(read([written(tmp_path, *lines)]).questions)
    assert [from_json(json.loads(json.dumps(dataclasses.asdict(question)))) for question in questions] == questions


@given(
    st.lists(
        st.one_of(
            st.text(max_size=20),
            st.dictionaries(
                st.sampled_from(["question", "answer", "relevant", "id"]),
                st.one_of(st.text(max_size=8), st.integers(), st.none(), st.lists(st.text(max_size=4), max_size=2)),
            ),
        )
    )
)
def test_any_lines_are_read_or_refused_in_one_sentence(tmp_path_factory, entries):
    path = tmp_path_factory.mktemp("q") / "q.jsonl"
    path.write_text("\n".join(json.dumps(entry) for entry in entries), encoding="utf-8")
    try:
        assert len(read([path]).questions) >= 2
    except UsageError as error:
        assert str(path) in str(error)
