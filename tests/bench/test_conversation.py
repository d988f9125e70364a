"""A short conversation with the real program, started by its command line as a peer would be."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import psutil
import pytest

from assistant.audio import files
from assistant.bench import conversation
from assistant.bench.heard import analyse
from assistant.bench.people import Utterance, begun
from assistant.bench.program import Program
from assistant.bench.virtual_card import VirtualCard
from assistant.errors import AssistantError, UsageError
from tests.data import SAMPLES

TALK = [sys.executable, "-m", "assistant", "talk", "--plain", "--set=journal.enabled=false"]


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
        first, second = analyse(*conversation.converse(card, program, said), conversation._recogniser())
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
