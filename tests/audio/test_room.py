"""A room that is heard again at the next start."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from assistant.audio import FRAME_SAMPLES, SAMPLE_RATE
from assistant.audio import room as rooms
from assistant.audio.echo_detector import EchoDetector
from assistant.audio.echo_filter import PARTITIONS
from assistant.bench.echo import room
from assistant.config import AudioSettings
from tests.audio import echo_room
from tests.audio.echo_room import NOT_KEPT, PLAYED, RoomMicrophone, hear, microphone_in, recorded, starts


def through_a_small_speaker(audio24k: np.ndarray) -> np.ndarray:
    """As one sounds that plays nothing below 300 Hz: a Butterworth high-pass of 4th order, which turns phases."""
    at = 1j * np.fft.rfftfreq(len(audio24k), 1 / 24_000) / 300
    response = at**4 / ((at**2 + 0.765 * at + 1) * (at**2 + 1.848 * at + 1))
    return np.fft.irfft(np.fft.rfft(audio24k) * response, len(audio24k)).astype(np.float32)


@pytest.fixture(params=[lambda audio24k: audio24k, through_a_small_speaker], ids=["flat", "small speaker"])
def speaker(request):
    return request.param


@pytest.fixture
def kept(tmp_path, reply24k, speaker) -> Path:
    """The room of an earlier conversation: 0.1 s away, at -6 dB."""
    file = tmp_path / "rooms" / "microphone-speaker.npz"
    hear(recorded(speaker(reply24k), 0.1, -6), reply24k, file)
    return file


@pytest.fixture
def recognised(monkeypatch) -> list[int]:
    """The delays at which a room was recognised."""
    found: list[int] = []
    confirm = EchoDetector.confirm
    monkeypatch.setattr(EchoDetector, "confirm", lambda self, echo: found.append(echo.delay) or confirm(self, echo))
    return found


def test_in_a_room_heard_before_a_user_over_the_first_words_is_heard_at_once(reply24k, user, kept, speaker):
    over = recorded(speaker(reply24k), 0.1, -6)
    over = (over.reshape(-1) + recorded(reply24k, 0.1, None, user, at=0.2).reshape(-1)).reshape(-1, FRAME_SAMPLES)
    new, known = ([*starts(hear(over, reply24k, file)[1]), np.inf][0] for file in (NOT_KEPT, kept))
    assert 0.2 <= known < new, (new, known)


@pytest.mark.parametrize(
    ("delay", "decibels", "same"),
    [
        (0.1, -6, True),
        (0.098, -6, True),
        (0.104, -6, True),
        (0.1, -9, True),
        (0.1, 8, False),
        (0.1, -20, False),
        (0.02, -6, False),
        (0.25, -6, False),
    ],
)
def test_the_same_room_is_known_again_and_in_none_the_assistant_hears_itself(
    reply24k, kept, speaker, recognised, delay, decibels, same
):
    assert starts(hear(recorded(speaker(reply24k), delay, decibels), reply24k, kept)[1]) == []
    assert bool(recognised) is same


def test_a_room_is_known_again_under_the_users_voice(reply24k, user, kept, speaker, recognised):
    over = recorded(speaker(reply24k), 0.1, -6).reshape(-1) + recorded(reply24k, 0.1, None, user, at=0.0).reshape(-1)
    hear(over.reshape(-1, FRAME_SAMPLES), reply24k, kept)
    assert recognised


def test_another_room_with_an_echo_as_late_is_no_reason_to_hear_itself(reply24k, kept, monkeypatch):
    monkeypatch.setattr(echo_room, "room", partial(room, seed=7))
    assert starts(hear(recorded(reply24k, 0.1, -6), reply24k, kept)[1]) == []


def test_with_a_headset_on_the_remembered_echo_muffles_nobody(reply24k, user, kept, recognised):
    over = recorded(reply24k, 0.1, None, user, at=0.4)
    new, known = ([*starts(hear(over, reply24k, file)[1]), np.inf][0] for file in (NOT_KEPT, kept))
    assert known == new < 1.0 and not recognised


def test_a_headset_put_on_later_does_not_spoil_what_is_remembered(reply24k, user, kept, speaker):
    before = rooms.recall(kept)
    near = np.concatenate([recorded(speaker(reply24k), 0.1, -6), recorded(reply24k, 0.1, None, user, at=1.0)])
    hear(near, np.concatenate([reply24k, reply24k]), kept)
    assert np.array_equal(rooms.recall(kept).path, before.path)


def test_a_room_is_remembered_before_the_program_ends(reply24k, tmp_path):
    file = tmp_path / "room.npz"
    reply = np.concatenate([reply24k, np.zeros(75 * PLAYED, np.float32)])
    microphone = microphone_in(RoomMicrophone(recorded(reply, 0.1, -6), reply), file)

    async def listen() -> None:
        async for _ in microphone.frames():
            pass

    asyncio.run(listen())
    assert rooms.recall(file).echo.delay == pytest.approx(0.1 * SAMPLE_RATE, abs=40)


def test_a_headset_leaves_no_room_behind(reply24k, user, tmp_path):
    hear(recorded(reply24k, 0.1, None, user, at=1.0), reply24k, tmp_path / "room.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", [b"", b"not a zip file", b"PK\x03\x04 cut off", b"\x93NUMPY"])
def test_a_damaged_file_is_a_room_not_heard_before(tmp_path, damage):
    (tmp_path / "room.npz").write_bytes(damage)
    assert rooms.recall(tmp_path / "room.npz") is None


@pytest.mark.parametrize(
    "change",
    [
        {"path": np.zeros((PARTITIONS, FRAME_SAMPLES + 1), np.complex64)},
        {"path": np.ones((20, FRAME_SAMPLES + 1), np.complex64)},
        {"path": np.full((PARTITIONS, FRAME_SAMPLES + 1), np.nan, np.complex64)},
        {"delay": [1, 2]},
        {"delay": -1},
        {"delay": np.inf},
        {"power": np.nan},
    ],
)
def test_a_file_that_holds_something_else_is_a_room_not_heard_before(tmp_path, change):
    good = {"delay": 1600, "power": 0.2, "path": np.ones((PARTITIONS, FRAME_SAMPLES + 1), np.complex64)}
    np.savez(tmp_path / "room.npz", **good)
    assert rooms.recall(tmp_path / "room.npz") is not None
    np.savez(tmp_path / "room.npz", **good | change)
    assert rooms.recall(tmp_path / "room.npz") is None


def test_each_pair_of_devices_has_a_room_of_its_own(tmp_path):
    settings = AudioSettings(rooms_path=str(tmp_path))
    pairs = [
        ("USB: Mic (hw:1,0)", "HDMI"),
        ("USB: Mic (hw:1,0)", "Jabra/2"),
        ("Jabra/2", "Jabra/2"),
        ("Jabra 2", "Jabra/2"),
        ("マイク" * 80, "HDMI"),
        ("x" * 300, "HDMI"),
        ("x" * 300, "Jabra/2"),
    ]
    files = {rooms.file_for(settings, *names) for names in pairs}
    assert len(files) == len(pairs) and all(file.parent == tmp_path and len(file.name) < 100 for file in files)
