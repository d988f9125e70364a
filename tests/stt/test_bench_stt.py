"""What the STT benchmark asks for, and how it sums up what it found."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from assistant.bench import stt as bench
from assistant.bench.clips import Clip
from assistant.bench.pauses import room
from assistant.config import Settings, SttSettings
from assistant.stt import Transcript
from tests.data import speech_clips


def noisy(said: str, heard: str, confidence: float | None, ratio: int | None = None) -> dict:
    return {"case": "noise", "ratio": ratio, "said": said, "heard": heard, "confidence": confidence}


def test_the_audio_grows_from_partial_to_final_as_in_a_conversation():
    clip = speech_clips()[0].audio()
    calls = list(bench.calls(np.concatenate([clip, room(clip, 1.0)]), Settings()))
    lengths = [len(audio) for _, audio in calls]
    assert calls[0][0] and not calls[-1][0] and lengths == sorted(set(lengths))
    assert all(np.array_equal(audio, calls[-1][1][: len(audio)]) for _, audio in calls)
    assert len(calls[0][1]) >= bench.PARTIAL_INTERVAL * 16_000
    assert lengths[-1] < len(clip) + 16_000 * (Settings().endpointing.soft + 0.5)


def test_silence_asks_for_nothing_and_counts_as_nothing_heard():
    class Deaf:
        async def transcribe(self, audio, partial=False):
            raise AssertionError("there was nothing to transcribe")

    found = asyncio.run(bench._stream(np.zeros(32_000, np.float32), Settings(), Deaf(), Deaf()))
    assert (found["heard"], found["at_once"], found["seconds"], found["left"]) == ("", "", 0, 0)


def test_what_counts_is_the_last_final_pass():
    class Counting:
        partials: list[bool] = []

        async def transcribe(self, audio, partial=False):
            self.partials.append(partial)
            return Transcript(f"call {len(self.partials)}")

    engine, whole = Counting(), Counting()
    found = asyncio.run(bench._stream(speech_clips()[0].audio(), Settings(), engine, whole))
    count = len(engine.partials) - 1
    assert found["heard"] == f"call {count}" and found["at_once"] == f"call {count + 1}" and count >= 2


def test_long_turns_hold_all_recordings_in_order():
    turns = list(bench.joined(speech_clips()))
    assert " ".join(text for text, _ in turns) == " ".join(clip.text for clip in speech_clips())
    assert all(len(audio) >= (bench.LONG - 3) * 16_000 for _, audio in turns[:-1])


def test_asking_back_is_judged_by_wrong_and_right_transcripts():
    details = [
        noisy("a b c", "a b c", 0.9),
        noisy("a b c", "a b c", 0.4),
        noisy("a b c", "x y z", 0.3),
        noisy("a b c", "x y c", 0.8),
        noisy("a b c", "", None),
    ]
    assert bench.asking_back(details, 0.5) == (2, 0.5, 0.5, 0.5)
    assert bench.asking_back(details, 0.0) == (0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("heard, cost, met", [("one two three four", 0.0, True), ("one two three for", 25.0, False)])
def test_words_lost_by_streaming_miss_the_bound(heard, cost, met):
    turn = {
        "said": "one two three four",
        "seconds": 2.0,
        "at_once": "one two three four",
        "left": 0.1,
        "before": 0.5,
        "full": 0.2,
    }
    details = [{"case": case, **turn, "heard": heard} for case in ("short", "long")]
    details += [{"case": "onset", "lost": lost, "said": "a", "heard": "a"} for lost in bench._LOST]
    details += [noisy("a", "a", 0.9, ratio) for ratio in bench.RATIOS]
    rows = {row.name: row for row in bench.measured(details, {"stt": "test"}, 0.65).rows}
    row = rows["short turns: WER cost of streaming"]
    assert (row.p50, row.met) == (pytest.approx(cost), met)
    assert rows["long turns: real-time factor of one full pass"].p50 == pytest.approx(0.1)
    assert rows["short turns: work before the end, of one core"].p50 == pytest.approx(25)


def test_short_windows_are_judged_on_speakers_they_were_not_chosen_on():
    clips = [Clip(Path("x"), "a", "read", 1.0, speaker=name) for name in "dbacab"]
    assert [clip.speaker for clip in bench.held_out(clips)] == ["d", "b", "b"]


def test_words_and_time_of_short_windows_stand_beside_those_of_30_s():
    def window(short: bool, heard: str, seconds: float, left: float) -> dict:
        said = "one two three four"
        return {"case": "window", "short": short, "said": said, "heard": heard, "seconds": seconds, "left": left}

    rows = bench._window_rows(
        [
            window(True, "one two three", 3.0, 0.2),
            window(True, "one two three four", 9.0, 0.5),
            window(False, "one two three four", 3.0, 0.9),
            window(False, "one two three four", 9.0, 0.9),
        ]
    )
    assert [(row.p50, row.met) for row in rows] == [(0.0, None), (12.5, False), (0.2, True), (0.9, None)]
    assert bench._window_rows([]) == []


def test_the_real_engine_is_asked_in_both_windows():
    model = str(Path(__file__).parent.parent / "toy_whisper" / "model")
    settings = Settings(stt=SttSettings(engine="whisper", model=model, device="cpu", threads=1))
    clips = speech_clips()[:1]
    cases = [case for short in (True, False) for case in asyncio.run(bench._windows(clips, settings, short))]
    assert [case["short"] for case in cases] == [True, False] and all(case["left"] > 0 for case in cases)
