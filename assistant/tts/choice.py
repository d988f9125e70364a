"""Which voice speaks: the chosen one, the best that suits this machine, one that stands in, one of another language."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from assistant.errors import AssistantError, EngineError
from assistant.settings import EngineInfo, named
from assistant.tts import ENGINES, Tts, TtsSettings, Voice, check_key, has_key, measured
from assistant.tts.fallback import Fallback
from assistant.tts.loudness import Even
from assistant.tts.watched import LEAST, WatchedVoice

Notice = Callable[[str], None]
_ALSO = {"no": "nb"}  # Whisper's code -> the voices'


def chosen(settings: TtsSettings) -> EngineInfo:
    """See `assistant.tts.chosen`. Nothing is measured or fetched for it."""
    if settings.engine != "auto":
        return named(settings.engine, ENGINES)
    for engine in ENGINES[:-1]:
        if engine.missing() or not has_key(engine, settings):
            continue
        if engine.leaves or is_here(engine, settings) and _known(engine, settings).keeps_up() is not False:
            return engine
    return ENGINES[-1]


def key(engine: EngineInfo, settings: TtsSettings) -> str:
    """The voice that the settings name for this engine, as assistant/tts/measured.py and `assistant voices` call it."""
    return f"{engine.name}/{getattr(settings, engine.voice)}"


def using(engine: EngineInfo, name: str, settings: TtsSettings) -> TtsSettings:
    """``settings`` that name this engine and its voice ``name``."""
    changes: dict[str, Any] = {"engine": engine.name, engine.voice: name}
    return replace(settings, **changes)


def alone(engine: EngineInfo, settings: TtsSettings, notice: Notice) -> WatchedVoice:
    """This engine's voice, as loud as all others, with nobody to stand in. Raises EngineError, UsageError."""
    # A cloud voice keeps its own time, and is replaced when it does not.
    least = settings.timeout + LEAST if engine.leaves else LEAST
    return WatchedVoice(lambda: Even(engine.imported().load(settings, notice), key(engine, settings)), notice, least)


def own(settings: TtsSettings, notice: Notice) -> tuple[EngineInfo, Tts]:
    """The voice that the settings choose. Raises EngineError, UsageError."""
    engine = chosen(settings)
    check_key(engine, settings)
    if settings.engine == "auto" and not engine.leaves:
        return best(settings, notice)
    return engine, alone(engine, settings, notice)


def best(settings: TtsSettings, notice: Notice) -> tuple[EngineInfo, Tts]:
    """The first local voice that is here, or is quick and can be fetched, and that keeps up on this machine.

    That is measured if it never was. Where there is none, the last engine's. Raises EngineError, UsageError.
    """
    for engine in ENGINES[:-1]:
        if engine.leaves or engine.missing() or _known(engine, settings).keeps_up() is False:
            continue
        try:
            if not is_here(engine, settings):
                if not (engine.quick and _is_watched() and measured.may_fetch(key(engine, settings))):
                    continue  # a large one is fetched by whoever asks for it: assistant voices get
                _fetch(engine, settings, notice)
            voice = alone(engine, settings, notice)
            if _known(engine, settings).keeps_up() or measured.speed(key(engine, settings), voice).keeps_up():
                return engine, voice
        except EngineError as error:
            notice(f"{error}; another voice speaks")
            continue
        voice.close()
        notice(f"{voice.name} is too slow for this machine; another voice speaks")
    return ENGINES[-1], alone(ENGINES[-1], settings, notice)


