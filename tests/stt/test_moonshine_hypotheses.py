"""What else Moonshine may have heard: only where it was in doubt, for a few runs of the decoder."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from assistant.bench.noise import mix
from assistant.bench.wer import wer
from assistant.config import SttSettings
from assistant.settings import MannersSettings
from assistant.stt import Hypothesis, Transcript, moonshine
from assistant.stt.pieces import Part, joined
from tests.data import noise_clips, speech_clips
from tests.stt.test_moonshine import RATE, counted, transcribe


@pytest.fixture()
def engine():
    engine = moonshine.Moonshine(SttSettings(threads=1))
    yield engine
    engine.close()


def clip(text: str):
    return next(clip.audio() for clip in speech_clips() if clip.text.lower() == text)


def bird():
    return next(clip.audio() for clip in noise_clips() if clip.kind == "bird")


def test_a_word_in_doubt_has_another_hypothesis(engine):
    """Which words are in doubt, the processor's rounding decides, too."""
    found = [one for one in transcribe(engine, *(clip.audio() for clip in speech_clips()[:8])) if one.other]
    assert found
    for one in found:
        assert moonshine._letters(one.other.text) != moonshine._letters(one.text) and one.other.log_odds >= -0.75


def test_looking_for_others_changes_nothing_about_the_first_and_costs_little(engine, monkeypatch):
    audio = [clip.audio() for clip in speech_clips()[:8]]
    runs = counted(engine, monkeypatch, "_decoder")
    first, without = transcribe(engine, *audio), len(runs)
    assert any(one.other for one in first)
    for one in first:
        assert one.other is None or moonshine._letters(one.other.text) != moonshine._letters(one.text)
    again = moonshine.Moonshine(SttSettings(threads=1))
    monkeypatch.setattr(moonshine, "_DOUBT", 1.1)  # nothing is so doubtful
    runs = counted(again, monkeypatch, "_decoder")
    alone = transcribe(again, *audio)
    again.close()
    assert [(one.text, one.confidence, one.goes_on) for one in alone] == [
        (one.text, one.confidence, one.goes_on) for one in first
    ]
    assert not any(one.other for one in alone)
    assert 0 < without - len(runs) <= len(audio) * moonshine._RUNS


def test_sure_words_have_none_and_cost_no_run_more(engine, monkeypatch):
    audio = clip("you don't mean that you thought me so silly")
    runs = counted(engine, monkeypatch, "_decoder")
    [transcript] = transcribe(engine, audio)
    tokens, repeated = len(engine._draft), len(runs)
    assert transcript.other is None and repeated == tokens + 1  # and the end


def test_what_was_really_said_is_heard_as_the_second(engine):
    """In noise, somewhere: where, the processor's rounding decides, too."""
    gained, noise = 0, bird()
    for clip in speech_clips()[:8]:
        for one in transcribe(engine, *(mix(clip.audio(), noise, ratio) for ratio in (10, 5, 0))):
            if one.other and one.other.log_odds > 0:
                gained += wer([clip.text], [one.text]) > wer([clip.text], [one.other.text])
    assert gained


def test_all_that_may_have_been_said_is_told_the_most_probable_first(engine):
    """The first of a clear question is what was said, of a noisy one something is found that was not heard."""
    said = "how old is the brooklyn bridge"

    async def others(audio):
        return await engine.others(audio)

    clear, noisy = asyncio.run(others(clip(said))), asyncio.run(others(mix(clip(said), bird(), 5)))
    assert wer([said], [clear[0].text]) == 0 and clear[0].log_odds == 0 and clear[0].confidence > 0.8
    assert len(noisy) > max(5, len(clear)) and len({moonshine._letters(one.text) for one in noisy}) == len(noisy)
    assert [one.log_odds for one in noisy] == sorted((one.log_odds for one in noisy), reverse=True)
    assert all(-4 <= one.log_odds <= 0 for one in noisy)


def test_what_was_just_heard_is_not_encoded_again_until_it_is_forgotten(engine, monkeypatch):
    audio = clip("how old is the brooklyn bridge")
    transcribe(engine, audio)
    runs = counted(engine, monkeypatch, "_encoder")
    found = asyncio.run(engine.others(audio))
    assert not runs
    asyncio.run(engine.forget())
    assert asyncio.run(engine.others(audio)) == found and len(runs) == 1


def test_nothing_else_is_looked_for_in_silence_or_once_it_was_cancelled(engine, monkeypatch):
    assert asyncio.run(engine.others(np.zeros(RATE, np.float32))) == ()
    runs = counted(engine, monkeypatch, "_decoder")
    asked = iter([False, False, True])
    assert list(engine._others(clip("how old is the brooklyn bridge"), lambda: next(asked))) == []
    assert len(runs) == 1


def test_misheard_words_are_told_by_the_weakest_tokens(engine):
    below, said = MannersSettings().unsure_below, "how old is the brooklyn bridge"
    plain, *noisy = transcribe(engine, clip(said), *(mix(clip(said), bird(), ratio) for ratio in (10, 5, 0)))
    assert wer([said], [plain.text]) == 0 and plain.understood >= below
    misheard = [one for one in noisy if wer([said], [one.text]) >= 0.3]
    assert misheard and all(one.understood is None or one.understood < below for one in misheard)


def test_the_piece_most_in_doubt_stands_among_the_others_said():
    parts = [
        Part("Clean the ball.", 3, 0.6, weakest=0.3, other=Hypothesis("Clean the boiler.", 0.9, 0.5, -0.2)),
        Part("Now.", 1, 0.8, weakest=0.4, other=Hypothesis("No.", 0.8, 0.2, -0.5)),
    ]
    boiler = Hypothesis("Clean the boiler. Now.", pytest.approx(0.875), 0.4, -0.2)
    assert joined(parts) == Transcript("Clean the ball. Now.", pytest.approx(0.65), weakest=0.3, other=boiler)
