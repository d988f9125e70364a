from __future__ import annotations

import json
import os
import stat
import threading
import wave
from datetime import datetime

import numpy as np
import pytest

from assistant import cli, journal
from assistant.compare import shadow, votes
from assistant.compare.questions import Question
from assistant.compare.records import Header, Records
from assistant.compare.votes import Cast
from assistant.config import JournalSettings
from assistant.errors import AssistantError
from assistant.events import Notice, TurnEnded
from assistant.folders import data_folder
from assistant.journal import Journal
from assistant.turn import Revision, Turn


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "journal.jsonl"


def turn(number: int = 1, user: str = "what is the capital of france", **fields) -> Turn:
    return Turn(
        **{
            "id": number,
            "user": user,
            "reply": "Paris is the capital.",
            "heard": "Paris is",
            "outcome": "interrupted",
            "engines": {"stt": "moonshine tiny-en"},
            **fields,
        }
    )


def open_journal(path, notices: list[str] | None = None, **settings) -> Journal:
    return Journal(JournalSettings(path=str(path), **settings), (notices if notices is not None else []).append)


def test_a_turn_becomes_one_line_with_times_relative_to_the_end_of_speech(path) -> None:
    timings = {"speech_start": 98.5, "speech_end": 100.0, "stt_done": 100.3, "first_sound": np.float32(100.75)}
    write = open_journal(path)
    write(Notice("not a turn"))
    write(TurnEnded(turn(timings=timings, revisions=[Revision(1, "what is", np.float32(0.5), 99.9)])))
    [row] = [json.loads(line) for line in path.read_text().splitlines()]
    assert row["timings"] == {"speech_start": -1.5, "speech_end": 0, "stt_done": 0.3, "first_sound": 0.75}
    assert row["zero"] == 100
    assert row["revisions"] == [{"number": 1, "text": "what is", "confidence": 0.5, "at": -0.1}]
    assert (row["user"], row["reply"], row["heard"], row["outcome"], row["error"], row["turn"], row["engines"]) == (
        "what is the capital of france",
        "Paris is the capital.",
        "Paris is",
        "interrupted",
        None,
        1,
        {"stt": "moonshine tiny-en"},
    )
    assert row["conversation"] == write.conversation
    assert datetime.fromisoformat(row["time"]).utcoffset() is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_stage_that_was_never_reached_is_left_out(path) -> None:
    open_journal(path)(TurnEnded(turn(timings={"speech_end": 1.0, "first_sound": None})))
    [row] = journal.read(path)
    assert row["timings"] == {"speech_end": 0}


def test_the_line_after_a_torn_one_starts_afresh(path) -> None:
    open_journal(path)(TurnEnded(turn(1)))
    with open(path, "ab") as file:
        file.write(b'{"turn": 2, "user": "half a li')
    open_journal(path)(TurnEnded(turn(3)))
    assert [row["turn"] for row in journal.read(path)] == [1, 3]


def test_killed_at_any_byte_only_the_torn_line_is_lost_and_the_conversation_goes_on(path) -> None:
    write = Journal(JournalSettings(path=str(path)), pytest.fail)
    for number in (1, 2, 3):
        write(TurnEnded(turn(number, f"question {number} ❤")))
    whole = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(0, len(whole) + 1, 7):
        path.write_bytes(whole[:cut])
        kept = sum(end <= cut + 1 for end in ends)  # a line is whole without its line feed, too
        assert [found.id for found in journal.turns(path, write.conversation)] == [1, 2, 3][:kept]
        after = Journal(JournalSettings(path=str(path)), pytest.fail)
        after.conversation = write.conversation
        after(TurnEnded(turn(9, "after it")))
        assert [found.id for found in journal.turns(path, write.conversation)] == [*[1, 2, 3][:kept], 9]


def test_only_the_turns_of_the_one_conversation_are_taken_up(path) -> None:
    assert journal.turns(path, "none") == []
    first, second = (Journal(JournalSettings(path=str(path)), pytest.fail) for _ in range(2))
    first(TurnEnded(turn(1, "of the first", heard="Yes.", outcome="interrupted")))
    second(TurnEnded(turn(1, f"it was {first.conversation}")))
    path.write_bytes(path.read_bytes() + json.dumps({"conversation": first.conversation, "turn": "x"}).encode())
    [found] = journal.turns(path, first.conversation)
    assert (found.id, found.user, found.heard, found.outcome) == (1, "of the first", "Yes.", "interrupted")


