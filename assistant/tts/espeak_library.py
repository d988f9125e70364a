"""The espeak-ng library out of the package espeakng-loader: loaded once per process, its voices by name.

It has one state per process, so voice, rate and callback belong to who holds `busy`.
"""

from __future__ import annotations

import ctypes
import difflib
import functools
import re
import threading
from collections.abc import Iterator
from pathlib import Path

from assistant.errors import EngineError, UsageError

_SYNCHRONOUS = 2  # constants of speak_lib.h
_DO_NOT_EXIT = 0x8000
UTF8 = 1
_BUFFER_MS = 60  # between two callbacks, the points where synthesis can stop

busy = threading.Lock()

# espeak writes them into a buffer of some 400 bytes without looking at its end.
_INITIALS = re.compile(r"(?:[^\s.]{1,3}\.+){20,}")
_CODE = re.compile(r"[a-z]{2,3}(-[a-z0-9]+)*")  # of a language, with its country or dialect


def harmless(text: str) -> str:
    """``text`` as long as before, without what ends espeak's reading or the whole process."""
    text = _INITIALS.sub(lambda run: run.group().replace(".", " "), text.replace("\0", " "))
    return text.encode("utf-8", errors="replace").decode()


class Event(ctypes.Structure):
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


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


@functools.cache
def library() -> tuple[ctypes.CDLL, int]:
    """The initialised library and its sample rate. Call with `busy` held."""
    try:
        import espeakng_loader

        native = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path()
    except (ImportError, OSError, RuntimeError) as error:
        raise EngineError(
            f"espeak: the offline voice cannot be loaded ({error}); run pip install --force-reinstall espeakng-loader"
        ) from None
    native.espeak_SetSynthCallback.argtypes = [Callback]
    native.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    native.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
    native.espeak_TextToPhonemes.restype = ctypes.c_char_p
    native.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    rate = native.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data.encode(), _DO_NOT_EXIT)
    if rate <= 0:
        raise EngineError(
            f"espeak: the offline voice's data in {data} cannot be read; run pip install "
            "--force-reinstall espeakng-loader"
        )
    return native, rate


@functools.cache
def _voices() -> dict[str, str]:
    """What a user may write (language, name or identifier, lower case) -> identifier. Call with `busy` held."""
    native, _ = library()
    listed = native.espeak_ListVoices(None)
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


def language(voice: bytes) -> str:
    """The two-letter code (three letters where there is none) that espeak lists first for this voice."""
    base = voice.decode().partition("+")[0]
    with busy:
        codes = sorted((len(key), key) for key, value in _voices().items() if value == base and "/" not in key)
    return next((key.partition("-")[0] for _, key in codes if len(key.partition("-")[0]) in (2, 3)), "en")


def _variants() -> list[str]:
    import espeakng_loader

    return sorted(path.name for path in Path(espeakng_loader.get_data_path(), "voices", "!v").iterdir())


def identifier(voice: str, where: str = "[tts] espeak_voice") -> bytes:
    """espeak's own name of a voice written in ``where`` as ``language`` or ``language+variant``.

    Call with `busy` held. Raises UsageError.
    """
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
        raise UsageError(f"{where}: espeak has no voice {voice!r}; the nearest are {', '.join(near)}")
    if plus and variant not in _variants():
        near = difflib.get_close_matches(variant, _variants(), n=3, cutoff=0.4) or ["f1", "f2", "m1", "m3"]
        raise UsageError(f"{where}: espeak has no variant {variant!r} in {voice!r}; the nearest are {', '.join(near)}")
    return f"{known[key]}{plus}{variant}".encode()


def languages() -> list[str]:
    """One name for each language espeak speaks, e.g. ``de``, ``en-us``: the shortest code that its voice is known by.

    Raises EngineError.
    """
    names: dict[str, list[str]] = {}
    with busy:
        for key, value in _voices().items():
            if _CODE.fullmatch(key) and not value.startswith("mb/"):  # those need MBROLA and its own data
                names.setdefault(value, []).append(key)
    return sorted(min(keys, key=lambda key: (len(key), key)) for keys in names.values())
