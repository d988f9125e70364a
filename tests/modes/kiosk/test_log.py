from __future__ import annotations

import re
import stat

import pytest

from assistant import events
from assistant.errors import UsageError
from assistant.modes.kiosk import log
from assistant.settings.modes import KioskSettings
from assistant.turn import Turn

VISIT = (
    events.Woken("okay_nabu"),
    events.Transcribed("my name is", False),
    events.Transcribed("My name is Zebulon, call 0171 5551234.", True),
    events.TurnEnded(Turn(1, heard="Hello Zebulon.", outcome="answered")),
    events.Health("speaker", False, "The speaker is gone."),
    events.Left("goodbye", 1),
)


def told(settings: KioskSettings) -> None:
    with log.Log(settings) as screen:
        screen.note("Whisper hears.")
        for event in VISIT:
            screen(event)


def test_the_log_tells_what_happens_and_nothing_of_what_is_said(capsys):
    told(KioskSettings())
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1)[1].split() for line in lines] == [
        line.split()
        for line in (
            "note Whisper hears.",
            "visitor begins: okay_nabu",
            "turn 1 answered",
            "note The speaker is gone.",
            "visitor leaves: goodbye, 1 turns",
        )
    ]


def test_words_are_logged_when_wanted_without_names_and_numbers(capsys):
    told(KioskSettings(log_words=True))
    out = capsys.readouterr().out
    assert "user      My name is [name 1], call [phone 1]." in out and "assistant Hello [name 1]." in out
    assert "Zebulon" not in out and "5551234" not in out


@pytest.mark.parametrize("file", ["", "kiosk.log"])
def test_a_line_of_the_log_steers_no_terminal_and_is_one(file: str, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = KioskSettings(log=file)
    with log.Log(settings) as screen:
        screen.note("a\x1b[2J\x9b2J\nb\x07")
    written = log.location(settings).read_bytes().decode() if file else capsys.readouterr().out
    assert written.count("\n") == 1 and not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f]", written) and "b" in written


def test_the_file_is_for_its_owner_only_and_rotates(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(log, "_BYTES", 1000)
    settings = KioskSettings(log="logs/kiosk.log")
    with log.Log(settings) as screen:
        for number in range(200):
            screen.note(f"line {number}")
    path = log.location(settings)
    assert path.is_relative_to(tmp_path)
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "kiosk.log",
        *[f"kiosk.log.{number}" for number in range(1, 6)],
    ]
    for file in path.parent.iterdir():
        assert file.stat().st_size <= 1000 and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert path.read_text().endswith("note      line 199\n")
    assert capsys.readouterr().out == ""


def test_a_log_that_cannot_be_written_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"file/kiosk.log: the log cannot be written .* \[kiosk\] log"):
        log.Log(KioskSettings(log=str(tmp_path / "file" / "kiosk.log")))


def test_a_full_disk_costs_lines_and_nothing_else(capfd):
    with log.Log(KioskSettings(log="/dev/full")) as screen:
        screen.note("lost")
    assert capfd.readouterr() == ("", "")