def covered(engine: EngineInfo, voice: Tts, settings: TtsSettings, notice: Notice, language: str = "") -> Tts:
    """``voice`` with a quick local one that stands in when it fails, and, where it is no quick one itself, when it is
    late. ``language``: of the answers, where it is known and the voice reads many; else that of the one that stands in.
    """
    spares = [other for other in ENGINES[ENGINES.index(engine) + 1 :] if other.quick]
    if not spares:
        return voice
    found = _first(language or ("" if engine.leaves else voice.language), spares, settings, notice)
    if found is None:
        notice(f"no offline voice is here: until there is one nothing speaks when {engine.title} fails")
        return voice
    deadline = float("inf") if engine.quick else settings.deadline
    spare = found[1]
    return Fallback(
        voice, spare, notice, deadline, language or (spare.language if engine.leaves else ""), bool(engine.leaves)
    )


def in_language(language: str, engine: EngineInfo, voice: Tts, settings: TtsSettings, notice: Notice) -> Tts | None:
    """What speaks ``language`` (two letters) instead of ``engine``'s ``voice``; None when nothing here does.

    The chosen engine's own voice, else that of another local one that is here. A cloud voice reads every language.
    """
    if engine.leaves:
        return covered(engine, voice, settings, notice, language)
    others = [other for other in ENGINES if other is not engine and not other.leaves]
    found = _first(language, [engine, *others], settings, notice)
    return found and covered(*found, settings, notice)


def for_language(language: str, engine: EngineInfo, settings: TtsSettings) -> tuple[EngineInfo, TtsSettings] | None:
    """The plainest voice of ``language`` that is here, of ``engine`` or else of another local one; None without any."""
    others = [other for other in ENGINES if other is not engine and not other.leaves]
    return next(_speaking(language, [engine, *others], settings), None)


def _first(
    language: str, engines: Sequence[EngineInfo], settings: TtsSettings, notice: Notice
) -> tuple[EngineInfo, Tts] | None:
    for engine, so in _speaking(language, engines, settings):
        with contextlib.suppress(AssistantError):  # the next one is tried, and there is the voice that was chosen
            return engine, alone(engine, so, notice)
    return None


def _speaking(
    language: str, engines: Sequence[EngineInfo], settings: TtsSettings
) -> Iterator[tuple[EngineInfo, TtsSettings]]:
    """Engines and settings for the voices of ``language`` that are here and not too slow, of each engine the one that
    the settings name first, then the plainest; without a language, those that the settings name.
    """
    for engine in engines:
        if engine.missing():
            continue
        wanted = getattr(settings, engine.voice)
        names = [wanted] if not language and is_here(engine, settings) else []
        if language:
            here = [voice for voice in engine.imported().voices(settings) if voice.here and speaks(voice, language)]
            names = sorted((voice.name for voice in here), key=lambda name: (name != wanted, len(name), name))
        for name in names:
            so = using(engine, name, settings)
            if _known(engine, so).keeps_up() is not False:
                yield engine, so


def speaks(voice: Voice, language: str) -> bool:
    """Whether it is a voice of ``language``, e.g. an ``en-us`` one of ``en``."""
    spoken, language = voice.language.lower().replace("_", "-"), language.lower().replace("_", "-")
    wanted = _ALSO.get(language, language)
    return spoken == wanted or spoken.startswith(f"{wanted}-")


def _known(engine: EngineInfo, settings: TtsSettings) -> measured.Measured:
    return measured.known(key(engine, settings))


def is_here(engine: EngineInfo, settings: TtsSettings) -> bool:
    """Whether the voice that the settings name can speak without anything being fetched; a path is left to the engine.

    Raises EngineError.
    """
    name = getattr(settings, engine.voice)
    return all(voice.here for voice in engine.imported().voices(settings) if voice.name == name)


def _is_watched() -> bool:
    """Whether somebody sees the progress: no service and no script fetches 60 MB unasked."""
    return sys.stderr.isatty()


def _fetch(engine: EngineInfo, settings: TtsSettings, notice: Notice) -> None:
    notice(f"fetching the voice {key(engine, settings)}, this once")
    try:
        engine.imported().fetch(getattr(settings, engine.voice))
    except EngineError:
        measured.fetch_failed(key(engine, settings))
        raise
