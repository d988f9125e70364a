"""Whisper through faster-whisper (CTranslate2): any size, any hub repository, any local folder in its format.

faster-whisper loads the model and makes the features; decoding is asked of CTranslate2 directly, one pause-to-pause
piece at a time, since faster-whisper's own loop encodes the audio twice when it detects the language, decodes up to
six times when it is unsure, and cuts long audio in the middle of words unless it also decodes timestamps.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import math
import os
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant import hub
from assistant.audio import SAMPLE_RATE
from assistant.concurrency import threads
from assistant.concurrency.worker import Worker
from assistant.errors import AssistantError, EngineError, NativeError, UsageError
from assistant.stt import Hypothesis, SttSettings, Transcript, sizes, wanted
from assistant.stt.pieces import AudioPieces, Known, Part, joined
from assistant.stt.window import Window
from rag.text import openable

if TYPE_CHECKING:
    from ctranslate2 import StorageView

_LONGEST = 29.0
_TINY = 384  # numbers in the encoder's output; short windows cost such a model 3 points of WER: only partials are so
_TOKENS_PER_SECOND = 20  # scripts that take several tokens a letter included; more is a loop
_FEWEST_TOKENS_PER_SECOND = 1  # slow talkers reach 2; less, and the words ended before the speech did
_SAID_TWICE = re.compile(r"(\S.{4,150}?\S)\W{0,9}\1", re.IGNORECASE)  # bounded: it tries every beginning and length
_REPETITIVE = 2.4  # text that gzip shrinks more than this repeats itself (Radford et al. 2022, section 4.5)
_MOST_TOKENS = 448  # the decoder's context
_FILES = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")
_REPOSITORIES = {
    **{
        size: f"Systran/faster-whisper-{size}"
        for size in (
            "tiny",
            "tiny.en",
            "base",
            "base.en",
            "small",
            "small.en",
            "medium",
            "medium.en",
            "large-v1",
            "large-v2",
            "large-v3",
        )
    },
    **{
        f"distil-{size}": f"Systran/faster-distil-whisper-{size}"
        for size in ("small.en", "medium.en", "large-v2", "large-v3")
    },
    "large": "Systran/faster-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}


def locate(model: str) -> Path | None:
    """The folder on this machine that ``[stt] model`` means, None when it must be fetched. Raises UsageError."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if model.startswith((".", "/", "~")) or model.count("/") > 1 or os.path.isabs(model) or folder.exists():
        raise UsageError(
            f"{model}: there is no such folder; [stt] model takes a size such as base.en, a hub name, or "
            "the folder of a Whisper model in CTranslate2 format"
        )
    return hub.cached(repository(model), only=_FILES)


def fetch(model: str) -> Path:
    """`locate`, after fetching what is missing. Raises EngineError, UsageError."""
    return locate(model) or hub.fetch(repository(model), only=_FILES)


def repository(model: str) -> str:
    if "/" in model:
        return model
    if model not in _REPOSITORIES:
        close = difflib.get_close_matches(model, _REPOSITORIES, n=1, cutoff=0.4)
        raise UsageError(
            f"[stt] model = {model!r} is no Whisper size"
            + (f"; did you mean {close[0]}?" if close else f"; known are: {', '.join(_REPOSITORIES)}")
        )
    return _REPOSITORIES[model]


