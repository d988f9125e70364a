"""The offline voice: espeak-ng, a shared library out of the package espeakng-loader, inside this process."""

from __future__ import annotations

import ctypes
import difflib
import functools
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import soxr

from assistant.errors import EngineError, UsageError
from assistant.tts import SAMPLE_RATE, SpeechChunk, TtsSettings
from assistant.tts.silence import Trimmer
from assistant.worker import Worker

_SYNCHRONOUS = 2  # constants of speak_lib.h
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_RATE = 1
_WORD = 1
_BUFFER_MS = 60  # between two callbacks, the points where synthesis can stop

_busy = threading.Lock()  # espeak-ng has one state per process: voice, rate and callback belong to who holds this


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


class _Voice(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Espeak:
    def __init__(self, settings: TtsSettings) -> None:
        """Raises UsageError for an unknown voice, EngineError when the library cannot be loaded."""
        with _busy:
            _library()
            self._voice = _identifier(settings.espeak_voice)
        self._words_per_minute = settings.espeak_words_per_minute
        self._worker = Worker("espeak")
        self.name = f"espeak {settings.espeak_voice}"
        self.language = _language(self._voice)

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

        @_Callback
        def collect(samples, count, events) -> int:
            if samples and count:
                buffers.append(np.ctypeslib.as_array(samples, (count,)).copy())
            for event in events:
                if event.type == 0:
                    break
                if event.type == _WORD:
                    words.append((event.audio_position, event.text_position - 1))
            return int(cancelled())

        content = text.replace("\0", " ").encode("utf-8", errors="replace")
        with _busy:
            library, rate = _library()
            library.espeak_SetVoiceByName(self._voice)
            library.espeak_SetParameter(_RATE, self._words_per_minute, 0)
            library.espeak_SetSynthCallback(collect)
            code = library.espeak_Synth(content, len(content) + 1, 0, 0, 0, _UTF8, None, None)
        if code != 0:
            raise EngineError(f"espeak: could not speak {text[:40]!r} (error {code}); try another [tts] espeak_voice")
        pcm = np.concatenate(buffers) if buffers else np.zeros(0, np.int16)
        starts, spoken = [], 0
        for milliseconds, position in words:  # numbers give several events, not all at the start of a word
            if spoken < position <= len(text) and text[position - 1].isspace():
                spoken = len(text[:position].rstrip())
                starts.append((milliseconds * SAMPLE_RATE // 1000, spoken))
        return soxr.resample(pcm.astype(np.float32) / 32768, rate, SAMPLE_RATE), starts


@functools.cache
def _library() -> tuple[ctypes.CDLL, int]:
    """The initialised library and its sample rate. Call with `_busy` held."""
    try:
        import espeakng_loader

        library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path()
    except (ImportError, OSError, RuntimeError) as error:
        raise EngineError(
            f"espeak: the offline voice cannot be loaded ({error}); run pip install --force-reinstall espeakng-loader"
        ) from None
    library.espeak_SetSynthCallback.argtypes = [_Callback]
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    rate = library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data.encode(), _DO_NOT_EXIT)
    if rate <= 0:
        raise EngineError(
            f"espeak: the offline voice's data in {data} cannot be read; run pip install "
            "--force-reinstall espeakng-loader"
        )
    return library, rate


@functools.cache
def _voices() -> dict[str, str]:
    """What a user may write (language, name or identifier, lower case) -> identifier. Call with `_busy` held."""
    library, _ = _library()
    listed = library.espeak_ListVoices(None)
    ranked: dict[str, tuple[int, str]] = {}
    index = 0
    while listed[index]:
        voice = listed[index].contents
        identifier = voice.identifier.decode()
        keys = [(0, voice.name.decode()), (0, identifier), *_languages(voice.languages)]
        for priority, key in keys:
            ranked[key.lower()] = min(ranked.get(key.lower(), (255, "")), (priority, identifier))
        index += 1
    return {key: identifier for key, (_, identifier) in ranked.items()}


def _languages(address: int) -> Iterator[tuple[int, str]]:
    """espeak's list: a priority byte and a zero-terminated name, again and again, until a zero byte."""
    while (priority := ctypes.c_ubyte.from_address(address).value) != 0:
        name = ctypes.string_at(address + 1)
        yield priority, name.decode()
        address += len(name) + 2


def _language(identifier: bytes) -> str:
    """The two-letter code (three letters where there is none) that espeak lists first for this voice."""
    base = identifier.decode().partition("+")[0]
    with _busy:
        codes = sorted((len(key), key) for key, value in _voices().items() if value == base and "/" not in key)
    return next((key.partition("-")[0] for _, key in codes if len(key.partition("-")[0]) in (2, 3)), "en")


def _variants() -> list[str]:
    import espeakng_loader

    return sorted(path.name for path in Path(espeakng_loader.get_data_path(), "voices", "!v").iterdir())


def _identifier(voice: str) -> bytes:
    """espeak's own name of a voice that the user wrote as ``language`` or ``language+variant``."""
    base, plus, variant = voice.strip().partition("+")
    known = _voices()
    key = base.strip().lower().replace("_", "-")
    if key not in known:
        names = sorted(name for name in known if "/" not in name)
        near = (
            [name for name in names if key and name.startswith(key)][:5]
            or difflib.get_close_matches(key, names, n=3, cutoff=0.5)
            or ["en-us", "en-gb", "de", "fr", "es"]
        )
        raise UsageError(f"[tts] espeak_voice: espeak has no voice {voice!r}; the nearest are {', '.join(near)}")
    if plus and variant not in _variants():
        near = difflib.get_close_matches(variant, _variants(), n=3, cutoff=0.4) or ["f1", "f2", "m1", "m3"]
        raise UsageError(
            f"[tts] espeak_voice: espeak has no variant {variant!r} in {voice!r}; the nearest are {', '.join(near)}"
        )
    return f"{known[key]}{plus}{variant}".encode()


def load(settings: TtsSettings, notice: Callable[[str], None]) -> Espeak:
    return Espeak(settings)


def found(settings: TtsSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    return f"espeak {settings.espeak_voice}", ""
