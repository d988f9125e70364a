"""The fifth arm: what the questions tell it, what it makes of that, and whether forgotten is forgotten."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.compare import answerer, arms, metrics
from assistant.compare.lines import table
from assistant.compare.questions import Question, fingerprint, from_json, read
from assistant.compare.results import load
from assistant.config import Settings
from assistant.errors import UsageError
from assistant.folders import checkout
from assistant.memory.facts import Memory
from assistant.safety import Policy
from tests.compare.helpers import recorded
from tests.compare.test_answerer import ScriptedEngine
from tests.data import tiny_gguf

QUESTIONS = [
    Question("1", "Who is my sister?", ("Anna",), "memory", remember=("my sister is called Anna", "my car is blue")),
    Question("2", "Is my car red?", ("no",), "memory"),
    Question("3", "How high is Ben Nevis?", ("1345 m",)),
    Question("4", "What is my sister called?", ("Anne",), "memory", remember=("my sister is called Anne",)),
    Question("5", "What is my sister called?", (), "unanswerable", forget=("my sister",)),
]


def test_it_answers_from_what_was_told_and_not_from_what_was_forgotten(tmp_path):
    engine = ScriptedEngine("I cannot say.")
    arm = arms.Arm("memory", "m", memory=True)
    loaded = answerer.Answerer(arm, engine, None, Settings(), Policy(), memory=Memory(tmp_path / "own" / "me.md"))
    found = {}
    for question in QUESTIONS:
        loaded.tell(question)
        found[question.id] = asyncio.run(loaded.answer(question.text))
    loaded.close()
    assert [found[id].text for id in "14"] == ["Your sister is called Anna.", "Your sister is called Anne."]
    assert (found["1"].outcome, found["1"].confidence, found["1"].prompt_tokens) == ("answered", 1.0, 0)
    prompts = [messages[-1].content for messages in engine.asked]
    assert prompts == [
        "I told you on 1 January: my car is blue.\n\nIs my car red?",
        "How high is Ben Nevis?",
        "What is my sister called?",
    ]
    assert found["2"].passages == ({"title": "memory", "text": "I told you on 1 January: my car is blue."},)
    assert not (tmp_path / "own").exists()


def test_facts_told_again_after_they_were_forgotten_are_counted():
    assert metrics.forgotten(QUESTIONS) == {"5": ["my sister is called Anna", "my sister is called Anne"]}
    gone = metrics.forgotten(QUESTIONS)["5"]
    assert metrics.tells({"text": "It is Anne, I think."}, gone) and not metrics.tells({"text": "I do not know."}, gone)


def test_the_table_says_whether_it_moved_other_answers_and_told_what_it_should_not(tmp_path):
    said = {"1": "Anna", "2": "No.", "3": "1345 m", "4": "Anne", "5": "I do not know."}
    more = [
        Question("6", "How many?", ("9",)),
        Question("7", "What is my car?", kind="unanswerable", forget=("my car",)),
    ]
    base = {**said, "6": "9", "7": "A car."}
    memory = {**base, "5": "She is called Anna.", "6": "nine"}
    results = load(recorded(tmp_path, {"base": base, "memory": memory}, [*QUESTIONS, *more]))
    lines = table(results)
    assert [lines.line("told_again").cells[arm].mean for arm in ("base", "memory")] == [0, 0.5]
    assert lines.line("unmoved").cells["memory"].mean == 0.5 and lines.line("unmoved").n == 2
    without = table(load(recorded(tmp_path / "other", {"base": base, "rag": base}, [*QUESTIONS, *more])))
    assert not {"told_again", "unmoved"} & {line.key for line in without.lines}


def test_questions_bring_facts_and_those_without_are_what_they_were(tmp_path):
    path = tmp_path / "q.jsonl"
    path.write_text(
        '{"question": "Who?", "answer": "Anna", "remember": ["my sister is called Anna"]}\n'
        '{"question": "When?", "unanswerable": true, "forget": ["my sister"]}\n'
    )
    one, two = read([path]).questions
    assert (one.remember, one.forget, two.forget) == (("my sister is called Anna",), (), ("my sister",))
    assert fingerprint([one]) != fingerprint([Question(one.id, one.text, one.answers)])
    assert fingerprint([Question("q", "Where is it?")]) == "80569e0208254e64"
    assert from_json({"id": "q", "text": "Who?", "remember": ["I am"]}).remember == ("I am",)
    for wrong in ('"my car"', "[1]", '[" "]'):
        path.write_text('{"question": "Who?", "answer": "Anna", "remember": ' + wrong + "}\n")
        with pytest.raises(UsageError, match='"remember" that is no list of texts'):
            read([path])


def test_the_sample_tells_corrects_and_forgets():
    root = checkout()
    assert root
    questions = read([root / "assistant" / "samples" / "memory.jsonl"]).questions
    assert sum(question.kind == "memory" for question in questions) >= 9
    assert len(metrics.forgotten(questions)) == 3


def test_without_facts_or_beside_a_conversation_it_is_refused(tmp_path, capsys):
    path: Path = tmp_path / "q.jsonl"
    path.write_text('{"question": "Who?", "answer": "Anna"}\n{"question": "When?", "answer": "May"}\n')
    model = ["--set", f"llm.model={tiny_gguf()}"]
    assert main(["compare", "run", "--questions", str(path), "--arms", "base,memory", *model]) == 2
    assert 'add "remember"' in capsys.readouterr().err
    assert main(["arena", "--arms", "base,memory", *model]) == 2
    assert "assistant compare run" in capsys.readouterr().err


def test_the_day_in_the_prompt_is_always_the_same():
    assert date(2026, 1, 1) == answerer._TOLD
