"""Whisper through faster-whisper (CTranslate2): any size, any hub repository, any local folder in its format.

faster-whisper loads the model and makes the features; decoding is asked of CTranslate2 directly, one pause-to-pause
piece at a time, since faster-whisper's own loop encodes the audio twice when it detects the language, decodes up to
six times when it is unsure, and cuts long audio in the middle of words unless it also decodes timestamps.
"""

from __future__ import annotations

import difflib
import functools
import math
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import numpy as np

from assistant import hub, threads
from assistant.audio import SAMPLE_RATE
from assistant.errors import AssistantError, EngineError, UsageError
from assistant.stt import SttSettings, Transcript, wanted
from assistant.stt.pieces import AudioPieces, Known, Part, joined
from assistant.worker import Worker

# Whisper was trained on 30 s; padded to less it is quicker, but fails now and then: loops, wrong words
# (https://github.com/OpenNMT/CTranslate2/issues/2100, https://github.com/ggml-org/whisper.cpp/issues/1951).
_WINDOW = 30.0
_PARTIAL_PADDING = 5.0  # seconds behind a partial, which is not answered: base encodes 3 + 5 s in 0.09 s, 30 s in 0.8
_LONGEST = 29.0
_TOKENS_PER_SECOND = 20  # scripts that take several tokens a letter included; more is a loop
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
    return hub.cached(_repository(model), only=_FILES)


def fetch(model: str) -> Path:
    """`locate`, after fetching what is missing. Raises EngineError, UsageError."""
    return locate(model) or hub.fetch(_repository(model), only=_FILES)


def _repository(model: str) -> str:
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
            self._decode(np.zeros(SAMPLE_RATE, np.float32), lambda: False)
        except AssistantError:
            raise
        except MemoryError:
            raise EngineError(_too_large(folder)) from None
        except Exception as error:  # CTranslate2 raises RuntimeError and ValueError, the tokenizer plain Exception
            raise _explained(error, folder) from error
        self._worker = Worker("whisper")
        self.name = f"whisper {settings.model if folder != Path(settings.model).expanduser() else folder.name}"

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        """See `Stt`. A cancelled call ends behind the encoder pass, or the decoding, of the piece it is at."""
        async with aclosing(self._worker.stream(functools.partial(self._transcribe, audio, partial))) as parts:
            return joined([part async for part in parts])

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
            str(folder),
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
            raise UsageError(
                f"[stt] model {settings.model} understands English only, but language is "
                f"{settings.language}; choose a model without .en, such as base"
            )
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
                    part = self._decode(piece, cancelled, len(piece) / SAMPLE_RATE + _PARTIAL_PADDING)
                else:
                    part = self._known(piece, lambda piece: self._decode(piece, cancelled))
            except RuntimeError as error:
                raise EngineError(
                    f"{self.name} failed: {str(error).splitlines()[0]}; choose a smaller model, or device cpu in [stt]"
                ) from error
            if part is None:
                return
            yield part

    def _decode(self, audio: np.ndarray, cancelled: Callable[[], bool], window: float = _WINDOW) -> Part | None:
        """Pad ``audio`` to ``window`` seconds and decode it; None when it was cancelled."""
        from faster_whisper.audio import pad_or_trim
        from faster_whisper.tokenizer import Tokenizer

        whisper = self._model.model
        frames = round(min(window, _WINDOW) / self._model.feature_extractor.time_per_frame)
        heard = self._model.encode(pad_or_trim(self._model.feature_extractor(audio), frames))
        if cancelled():
            return None
        language = self._language or whisper.detect_language(heard)[0][0][0].strip("<|>")
        tokenizer = Tokenizer(self._model.hf_tokenizer, whisper.is_multilingual, task="transcribe", language=language)
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        most = len(prompt) + 16 + int(_TOKENS_PER_SECOND * len(audio) / SAMPLE_RATE)
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


def load(settings: SttSettings, notice: Callable[[str], None]) -> Whisper:
    """With ``[stt] engine = "auto"`` nothing is waited for that cannot be had, and what is taken is said.

    Raises EngineError, UsageError.
    """
    if settings.engine != "auto":
        return Whisper(settings, fetch(settings.model))
    folder = locate(settings.model)
    if folder is None:
        if not hub.reachable():
            raise EngineError(f"Whisper {settings.model} is not on this machine and the hub cannot be reached")
        notice(f"Fetching Whisper {settings.model} from the hub, this once")
        folder = fetch(settings.model)
    engine = Whisper(settings, folder)
    notice(f"Using Whisper {settings.model}, which is on this machine")
    return engine


def found(settings: SttSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    folder = locate(settings.model)
    if folder is not None:
        return f"{settings.model} lies in {folder}", ""
    if settings.engine == "whisper":
        return f"{settings.model} is not on this machine yet", "it is fetched on first use"
    if wanted(settings)[0].name != "whisper":
        return f"{settings.model} is not on this machine, and not needed", ""
    return (
        f"{settings.model} is not on this machine",
        "Moonshine is used until it can be fetched; see `assistant models`",
    )
