"""Microphone and speaker on real PortAudio and a virtual sound card."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soxr

from tests.data import speech_clips

ROOT = Path(__file__).parents[2]


class Program:
    """tests/audio/program.py, running in its own process on the card."""

    def __init__(self, card, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.audio.program", *map(str, arguments)],
            cwd=ROOT,
            env=card.environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def step(self) -> dict:
        line = self._process.stdout.readline()
        assert line, self._process.stderr.read()
        return json.loads(line)

    def go_on(self) -> None:
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> None:
        errors = self._process.communicate(timeout=20)[1]
        assert self._process.returncode == 0, errors


def likeness(heard: np.ndarray, spoken: np.ndarray) -> float:
    """The correlation of the clip ``spoken`` with where it is in ``heard`` (at four times the rate: the card's clock
    does not hit our samples)."""
    heard, spoken = (soxr.resample(audio, 1, 4) for audio in (heard, spoken))
    size = 2 * (len(heard) + len(spoken))
    match = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(spoken, size)))[: len(heard)]
    part = heard[int(np.argmax(match)) :][: len(spoken)]
    return float(np.corrcoef(part, spoken[: len(part)])[0, 1])


def sounds(audio: np.ndarray, rate: int, level: float = 0.1) -> list[tuple[float, float]]:
    """Beginning and end, in seconds, of each stretch of sound; silences under 50 ms do not part them."""
    loud = np.flatnonzero(np.abs(audio) > level)
    gaps = np.flatnonzero(np.diff(loud) > 0.05 * rate)
    return [(float(part[0] / rate), float(part[-1] / rate)) for part in np.split(loud, gaps + 1) if len(part)]


def frequency(audio: np.ndarray, rate: int) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(audio * np.hanning(len(audio))))) * rate / len(audio))


@pytest.mark.parametrize("refused", [(), (16_000,)], ids=["at 16 kHz", "resampled"])
def test_what_is_spoken_into_the_card_arrives_as_frames(card, tmp_path, refused):
    spoken = speech_clips()[0].audio()[: 2 * 16_000]
    program = Program(card, *refused, "record", tmp_path / "heard.npy", len(spoken) / 16_000 + 1.5)
    program.step()
    card.play(spoken)
    assert program.step() == {"shapes": [[320]], "type": "float32"}
    program.end()
    assert likeness(np.load(tmp_path / "heard.npy"), spoken) > 0.95


@pytest.mark.parametrize("mix", [(0, 1), (1, -1, 0, 0)], ids=["the second of two", "opposite, two of four"])
def test_the_voice_is_heard_on_whatever_channel_it_is(card, tmp_path, mix):
    spoken = speech_clips()[0].audio()[: 2 * 16_000]
    card.change_default("microphone", channels=len(mix))
    program = Program(card, "record", tmp_path / "heard.npy", len(spoken) / 16_000 + 1.5)
    program.step()
    card.play(spoken[:, None] * np.array(mix, np.float32), microphone="headset_mic")
    program.step()
    program.end()
    heard = np.load(tmp_path / "heard.npy")
    assert max(likeness(heard, spoken), likeness(heard, -spoken)) > 0.95


def test_frames_that_come_while_the_loop_is_starved_are_late_but_whole(card, tmp_path):
    spoken = speech_clips()[0].audio()[: 2 * 16_000]
    program = Program(card, "record", tmp_path / "heard.npy", len(spoken) / 16_000 + 2.0, 2.0)
    program.step()
    card.play(spoken)
    program.step()
    program.end()
    assert likeness(np.load(tmp_path / "heard.npy"), spoken) > 0.95


@pytest.mark.parametrize("refused", [(), (24_000,)], ids=["at 24 kHz", "resampled"])
def test_what_is_written_is_played_and_counted_as_it_is_heard(card, refused):
    program = Program(card, *refused, "play")
    assert program.step() == {"started_at": None}
    with card.recording(rate=48_000) as recording:
        program.go_on()
        step = program.step()
        program.end()
    assert step["played"] == step["written"] == 24_000 <= step["reference"] < 26_000  # its last block is not full
    assert step["rising"] and step["between"] > 20
    assert step["started"] > 0 and step["took"] > step["started"] + 0.99
    [(begin, end)] = sounds(recording.audio, 48_000)
    assert end - begin == pytest.approx(1.0, abs=0.05)
    middle = round((begin + end) / 2 * 48_000)
    assert frequency(recording.audio[middle - 20_000 : middle - 2_000], 48_000) == pytest.approx(440, abs=5)
    assert frequency(recording.audio[middle + 2_000 : middle + 20_000], 48_000) == pytest.approx(880, abs=5)


def test_pause_and_clear_silence_the_card_and_nothing_is_lost_or_repeated(card):
    program = Program(card, "interrupt")
    program.step()
    with card.recording(rate=24_000) as recording:
        program.go_on()
        step = program.step()
        program.end()
    first, second, third = sounds(recording.audio, 24_000)
    assert first[1] - first[0] == pytest.approx(step["paused"], abs=0.04)
    assert second[1] - second[0] == pytest.approx(step["cleared"] - step["paused"], abs=0.04)
    assert third[1] - third[0] == pytest.approx(0.2, abs=0.04) == step["played"] - step["cleared"]
    assert 0.3 < step["paused"] < 0.9 and 0.6 < step["cleared"] < 1.5  # of 2.0 s that were written
    assert second[0] - first[1] > 0.3
    samples = slice(round(third[0] * 24_000), round(third[1] * 24_000))
    assert frequency(recording.audio[samples], 24_000) == pytest.approx(880, abs=10)
    steepest_in_the_tones = 2 * np.pi * 880 / 24_000 * 0.5
    for begin, _ in (first, second, third):
        onset = recording.audio[round((begin - 0.01) * 24_000) : round((begin + 0.05) * 24_000)]
        assert np.abs(np.diff(onset)).max() < 1.15 * steepest_in_the_tones  # no click


def test_sound_that_comes_just_as_the_stream_goes_to_rest_is_played(card):
    program = Program(card, "rest")
    assert program.step() == {"stuck": 0}
    program.end()


def test_a_card_that_vanishes_ends_both_with_a_sentence(card):
    program = Program(card, "lose")
    program.step()
    card.kill_server()
    step = program.step()
    program.end()
    assert step["types"] == ["DeviceError", "DeviceError"]
    assert "microphone 'default' has stopped working" in step["microphone"] and "[audio] input" in step["microphone"]
    assert "speaker 'default' has stopped working" in step["speaker"] and "[audio] output" in step["speaker"]


FAULTS = {
    "microphone": (lambda card: card.lose("microphone"), lambda card: card.bring_back("microphone"), ["microphone"]),
    "speaker": (lambda card: card.lose("speaker"), lambda card: card.bring_back("speaker"), ["speaker"]),
    "server": (lambda card: card.kill_server(), lambda card: card.start_server(), ["microphone", "speaker"]),
}


@pytest.mark.real_time
@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_lost_and_comes_back_is_heard_and_hears_again(card, fault):
    lose, bring_back, parts = FAULTS[fault]
    program = Program(card, "heal")
    program.step()
    for round_ in (1, 2):
        lose(card)
        told = [program.step() for _ in parts]
        assert sorted(step["part"] for step in told) == parts and not any(step["works"] for step in told)
        if fault == "microphone":  # the server gives it what the speaker plays instead
            program.go_on()
            assert program.step()["heard"] < 0.01
        bring_back(card)
        told = [program.step() for _ in parts]
        assert sorted(step["part"] for step in told) == parts and all(step["works"] for step in told)
        card.play(np.full(4_000, 0.3, np.float32))
        with card.recording(rate=24_000) as recording:
            program.go_on()
            step = program.step()
        assert step["heard"] > 0.2
        assert sum(end - begin for begin, end in sounds(recording.audio, 24_000)) == pytest.approx(0.3, abs=0.1), round_
    program.end()


@pytest.mark.real_time
def test_the_default_devices_are_followed(card):
    program = Program(card, "heal")
    program.step()
    card.change_default("microphone")
    card.change_default("speaker")
    card.play(np.full(4_000, 0.3, np.float32), microphone="headset_mic")
    with card.recording("headset.monitor", rate=24_000) as recording:
        program.go_on()
        assert program.step()["heard"] > 0.2
    assert sounds(recording.audio, 24_000)
    program.end()


def test_a_device_that_cannot_be_opened_is_said_and_is_gone_after_a_rescan(card):
    program = Program(card, "open_late")
    program.step()
    card.kill_server()
    program.go_on()
    assert "microphone 'default' cannot be opened" in program.step()["missing"]
    for noun in ("microphone", "speaker"):
        step = program.step()
        assert step["type"] == "DeviceError" and f"the {noun} 'default' cannot be opened (" in step["error"]
    assert "there is no microphone" in program.step()["missing"]
    program.end()
