"""Push-to-talk in the real program, on real PortAudio and a virtual sound card, by the commands that users run."""

from __future__ import annotations

import re

import pytest

from assistant.audio import files
from assistant.bench.program import Program
from assistant.bench.virtual_card import VirtualCard
from tests.data import SAMPLES

BROOKLYN = files.read(SAMPLES / "dev" / "wav" / "gcp-brooklyn.flac")
GO_FORWARD = files.read(SAMPLES / "dev" / "wav" / "ps-goforward.flac")
SETTINGS = ["tts.engine=espeak", "push_to_talk.source=command"]


def test_what_is_said_while_it_loads_is_answered_and_a_press_ends_the_answer():
    with VirtualCard() as card, Program(card, SETTINGS, options=["--push-to-talk"]) as program:
        program.wait_for("Open the microphone with")
        program.tell("press")
        card.play(BROOKLYN)
        program.tell("release")
        program.wait_for("state     speaking")
        program.tell("press")
        program.wait_for("turn      1 interrupted")
        card.play(GO_FORWARD)
        program.tell("release")
        program.wait_for("turn      2 ")
        first, second = program.turns()
        assert "brooklyn" in first["user"].lower() and first["reply"].startswith(first["heard"])
        assert "forward" in second["user"].lower() and second["heard"]
        card.play(BROOKLYN)
        program.tell("toggle")
        program.tell("toggle")
        program.wait_for("state     listening")
        assert len(program.turns()) == 2
        assert program.interrupt() < 5.0 and not re.search("Traceback", "\n".join(program.lines))


def test_a_wrong_key_is_told_before_anything_is_looked_for(monkeypatch, capsys):
    from assistant.audio import devices
    from assistant.cli import parsed, talk
    from assistant.errors import UsageError

    monkeypatch.setattr(devices, "missing", lambda settings: "there is no microphone")
    with pytest.raises(UsageError, match="banana"):
        talk._talk(parsed(["talk", "--push-to-talk", "--key", "ctrl+banana"]))
