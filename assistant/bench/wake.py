"""`assistant bench wake`: does the kiosk hear its wake words, nothing else in their place, and the question behind one
in the same breath; whom does it listen to then; and what does listening cost?

Wake words are spoken by the offline voice at several speeds, by espeak's variants, and by whoever says them in the
data, if it has ``wake/manifest.jsonl`` (text: the wake word). Every wake word is listened for at once, at the
sensitivity of the settings. The cut-offs are their makers' or Home Assistant's; which of its levels okay_nabu
gets was decided after a first look at what is missed here (5 of 25 at 0.69).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from assistant import stt
from assistant.audio import FRAME_SAMPLES, SAMPLE_RATE
from assistant.bench import addressed
from assistant.bench.clips import Clip, levels, load
from assistant.bench.noise import mix
from assistant.bench.result import Figure, Result
from assistant.bench.voices import sentences
from assistant.bench.wer import edits, words
from assistant.config import Settings
from assistant.settings.modes import KioskSettings
from assistant.stt import Stt
from assistant.tts import SAMPLE_RATE as SPEECH_RATE
from assistant.tts import Tts, TtsSettings
from assistant.wake import Wake, WakeWords
from assistant.wake.model import BUILT_IN
from assistant.wake.strip import without

RATIO = 10.0
"""dB by which a wake word is louder than the noise under it."""
_SPEEDS = (0.8, 0.9, 1.0, 1.15, 1.3)
_MARKS = ("", ".", "!", "?", ",")  # each is said differently
_VARIANTS = [f"{language}+{sex}{number}" for language in ("en-us", "en-gb") for sex in "fm" for number in (1, 2, 3, 4)]
_AROUND = SAMPLE_RATE  # samples before and after a wake word
_QUIET = 0.03  # of the loudest 10 ms: what is softer is no part of a word
_DERIVED = (0.88, 1.14)  # speeds that turn one recording into two others, with other voices
_BREATHS = 40
_CPU_SECONDS = 60


@dataclass(frozen=True, eq=False)
class Phrase:
    word: str
    voice: str
    audio: np.ndarray
    """Mono float32 at 16 kHz, loudest at 0.3."""


def run(data: Path, settings: Settings) -> Result:
    """``data``: holds noise/ and any of dev/, commands/, wake/, each with a manifest. Raises AssistantError."""
    import onnxruntime

    onnxruntime.set_seed(1)  # the voice speaks a little differently each time
    everything = replace(settings.kiosk, wake_words=",".join(BUILT_IN))
    noises = load(data / "noise")
    details = [_wakes(phrase, noises, everything) for phrase in _phrases(data)]
    sets = [clip for name in ("dev", "commands", "noise") if (data / name).is_dir() for clip in load(data / name)]
    recorded, derived = _false_wakes(sets, noises, everything)
    recognizer = stt.load(settings.stt, print)
    try:
        breaths = asyncio.run(_breaths(recognizer, everything))
    finally:
        recognizer.close()
    met = addressed.measure([clip for clip in sets if clip.speaker], settings)
    return Result(
        "wake",
        [
            *_heard(details),
            *_mistaken(recorded, derived, settings.kiosk.wake_words.split(",")),
            *_whole(breaths),
            *addressed.rows(met),
            _cost("listening for one wake word", settings.kiosk, sets),
            _cost("listening for all four", everything, sets),
        ],
        {"stt": recognizer.name},
        [*details, *breaths, *met],
    )


# ---- are they heard? -------------------------------------------------------------------------------------------------


def _phrases(data: Path) -> Iterator[Phrase]:
    from assistant.tts import espeak
    from assistant.tts.piper import engine as piper

    for speed in _SPEEDS:
        voice = piper.load(TtsSettings(piper_speed=speed), print)
        yield from (_phrase(voice, "piper", word, mark) for word in BUILT_IN for mark in _MARKS)
        voice.close()
    for variant in _VARIANTS:
        robot = espeak.load(TtsSettings(espeak_voice=variant, espeak_words_per_minute=150), print)
        yield from (_phrase(robot, "espeak", word, "") for word in BUILT_IN)
        robot.close()
    if (data / "wake").is_dir():
        for clip in load(data / "wake"):
            yield Phrase("_".join(words(clip.text)), clip.speaker or "recorded", _as_loud(clip.audio()))


def _phrase(voice: Tts, name: str, word: str, mark: str) -> Phrase:
    return Phrase(word, name, asyncio.run(spoken(voice, written(word) + mark)))


def written(word: str) -> str:
    return word.replace("_", " ").title()


async def spoken(voice: Tts, text: str) -> np.ndarray:
    """``text`` in that voice: mono float32 at 16 kHz, loudest at 0.3."""
    audio = np.concatenate([chunk.pcm24k async for chunk in voice.speak(text)])
    return _as_loud(soxr.resample(audio, SPEECH_RATE, SAMPLE_RATE))


def _as_loud(audio: np.ndarray) -> np.ndarray:
    return (audio * (0.3 / max(1e-6, np.abs(audio).max()))).astype(np.float32)


def _wakes(phrase: Phrase, noises: Sequence[Clip], settings: KioskSettings) -> dict:
    """One phrase in one noise, and whether it is heard there."""
    chance = random.Random(f"{phrase.word} {phrase.voice} {len(phrase.audio)}")
    clip = chance.choice(noises)
    noise = clip.audio()
    noise = np.roll(noise, chance.randrange(len(noise)))
    silence = np.zeros(_AROUND, np.float32)
    loud = np.flatnonzero(levels(phrase.audio) > _QUIET * levels(phrase.audio).max())
    ends = _AROUND / SAMPLE_RATE + (loud[-1] + 1) / 100
    wakes = list(heard(mix(np.concatenate([silence, phrase.audio, silence]), noise, RATIO), settings))
    at = next((at for at, wake in wakes if wake.word == phrase.word), None)
    return {
        "word": phrase.word,
        "voice": phrase.voice,
        "noise": clip.path.name,
        "kind": clip.kind,
        "delay": None if at is None else at - ends,
    }


def heard(audio: np.ndarray, settings: KioskSettings) -> Iterator[tuple[float, Wake]]:
    """Each wake word with the second at which it is noticed."""
    listener = WakeWords(settings)
    try:
        for number, frame in enumerate(frames(audio), 1):
            if wake := listener.heard(frame):
                yield number * FRAME_SAMPLES / SAMPLE_RATE, wake
    finally:
        listener.close()


def frames(audio: np.ndarray) -> np.ndarray:
    return audio[: len(audio) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES).astype(np.float32)


def _heard(details: Sequence[dict]) -> Iterator[Figure]:
    for voice in dict.fromkeys(case["voice"] for case in details):
        said = [case for case in details if case["voice"] == voice]
        missed = 100 * sum(case["delay"] is None for case in said) / len(said)
        # espeak is no voice that the networks were made for: it tells how far they reach.
        bound = {} if voice == "espeak" else {"most": 10.0}
        yield Figure.single(f"missed at {RATIO:g} dB, {voice}", "%", len(said), missed, **bound)
        for word in BUILT_IN:
            those = [case for case in said if case["word"] == word]
            missed = 100 * sum(case["delay"] is None for case in those) / max(1, len(those))
            yield Figure.single(f"{word}: missed, {voice}", "%", len(those), missed)
    delays = [case["delay"] for case in details if case["delay"] is not None]
    yield Figure.of("end of the wake word to the decision", "s", delays)


# ---- is anything else? -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Listened:
    hours: float
    wakes: Counter[str]


def _false_wakes(sets: Sequence[Clip], noises: Sequence[Clip], settings: KioskSettings) -> tuple[_Listened, _Listened]:
    """What is heard in the recordings, and in what is made of them: faster, slower, in noise, two at a time."""
    recordings = [clip.audio() for clip in sets]
    faster = [soxr.resample(audio, SAMPLE_RATE, SAMPLE_RATE * speed) for audio in recordings for speed in _DERIVED]
    noisy = [
        mix(clip.audio(), noises[number % len(noises)].audio(), RATIO)
        for number, clip in enumerate(sets)
        if clip.speaker or clip.text
    ]
    together = [
        one[: min(len(one), len(other))] + other[: min(len(one), len(other))]
        for one, other in zip(recordings, recordings[1:])
    ]
    return _listened(recordings, settings), _listened([*faster, *noisy, *together], settings)


def _listened(recordings: Sequence[np.ndarray], settings: KioskSettings) -> _Listened:
    pause = np.zeros(SAMPLE_RATE // 2, np.float32)
    everything = np.concatenate([part for audio in recordings for part in (audio, pause)])
    hours = sum(map(len, recordings)) / SAMPLE_RATE / 3600
    return _Listened(hours, Counter(wake.word for _, wake in heard(everything, settings)))


def _mistaken(recorded: _Listened, derived: _Listened, words: Sequence[str]) -> Iterator[Figure]:
    """``words``: those that the settings name; only they are bound."""
    for name, found in (("recorded", recorded), ("made of them", derived)):
        yield Figure.single(f"speech and noise, {name}", "h", 1, found.hours)
        for word in BUILT_IN:
            rate = found.wakes[word] / found.hours
            bound = {"most": 0.5} if word in words else {}
            yield Figure.single(f"{word}: false wakes, {name}", "per hour", found.wakes[word], rate, **bound)


# ---- in one breath ---------------------------------------------------------------------------------------------------


async def _breaths(recognizer: Stt, settings: KioskSettings) -> list[dict]:
    from assistant.tts.piper import engine as piper

    voice = await asyncio.to_thread(piper.load, TtsSettings(), print)
    silence = np.zeros(_AROUND, np.float32)
    cases = []
    for number, text in enumerate(sentences()[:_BREATHS]):
        word = BUILT_IN[number % len(BUILT_IN)]
        alone, both = [
            np.concatenate([silence, await spoken(voice, one), silence])
            for one in (text, f"{written(word)}, {text[0].lower()}{text[1:]}")
        ]
        found = next(((at, wake) for at, wake in heard(both, settings) if wake.word == word), None)
        case: dict[str, Any] = {
            "breath": f"{word} {text}",
            "alone": (await recognizer.transcribe(alone)).text,
            "heard": None,
        }
        if found:
            at, wake = found
            case["heard"] = (await recognizer.transcribe(both[round((at - wake.began) * SAMPLE_RATE) :])).text
            case["question"] = without(case["heard"], word)
            case["wrong"] = edits(words(text), words(case["question"]))
            case["wrong_alone"] = edits(words(text), words(case["alone"]))
        cases.append(case)
    voice.close()
    return cases


def _whole(breaths: Sequence[dict]) -> Iterator[Figure]:
    woken = [case for case in breaths if case["heard"] is not None]
    whole = sum(case["wrong"] <= case["wrong_alone"] for case in woken)
    same = sum(case["wrong"] == 0 for case in woken)
    yield Figure.single("in one breath: wake word missed", "count", len(breaths), len(breaths) - len(woken))
    yield Figure.single("in one breath: understood as well as alone", "%", len(woken), 100 * whole / max(1, len(woken)))
    yield Figure.single("in one breath: not a word wrong", "%", len(woken), 100 * same / max(1, len(woken)))
    perfect = sum(case["wrong_alone"] == 0 for case in woken)
    yield Figure.single("the same alone: not a word wrong", "%", len(woken), 100 * perfect / max(1, len(woken)))


# ---- what it costs ---------------------------------------------------------------------------------------------------


def _cost(name: str, settings: KioskSettings, sets: Sequence[Clip]) -> Figure:
    """CPU time of `WakeWords.heard`, without capture and echo cancelling."""
    audio = np.concatenate([clip.audio() for clip in sets] or [np.zeros(SAMPLE_RATE, np.float32)])
    audio = np.resize(audio, _CPU_SECONDS * SAMPLE_RATE)
    listener = WakeWords(settings)
    began = time.process_time()
    for frame in frames(audio):
        listener.heard(frame)
    spent = time.process_time() - began
    listener.close()
    return Figure.single(f"CPU: {name}", "% of a core", 1, 100 * spent / _CPU_SECONDS)
