"""The lines through voices, noise and recogniser -> training/heard.toml: `python -m assistant.skills.learned.heard`.

Only what was heard otherwise than it is written is kept. Neither the noise (made of random numbers) nor the voices
(faster, slower, and others of espeak's) are those that `assistant bench tools` speaks with. Takes half an hour.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from difflib import SequenceMatcher

import numpy as np
import soxr

from assistant import tts
from assistant.audio import SAMPLE_RATE
from assistant.skills.learned.samples import HEARD, Sample, written
from assistant.skills.words import wording
from assistant.skills.words.wording import Word
from assistant.stt import SttSettings, moonshine
from assistant.tts import SAMPLE_RATE as SPEECH_RATE
from assistant.tts import Tts, TtsSettings

_ESPEAK = ("en-us+m3", "en-gb+f4", "en-us+f1", "en-gb+m7", "en-gb-x-rp")
_LONGEST = 22
"""Words: the longer, the more of it is heard wrong."""
_LEAST_ALIKE = 0.5
"""Of the words: what was heard as something else altogether teaches nothing."""
_LOUDNESS = (10.0, 25.0)
"""Of the speech against the noise, in dB."""


def heard(lines: Sequence[Sample], seed: int = 17) -> Iterator[Sample]:
    """Of each line that was not heard word for word what was heard, with the slots where they are now."""
    chance, random_noise = random.Random(seed), np.random.default_rng(seed)
    voices = [tts.load(TtsSettings(engine="piper"), print)]
    voices += [tts.load(TtsSettings(engine="espeak", espeak_voice=name), print) for name in _ESPEAK]
    recogniser = moonshine.load(SttSettings(engine="moonshine"), print)
    for number, line in enumerate(lines):
        voice = voices[0] if number % 3 else voices[1 + number // 3 % len(_ESPEAK)]
        sound = asyncio.run(_spoken(line.text, voice, chance.uniform(0.88, 1.12)))
        text = asyncio.run(recogniser.transcribe(_in_noise(sound, chance.uniform(*_LOUDNESS), random_noise))).text
        if found := carried_over(line, wording.words(text)):
            yield found


def carried_over(line: Sample, words: Sequence[Word]) -> Sample | None:
    """The line's slots in what was heard; None where it is the same, or too little of it."""
    matcher = SequenceMatcher(None, [word.plain for word in line.words], [word.plain for word in words], autojunk=False)
    if not _LEAST_ALIKE <= matcher.ratio() < 1.0:
        return None
    ends = {0: 0}
    """Where the words before each word of the line end in what was heard."""
    for _, begin, end, there, there_end in matcher.get_opcodes():
        for at in range(begin + 1, end + 1):
            ends[at] = there_end if at == end else min(there + at - begin, there_end)
    slots = tuple((slot, ends[begin], ends[end]) for slot, begin, end in line.slots)
    return Sample(line.kind, list(words), slots) if all(begin < end for _, begin, end in slots) else None


async def _spoken(text: str, voice: Tts, pace: float) -> np.ndarray:
    async with aclosing(voice.speak(text)) as chunks:
        sound = np.concatenate([chunk.pcm24k async for chunk in chunks])
    return np.pad(soxr.resample(sound, SPEECH_RATE * pace, SAMPLE_RATE).astype(np.float32), SAMPLE_RATE // 2)


def _in_noise(sound: np.ndarray, decibels: float, noise: np.random.Generator) -> np.ndarray:
    """With noise that is the softer the higher, as most is."""
    spectrum = np.fft.rfft(noise.standard_normal(len(sound)))
    spectrum /= np.maximum(np.arange(len(spectrum)) / len(spectrum), 0.01) ** noise.uniform(0.2, 1.0)
    made = np.fft.irfft(spectrum, len(sound)).astype(np.float32)
    spoken = np.abs(sound) > np.abs(sound).max() / 10
    return sound + made * np.sqrt(np.mean(sound[spoken] ** 2) / np.mean(made**2)) * np.float32(10 ** (-decibels / 20))


def _write(samples: Sequence[Sample]) -> None:
    HEARD.write_text(_toml(samples), encoding="utf-8")


def _toml(samples: Sequence[Sample]) -> str:
    rows: dict[str, dict[str, None]] = {}
    for one in samples:
        rows.setdefault(one.kind, {})[one.marked] = None
    parts = []
    for kind, lines in rows.items():
        written = "".join(f"  {json.dumps(line, ensure_ascii=False)},\n" for line in lines)  # as TOML has them, too
        parts.append(f'"{kind}" = [\n{written}]\n')
    return "\n".join(parts)


if __name__ == "__main__":
    lines = [one for one in written() if 2 <= len(one.words) <= _LONGEST]
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    _write(list(heard(lines[::step])))
