"""All voices of all engines, and which one a name means."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import re
from collections.abc import Iterator
from dataclasses import replace

from assistant.errors import EngineError, UsageError
from assistant.settings import EngineInfo
from assistant.tts import ENGINES, TtsSettings, Voice
from assistant.tts.choice import speaks

_SAMPLES = {
    "en": "Good morning. This is how I sound, and I could read to you for hours.",
    "de": "Guten Morgen. So klinge ich, und ich könnte Ihnen stundenlang vorlesen.",
    "fr": "Bonjour. Voilà ma voix, et je pourrais vous faire la lecture pendant des heures.",
    "es": "Buenos días. Así sueno, y podría leerle durante horas.",
    "it": "Buongiorno. Questa è la mia voce, e potrei leggere per ore.",
    "pt": "Bom dia. Esta é a minha voz, e eu poderia ler durante horas.",
    "nl": "Goedemorgen. Zo klink ik, en ik zou u urenlang kunnen voorlezen.",
}


def every(
    settings: TtsSettings, only: str | None = None, language: str | None = None
) -> list[tuple[EngineInfo, Voice]]:
    """Those of the engine ``only`` and of one language, or all; an engine that cannot tell has none."""
    return [
        (engine, voice)
        for engine in ENGINES
        if only in (None, engine.name)
        for voice in _voices(engine, settings)
        if language is None or not voice.language or speaks(voice, language)
    ]


def find(name: str, settings: TtsSettings) -> tuple[EngineInfo, Voice]:
    """What ``engine/voice`` means, or a voice's name that only one engine has. Raises UsageError with the nearest.

    A voice with ``+`` and a variant or a speaker is what its engine makes of it.
    """
    table = [(f"{engine.name}/{voice.name}", engine, voice) for engine, voice in every(settings)]
    base, plus, variant = name.partition("+")
    exact = [row for row in table if name in (row[0], row[2].name)]
    found = exact or [row for row in table if plus and base in (row[0], row[2].name)]
    if len(found) == 1:
        _, engine, voice = found[0]
        if exact:
            return engine, voice
        if engine is ENGINES[-1]:
            engine.imported().fetch(f"{voice.name}+{variant}")  # there is nothing to fetch: it knows its variants
        return engine, replace(voice, name=f"{voice.name}+{variant}")
    names = [row[0] for row in found]
    if not names:
        with contextlib.suppress(UsageError, EngineError, ImportError):  # by another of the names that it has for one
            own = name.removeprefix(f"{ENGINES[-1].name}/")
            ENGINES[-1].imported().fetch(own)
            return ENGINES[-1], Voice(ENGINES[-1].name, own, own.partition("+")[0], licence=ENGINES[-1].licence)
        keys = {key: full for full, _, voice in table for key in (full, voice.name)}
        holding = [key for key in keys if name.lower() in re.split(r"[/_-]", key.lower())]
        close = holding or difflib.get_close_matches(name, keys, n=3, cutoff=0.6)
        names = list(dict.fromkeys(keys[key] for key in close))[:3]
        raise UsageError(
            f"there is no voice {name!r}; "
            + (f"the nearest: {', '.join(names)}" if names else "`assistant voices` shows all")
        )
    raise UsageError(f"{name!r} may be {' or '.join(names)}; give the engine, too")


def owners(name: str, settings: TtsSettings) -> list[str]:
    """The engines that have a voice ``name``, which may have its engine before it."""
    return [engine.name for engine, voice in every(settings) if name in (f"{engine.name}/{voice.name}", voice.name)]


def sample(language: str) -> str:
    """A sentence or two to hear a voice of ``language`` by; English for a language that there is none for."""
    return _SAMPLES.get(language.partition("-")[0].partition("_")[0].lower(), _SAMPLES["en"])


def _voices(engine: EngineInfo, settings: TtsSettings) -> Iterator[Voice]:
    try:
        yield from importlib.import_module(engine.listed or engine.module).voices(settings)
    except (EngineError, ImportError):
        return
