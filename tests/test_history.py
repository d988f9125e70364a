"""`assistant history` shows what the journal holds, and deletes it."""

from __future__ import annotations

import json
import stat

import numpy as np
import pytest

from assistant import cli, journal
from assistant.compare import shadow, votes
from assistant.compare.questions import Question
from assistant.compare.records import Header, Records
from assistant.compare.votes import Cast
from assistant.events import TurnEnded
from assistant.folders import data_folder
from tests.journals import open_journal, turn


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "journal.jsonl"


def history(path, *argv: str) -> int:
    return cli.main(["history", "--set", f"journal.path={path}", *argv])


def test_history_shows_the_newest_turns(path, capsys) -> None:
    write = open_journal(path)
    for number in range(1, 31):
        write(TurnEnded(turn(number, f"question {number}", timings={"speech_end": 1.0, "first_sound": 1.5})))
    write(TurnEnded(turn(31, "", reply="", heard="", outcome="nothing_said")))
    write(TurnEnded(turn(32, "question 32", outcome="failed", reply="", error="the endpoint did not answer")))
    assert history(path) == 0
    out = capsys.readouterr().out
    assert "question 12" in out and "question 11" not in out and "turn 31" not in out
    assert "turn 30, interrupted, first sound after 0.50 s" in out
    assert "assistant: Paris is (interrupted)" in out
    assert "error:     the endpoint did not answer" in out
    assert "\x1b" not in out
    assert history(path, "-n", "2") == 0
    assert capsys.readouterr().out.count("you:") == 2
    assert history(path, "-n", "0") == 0
    assert capsys.readouterr().out.count("you:") == 31


def test_history_as_json_gives_back_what_was_written(path, capsys) -> None:
    open_journal(path)(TurnEnded(turn(1)))
    assert history(path, "--json") == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == list(journal.read(path))


def test_history_since_leaves_out_older_turns(path, capsys) -> None:
    open_journal(path)(TurnEnded(turn(2, "new question")))
    path.write_text('{"turn": 1, "user": "old question", "time": "2020-01-01T10:00:00+00:00"}\n' + path.read_text())
    for since in ("today", "1h", "2026-01-01", "2020-01-01T11:00:00+00:00"):
        assert history(path, "--since", since) == 0
        out = capsys.readouterr().out
        assert "new question" in out and "old question" not in out
    assert history(path, "--since", "2019-12-31") == 0
    assert "old question" in capsys.readouterr().out
    assert history(path, "--since", "soon") == 2
    assert "write today, 30m, 2h" in capsys.readouterr().err


def test_history_does_not_let_a_reply_steer_the_terminal(path, capsys) -> None:
    open_journal(path)(TurnEnded(turn(reply="\x1b[2Jgone\nnew line", outcome="answered")))
    assert history(path) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "gone new line" in out


def test_history_can_be_anonymised(path, capsys) -> None:
    open_journal(path)(TurnEnded(turn(user="my name is wilhelmina and i live at 12 Elm Road")))
    for flags in ((), ("--json",)):
        assert history(path, "--anonymise", *flags) == 0
        out = capsys.readouterr().out
        assert "my name is [name 1] and i live at [number 1]" in out
        assert "wilhelmina" not in out


def test_history_of_nothing_says_so(path, capsys) -> None:
    assert history(path) == 0
    assert capsys.readouterr().out == f"No turns yet in {path}\n"
    assert history(path, "--path") == 0
    assert capsys.readouterr().out == f"{path}\n"


def test_history_is_deleted_with_its_recordings_only_after_a_yes(path, capsys, monkeypatch) -> None:
    open_journal(path, audio=True)(TurnEnded(turn(frames=[np.zeros(320, np.float32)])))
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert history(path, "--delete") == 2
    assert "add --yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: "")
    assert history(path, "--delete") == 1
    assert path.exists() and journal.recordings(path).exists()
    monkeypatch.setattr("builtins.input", lambda: "y")
    assert history(path, "--delete") == 0
    out = capsys.readouterr().out
    assert "[y/N] Deleted:" in out and f"{path} (1 turn)" in out
    assert f"1 recording in {journal.recordings(path)}" in out
    assert not path.exists() and not journal.recordings(path).exists()
    assert history(path, "--delete", "--yes") == 0
    assert "There is no journal" in capsys.readouterr().out


def test_what_comparing_kept_of_the_users_words_is_deleted_with_the_journal(
    path, capsys, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    open_journal(path)(TurnEnded(turn(user="a secret")))
    shadow.location(path).write_text(
        '{"turn": 1, "arm": "rag", "question": "a secret", "text": "an answer to a secret"}\n'
    )
    home = data_folder() / "compare"
    for name, file in (
        ("replay-1", path),
        ("mine", path),
        ("replay-2", tmp_path / "other.jsonl"),
        ("run-3", "q.jsonl"),
    ):
        records = Records(home / name)
        records.save(Header("id", [Question("c-1", "a secret", kind="recorded")], [str(file)]))
        records.append({"type": "answer", "arm": "rag", "key": "k", "question": "c-1", "text": "an answer to a secret"})
    (home / "replay-damaged").mkdir()
    (home / "replay-damaged" / "compare.json").write_text('{"a secret')
    cast = Cast("a secret", "base", "rag", ("k1", "k2"), ("an answer to a secret", "another one"), "first", True)
    votes.append(home / "votes.jsonl", cast)
    assert history(path, "--delete", "--yes") == 0
    left = [
        file
        for folder in (tmp_path, data_folder())
        for file in folder.rglob("*")
        if file.is_file() and "secret" in file.read_text()
    ]
    assert {file.parent.name for file in left} == {
        "replay-2",
        "run-3",
    }  # of another journal, of the user's own questions
    assert sorted(folder.name for folder in home.iterdir()) == ["replay-2", "run-3", "votes.jsonl"]
    (kept,) = votes.read(home / "votes.jsonl")
    assert (kept.first, kept.second, kept.keys, kept.vote, kept.spoken) == (
        cast.first,
        cast.second,
        cast.keys,
        cast.vote,
        cast.spoken,
    )
    assert stat.S_IMODE((home / "votes.jsonl").stat().st_mode) == 0o600
    assert "whose 1 vote stays" in capsys.readouterr().out
    assert history(path, "--delete", "--yes") == 0
    assert "There is no journal" in capsys.readouterr().out


def test_what_cannot_be_deleted_is_said(path, capsys, monkeypatch) -> None:
    open_journal(path)(TurnEnded(turn()))

    def refuse(self, missing_ok=False):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    assert history(path, "--delete", "--yes") == 1
    assert "cannot be deleted (Permission denied)" in capsys.readouterr().err


def test_only_what_the_journal_wrote_is_deleted_and_a_link_leads_to_it(path, tmp_path, capsys) -> None:
    open_journal(path, audio=True)(TurnEnded(turn(frames=[np.zeros(320, np.float32)])))
    folder = journal.recordings(path)
    for name in ("thesis.docx", "holiday.wav", "20261130-054500-abcdef-1.wav.bak"):
        (folder / name).write_bytes(b"mine")
    elsewhere = tmp_path / "elsewhere.jsonl"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert history(path, "--delete", "--yes") == 0
    assert not elsewhere.exists() and not path.is_symlink()
    assert sorted(file.name for file in folder.iterdir()) == [
        "20261130-054500-abcdef-1.wav.bak",
        "holiday.wav",
        "thesis.docx",
    ]
    assert "1 recording in" in capsys.readouterr().out
