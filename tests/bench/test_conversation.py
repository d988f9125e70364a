"""A short conversation with the real program, started by its command line as a peer would be."""

from __future__ import annotations

import json
import os
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from assistant.audio import files
from assistant.bench import conversation, result
from assistant.bench.heard import Said, analyse, recogniser
from assistant.bench.people import Utterance, begun
from assistant.bench.program import Program
from assistant.bench.virtual_card import VirtualCard
from assistant.errors import AssistantError, UsageError
from tests.data import SAMPLES, load

TALK = [sys.executable, "-m", "assistant", "talk", "--plain", "--set=journal.enabled=false", "--set=tts.engine=espeak"]


@pytest.fixture
def card():
    with VirtualCard() as card:
        yield card


def utterance(kind, name: str, text: str, delay: float = 0.0) -> Utterance:
    return Utterance(kind, name, text, begun(files.read(SAMPLES / "dev" / "wav" / name)), delay)


def test_a_question_and_an_interruption_are_measured_by_sound_alone(card):
    said = [
        utterance("plain", "gcp-brooklyn.flac", "how old is the Brooklyn Bridge"),
        utterance("interruption", "ps-goforward.flac", "go forward ten meters", 0.4),
    ]
    with Program(card, (), TALK) as program:
        program.wait_for("listening")
        first, second = analyse(*conversation.converse(card, program, said), recogniser())
    assert 0.1 < first["first_sound"] < 3.0 and first["cut"]
    assert second["over"] and second["through"] and 0.0 < second["silence"] < 2.0
    assert 0.1 < second["first_sound"] < 3.0 and len(second["reply"].split()) > 2
    assert not second["dead"]


def test_a_peer_that_cannot_be_started_or_ends_is_named():
    card = SimpleNamespace(environment=dict(os.environ))
    with pytest.raises(UsageError, match="no-such-peer: cannot be started"), Program(card, (), ["no-such-peer"]):
        pass
    with Program(card, (), [sys.executable, "-c", "print('no microphone')"]) as program:
        with pytest.raises(AssistantError, match="the program ended; its last words: no microphone"):
            program.wait_for("listening")


def test_what_a_peer_has_started_ends_with_it():
    starts = (
        "import subprocess; child = subprocess.Popen(['sleep', '60']); print('listening', flush=True); child.wait()"
    )
    with Program(SimpleNamespace(environment=dict(os.environ)), (), [sys.executable, "-c", starts]) as program:
        program.wait_for("listening")
        [child] = program.process.children()
    psutil.wait_procs([child], timeout=5)
    assert not psutil.pid_exists(child.pid) or child.status() == psutil.STATUS_ZOMBIE


def test_each_person_talks_with_both_programs_in_turn(monkeypatch, tmp_path):
    talked = []

    class Silent:
        """A program that says nothing; what it answered is made up below."""

        lines = ["user Is it old?", "assistant It is very old.", "turn 1 answered"]

        def __init__(self, card, settings, command):
            self.peer = bool(command)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def wait_for(self, text, seconds):
            assert text == "listening"

        def turns(self):
            return []

    def converse(card, program, said):
        talked.append((said[0].clip, program.peer))
        audio = np.zeros(160_000, np.float32)
        audio[round((3.8 if program.peer else 3.2) * 16_000) : 80_000] = 0.1
        return [Said("plain", said[0].clip, "is it old", 1.0, 3.0)], audio

    monkeypatch.setattr(conversation, "VirtualCard", nullcontext)
    monkeypatch.setattr(conversation, "Program", Silent)
    monkeypatch.setattr(conversation, "converse", converse)
    found = conversation.run(load(SAMPLES / "dev"), 3, 1, ["peer"])
    clips = [clip for clip, _ in talked]
    assert clips[::2] == clips[1::2] and len(set(clips)) == 3 and [peer for _, peer in talked] == 3 * [False, True]
    table = {row.name: row for row in found.rows}
    assert table["assistant: last word to first sound"].p50 == pytest.approx(0.2)
    assert table["first sound, p50: assistant / peer (95 % interval: p95, max)"].p50 == pytest.approx(0.25)
    assert table["assistant: answers that are none, as printed"].n == 3
    assert json.loads(result.write(found, tmp_path).read_text())["details"][0]["first_sound"] == pytest.approx(0.2)
    pytest.importorskip("matplotlib")
    conversation.plot(found, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 1000
