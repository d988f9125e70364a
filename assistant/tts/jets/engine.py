"""JETS, ESPnet's text to speech without a middle step, as ONNX: one English voice, LJ Speech's, run by onnxruntime.

Its export takes ARPABET; the tokens are those of config.yaml beside it. The tokenizer that its card names asks the
network for NLTK's data on import, and NLTK renamed what it asks for; so espeak's phonemes are read here, too.
Paper: Lim et al., "JETS: Jointly Training FastSpeech2 and HiFi-GAN for End to End Text to Speech", 2022.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from assistant import hub
from assistant.concurrency.worker import Worker
from assistant.errors import EngineError, ModelError
from assistant.tts import SAMPLE_RATE, SpeechChunk, TtsSettings, Voice
from assistant.tts.clauses import Piece, Sound, first_line, network, speak, streamed
from assistant.tts.jets.arpabet import arpabet

REPO = "NeuML/ljspeech-jets-onnx"
_MODEL, _CONFIG = "model.onnx", "config.yaml"
_MEGABYTES = 130.0  # about: what its recipe builds, 32 M parameters of four bytes
_RATE = 22_050  # of LJ Speech, and of all that ESPnet trained on it
_ESPEAK = "en-us"


class Jets:
    def __init__(self, settings: TtsSettings) -> None:
        """Raises ModelError and EngineError when its files are missing, broken or another model's."""
        model, config = _files(settings.jets_voice, hub.fetch)
        self._tokens = _tokens(config)
        self._session = _session(model)
        self._worker = Worker("jets")
        self.name = f"jets {Path(settings.jets_voice).name}"
        self.language = "en"

    def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """One chunk per word."""
        return streamed(self._worker, functools.partial(self._speak, text))

    def close(self) -> None:
        self._worker.close()

    def _speak(self, text: str, run: Any, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        def tokens(ipa: str) -> list[int]:
            return [self._tokens[symbol] for symbol in arpabet(ipa) if symbol in self._tokens]

        return speak(text, _ESPEAK, tokens, functools.partial(self._synthesize, run), "jets", cancelled)

    def _synthesize(self, run: Any, piece: Piece) -> Sound:
        audio, durations = self._session.run(["wav", "dur"], {"text": np.array(piece.tokens, np.int64)}, run)
        pcm24k = soxr.resample(np.asarray(audio, np.float32).ravel(), _RATE, SAMPLE_RATE)
        frames = np.concatenate([[0], np.cumsum(durations)])
        scale = len(pcm24k) / max(1, frames[-1])
        return Sound(pcm24k, [int(frames[tokens] * scale) for tokens, _ in piece.words])


def _session(model: Path) -> Any:
    try:
        session = network(model)
    except Exception as error:  # whatever it is, the file is of no use
        raise ModelError(
            f"{model}: the JETS model cannot be loaded ({first_line(error)}); delete the file so that it is fetched "
            "again, or choose another [tts] jets_voice"
        ) from error
    inputs = {value.name for value in session.get_inputs()}
    outputs = {value.name for value in session.get_outputs()}
    if inputs != {"text"} or not {"wav", "dur"} <= outputs:
        raise ModelError(
            f"{model}: this is no JETS model as espnet_onnx exports them, for it makes {', '.join(sorted(outputs))} of "
            f"{', '.join(sorted(inputs))} instead of wav and dur of text; choose another [tts] jets_voice"
        )
    return session


def _tokens(config: Path) -> dict[str, int]:
    """ARPABET and punctuation -> the model's number for it."""
    import yaml

    try:
        listed = yaml.safe_load(config.read_text(encoding="utf-8"))["token"]["list"]
        tokens = {str(token): number for number, token in enumerate(listed)}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, KeyError) as error:
        raise ModelError(
            f"{config}: the list of the model's tokens cannot be read ({first_line(error)}); delete the file so that "
            "it is fetched again"
        ) from error
    if lacking := {"AH0", "AY1", "N", "."} - tokens.keys():
        raise ModelError(
            f"{config}: the model does not read English in ARPABET, for it has no {', '.join(sorted(lacking))}; choose "
            "another [tts] jets_voice"
        )
    return tokens


def _files(voice: str, get: Callable[[str, str], Path | None]) -> tuple[Path, Path]:
    """Where model and tokens lie: in the folder that ``voice`` names, else where ``get`` finds them.

    Raises ModelError when they are not in that folder, what ``get`` raises, and EngineError when it finds nothing.
    """
    folder = Path(voice).expanduser()
    if folder.is_dir():
        model, config = folder / _MODEL, folder / _CONFIG
        if lacking := [path.name for path in (model, config) if not path.is_file()]:
            raise ModelError(f"[tts] jets_voice: {folder} has no {' and no '.join(lacking)}; name the folder of both")
        return model, config
    found = get(voice, _MODEL), get(voice, _CONFIG)
    if found[0] is None or found[1] is None:
        raise EngineError(f"jets: {voice} is not on this machine; it is fetched on first use")
    return found[0], found[1]


def load(settings: TtsSettings, notice: Callable[[str], None]) -> Jets:
    return Jets(settings)


def found(settings: TtsSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    try:
        _files(settings.jets_voice, hub.cached)
    except ModelError:
        raise
    except EngineError:
        return f"{settings.jets_voice} is not on this machine yet", "it is fetched on first use"
    return f"jets {settings.jets_voice}", ""


def voices(settings: TtsSettings) -> list[Voice]:
    """The published one, and the one that the settings name."""
    return [_row(name) for name in dict.fromkeys((REPO, settings.jets_voice))]


def _row(name: str) -> Voice:
    try:
        here = bool(_files(name, hub.cached))
    except EngineError:
        here = False
    own = name != REPO
    return Voice(
        "jets",
        name,
        language=_ESPEAK,
        sex="" if own else "female",
        licence="" if own else "Apache-2.0",
        megabytes=0.0 if own else _MEGABYTES,
        here=here,
        note="" if own else "after a model under CC-BY-4.0; the recordings, LJ Speech, are in the public domain",
    )


def fetch(name: str) -> None:
    """Put the voice on this machine. Raises EngineError."""
    _files(name, hub.fetch)
