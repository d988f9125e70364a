"""Speech to text. One file per engine, one row of `ENGINES`; `load` picks one from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assistant.errors import EngineError
from assistant.settings import EngineInfo, choices, option

if TYPE_CHECKING:
    import numpy as np

ENGINES = (
    EngineInfo(
        "whisper",
        title="Whisper",
        module="assistant.stt.whisper",
        packages=("faster_whisper", "ctranslate2"),
        licence="MIT",
        languages="about 100",
        note="the larger, the better and the slower; [stt] model",
        memory=0.4,
    ),
    EngineInfo(
        "moonshine",
        title="moonshine tiny-en",
        module="assistant.stt.moonshine",
        packages=("onnxruntime", "moonshine_voice"),
        licence="MIT",
        languages="en",
        note="bundled; quick on any processor",
        memory=0.2,
        weights="moonshine_voice",
    ),
)
"""In the order in which ``auto`` tries them; the last one is always there."""


@dataclass(frozen=True)
class SttSettings:
    engine: str = option(
        "auto",
        "Speech recognition; auto = Whisper when its weights are cached or can be fetched, else Moonshine.",
        choices=("auto", *choices(ENGINES)),
    )
    model: str = option(
        "base.en",
        "Whisper: a size (tiny, base.en, small, medium, large-v3, turbo ...), a hub name, "
        "or a local folder in CTranslate2 format.",
    )
    language: str = option(
        "auto", "Whisper: two-letter code of the spoken language, or auto to detect it. Moonshine is English only."
    )
    device: str = option(
        "auto", "Whisper: where it runs; auto = the GPU when there is one.", choices=("auto", "cpu", "cuda")
    )
    compute_type: str = option(
        "auto",
        "Whisper: number format; auto = int8 on the CPU, float16 on the GPU.",
        choices=("auto", "int8", "int8_float16", "float16", "float32"),
    )
    threads: int = option(
        0,
        "CPU threads; 0 = chosen for this machine. More is not quicker when the language model runs beside it.",
        low=0,
        high=64,
    )
    no_speech_threshold: float = option(
        0.6,
        "Whisper: audio it holds to be no speech with more than this probability gives no text; lower drops more.",
        low=0.0,
        high=1.0,
    )
    min_log_probability: float = option(
        -1.0,
        "Whisper: text with a lower mean log-probability is dropped as a guess; higher (nearer 0) drops more.",
        low=-10.0,
        high=0.0,
    )


@dataclass(frozen=True)
class Transcript:
    text: str
    """What was said, stripped; empty when there was no speech in the audio."""
    confidence: float | None = None
    """Mean probability per token in [0, 1]; None when the engine gives none."""
    language: str = "en"
    goes_on: float | None = None
    """Probability of a comma, colon, dash or dots after the last word, whatever was written there; None when the
    engine gives none."""


class Stt(Protocol):
    name: str
    """For the screen and the journal, e.g. ``moonshine tiny-en``."""

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        """Transcribe one utterance: mono float32 in [-1, 1] at 16 kHz, any length. Raises EngineError.

        To be called again while an utterance grows: only what is new since the last calls costs much. ``partial``:
        the user still speaks, the words are to be shown, not answered; an engine may be less exact and quicker.
        """

    def close(self) -> None: ...


def load(settings: SttSettings, notice: Callable[[str], None]) -> Stt:
    """The engine that the settings choose, loaded and warm; blocks. Raises EngineError, UsageError.

    ``auto`` takes the first engine that can be loaded, and gives notice which and why.
    """
    wanted = [engine for engine in ENGINES if settings.engine in ("auto", engine.name)]
    reason = ""
    for engine in wanted[:-1]:
        try:
            return engine.imported().load(settings, notice)
        except EngineError as error:
            reason = str(error)
    engine = wanted[-1]
    loaded = engine.imported().load(settings, notice)
    if reason:
        reason += f": using the bundled {engine.name.capitalize()}" + (
            " (English only)" if engine.languages == "en" else ""
        )
    if engine.languages == "en" and settings.language not in ("auto", "en"):
        reason = reason or f"{engine.name.capitalize()} understands English only"
        reason += f", although [stt] language is {settings.language}: other languages need a Whisper model"
    if reason:
        notice(reason)
    return loaded
