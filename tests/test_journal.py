from __future__ import annotations

import json
import os
import stat
import threading
import wave
from datetime import datetime

import numpy as np
import pytest

from assistant import journal
from assistant.config import JournalSettings
from assistant.errors import AssistantError
from assistant.events import Notice, TurnEnded
from assistant.folders import data_folder
from assistant.journal import Journal
from assistant.turn import Revision
from tests.journals import open_journal, turn


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "journal.jsonl"


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
