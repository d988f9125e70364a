"""The held-out sentences through voices, noise and recogniser. `python -m assistant.bench.tools.spoken [FOLDER]`
records once what was heard, into tests/skills/held_out/heard.jsonl; FOLDER holds noise/manifest.jsonl, as for
`bench noise`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.bench import clips
from assistant.bench.noise import has_voices, mix
from assistant.bench.tools import held_out
from assistant.bench.tools.held_out import Heard
from assistant.errors import UsageError
from assistant.reply.misheard import as_command
from assistant.settings import named
from assistant.skills import Action
from assistant.stt import SttSettings
from assistant.tts import ENGINES, Tts, TtsSettings
from assistant.tts import SAMPLE_RATE as SPEECH_RATE
from assistant.turns import hypotheses

RATIO = 15
"""Speech to noise in dB."""
VOICES = {
    "piper": (TtsSettings(engine="piper"),),
    "espeak": tuple(
        TtsSettings(engine="espeak", espeak_voice=voice, espeak_words_per_minute=pace)
        for voice, pace in (
            ("en-us", 140),
            ("en-gb", 150),
            ("en-us+f3", 145),
            ("en-gb-scotland", 140),
            ("en-gb+f2", 155),
        )
    ),
}
"""Each speaks every sentence; espeak's five in turns."""
_SILENCE = np.zeros(SAMPLE_RATE // 2, np.float32)


def quiet_noises(data: Path) -> list[np.ndarray]:
    """The noises of ``data`` in which nobody speaks. Raises UsageError when there is none."""
    noises = [clip.audio() for clip in clips.load(data / "noise") if not has_voices(clip)]
    if not noises:
        raise UsageError(f"{data / 'noise'}: has no noise without voices; name another folder with --data")
    return noises


Means = Callable[[str], tuple[str, Action] | None]


def listen(
    texts: Sequence[str],
    voice: str,
    noises: Sequence[np.ndarray],
    stt: SttSettings,
    means: Means = lambda words: ("none", Action()),
) -> Iterator[Heard]:
    """Each text spoken by ``voice`` of `VOICES`, with a noise `RATIO` dB below it, the noises in turns. ``means``: see
    `as_command`; else no command is looked for in what else it may have been.

    Raises AssistantError where the voice or the recogniser is not here.
    """
    from assistant import stt as recognisers

    speakers = [
        named(settings.engine, ENGINES).imported().load(settings, lambda text: None) for settings in VOICES[voice]
    ]
    recogniser = recognisers.load(stt, lambda text: None)
    try:
        for number, text in enumerate(texts):
            sound = asyncio.run(spoken(text, speakers[number % len(speakers)]))
            audio = mix(sound, noises[number % len(noises)], RATIO)
            found = hypotheses.choose(asyncio.run(recogniser.transcribe(audio)))
            found = asyncio.run(as_command(found, means, partial(recogniser.others, audio)))
            yield Heard(text, found.text, voice, found.other.text if found.other else "")
    finally:
        recogniser.close()
        for speaker in speakers:
            speaker.close()


async def spoken(text: str, speaker: Tts) -> np.ndarray:
    """Mono float32 at 16 kHz, with half a second of silence at either end."""
    import soxr

    async with aclosing(speaker.speak(text)) as chunks:
        sound = np.concatenate([chunk.pcm24k async for chunk in chunks])
    return np.concatenate([_SILENCE, soxr.resample(sound, SPEECH_RATE, SAMPLE_RATE).astype(np.float32), _SILENCE])


if __name__ == "__main__":
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else held_out.folder().parents[1] / "samples"
    texts = [sentence.text for sentence in held_out.sentences()]
    settings = replace(SttSettings(), engine="moonshine")
    found = [row for voice in VOICES for row in listen(texts, voice, quiet_noises(data), settings)]
    held_out.write_heard(found, held_out.folder() / "heard.jsonl")
