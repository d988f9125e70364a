"""Questions as they are heard and answers as they sound: the assistant's own voice and ears, without a microphone."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.audio import SAMPLE_RATE as HEARING_RATE
from assistant.compare.questions import Question
from assistant.config import Settings
from assistant.reply.speakable import speakable
from assistant.tts import SAMPLE_RATE, Tts

WORDS_PER_MINUTE = 140
"""Of a question in the offline voice: a person who speaks clearly."""
_PAUSE = 0.3  # seconds of silence around a synthesised question, as endpointing leaves it


@dataclass(frozen=True)
class Sound:
    first: float
    """Seconds from the text of the first sentence to its first sound."""
    length: float
    """Seconds the whole answer takes to hear."""


async def sound_of(text: str, voice: Tts) -> Sound:
    """Speak ``text`` into nothing, sentence by sentence as in a conversation. Raises EngineError."""
    from assistant.reply.sentences import SentenceSplitter

    splitter = SentenceSplitter()
    first, samples = 0.0, 0
    began = time.monotonic()
    for sentence in [*splitter.feed(text), *splitter.flush()]:
        async with aclosing(voice.speak(speakable(sentence, voice.language))) as chunks:
            async for chunk in chunks:
                if not samples:
                    first = time.monotonic() - began
                samples += len(chunk.pcm24k)
    return Sound(first, samples / SAMPLE_RATE)


async def hear(questions: Sequence[Question], settings: Settings) -> AsyncGenerator[dict[str, Any]]:
    """Speak each question, or play its recording, to the real speech recognition: one ``heard`` record each.

    Raises AssistantError.
    """
    from assistant import stt, tts
    from assistant.bench.wer import wer

    voice_settings = dataclasses.replace(
        settings.tts, espeak_words_per_minute=min(settings.tts.espeak_words_per_minute, WORDS_PER_MINUTE)
    )
    notices: list[str] = []
    ears, voice = stt.load(settings.stt, notices.append), tts.load(voice_settings, notices.append)
    try:
        for question in questions:
            audio = await _audio(question, voice)
            began = time.monotonic()
            transcript = await ears.transcribe(audio)
            yield {
                "type": "heard",
                "question": question.id,
                "text": transcript.text,
                "confidence": transcript.understood,
                "seconds": round(time.monotonic() - began, 3),
                "length": round(len(audio) / HEARING_RATE, 2),
                "wer": round(wer([question.text], [transcript.text]), 4),
                "stt": ears.name,
                "voice": "recording" if question.audio else voice.name,
            }
    finally:
        ears.close()
        voice.close()


async def _audio(question: Question, voice: Tts) -> np.ndarray:
    """Mono float32 at 16 kHz."""
    if question.audio:
        from assistant.audio import files

        return files.read(Path(question.audio))
    import soxr

    async with aclosing(voice.speak(speakable(question.text, voice.language))) as chunks:
        parts = [chunk.pcm24k async for chunk in chunks]
    sound = soxr.resample(np.concatenate([*parts, np.empty(0, np.float32)]), SAMPLE_RATE, HEARING_RATE)
    silence = np.zeros(round(_PAUSE * HEARING_RATE), np.float32)
    return np.concatenate([silence, sound.astype(np.float32), silence])
