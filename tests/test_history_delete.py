"""`assistant history --delete` takes what the journal wrote, through links, and nothing else; or it says why not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from assistant import journal
from assistant.cli import main
from assistant.compare import shadow, votes
from assistant.compare.questions import Question
from assistant.compare.records import Header, Records
from assistant.compare.votes import Cast
from assistant.folders import data_folder

LINE = b'{"turn": 1, "user": "a secret", "reply": "Yes."}\n'
SOUND = "20261130-054500-abcdef-{}.wav"


@pytest.fixture(params=["journal.jsonl", "two\nlines.jsonl", "caf\udce9 [x].jsonl"])
def path(request, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    path = tmp_path / "own" / request.param
    path.parent.mkdir()
    path.write_bytes(LINE)
    return path


def delete(path: Path) -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # as `assistant.cli.entry` does
    return main(["history", "--delete", "--yes", "--set", f"journal.path={path}"])


def comparison(folder: Path, path: Path) -> None:
    records = Records(folder)
    records.save(Header("id", [Question("c-1", "a secret", kind="recorded")], [str(path)]))
    records.append({"type": "answer", "arm": "rag", "key": "k", "question": "c-1", "text": "an answer to a secret"})


def left(*places: Path) -> set[str]:
    """The names of files that still hold words."""
    files = {file for place in places for file in place.rglob("*") if file.is_file()}
    return {file.name for file in files if b"secret" in file.read_bytes()}


def test_links_are_followed_to_the_words_and_foreign_things_stay(path, tmp_path, capsys) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    sounds = journal.recordings(path)
    sounds.mkdir()
    (elsewhere / "sound").write_bytes(b"a secret sound")
    (elsewhere / "thesis").mkdir()
    (elsewhere / "thesis" / "page").write_bytes(b"a secret thesis")
    (sounds / SOUND.format(1)).symlink_to(elsewhere / "sound")
    (sounds / SOUND.format(2)).symlink_to(elsewhere / "nothing")
    (sounds / SOUND.format(3)).symlink_to(elsewhere / "thesis")
    (sounds / SOUND.format(4)).mkdir()
    (sounds / SOUND.format(5)).symlink_to(sounds / SOUND.format(5))
    (sounds / "thesis.docx").write_bytes(b"a secret thesis")
    (elsewhere / "first").symlink_to(path.rename(elsewhere / "journal"))
    path.symlink_to(elsewhere / "first")
    (elsewhere / "shadow").write_bytes(LINE)
    shadow.location(path).symlink_to(elsewhere / "shadow")
    assert delete(path) == 0
    assert left(tmp_path) == {"page", "thesis.docx"}
    assert not path.is_symlink() and not (elsewhere / "first").is_symlink()
    assert sorted(file.name for file in sounds.iterdir()) == [SOUND.format(3), SOUND.format(4), "thesis.docx"]


def test_of_comparisons_only_what_they_wrote_goes(path, tmp_path) -> None:
    home = data_folder() / "compare"
    for folder in (home / "replay-1", tmp_path / "moved"):
        comparison(folder, path)
    (home / "replay-2").symlink_to(tmp_path / "moved")
    (home / "replay-1" / "base-rag").mkdir()
    (home / "replay-1" / "base-rag" / "report.html").write_text("a secret")
    for folder in (home / "replay-1", home / "replay-thesis", home / "replay-1" / "mine"):
        folder.mkdir(exist_ok=True)
        (folder / "thesis.docx").write_text("a secret thesis")
    (home / "replay-1" / "mine" / "records.jsonl").write_text("my own secret")
    cast = Cast("a secret", "base", "rag", ("k1", "k2"), ("a secret", "two"), "first", False)
    votes.append(tmp_path / "votes", cast)
    (home / "votes.jsonl").symlink_to(tmp_path / "votes")
    assert delete(path) == 0
    assert left(tmp_path) == {"thesis.docx", "records.jsonl"}
    assert not (tmp_path / "moved").exists() and not (home / "replay-2").is_symlink()
    assert (home / "votes.jsonl").is_symlink() and len(list(votes.read(home / "votes.jsonl"))) == 1


def test_what_has_another_name_on_the_disk_is_said_to_be_left(path, tmp_path, capsys) -> None:
    os.link(path, tmp_path / "backup")
    assert delete(path) == 1
    assert "hard links" in capsys.readouterr().err and not path.exists() and left(tmp_path) == {"backup"}


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/null")])
def test_what_is_no_file_is_never_deleted(path, capsys, make) -> None:
    path.unlink()
    make(path)
    assert delete(path) == 2
    assert "is no file" in capsys.readouterr().err and path.exists() and os.path.exists("/dev/null")


def test_recordings_that_cannot_be_looked_through_are_said(path, monkeypatch, capsys) -> None:
    def refuse(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    assert delete(path) == 1
    assert "nothing was deleted" in capsys.readouterr().err and path.exists()
