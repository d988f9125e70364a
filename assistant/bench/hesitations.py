"""Requests with a hesitation in the middle, spoken by the offline voice: nobody recorded enough of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import numpy as np
import soxr

from assistant import tts
from assistant.audio import SAMPLE_RATE
from assistant.config import TtsSettings

VOICES = ("en-us", "en-gb+f3", "en-gb-scotland+m3", "en-us+f2")
_NOISE = 2e-4  # -74 dB, so that no silence is digital
_PAUSE = 1.0  # seconds within each; what `Case.seconds` says counts, not this

SENTENCES = (
    ("Set a timer for,", "ten minutes."),
    ("Set a timer for, uh,", "twenty five minutes."),
    ("What's the weather like in, um,", "Berlin tomorrow?"),
    ("Can you remind me to, uh,", "call my mother at six?"),
    ("Add milk, eggs, and,", "some butter to the shopping list."),
    ("I would like to know,", "how tall the Eiffel Tower is."),
    ("Play something by,", "the Rolling Stones."),
    ("How do I get to the, um,", "nearest train station?"),
    ("My phone number is five five five,", "one two three four."),
    ("Book a table for two people,", "on Friday evening at eight."),
    ("Tell me about the history of,", "the Roman Empire."),
    ("What time does, uh,", "the supermarket close today?"),
    ("Well, I was thinking that maybe,", "we could go to the cinema."),
    ("Turn on the lights in the living room,", "and the kitchen, please."),
    ("How many days are there until,", "Christmas this year?"),
    ("Send a message to Anna, and tell her,", "I will be late."),
    ("I need a recipe for, you know,", "that soup with lentils."),
    ("Who wrote the book, uh,", "Pride and Prejudice?"),
    ("If I leave the house at nine,", "when will I arrive in London?"),
    ("Can you explain how,", "solar panels work?"),
    ("What is the square root of,", "one hundred and forty four?"),
    ("Wake me up at,", "half past six tomorrow morning."),
    ("Let me see, I want,", "a large coffee with oat milk."),
    ("Is it going to rain on,", "Saturday or on Sunday?"),
)


async def spoken() -> AsyncGenerator[tuple[str, str, np.ndarray, float, float]]:
    """(name, voice, audio, start of the pause, end of the speech), times in seconds; every voice has a half of them."""
    noise = np.random.default_rng(0)

    def silence(seconds: float) -> np.ndarray:
        return noise.normal(0, _NOISE, round(seconds * SAMPLE_RATE)).astype(np.float32)

    for number, voice in enumerate(VOICES):
        engine = tts.load(TtsSettings(engine="espeak", espeak_voice=voice), lambda text: None)
        for place, (before, after) in enumerate(SENTENCES):
            if (place + number) % 2:
                continue
            first, second = await _say(engine, before), await _say(engine, after)
            audio = np.concatenate([silence(0.3), first, silence(_PAUSE), second, silence(1.0)])
            begins = 0.3 + len(first) / SAMPLE_RATE
            yield f"made-{voice}-{place}", voice, audio, begins, begins + _PAUSE + len(second) / SAMPLE_RATE
        engine.close()


async def _say(engine: tts.Tts, text: str) -> np.ndarray:
    """Speech without the silence around it."""
    chunks = [chunk.pcm24k async for chunk in engine.speak(text)]
    audio = soxr.resample(np.concatenate(chunks), tts.SAMPLE_RATE, SAMPLE_RATE)
    loud = np.flatnonzero(np.abs(audio) > 0.01 * np.abs(audio).max())
    return audio[loud[0] : loud[-1] + 1]