class Whisper:
    short_windows: bool
    """Whether no more is encoded than was said, and 30 s only where that goes wrong; a GPU needs no such saving."""

    def __init__(self, settings: SttSettings, folder: Path) -> None:
        """Load the model in ``folder`` and warm it. Raises UsageError for settings it cannot meet, else EngineError."""
        if not (folder / "model.bin").is_file():
            raise UsageError(
                f"{folder}: is not a Whisper model in CTranslate2 format (it has no model.bin); convert "
                "it with ct2-transformers-converter, or set [stt] model to a size such as base.en"
            )
        try:
            self._load(settings, folder)
            self._settings = settings
            self._language = self._check_language(settings)
            self._pieces, self._known = AudioPieces(), Known()
            self._window = Window(self._model)
            self._is_tiny = self._window.width <= _TINY
            self._decode(np.zeros(SAMPLE_RATE, np.float32), lambda: False, again=False)
        except AssistantError:
            raise
        except MemoryError:
            raise EngineError(_too_large(folder)) from None
        except Exception as error:  # CTranslate2 raises RuntimeError and ValueError, the tokenizer plain Exception
            raise _explained(error, folder) from error
        self._worker = Worker("whisper")
        self.name = f"whisper {settings.model if folder != Path(settings.model).expanduser() else folder.name}"

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        """See `Stt`. A cancelled call ends behind the encoder pass, or the decoding, that it is at."""
        async with aclosing(self._worker.stream(functools.partial(self._transcribe, audio, partial))) as parts:
            return joined([part async for part in parts])

    async def others(self, audio: np.ndarray) -> tuple[Hypothesis, ...]:
        """See `Stt`: none."""
        return ()

    async def forget(self) -> None:
        await self._worker.call(self._forget)

    def _forget(self) -> None:
        self._pieces.forget()
        self._known = Known()

    def close(self) -> None:
        self._worker.close()

    def _load(self, settings: SttSettings, folder: Path) -> None:
        import ctranslate2
        from faster_whisper import WhisperModel

        gpus = ctranslate2.get_cuda_device_count()
        if settings.device == "cuda" and not gpus:
            raise UsageError(
                "[stt] device is cuda, but no CUDA GPU can be used here; set it to auto or cpu, "
                "or install the NVIDIA driver"
            )
        device = "cuda" if gpus and settings.device != "cpu" else "cpu"
        self.short_windows = device == "cpu"
        possible = ctranslate2.get_supported_compute_types(device)
        compute_type = settings.compute_type
        if compute_type == "auto":
            compute_type = next(
                kind
                for kind in (("float16", "float32") if device == "cuda" else ("int8", "float32"))
                if kind in possible
            )
        if compute_type not in possible:
            raise UsageError(
                f"[stt] compute_type = {compute_type} cannot be used on this {device}; "
                f"possible are: auto, {', '.join(sorted(possible))}"
            )
        self._model = WhisperModel(
            openable(folder),
            device=device,
            compute_type=compute_type,
            local_files_only=True,
            cpu_threads=threads.choose(settings.threads, "stt"),
        )

    def _check_language(self, settings: SttSettings) -> str | None:
        """The fixed language, None to detect it."""
        known = self._model.supported_languages
        if settings.language == "auto":
            return known[0] if len(known) == 1 else None
        if settings.language in known:
            return settings.language
        if len(known) == 1:
            raise UsageError(_english_only(settings))
        raise UsageError(
            f"[stt] language = {settings.language!r} is no language Whisper knows; use a code such as en, "
            "de or fr, or auto"
        )

    def _transcribe(self, audio: np.ndarray, partial: bool, cancelled: Callable[[], bool]) -> Iterator[Part]:
        pieces = self._pieces(audio, _LONGEST)
        for number, piece in enumerate(pieces, 1):
            if cancelled():
                return
            try:
                if partial and number == len(pieces):
                    part = self._decode(piece, cancelled, again=False)
                else:
                    part = self._known(piece, lambda piece: self._decode(piece, cancelled))
            except RuntimeError as error:
                raise NativeError(
                    f"{self.name} failed: {str(error).splitlines()[0]}; choose a smaller model, or device cpu in [stt]"
                ) from error
            if part is None:
                return
            yield part

    def _decode(self, audio: np.ndarray, cancelled: Callable[[], bool], again: bool = True) -> Part | None:
        """What was said in ``audio``; None when it was cancelled.

        ``again``: what a short window makes of it is not trusted when it looks wrong, but asked of a full one.
        """
        features, seconds = self._model.feature_extractor(audio), len(audio) / SAMPLE_RATE
        if self.short_windows and not (again and self._is_tiny):
            part = self._words(self._window.short(features), seconds, cancelled)
            if part is None or not again or not doubtful(part, seconds):
                return part
            if cancelled():
                return None
        return self._words(self._window.full(features), seconds, cancelled)

    def _words(self, heard: StorageView, seconds: float, cancelled: Callable[[], bool]) -> Part | None:
        """Decode what the encoder made of ``seconds`` of audio; None when it was cancelled."""
        from faster_whisper.tokenizer import Tokenizer

        if cancelled():
            return None
        whisper = self._model.model
        language = self._language or whisper.detect_language(heard)[0][0][0].strip("<|>")
        tokenizer = Tokenizer(self._model.hf_tokenizer, whisper.is_multilingual, task="transcribe", language=language)
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        most = len(prompt) + 16 + int(_TOKENS_PER_SECOND * seconds)
        # Beam 1: five beams cost twice the time for a few tenths of a percent fewer wrong words.
        [result] = whisper.generate(
            heard,
            [prompt],
            beam_size=1,
            max_length=min(most, _MOST_TOKENS),
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = result.sequences_ids[0]
        log_probability = result.scores[0] * len(tokens) / (len(tokens) + 1)  # the end of text counts as a token, too
        text = tokenizer.decode(tokens).strip()
        if not self._is_speech(text, result.no_speech_prob, log_probability):
            text = ""
        return Part(text, len(tokens), math.exp(min(0.0, log_probability)), language)

    def _is_speech(self, text: str, no_speech: float, log_probability: float) -> bool:
        """Each gate alone drops the text. Whisper's own rule needs both, and lets "Thanks for watching" pass: the words
        it makes up for noise are fluent, so that their log-probability is high."""
        data = text.encode()
        return (
            no_speech <= self._settings.no_speech_threshold
            and log_probability >= self._settings.min_log_probability
            and len(data) <= _REPETITIVE * len(zlib.compress(data))
        )


def doubtful(part: Part, seconds: float) -> bool:
    """Whether a short window may have gone wrong on ``seconds`` of audio: nothing understood, too little, or a loop."""
    return (
        not part.text or part.tokens < _FEWEST_TOKENS_PER_SECOND * seconds or _SAID_TWICE.search(part.text) is not None
    )


def _english_only(settings: SttSettings) -> str:
    return (
        f"[stt] model {settings.model} understands English only, but language is {settings.language}; "
        "choose a model without .en, such as base"
    )


def _explained(error: Exception, folder: Path) -> EngineError:
    text = str(error).splitlines()[0].split(". ")[0].rstrip(".") if str(error) else type(error).__name__
    if "out of memory" in text or "bad_alloc" in text or "failed to allocate" in text.lower():
        return EngineError(_too_large(folder))
    if "libcu" in text or "CUDA" in text:
        return EngineError(
            f"Whisper cannot use the GPU ({text}); install NVIDIA's cuBLAS and cuDNN 9, or set [stt] device to cpu"
        )
    return EngineError(f"{folder}: the Whisper model cannot be loaded ({text}); fetch or convert it again")


def _too_large(folder: Path) -> str:
    return (
        f"{folder}: there is not enough memory for this Whisper model; choose a smaller one, "
        'or [stt] compute_type = "int8"'
    )


def candidates(settings: SttSettings) -> list[str]:
    """What ``[stt] model`` means for this language on this machine, best first. Raises EngineError, UsageError."""
    if settings.model == "auto":
        return sizes.ordered(settings)
    if settings.language in ("auto", "en") or not settings.model.endswith(".en"):
        return [settings.model]
    multilingual = settings.model.removesuffix(".en")
    if multilingual not in _REPOSITORIES and settings.model in _REPOSITORIES:
        raise UsageError(_english_only(settings))
    return [multilingual if multilingual in _REPOSITORIES else settings.model]


def load(settings: SttSettings, notice: Callable[[str], None]) -> Whisper:
    """With ``auto`` nothing is waited for that cannot be had. What is taken is said, unless the user named it.

    Raises EngineError, UsageError.
    """
    model, *others = candidates(settings)
    folder = locate(model)
    if folder is None and settings.model == "auto" and not hub.reachable():
        model, folder = next(((other, path) for other in others if (path := locate(other))), (model, None))
    reason = ""
    if settings.model == "auto":
        reason = ", the largest that is quick enough here" if model not in others else ", the best that is here"
    elif model != settings.model:
        reason = f", since {settings.model} understands English only"
    if folder is None:
        if settings.engine == "auto" and not hub.reachable():
            raise EngineError(f"Whisper {model} is not on this machine and the hub cannot be reached")
        notice(f"Fetching Whisper {model} from the hub, this once{reason}")
        folder = fetch(model)
    engine = Whisper(dataclasses.replace(settings, model=model), folder)
    if reason or settings.engine == "auto":
        notice(f"Using Whisper {model}{reason or ', which is on this machine'}")
    return engine


def here(settings: SttSettings) -> tuple[str, Path | None]:
    """The best of the `candidates` on this machine and its folder; None when none is."""
    names = candidates(settings)
    return next(((name, path) for name in names if (path := locate(name))), (names[0], None))


def found(settings: SttSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    if settings.model == "auto" and wanted(settings)[0].name != "whisper":
        return "not needed", ""
    model, folder = here(settings)
    if folder is not None:
        return f"{model} lies in {folder}", ""
    if settings.engine == "whisper":
        return f"{model} is not on this machine yet", "it is fetched on first use"
    if wanted(settings)[0].name != "whisper":
        return f"{model} is not on this machine, and not needed", ""
    return (f"{model} is not on this machine", "Moonshine is used until it can be fetched; see `assistant models`")
