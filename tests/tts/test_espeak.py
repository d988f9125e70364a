"""The offline voice, for real: it is understood, its word marks are right, it stops when told to."""

from __future__ import annotations

import asyncio
import re

import numpy as np
import pytest

from assistant.config import TtsSettings
from assistant.errors import UsageError
from assistant.reply.heard import SpokenReply
from assistant.tts import SAMPLE_RATE, SpeechChunk
from assistant.tts.espeak import Espeak
from assistant.tts.silence import Trimmer

_SENTENCE = "The quick brown fox jumps over the lazy dog."


@pytest.fixture(scope="module")
def voice():
    voice = Espeak(TtsSettings())
    yield voice
    voice.close()


def say(voice: Espeak, text: str) -> list[SpeechChunk]:
    async def speak() -> list[SpeechChunk]:
        return [chunk async for chunk in voice.speak(text)]

    return asyncio.run(speak())


def joined(chunks: list[SpeechChunk]) -> np.ndarray:
    return np.concatenate([chunk.pcm24k for chunk in chunks])


def test_a_sentence_is_understood(voice: Espeak) -> None:
    """By the speech recognition that the offline assistant uses."""
    import soxr

    from assistant.config import SttSettings
    from assistant.stt.moonshine import Moonshine

    recogniser = Moonshine(SttSettings())
    try:
        audio = joined(say(voice, "The capital of France is Paris. It is a very beautiful city."))
        transcript = asyncio.run(recogniser.transcribe(soxr.resample(audio, SAMPLE_RATE, 16_000)))
    finally:
        recogniser.close()
    words = re.findall(r"\w+", transcript.text.lower())
    assert {"capital", "france", "paris", "beautiful", "city"} <= set(words), transcript.text


def test_sound_begins_at_once_and_ends_with_a_short_pause(voice: Espeak) -> None:
    audio = joined(say(voice, _SENTENCE))
    assert audio.dtype == np.float32 and 0.4 < np.abs(audio).max() < 0.95
    loud = np.flatnonzero(np.abs(audio) > 0.01)
    assert loud[0] < 0.05 * SAMPLE_RATE
    assert 0.15 < (len(audio) - loud[-1]) / SAMPLE_RATE < 0.25
    clause = joined(say(voice, "The quick brown fox,"))
    assert 0.08 < (len(clause) - np.flatnonzero(np.abs(clause) > 0.01)[-1]) / SAMPLE_RATE < 0.15


