from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import AsyncMock

import pytest

from assistant import cli
from assistant.bench import trial
from assistant.errors import UsageError
from assistant.llm import Message
from assistant.models import questions, tried
from assistant.models.questions import Question
from assistant.models.tried import Tried
from tests.scripted import ScriptedTts

ONE = Tried("one", "one.gguf", 30, 60, 0, 0, 0.5, 20.0, 100.0, 1e9, 1.0, 1, "espeak en-us", "here", "2026-11-30")


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setattr(tried, "data_folder", lambda: tmp_path)
    return tmp_path


def test_sixty_questions_are_asked_and_each_can_be_answered() -> None:
    asked = questions.built_in()
    assert len(asked) == 60 == len({one.ask for one in asked})
    for one in asked:
        assert one.answered(one.right[0]) and not one.answered("I do not know that."), one


def test_the_questions_stand_apart_from_what_training_learns_from_and_other_benchmarks_ask() -> None:
    root = Path(__file__).parents[2]
    folders = [root / "training", root / "assistant" / "samples", root / "assistant" / "bench"]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".jsonl", ".py", ".txt")]
    known = "".join(_words(path.read_text(encoding="utf-8")) for path in files)
    assert _words("What is the capital of Spain?") in known
    for one in questions.built_in():
        assert _words(one.ask) not in known, one.ask


def _words(text: str) -> str:
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.casefold()).split())


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        (Question("q", ("43", "forty three")), "That makes forty-three.", True),
        (Question("q", ("43",)), "It is 143.", False),
        (Question("q", ("2000",)), "2,000 grams", True),
        (Question("q", ("buenos dias",)), "¡Buenos días!", True),
        (Question("q", ("east",), ("west",)), "East, not West", False),
        (Question("q", ("no",), only=2), "No.", True),
        (Question("q", ("no",), only=2), "No, it is not.", False),
        (Question("q", ("c a t",)), "C-A-T", True),
        (Question("q", ("x",)), "", False),
    ],
)
def test_an_answer_is_checked_by_its_words(question, answer, right) -> None:
    assert question.answered(answer) is right


def test_the_users_own_questions_are_read(tmp_path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"question": "who am I", "answer": "Kim"}\n\n{"question": "how old", "answer": [7, "seven"]}\n')
    assert [one.right for one in questions.read(path)] == [("Kim",), ("7", "seven")]
    for text in ('{"question": "x"}', "plain", '{"question": "x", "answer": ""}', '{"question": "", "answer": "x"}'):
        path.write_text('{"question": "who", "answer": "Kim"}\n' + text)
        with pytest.raises(UsageError, match="line 2 cannot be used"):
            questions.read(path)
    path.write_text("\n")
    with pytest.raises(UsageError, match="holds no question"):
        questions.read(path)


def test_results_are_kept_for_this_machine_and_a_torn_line_is_passed_over(data) -> None:
    tried.keep(ONE)
    tried.keep(replace(ONE, right=40))
    tried.keep(replace(ONE, name="two", first_word=0.2))
    with tried.path().open("a") as file:
        file.write(json.dumps({"name": "of another version"}) + '\n{"name": "to')
    assert [(one.name, one.right) for one in tried.here()] == [("two", 30), ("one", 40)]


def test_the_front_holds_what_nothing_beats() -> None:
    quick, good, beaten = (
        replace(ONE, name="quick", first_word=0.2, right=20),
        replace(ONE, name="good", first_word=0.9, right=50),
        replace(ONE, name="beaten", first_word=1.0, right=40),
    )
    twin = replace(good, name="twin")
    assert tried.front([quick, good, beaten, twin]) == [quick, good, twin]


def test_the_recommendation_follows_from_the_numbers() -> None:
    quick, good = replace(ONE, name="quick", first_word=0.2, right=20), replace(ONE, name="good", right=50)
    slow = replace(ONE, name="slow", first_word=3.0, right=58)
    assert tried.recommendation([quick, good]).startswith("Take good:")
    assert "slow would know 97%, but lets you wait 3.0 s" in tried.recommendation([quick, good, slow])
    assert tried.recommendation([slow]).startswith("None of these begins to speak within 1 s here; slow comes nearest")
    assert "Nothing was tried" in tried.recommendation([])


def test_a_model_is_tried_from_end_to_end(data, tmp_path, monkeypatch, capsys) -> None:
    from tests.data import tiny_gguf

    pytest.importorskip("matplotlib")
    few = questions.built_in()[:4]
    monkeypatch.setattr(questions, "built_in", lambda: few)
    mine, picture = tmp_path / "mine.jsonl", tmp_path / "out" / "plot.png"
    mine.write_text('{"question": "tell me of Lily", "answer": ["lily", "she", "the", "a"]}\n')
    command = ["models", "try", str(tiny_gguf()), "--questions", str(mine), "--plot", str(picture), "--answers"]
    assert cli.main([*command, "--set", "tts.engine=espeak", "--set", "llm.threads=1"]) == 0
    out = capsys.readouterr().out
    (kept,) = tried.here()
    assert (kept.asked, kept.own_asked, kept.threads) == (4, 1, 1)
    assert 0 < kept.first_word < 60 and kept.tokens_per_second > 0 and kept.memory > 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "assistant arena --spoken --arms base --arm new:model=" in out and kept.name in out
    assert tried.recommendation([kept]) in out and "tell me of Lily" in out


def test_what_is_no_language_model_is_not_tried(capsys) -> None:
    assert cli.main(["models", "try", "whisper-base"]) == 2
    assert "is no language model" in capsys.readouterr().err
    assert cli.main(["models", "try", "nothing.gguf"]) == 2
    assert "there is no such model file" in capsys.readouterr().err


def test_of_each_first_word_the_median_counts_and_the_warm_up_does_not(monkeypatch) -> None:
    spans = [1.0, 5.0, 3.0, 2.0, 50.0, 3.0, 3.0, 5.0, 0.1]
    times = iter([0.0] * 3 + [moment for span in spans for moment in (0.0, span)])
    monkeypatch.setattr(trial, "time", SimpleNamespace(monotonic=lambda: next(times)))
    engine = SimpleNamespace(warm=AsyncMock())

    async def clause(*_: object) -> str:
        return "Yes."

    monkeypatch.setattr(trial, "_clause", clause)
    asked = ["one", "two", "three"]
    found = asyncio.run(trial._first_words(engine, ScriptedTts(first=0.0), Message("system", ""), asked, 3))
    assert found == [2.0, 5.0, 3.0] and engine.warm.await_count == 12