def test_a_system_without_threads_to_give_loses_no_turn(path, monkeypatch) -> None:
    def no_thread(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", no_thread)
    Journal(JournalSettings(path=str(path)), pytest.fail)(TurnEnded(turn(1, "a question")))
    assert [row["user"] for row in journal.read(path)] == ["a question"]


def test_reading_leaves_out_what_is_no_turn_and_goes_on(path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'\n[1]\n"x"\n{}\n\xff\xfe\n{"turn": 1}\n' + b"[" * 100_000 + b'\n{"turn": 2}')
    assert [row["turn"] for row in journal.read(path)] == [1, 2]


def test_several_writers_do_not_mix_their_lines(path) -> None:
    def write(number: int) -> None:
        own = open_journal(path)
        for count in range(25):
            own(TurnEnded(turn(count, user=str(number) * 5000)))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = list(journal.read(path))
    assert len(rows) == 100  # a blank line between them is harmless: one writer saw another's line half written
    assert all(row["user"] == row["user"][0] * 5000 for row in rows)


def test_a_journal_that_cannot_be_written_says_so_once_and_loses_nothing(path) -> None:
    path.parent.write_text("a file where the folder should be")
    notices: list[str] = []
    write = open_journal(path, notices)
    for number in (1, 2, 3):
        write(TurnEnded(turn(number)))
    assert len(notices) == 1
    assert str(path) in notices[0] and "kept in memory only" in notices[0]
    path.parent.unlink()
    write(TurnEnded(turn(4)))
    assert [row["turn"] for row in journal.read(path)] == [1, 2, 3, 4]
    path.unlink()
    path.mkdir()
    write(TurnEnded(turn(5)))
    assert len(notices) == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_told_in_one_sentence() -> None:
    notices: list[str] = []
    open_journal("/dev/full", notices)(TurnEnded(turn()))
    assert len(notices) == 1 and "No space left" in notices[0]


def test_a_line_that_went_only_half_to_disk_is_written_again(path, monkeypatch) -> None:
    whole_write, calls = os.write, []

    def half_write(file, data):
        calls.append(data)
        return whole_write(file, data[: len(data) // 2] if len(calls) == 1 else data)

    monkeypatch.setattr(journal.os, "write", half_write)
    notices: list[str] = []
    write = open_journal(path, notices)
    write(TurnEnded(turn(1)))
    assert "disk is full" in notices[0]
    write(TurnEnded(turn(2)))
    assert [row["turn"] for row in journal.read(path)] == [1, 2]


def test_a_journal_that_is_off_writes_nothing(path) -> None:
    open_journal(path, enabled=False)(TurnEnded(turn()))
    assert not path.parent.exists()


def test_keys_never_reach_the_journal(path) -> None:
    key = "sk-proj-0123456789abcdef"
    open_journal(path)(
        TurnEnded(
            turn(
                user=f"my key is {key}",
                reply=key,
                heard=key,
                error=f"401: {key}",
                revisions=[Revision(1, key, None, 1.0)],
                engines={"llm": f"http://a:{key}@b"},
            )
        )
    )
    text = path.read_text()
    assert "0123456789abcdef" not in text
    assert text.count("[key-hidden]") == 6


def test_text_of_any_kind_survives(path) -> None:
    user = 'Größe "5"\n\u2028 \x00 日本'
    open_journal(path)(TurnEnded(turn(user=user, reply="lone \ud800 surrogate")))
    [row] = journal.read(path)
    assert row["user"] == user.replace("\x00", " ")
    assert row["reply"] == "lone ? surrogate"


def test_recordings_are_kept_only_when_asked_for(path) -> None:
    frames = [np.full(320, 0.5, np.float32), np.full(320, -2.0, np.float32)]
    open_journal(path)(TurnEnded(turn(frames=frames)))
    assert not journal.recordings(path).exists()
    open_journal(path, audio=True)(TurnEnded(turn(frames=frames)))
    row = list(journal.read(path))[-1]
    sound = path.parent / row["audio"]
    assert stat.S_IMODE(sound.stat().st_mode) == 0o600
    assert list(sound.parent.iterdir()) == [sound]
    with wave.open(str(sound)) as recording:
        assert recording.getparams()[:4] == (1, 2, 16_000, 640)
        samples = np.frombuffer(recording.readframes(640), "<i2")
    assert (samples[0], samples[-1]) == (16383, -32767)


def test_the_journal_lies_in_the_users_data_folder_unless_told_otherwise(monkeypatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert journal.location(JournalSettings()) == data_folder() / "journal.jsonl"
    assert str(journal.location(JournalSettings(path="~/j.jsonl"))) == "/home/ann/j.jsonl"


def test_no_journal_yet_reads_as_no_turns_and_an_unreadable_one_is_told(tmp_path) -> None:
    assert list(journal.read(tmp_path / "none.jsonl")) == []
    with pytest.raises(AssistantError, match="cannot be read"):
        list(journal.read(tmp_path))


# ---- assistant history ---------------------------------------------------------------------------------------------


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
