from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soxr

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from assistant.audio import echo as echo_module
from assistant.audio import room as rooms
from assistant.audio.echo import EchoCancellingMicrophone
from assistant.audio.echo_detector import EchoDetector
from assistant.audio.echo_filter import PARTITIONS
from assistant.audio.vad import Vad
from assistant.bench.echo import find, room
from assistant.config import AudioSettings, Settings
from assistant.turns.endpointing import Boundary, Endpointer
from tests.audio.echo_room import LEAD, NOT_KEPT, PLAYED, RoomMicrophone, microphone_in, recorded


def hear(near: np.ndarray, reply24k: np.ndarray, kept: Path = NOT_KEPT, **room) -> tuple[np.ndarray, np.ndarray]:
    """The frames that speech recognition gets, and those that the voice detector gets, shape (frames, 320) each."""
    microphone = microphone_in(RoomMicrophone(near, reply24k, **room), kept)
    detected = []
    is_speech = microphone.heard_by(lambda frame: bool(detected.append(frame)))

    async def listen() -> list[np.ndarray]:
        return [frame async for frame in microphone.frames() if not is_speech(frame)]

    frames = np.array(asyncio.run(listen()))
    microphone.close()
    return frames, np.array(detected)


def judged(near: np.ndarray, reply24k: np.ndarray) -> list[bool | None]:
    detector = EchoDetector()
    far = soxr.resample(reply24k, 24_000, SAMPLE_RATE).reshape(-1, FRAME_SAMPLES)
    return [detector(*frames) for frames in zip(near, far)]


def starts(frames: np.ndarray) -> list[float]:
    """Seconds after the beginning of the reply at which a reply would be paused."""
    settings = Settings()
    vad, endpointer = Vad(settings.vad), Endpointer(settings.endpointing)
    return [
        number * FRAME_SECONDS - LEAD
        for number, frame in enumerate(frames, 1)
        if endpointer.push(vad(frame), settings.barge_in.onset) is Boundary.START
    ]


def level(frames: np.ndarray, start: float) -> float:
    """dB of what is heard from ``start`` seconds after the beginning of the reply on."""
    return float(10 * np.log10(np.mean(np.square(frames[round((LEAD + start) / FRAME_SECONDS) :])) + 1e-12))


@pytest.mark.parametrize(("decibels", "delay"), [(0, 0.02), (0, 0.25), (-6, 0.1), (-12, 0.25), (-20, 0.02)])
def test_the_assistant_does_not_hear_itself(reply24k, decibels, delay):
    near = recorded(reply24k, delay, decibels)
    recognised, detected = hear(near, reply24k)
    assert starts(detected) == []
    assert level(detected, 3.0) < level(near, 3.0) - 20
    assert level(recognised, 3.0) < level(near, 3.0) + (1 if decibels == -20 else -5)


@pytest.mark.parametrize("delay", [0.02, 0.25])
def test_a_first_block_that_is_reported_late_hides_no_echo(reply24k, delay):
    near = recorded(reply24k, delay, -6)
    _, detected = hear(near, reply24k, first_late=0.06)
    assert starts(detected) == []
    assert level(detected, 3.0) < level(near, 3.0) - 20


def test_without_cancelling_it_would(reply24k):
    assert starts(recorded(reply24k, 0.1, -12))


@pytest.mark.parametrize(("decibels", "delay"), [(None, 0.1), (-6, 0.02), (-12, 0.1), (-20, 0.25)])
@pytest.mark.parametrize("at", [1.2, 4.0])
def test_a_user_who_speaks_over_a_reply_is_heard_at_once(reply24k, user, decibels, delay, at):
    first = starts(hear(recorded(reply24k, delay, decibels, user, at), reply24k)[1])[0]
    assert at < first < at + 0.3


def test_a_user_with_a_headset_is_not_muffled(reply24k, user):
    near = recorded(reply24k, 0.1, None, user, at=1.0)
    first = round((LEAD + 0.9) / FRAME_SECONDS)
    for heard in hear(near, reply24k):
        assert np.array_equal(heard[first:], near[first:])


@pytest.mark.parametrize("decibels", [None, 0, -20])
def test_whether_there_is_an_echo_is_known_within_0_9_seconds_of_the_first_reply(reply24k, decibels):
    verdicts = judged(recorded(reply24k, 0.25, decibels), reply24k)
    known = round((LEAD + 0.9) / FRAME_SECONDS)
    assert verdicts[round(LEAD / FRAME_SECONDS)] is None
    assert set(verdicts[known:]) == {decibels is not None}


