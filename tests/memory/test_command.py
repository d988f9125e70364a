"""`assistant memory`: list, edit, export, delete."""

from __future__ import annotations

import json
from datetime import date

import pytest

from assistant.cli import main
from assistant.memory.facts import Fact, Memory

DAY = date(2026, 12, 2)


@pytest.fixture
def memory(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSISTANT_MEMORY__PATH", str(tmp_path))
    memory = Memory(tmp_path / "me.md")
    for text in ("my sister is called Anna", "my car is blue"):
        memory.remember(Fact(text, DAY, "20261202-152000-ab12cd", 3))
    return memory


def test_facts_are_shown_and_exported(memory, capsys, tmp_path):
    assert main(["memory"]) == 0
    assert capsys.readouterr().out == "2026-12-02  my sister is called Anna\n2026-12-02  my car is blue\n"
    assert main(["memory", "export", "--out", str(tmp_path / "facts.jsonl")]) == 0
    assert (tmp_path / "facts.jsonl").stat().st_mode & 0o077 == 0
    rows = [json.loads(line) for line in (tmp_path / "facts.jsonl").read_text().splitlines()]
    assert rows[1] == {
        "text": "my car is blue",
        "day": "2026-12-02",
        "conversation": "20261202-152000-ab12cd",
        "turn": 3,
    }
    assert main(["memory", "--path", "--person", "Ben"]) == 0
    assert capsys.readouterr().out.endswith("ben.md\n")


def test_some_or_all_are_deleted_only_when_that_is_wanted(memory, capsys):
    assert main(["memory", "delete", "car"]) == 2 and len(memory.facts()) == 2
    assert "add --yes" in capsys.readouterr().err
    assert main(["memory", "delete", "boat", "--yes"]) == 1
    assert main(["memory", "delete", "the", "car", "--yes"]) == 0
    assert [fact.text for fact in memory.facts()] == ["my sister is called Anna"]
    assert main(["memory", "delete", "--yes"]) == 0 and memory.facts() == ()


def test_the_editor_of_the_user_opens_the_file(memory, capsys, monkeypatch):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "sed -i /Anna/d")
    assert main(["memory", "edit"]) == 0 and capsys.readouterr().out == "1 fact remembered.\n"
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    assert main(["memory", "edit"]) == 2 and "cannot be started" in capsys.readouterr().err
    monkeypatch.setenv("EDITOR", "emacs 'x")
    assert main(["memory", "edit"]) == 2 and "No closing quotation" in capsys.readouterr().err
    monkeypatch.delenv("EDITOR")
    assert main(["memory", "edit"]) == 2 and "set EDITOR" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [["list", "car"], ["list", "--out", "x"], ["--person", "../x"], ["export", "--out", "no/x"]]
)
def test_what_makes_no_sense_is_refused(memory, wrong, capsys):
    assert main(["memory", *wrong]) == 2 and capsys.readouterr().err.startswith("assistant: ")
