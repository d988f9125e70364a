"""The offline voice: espeak-ng, a shared library out of the package espeakng-loader, inside this process."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing

import numpy as np
import soxr

from assistant.concurrency.worker import Worker
from assistant.errors import EngineError
from assistant.tts import SAMPLE_RATE, SpeechChunk, TtsSettings, Voice
from assistant.tts.espeak_library import UTF8, Callback, busy, harmless, identifier, language, languages, library
from assistant.tts.silence import Trimmer

_RATE = 1  # constants of speak_lib.h
_WORD = 1


class Espeak:
    def __init__(self, settings: TtsSettings) -> None:
        """Raises UsageError for an unknown voice, EngineError when the library cannot be loaded."""
        with busy:
            library()
            self._voice = identifier(settings.espeak_voice)
        self._words_per_minute = settings.espeak_words_per_minute
        self._worker = Worker("espeak")
        self.name = f"espeak {settings.espeak_voice}"
        self.language = language(self._voice)

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """One chunk per word, so that `spoken` is exact."""
        async with aclosing(self._worker.stream(functools.partial(self._speak, text))) as chunks:
            async for chunk in chunks:
                yield chunk

    def close(self) -> None:
        self._worker.close()

    def _speak(self, text: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        # A unit cut inside a clause goes on: without a mark at its end the voice would fall as at a full stop.
        audio, starts = self._synthesize(text + "," if text[-1:].isalnum() else text, cancelled)
        if cancelled():
            return
        trimmer = Trimmer(text)
        speech = trimmer.push(audio)
        begin = 0
        for position, characters in [*starts, (len(audio), len(text))]:
            end = min(max(position - trimmer.skipped, begin), len(speech))
            if end > begin:
                yield SpeechChunk(speech[begin:end], characters)
                begin = end
        pause = trimmer.finish()
        if len(pause):
            yield SpeechChunk(pause, len(text))

    def _synthesize(self, text: str, cancelled: Callable[[], bool]) -> tuple[np.ndarray, list[tuple[int, int]]]:
        """The whole sentence at once: 12 s of speech take about 20 ms.

        Returns the audio and, for each word but the first, (sample where it starts, characters spoken before it).
        """
        buffers: list[np.ndarray] = []
        words: list[tuple[int, int]] = []

        @Callback
        def collect(samples, count, events) -> int:
            if samples and count:
                buffers.append(np.ctypeslib.as_array(samples, (count,)).copy())
            for event in events:
                if event.type == 0:
                    break
                if event.type == _WORD:
                    words.append((event.audio_position, event.text_position - 1))
            return int(cancelled())

        content = harmless(text).encode()
        with busy:
            native, rate = library()
            native.espeak_SetVoiceByName(self._voice)
            native.espeak_SetParameter(_RATE, self._words_per_minute, 0)
            native.espeak_SetSynthCallback(collect)
            code = native.espeak_Synth(content, len(content) + 1, 0, 0, 0, UTF8, None, None)
        if code != 0:
            raise EngineError(f"espeak: could not speak {text[:40]!r} (error {code}); try another [tts] espeak_voice")
        pcm = np.concatenate(buffers) if buffers else np.zeros(0, np.int16)
        starts, spoken = [], 0
        for milliseconds, position in words:  # numbers give several events, not all at the start of a word
            if spoken < position <= len(text) and text[position - 1].isspace():
                spoken = len(text[:position].rstrip())
                starts.append((milliseconds * SAMPLE_RATE // 1000, spoken))
        return soxr.resample(pcm.astype(np.float32) / 32768, rate, SAMPLE_RATE), starts


def load(settings: TtsSettings, notice: Callable[[str], None]) -> Espeak:
    return Espeak(settings)


def found(settings: TtsSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    return f"espeak {settings.espeak_voice}", ""


def voices(settings: TtsSettings) -> list[Voice]:
    """One for each language; every one has variants besides, e.g. ``en-us+f3``. Raises EngineError."""
    return [
        Voice("espeak", code, code, licence="GPL-3.0", note=f"other speakers: {code}+f1 to +f5, {code}+m1 to +m8")
        for code in languages()
    ]


def fetch(name: str) -> None:
    """All of them lie in the package. Raises UsageError for an unknown one."""
    with busy:
        identifier(name)