def test_a_low_echo_that_the_user_talked_over_is_found_when_the_user_is_silent(reply24k, user):
    verdicts = judged(recorded(reply24k, 0.1, -20, np.tile(user, 3)[: 4 * SAMPLE_RATE] * 2), reply24k)
    assert all(verdicts[round((LEAD + 4.7) / FRAME_SECONDS) :])


@pytest.mark.parametrize("decibels", [-6, -12])
def test_speech_recognition_gets_the_user_undistorted(reply24k, user, decibels):
    near, alone = (recorded(reply24k, 0.1, echo, user, at=4.0) for echo in (decibels, None))
    recognised, detected = hear(near, reply24k)

    def error(frames: np.ndarray) -> float:
        return level(frames - alone, 4.0) - level(alone, 4.0)

    assert error(recognised) < error(near) - 8
    assert error(recognised) < error(detected) - 3


def test_while_nothing_is_played_the_microphone_is_passed_on_as_it_is(reply24k, user, monkeypatch):
    worked = []
    monkeypatch.setattr(echo_module.EchoSuppressor, "__call__", lambda self, near, far: worked.append(near) or near * 0)
    near = recorded(reply24k, 0.1, None, user, at=-0.9)
    for heard in hear(near, np.zeros_like(reply24k)):
        assert np.array_equal(heard, near)
    assert not worked


@pytest.mark.parametrize("burst", [3, 10])
def test_frames_and_blocks_that_come_in_bursts_change_nothing(reply24k, burst):
    near = recorded(reply24k, 0.1, -6)
    recognised, detected = hear(near, reply24k, burst=burst)
    assert level(detected, 4.0) < level(near, 4.0) - 15 and level(recognised, 4.0) < level(near, 4.0) - 10


@pytest.mark.parametrize("lost", [range(100, 250), range(100, 104)])
def test_after_frames_were_lost_the_echo_is_still_found_where_it_was(reply24k, lost):
    near = recorded(reply24k, 0.1, -6)
    recognised, detected = hear(near, reply24k, lost=lost)
    rest = np.delete(near, lost, axis=0)
    assert level(detected, 6.0) < level(rest, 6.0) - 15 and level(recognised, 6.0) < level(rest, 6.0) - 10


def test_closing_it_closes_the_microphone(reply24k):
    microphone = RoomMicrophone(recorded(reply24k, 0.1, None), reply24k)
    microphone_in(microphone).close()
    assert microphone.closed


def test_the_clip_is_found_under_an_echo(reply24k, user):
    near = recorded(reply24k, 0.1, 0, user, at=2.5).reshape(-1)
    assert abs(find(near, user) / SAMPLE_RATE - LEAD - 2.5) < 0.002


@pytest.mark.parametrize("moved", [0.015, 0.03])
def test_a_reply_that_starts_again_at_another_delay_is_not_taken_for_the_user(reply24k, user, moved):
    """As after an interruption: the sound card's delay has changed, and the suppressor must find its way again."""
    first, second = (recorded(reply24k, delay, -6) for delay in (0.08, 0.08 + moved))
    _, detected = hear(np.concatenate([first, second]), np.concatenate([reply24k, reply24k]))
    assert starts(detected) == []


# ---- a room that is heard again at the next start ------------------------------------------------------------------


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
    monkeypatch.setattr("tests.audio.echo_room.room", partial(room, seed=7))
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


def test_a_speaker_that_takes_the_place_of_another_one_has_its_own_echo_and_neither_is_forgotten(reply24k, tmp_path):
    rooms_heard = [(0.08, -6), (0.2, 0)]
    files = [tmp_path / f"{number}.npz" for number in range(2)]
    near = np.concatenate([recorded(reply24k, *room) for room in rooms_heard])
    source, detected = RoomMicrophone(near, np.concatenate([reply24k, reply24k])), []
    microphone = EchoCancellingMicrophone(
        source, source.reference, lambda: files[len(detected) >= len(near) // 2], lambda: source.now
    )
    is_speech = microphone.heard_by(lambda frame: bool(detected.append(frame)))

    async def listen() -> None:
        async for frame in microphone.frames():
            is_speech(frame)

    asyncio.run(listen())
    microphone.close()
    assert starts(np.array(detected)) == []
    for file, (delay, _) in zip(files, rooms_heard, strict=True):
        assert rooms.recall(file).echo.delay == pytest.approx(delay * SAMPLE_RATE, abs=40)


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
