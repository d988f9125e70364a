"""Kokoro-82M: one small network, 28 English voices and 13 of other languages, run by onnxruntime.

Each clause of a sentence is synthesized for itself: the network normalises over all of the sound that it makes, so that
none of it can be had before the rest. https://huggingface.co/hexgrad/Kokoro-82M
"""

from __future__ import annotations

import difflib
import functools
import zipfile
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from assistant import hub
from assistant.concurrency.worker import Worker
from assistant.errors import EngineError, ModelError, UsageError
from assistant.tts import SpeechChunk, TtsSettings, Voice
from assistant.tts.clauses import LONGEST, Piece, Sound, first_line, network, speak, streamed
from assistant.tts.kokoro import phonemes as kokoro_phonemes
from assistant.tts.onnx_output import with_output_of

REPO = "onnx-community/Kokoro-82M-v1.0-ONNX"
_DEFAULT = "model.onnx"  # 0.72 s of one core for a second of speech; the int8 one, a quarter as large, takes 0.90 s
_MEGABYTES = {_DEFAULT: 326, "model_fp16.onnx": 163, "model_quantized.onnx": 92}
_PAD = 0  # begins and ends what the model reads
_STYLE = 256
_FRAME = 600  # samples of sound for each frame of the durations
_SPEED = 1.0