def test_joined_sentences_do_not_click(voice: Espeak) -> None:
    """Each begins and ends near silence; within one, no two neighbouring samples are as far apart as in a click."""
    for text in (_SENTENCE, "Yes", "Stop!", "Ask the cat,", "A b c"):
        audio = joined(say(voice, text))
        assert abs(audio[0]) < 0.02 and np.abs(audio[-SAMPLE_RATE // 100 :]).max() < 0.005
        assert np.abs(np.diff(audio)).max() < 0.6


def test_every_word_has_its_mark(voice: Espeak) -> None:
    chunks = say(voice, _SENTENCE)
    ends = [match.end() for match in re.finditer(r"\S+", _SENTENCE)]
    assert list(dict.fromkeys(chunk.spoken for chunk in chunks)) == ends


def test_marks_follow_the_sound_when_leading_silence_is_cut(voice: Espeak, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = np.concatenate([np.zeros(12_000), np.full(24_000, 0.1)]).astype(np.float32)
    monkeypatch.setattr(voice, "_synthesize", lambda text, cancelled: (audio, [(24_000, 3)]))
    chunks = say(voice, "One two.")
    assert [(len(chunk.pcm24k), chunk.spoken) for chunk in chunks] == [(12_240, 3), (12_000, 8), (4320, 8)]


@pytest.mark.parametrize(
    "text",
    [
        "On January 5th, 2024, 3.14 percent of 1,000.5 dollars; naïve café – über. And so on!",
        "हिन्दी में। हाँ",
        "日本語 です",
        "word " * 600,
        "x" * 3000,
        "a.é.,Ж." * 80,
        "Ω ≈ ç \ud800 \0 end",
        "a\nb\tc",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_marks_grow_up_to_the_end_whatever_the_text(voice: Espeak, text: str) -> None:
    marks = [chunk.spoken for chunk in say(voice, text)]
    assert marks == sorted(marks) and marks[-1] == len(text) and marks[0] > 0


@pytest.mark.parametrize("text", ["", " ", "...", "\0"])
def test_nothing_to_say_makes_no_sound(voice: Espeak, text: str) -> None:
    assert say(voice, text) == []


def test_heard_words_are_those_that_left_the_speaker(voice: Espeak) -> None:
    text = "The quick **brown** fox jumps."
    reply = SpokenReply()
    reply.written = text
    reply.begin(text, "The quick brown fox jumps.", "en", 1000)
    ends = []
    for chunk in say(voice, "The quick brown fox jumps."):
        reply.add(chunk)
        ends.append(reply._sentences[-1].end)
    reply.complete()
    assert [reply.heard(end) for end in ends[:4]] == [
        "The",
        "The quick",
        "The quick **brown**",
        "The quick **brown** fox",
    ]
    assert reply.heard(ends[2] - 1) == "The quick" and reply.heard(ends[-1]) == text and reply.heard(1000) == ""


def test_a_cancelled_synthesis_ends_at_the_next_buffer(voice: Espeak) -> None:
    calls = []

    def cancelled() -> bool:
        calls.append(None)
        return len(calls) >= 5

    assert list(voice._speak("word " * 400, cancelled)) == []
    assert 5 <= len(calls) <= 10
    assert say(voice, "Yes.")  # and the next sentence is spoken as ever


def test_two_voices_in_one_process_keep_apart() -> None:
    slow = Espeak(TtsSettings(espeak_words_per_minute=100))
    fast = Espeak(TtsSettings(espeak_voice="en-us+f3", espeak_words_per_minute=300))

    async def both() -> list[int]:
        async def length(voice: Espeak) -> int:
            return sum([len(chunk.pcm24k) async for chunk in voice.speak(_SENTENCE)])

        return await asyncio.gather(length(slow), length(fast), length(slow), length(fast))

    lengths = asyncio.run(both())
    assert lengths == pytest.approx([lengths[0], lengths[1]] * 2, abs=SAMPLE_RATE // 50)
    assert lengths[0] > 1.8 * lengths[1]
    slow.close()
    fast.close()


@pytest.mark.parametrize(
    ("name", "near"),
    [("en-uss", "en-us"), ("english", "english (america)"), ("qqqq", "en-us"), ("en-us+f33", "f3"), ("", "en-us")],
)
def test_an_unknown_voice_is_answered_with_near_ones(name: str, near: str) -> None:
    with pytest.raises(UsageError, match=re.escape(near)):
        Espeak(TtsSettings(espeak_voice=name))


@pytest.mark.parametrize(
    ("name", "voice"),
    [
        ("en", "gmw/en"),
        ("en-gb", "gmw/en"),
        ("EN_us", "gmw/en-US"),
        ("English (America)", "gmw/en-US"),
        ("de", "gmw/de"),
        ("fr", "roa/fr"),
        ("hi", "inc/hi"),
        ("en-us+f3", "gmw/en-US+f3"),
        ("gmw/en-US", "gmw/en-US"),
    ],
)
def test_a_voice_is_found_by_language_or_name(name: str, voice: str) -> None:
    espeak = Espeak(TtsSettings(espeak_voice=name))
    espeak.close()
    assert espeak._voice.decode() == voice


def test_silence_is_trimmed_across_chunks_and_kept_inside() -> None:
    tone, silence = np.full(2400, 0.1, np.float32), np.zeros(2400, np.float32)
    trimmer = Trimmer("Yes.")
    pieces = [trimmer.push(piece) for piece in (silence, silence[:100], tone, silence, silence, tone, silence)]
    pieces.append(trimmer.finish())
    assert [len(piece) for piece in pieces] == [0, 0, 2640, 0, 0, 7200, 0, 4320]
    assert trimmer.skipped == 2260
    assert len(Trimmer("Yes.").finish()) == 0
