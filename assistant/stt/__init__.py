"""Speech to text. One file per engine, one row of `ENGINES`; `load` picks one from the settings."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assistant.errors import EngineError
from assistant.settings import EngineInfo, choices, named, option

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
"""The last one is always there."""


@dataclass(frozen=True)
class SttSettings:
    engine: str = option(
        "auto",
        "Speech recognition; auto = Moonshine for English on a CPU, which it hears better and sooner, "
        "else Whisper when its weights are cached or can be fetched.",
        choices=("auto", *choices(ENGINES)),
    )
    model: str = option(
        "auto",
        "Whisper: a size (tiny, base.en, small, medium, large-v3, turbo ...), a hub name, or a local folder in "
        "CTranslate2 format; auto = the largest size that is quick enough here.",
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


_AS_MEAN = 0.42  # brings 0.36 to 0.65: with either bound as many well understood turns are asked back


@dataclass(frozen=True)
class Hypothesis:
    """What else may have been said."""

    text: str
    confidence: float | None
    weakest: float | None
    """Both as in `Transcript`."""
    log_odds: float
    """Natural logarithm of how much more probable the recogniser holds it than the transcript's text."""


@dataclass(frozen=True)
class Transcript:
    text: str
    """What was said, stripped; empty when there was no speech in the audio."""
    confidence: float | None = None
    """Mean probability per token in [0, 1]; None when the engine gives none."""
    language: str = ""
    """Two-letter code; empty when the engine knows only one, or nothing was said."""
    goes_on: float | None = None
    """Probability of a comma, colon, dash or dots after the last word, whatever was written there; None when the
    engine gives none."""
    weakest: float | None = None
    """Mean probability of the least sure quarter of the tokens, of three at least; None when the engine gives none."""
    other: Hypothesis | None = None
    """What else, where a word was in doubt; None when all words were sure or the engine gives none."""

    @property
    def understood(self) -> float | None:
        """How surely all of it was understood, in [0, 1]; None when the engine cannot tell.

        A misheard word is seen in the weakest tokens, not in the mean of all.
        """
        return self.confidence if self.weakest is None else self.weakest**_AS_MEAN


class Stt(Protocol):
    name: str
    """For the screen and the journal, e.g. ``moonshine tiny-en``."""

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        """Transcribe one utterance: mono float32 in [-1, 1] at 16 kHz, any length. Raises EngineError.

        To be called again while an utterance grows: only what is new since the last calls costs much. ``partial``:
        the user still speaks, the words are to be shown, not answered; an engine may be less exact and quicker.
        """

    async def others(self, audio: np.ndarray) -> tuple[Hypothesis, ...]:
        """All that may have been said in ``audio``, which was transcribed, the most probable first, with its log-odds
        against that; empty when the engine cannot tell. Raises EngineError.
        """

    async def forget(self) -> None:
        """Drop all that it keeps of what was said. Waits for a call under way."""

    def close(self) -> None: ...


def load(settings: SttSettings, notice: Callable[[str], None]) -> Stt:
    """The engine that the settings choose, loaded and warm; blocks. Raises EngineError, UsageError.

    Of those that `wanted` names the first one that can be loaded is taken; ``notice`` is told which and why.
    """
    engines = wanted(settings)
    reason = ""
    if settings.engine == "auto" and engines[0].languages == "en" and settings.model != SttSettings.model:
        notice(
            f"[stt] model {settings.model} is not used, since {engines[0].name.capitalize()} hears English better on a "
            "CPU; to use it, set [stt] engine to whisper"
        )
    for engine in engines[:-1]:
        try:
            return engine.imported().load(settings, notice)
        except EngineError as error:
            reason = str(error)
    engine = engines[-1]
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


def wanted(settings: SttSettings) -> list[EngineInfo]:
    """The engines to try, best first: the one that the settings name, or with ``auto`` what measures best here.

    English on a CPU (40 clips of speakers that were not tuned on, 2 cores): Moonshine tiny 6.2 % of the words wrong for
    0.28 s of CPU a clip, Whisper base 8.3 % for 2.4 s, tiny.en 10.9 % for 1.3 s.
    """
    if settings.engine != "auto":
        return [named(settings.engine, ENGINES)]
    english = settings.language == "en" or settings.language == "auto" and settings.model.endswith(("auto", ".en"))
    if english and not has_gpu(settings):
        return [engine for engine in ENGINES if engine.languages == "en"]
    return list(ENGINES)


def has_gpu(settings: SttSettings) -> bool:
    """Whether Whisper is to run on a GPU and there is one."""
    if settings.device == "cpu" or shutil.which("nvidia-smi") is None:  # a question that costs no import
        return settings.device == "cuda"
    import ctranslate2

    return ctranslate2.get_cuda_device_count() > 0
