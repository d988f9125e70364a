from __future__ import annotations

import asyncio

import numpy as np
import pytest

from assistant.audio.files import FileMicrophone, WavSpeaker, read
from tests import virtual_clock

RATE = 24_000


def sound(seconds: float, level: float = 0.5) -> np.ndarray:
    return np.full(round(seconds * RATE), level, np.float32)


def test_the_microphone_gives_frames_when_a_device_would_have_recorded_them():
    audio = np.linspace(-0.5, 0.5, 16_000 + 100, dtype=np.float32)

    async def hear():
        return [(asyncio.get_running_loop().time(), frame) async for frame in FileMicrophone(audio).frames()]

    heard = virtual_clock.run(hear())
    assert heard[0][0] == pytest.approx(0.02) and heard[-1][0] == pytest.approx(0.02 * len(heard))
    assert len(heard) == 101  # 1.00625 s of sound, 1 s of silence, up to a whole frame
    assert {frame.shape for _, frame in heard} == {(320,)} and heard[0][1].dtype == np.float32
    everything = np.concatenate([frame for _, frame in heard])
    assert np.array_equal(everything[: len(audio)], audio) and not everything[len(audio) :].any()


def test_the_microphone_can_be_as_fast_as_its_listener():
    async def hear():
        microphone = FileMicrophone(np.zeros(160_000), realtime=False, trailing_silence=0)
        frames = [frame async for frame in microphone.frames()]
        return len(frames), asyncio.get_running_loop().time()

    assert virtual_clock.run(hear()) == (500, 0.0)


def test_sound_is_heard_at_the_pace_of_the_clock_and_drained_waits_for_its_end():
    async def talk():
        loop, speaker = asyncio.get_running_loop(), WavSpeaker()
        assert speaker.started_at is None
        await asyncio.sleep(3.0)
        speaker.write(sound(1.0))
        await asyncio.sleep(0.25)
        assert (speaker.written, speaker.played, speaker.started_at) == (RATE, RATE // 4, 3.0)
        speaker.write(sound(0.5))
        await speaker.drained()
        assert loop.time() == pytest.approx(4.5, abs=0.001) and speaker.played == speaker.written == RATE * 3 // 2
        assert speaker.started_at == 3.0

    virtual_clock.run(talk())


def test_pause_keeps_what_was_not_heard_and_clear_throws_it_away():
    async def talk():
        speaker = WavSpeaker()
        speaker.write(sound(1.0, 0.1))
        await asyncio.sleep(0.5)
        speaker.pause()
        speaker.pause()
        await asyncio.sleep(2.0)
        assert speaker.played == RATE // 2
        speaker.resume()
        speaker.resume()
        assert speaker.started_at == 2.5
        await asyncio.sleep(0.25)
        assert speaker.played == RATE * 3 // 4
        speaker.clear()
        assert speaker.played == speaker.written == RATE * 3 // 4
        await speaker.drained()
        speaker.write(sound(0.5, 0.2))
        await speaker.drained()
        assert speaker.written == speaker.played == RATE * 5 // 4
        return speaker.audio()

    heard = virtual_clock.run(talk())
    levels, counts = np.unique(heard.astype(float).round(3), return_counts=True)
    assert dict(zip(levels.tolist(), counts.tolist())) == pytest.approx(
        {0.0: RATE // 2, 0.1: RATE * 3 // 4, 0.2: RATE // 2}, abs=2
    )  # the pause of 2 s was cut to 0.5 s


def test_clear_ends_a_pause():
    async def talk():
        speaker = WavSpeaker()
        speaker.write(sound(1.0))
        speaker.pause()
        speaker.clear()
        speaker.write(sound(0.5))
        await speaker.drained()
        assert speaker.played == RATE // 2 and asyncio.get_running_loop().time() == pytest.approx(0.5, abs=0.001)

    virtual_clock.run(talk())


def test_a_paused_speaker_is_drained_only_after_it_went_on():
    async def talk():
        speaker = WavSpeaker()
        speaker.write(sound(1.0))
        speaker.pause()
        asyncio.get_running_loop().call_later(5.0, speaker.resume)
        await speaker.drained()
        assert asyncio.get_running_loop().time() == pytest.approx(6.0, abs=0.001)

    virtual_clock.run(talk())


def test_silence_between_sounds_is_kept_up_to_half_a_second(tmp_path):
    async def talk():
        speaker = WavSpeaker()
        for wait in (4.0, 0.2, 9.0):
            await asyncio.sleep(wait)
            speaker.write(sound(1.0))
            await speaker.drained()
        speaker.save(tmp_path / "talk.wav")
        return speaker.audio()

    heard = virtual_clock.run(talk())
    assert len(heard) == pytest.approx((1.0 + 0.2 + 1.0 + 0.5 + 1.0) * RATE, abs=2 * RATE * 0.001)
    assert len(read(tmp_path / "talk.wav")) == pytest.approx(len(heard) * 16 / 24, abs=2)


def test_what_was_not_heard_when_it_closed_is_not_saved(tmp_path):
    async def talk():
        speaker = WavSpeaker()
        speaker.write(sound(10.0))
        await asyncio.sleep(1.0)
        speaker.close()
        return speaker

    speaker = virtual_clock.run(talk())
    speaker.save(tmp_path / "talk.wav")
    assert len(read(tmp_path / "talk.wav")) == 16_000


def test_without_real_time_everything_is_heard_at_once():
    async def talk():
        speaker = WavSpeaker(realtime=False)
        speaker.write(sound(5.0))
        await speaker.drained()
        speaker.pause()
        speaker.write(sound(1.0))
        assert speaker.played == 5 * RATE
        speaker.resume()
        assert speaker.played == 6 * RATE and asyncio.get_running_loop().time() == 0.0
        return speaker

    assert len(virtual_clock.run(talk()).audio()) == 6 * RATE


def test_a_speaker_that_never_spoke_saves_silence(tmp_path):
    speaker = WavSpeaker()
    speaker.close()
    assert len(speaker.audio()) == 0 and speaker.played == speaker.written == 0
