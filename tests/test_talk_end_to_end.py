"""The real program on real PortAudio and a virtual sound card: real speech goes in, the spoken answer is recorded."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from assistant import config
from assistant.audio import files
from assistant.bench.fault_kinds import seconds_until
from assistant.bench.program import Program
from assistant.bench.virtual_card import VirtualCard
from tests.data import SAMPLES, speech_clips

BROOKLYN = SAMPLES / "dev" / "wav" / "gcp-brooklyn.flac"
GO_FORWARD = SAMPLES / "dev" / "wav" / "ps-goforward.flac"
QUICK = ["tts.engine=espeak"]  # the first tests speak with the default voice


@pytest.fixture(scope="module")
def card():
    with VirtualCard() as card:
        yield card


def transcribe(audio: np.ndarray) -> str:
    from assistant.stt.moonshine import Moonshine

    engine = Moonshine(config.Settings().stt)
    try:
        return asyncio.run(engine.transcribe(audio)).text
    finally:
        engine.close()


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}", text.lower()))


def test_a_spoken_question_gets_a_spoken_answer(card):
    with Program(card) as program:
        program.wait_for("state     listening")
        with card.recording("speaker.monitor") as recording:
            card.play(files.read(BROOKLYN))
            said = program.wait_for("assistant ")
        program.wait_for("turn      1 answered")
        [turn] = program.turns()
        assert "brooklyn bridge" in turn["user"].lower()
        assert said.endswith(" ".join(turn["heard"].split()))
        spoken, written = words(transcribe(recording.audio)), words(turn["heard"])
        assert len(spoken & written) >= len(written) / 2, (spoken, written)
        assert program.interrupt() < 5.0 and program.exit_code == 130


def test_speaking_over_it_stops_it_and_is_answered(card):
    with Program(card, QUICK) as program:
        program.wait_for("state     listening")
        card.play(files.read(BROOKLYN))
        program.wait_for("state     speaking")
        with card.recording("speaker.monitor") as recording:
            card.play(files.read(GO_FORWARD))
            program.wait_for("turn      1 interrupted")
        program.wait_for("turn      2 ")
        first, second = program.turns()
        assert first["reply"].startswith(first["heard"]) and len(first["heard"]) < len(first["reply"])
        assert "forward" in second["user"].lower()
        assert np.abs(recording.audio).max() > 0.01


def test_with_the_speaker_in_the_microphone_it_does_not_answer_itself(card):
    loop = subprocess.run(
        ["pactl", "load-module", "module-loopback", "source=speaker.monitor", "sink=mic", "latency_msec=80"],
        env=card.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    try:
        with Program(card, QUICK) as program:
            program.wait_for("state     listening")
            card.play(files.read(BROOKLYN))
            program.wait_for("turn      1 answered")
            card.play(np.zeros(16_000 * 3, np.float32))
            assert [turn["outcome"] for turn in program.turns()] == ["answered"]
    finally:
        subprocess.run(["pactl", "unload-module", loop.stdout.strip()], env=card.environment, check=True)


@pytest.mark.real_time
def test_a_sound_server_that_is_restarted_in_the_middle_of_a_reply_costs_neither_the_reply_nor_the_next_turn():
    with VirtualCard() as card, Program(card, QUICK) as program:
        program.wait_for("state     listening")
        card.play(files.read(BROOKLYN))
        program.wait_for("state     speaking")
        card.kill_server()
        assert "the speaker 'default' has stopped working" in program.wait_for("speaker")
        card.start_server()
        program.wait_for("the speaker 'default' works now")
        assert words(program.wait_for("turn      1 answered"))
        card.play(files.read(GO_FORWARD))
        program.wait_for("turn      2 answered")
        first, second = program.turns()
        assert "brooklyn" in first["user"].lower() and words(first["heard"]) == words(first["reply"])
        assert "forward" in second["user"].lower()


def test_a_crash_in_the_middle_of_a_conversation_is_survived_with_all_that_was_said(card):
    with Program(card, QUICK) as program:
        program.wait_for("state     listening")
        card.play(files.read(BROOKLYN))
        program.wait_for("turn      1 answered")
        card.play(files.read(BROOKLYN))
        program.wait_for("state     speaking")
        program.process.send_signal(signal.SIGSEGV)
        assert "still known" in program.wait_for("The program crashed (SIGSEGV)")
        program.wait_for("turn      2 answered")  # it says so
        program.process.send_signal(signal.SIGKILL)
        program.wait_for("The program crashed (SIGKILL)")
        program.wait_for("turn      3 answered")
        card.play(files.read(GO_FORWARD))
        program.wait_for("turn      4 ")
        turns = program.turns()
        assert [turn["turn"] for turn in turns] == [1, 2, 3, 4] and len({turn["conversation"] for turn in turns}) == 1
        assert turns[1]["heard"] == "Sorry, I had to start again, but I still know what we said."
        assert "forward" in turns[3]["user"].lower() and turns[3]["heard"]
        assert program.interrupt() < 5.0 and program.exit_code == 130


def test_ctrl_c_while_the_models_load_ends_it(card):
    with Program(card, QUICK) as program:
        began = seconds_until(lambda: bool(program.process.children()), time.monotonic(), lasting=0.0)
        assert began is not None  # Python itself is there; what it imports and the models are loading
        program.interrupt()
        assert program.exit_code in (130, -signal.SIGINT)
        assert not any("Traceback" in line for line in program.lines)


def test_the_kiosk_waits_for_its_devices_and_ends_when_it_is_told_to():
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "kiosk", "--set=journal.enabled=false"],
        env={**os.environ, "PULSE_SERVER": "unix:/nowhere"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert "microphone" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    "clip", [clip for clip in speech_clips() if clip.kind == "question"], ids=lambda clip: clip.path.stem
)
def test_ask_with_audio_answers_into_a_file(clip, tmp_path):
    answer = tmp_path / "answer.wav"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "assistant",
            "ask",
            "--audio",
            str(clip.path),
            "--out",
            str(answer),
            "--set=journal.enabled=false",
            "--json",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "brooklyn" in done.stdout.lower() and len(files.read(answer)) > 16_000


def test_a_conversation_ends_cleanly_when_the_system_ends_it(card) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "talk", "--plain", "--set=journal.enabled=false"],
        env=card.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert any("listening" in line for line in process.stdout)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