_LANGUAGES = {"a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "p": "pt-br"}
"""First letter of a voice's name -> espeak's voice for its language. The second letter is f or m."""
_GRADES = dict(
    grade.split(":")
    for grade in (
        "af_heart:A af_alloy:C af_aoede:C+ af_bella:A- af_jessica:D af_kore:C+ af_nicole:B- af_nova:C af_river:D "
        "af_sarah:C+ af_sky:C- am_adam:F+ am_echo:D am_eric:D am_fenrir:C+ am_liam:D am_michael:C+ am_onyx:D "
        "am_puck:C+ am_santa:D- bf_alice:D bf_emma:B- bf_isabella:C bf_lily:D bm_daniel:D bm_fable:C bm_george:C "
        "bm_lewis:D+ ef_dora: em_alex: em_santa: ff_siwis:B- hf_alpha:C hf_beta:C hm_omega:C hm_psi:C if_sara:C "
        "im_nicola:C pf_dora: pm_alex: pm_santa:"
    ).split()
)
"""Every voice whose phonemes espeak gives, and its author's own grade (VOICES.md); empty = not graded."""


class Kokoro:
    def __init__(self, settings: TtsSettings) -> None:
        """Raises UsageError for an unknown voice, ModelError and EngineError when its files are missing or broken."""
        self._voice = _known(settings.kokoro_voice)
        model, style = _files(settings.kokoro_model, self._voice, hub.fetch)
        self._styles = _styles(style, self._voice)
        self._session, self._timed = _session(model)
        inputs = {value.name: value.type for value in self._session.get_inputs()}
        self._ids = "input_ids" if "input_ids" in inputs else "tokens"
        if not {self._ids, "style", "speed"} <= inputs.keys():
            raise ModelError(
                f"{model}: this is no Kokoro model of version 1.0, for it takes {', '.join(inputs)} instead of "
                f"input_ids, style and speed; choose one of {REPO} as [tts] kokoro_model"
            )
        self._speed = np.array([_SPEED], np.float32 if inputs["speed"] == "tensor(float)" else np.int32)
        self._espeak = _LANGUAGES[self._voice[0]]
        self._worker = Worker("kokoro")
        self.name = f"kokoro {self._voice}"
        self.language = self._espeak[:2]

    def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """One chunk per word where the model tells how long each lasts, else one per clause."""
        return streamed(self._worker, functools.partial(self._speak, text))

    def close(self) -> None:
        self._worker.close()

    def _speak(self, text: str, run: Any, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        tokens = functools.partial(kokoro_phonemes.tokens, language=self._espeak)
        return speak(text, self._espeak, tokens, functools.partial(self._synthesize, run), "kokoro", cancelled)

    def _synthesize(self, run: Any, piece: Piece) -> Sound:
        inputs = {
            self._ids: np.array([[_PAD, *piece.tokens, _PAD]], np.int64),
            "style": self._styles[len(piece.tokens) - 1][None],
            "speed": self._speed,
        }
        audio, *rest = (np.asarray(output, np.float32).ravel() for output in self._session.run(None, inputs, run))
        if not self._timed:
            return Sound(audio)
        frames = np.cumsum(np.maximum(1, rest[-1]))  # the first is of the pad before the first phoneme
        return Sound(audio, [int(frames[tokens]) * _FRAME for tokens, _ in piece.words])


def _session(model: Path) -> tuple[Any, bool]:
    """The network, and whether its last output is how many frames each phoneme lasts."""
    try:
        # Its duration predictor ends with the only rounding; some exports give it out themselves.
        with with_output_of(model, "Round") as copy:
            return network(copy or model), copy is not None
    except Exception as error:  # whatever it is, the file is of no use
        raise ModelError(
            f"{model}: the Kokoro model cannot be loaded ({first_line(error)}); delete the file so that it is fetched "
            "again, or choose another [tts] kokoro_model"
        ) from error


def _styles(path: Path, voice: str) -> np.ndarray:
    """Shape (510, 256): the voice's style for each number of phonemes, from its .bin or an archive of all voices."""
    try:
        if zipfile.is_zipfile(path):
            with np.load(path) as archive:
                styles = archive[voice]
        else:
            styles = np.fromfile(path, np.float32)
        return np.ascontiguousarray(styles, np.float32).reshape(LONGEST, _STYLE)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"{path}: this is not the Kokoro voice {voice} of version 1.0 ({first_line(error)}); delete the file so "
            "that it is fetched again"
        ) from error


def _files(model: str, voice: str, get: Callable[[str, str], Path | None]) -> tuple[Path, Path]:
    """Where the model and the voice lie: in the folder that ``model`` names, else where ``get`` finds them.

    Raises ModelError when they are not in that folder, what ``get`` raises, and EngineError when it finds nothing.
    """
    place = Path(model).expanduser()
    if model != "auto" and (place.exists() or len(place.parts) > 1):
        network = place if place.is_file() else _network(place)
        return network, _style_file(network, voice)
    file = _DEFAULT if model == "auto" else model
    parts = get(REPO, f"onnx/{file}"), get(REPO, f"voices/{voice}.bin")
    if parts[0] is None or parts[1] is None:
        raise EngineError(f"kokoro: {REPO} is not on this machine; it is fetched on first use")
    return parts[0], parts[1]


def _network(folder: Path) -> Path:
    there = sorted(path for pattern in ("*.onnx", "onnx/*.onnx") for path in folder.glob(pattern))
    best = [path for path in there if path.name == _DEFAULT] or there
    if len(best) != 1:
        what = f"there are {', '.join(path.name for path in there)}" if there else "there is no .onnx file"
        raise ModelError(f"{folder}: {what}; name the Kokoro model's file as [tts] kokoro_model")
    return best[0]


def _style_file(network: Path, voice: str) -> Path:
    """The voice in the folder of ``network``, or in the one above, as on the hub."""
    for folder in (network.parent, network.parent.parent):
        for path in (folder / "voices" / f"{voice}.bin", folder / f"{voice}.bin", *sorted(folder.glob("voices*.*"))):
            if path.is_file():
                return path
    raise ModelError(
        f"{network.parent}: the Kokoro voice {voice} is not there; put {voice}.bin of {REPO} into its folder voices"
    )


def _known(voice: str) -> str:
    name = voice.strip().lower()
    if name not in _GRADES:
        near = [known for known in _GRADES if name and name in known][:5]
        near = near or difflib.get_close_matches(name, _GRADES, n=3, cutoff=0.5) or ["af_heart", "af_bella", "bf_emma"]
        raise UsageError(f"[tts] kokoro_voice: Kokoro has no voice {voice!r}; the nearest are {', '.join(near)}")
    return name


def load(settings: TtsSettings, notice: Callable[[str], None]) -> Kokoro:
    return Kokoro(settings)


def found(settings: TtsSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    voice = _known(settings.kokoro_voice)
    try:
        model, _ = _files(settings.kokoro_model, voice, hub.cached)
    except ModelError:
        raise
    except EngineError:
        return f"kokoro {voice} is not on this machine yet", "it is fetched on first use"
    return f"kokoro {voice}, {model.name}", ""


def voices(settings: TtsSettings) -> list[Voice]:
    """Every voice, with what is still to be fetched for it."""
    model = settings.kokoro_model
    return [_row(name, model) for name in _GRADES]


def _row(name: str, model: str) -> Voice:
    try:
        here = bool(_files(model, name, hub.cached))
    except EngineError:
        here = False
    return Voice(
        "kokoro",
        name,
        language=_LANGUAGES[name[0]],
        sex={"f": "female", "m": "male"}[name[1]],
        licence="Apache-2.0",
        megabytes=_MEGABYTES.get(_DEFAULT if model == "auto" else model, 0) + 0.5,
        here=here,
        note=f"its author's grade: {_GRADES[name]}" if _GRADES[name] else "",
    )


def fetch(name: str) -> None:
    """Put the voice and the model on this machine. Raises UsageError and EngineError."""
    _files("auto", _known(name), hub.fetch)
