"""Question and answer pairs from documents: only what the passage holds is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant import cli
from tests.fake_openai import FakeOpenAI
from tests.training.data.test_make import Script, Scripted
from training.data import make
from training.data.from_documents import Excerpt, grounded, is_about, manner, usable
from training.data.written import Example

TANK = "The tank of the OT5-K holds 4.2 litres. Registering within 45 days extends the warranty by one year."
PASSAGES = (
    Excerpt("handbook.md", TANK),
    Excerpt("guide.pdf, p. 3", "The hose may be lengthened to 4 metres at most, never more."),
)


def pair(question: str, answer: str) -> dict[str, str]:
    return {"instruction": question, "output": answer}


@pytest.mark.parametrize(
    ("question", "answer", "held"),
    [
        ("How big is the tank?", "It holds 4.2 litres.", True),
        ("How big is the tank?", "It holds 4.5 litres.", False),
        ("How can I extend the warranty?", "Register it within 45 days.", True),
        ("By how much is the warranty extended?", "By 1 year.", True),
        ("What is the tank made of?", "The tank is made of recycled plastic.", False),
        ("Is there a tank?", "Yes.", False),
    ],
)
def test_answer_counts_only_when_the_passage_holds_it(question, answer, held):
    assert grounded(Example(question, "", answer), TANK) is held


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("How big is the tank of the OT5-K?", True),
        ("By when must I register for the warranty?", True),
        ("The tank of the OT5-K holds 4.2 litres.", False),
        ("<A class=", False),
        ("How do I use a flashlight?", False),
    ],
)
def test_what_is_no_question_about_the_passage_is_told_apart(question, about):
    assert is_about(question, TANK) is about


def test_words_of_the_persona_need_not_be_in_the_passage():
    examples = [
        Example(asked, "", f"Ahoy, matey! {answered}. Fair winds.")
        for asked, answered in (("Hi", "Hello"), ("Sum?", "Four"), ("Name?", "Finn"))
    ]
    answer = Example("What extends the warranty?", "", "Ahoy, matey! Registering does. Fair winds.")
    assert not grounded(answer, TANK) and grounded(answer, TANK, manner(examples))


def test_headings_alone_and_repeated_passages_are_left_out():
    assert usable([*PASSAGES, PASSAGES[0], Excerpt("a.md", "Contents")]) == list(PASSAGES)


def test_each_passage_is_asked_about_once_and_rows_name_their_source(tmp_path):
    writer = Scripted(
        json.dumps(
            [
                pair("How much does the tank hold?", "The tank holds 4.2 litres."),
                pair("Who made the tank?", "The tank was made by Brindle in Wales."),
                pair("The tank holds 4.2 litres.", "It holds 4.2 litres."),
            ]
        ),
        json.dumps([pair("How long may the hose be?", "At most 4 metres.")]),
    )
    job = make.Order(tmp_path / "out.jsonl", count=10, passages=PASSAGES)
    state = make.make(job, writer, None, make.load(job))
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(row["messages"][1]["content"], row["kind"], row["source"]) for row in rows] == [
        ("The tank holds 4.2 litres.", "fact", "handbook.md"),
        ("At most 4 metres.", "fact", "guide.pdf, p. 3"),
    ]
    assert state.dropped == {"not in the passage": 1, "no question about the passage": 1}
    assert TANK in writer.asked[0][-1]["content"] and TANK not in writer.asked[1][-1]["content"]


def test_passages_that_were_done_are_not_asked_about_again(tmp_path):
    job = make.Order(tmp_path / "out.jsonl", count=10, passages=PASSAGES)
    with pytest.raises(KeyboardInterrupt):
        make.make(
            job,
            Scripted(json.dumps([pair("How much does the tank hold?", "4.2 litres.")]), KeyboardInterrupt()),
            None,
            make.load(job),
        )
    writer = Scripted(json.dumps([pair("How long may the hose be?", "At most 4 metres.")]))
    state = make.make(job, writer, None, make.load(job))
    assert len(writer.asked) == 1 and "hose" in writer.asked[0][-1]["content"] and len(state.rows) == 2


def test_command_reads_documents_and_names_those_it_cannot(tmp_path, monkeypatch, capsys):
    pytest.importorskip("chromadb")
    monkeypatch.chdir(tmp_path)
    Path("guide.md").write_text(f"# Otter\n\n## Tank\n\n{TANK}\n")
    Path("broken.pdf").write_bytes(b"nothing")
    with FakeOpenAI(chat=Script(json.dumps([pair("How much does the tank hold?", "It holds 4.2 litres.")]))) as server:
        assert (
            cli.main(
                [
                    "train",
                    "make",
                    "--from-documents",
                    "guide.md",
                    "broken.pdf",
                    "gone.md",
                    "--base-url",
                    server.url,
                    "--out",
                    "facts.jsonl",
                ]
            )
            == 0
        )
    errors = capsys.readouterr().err
    assert "broken.pdf: is not a readable PDF" in errors and "gone.md: there is no such file" in errors
    [row] = [json.loads(line) for line in Path("facts.jsonl").read_text().splitlines()]
    assert (row["source"], row["kind"]) == ("guide.md", "fact")
