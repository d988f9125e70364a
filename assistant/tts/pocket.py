"""Pocket TTS (Kyutai): a language model of sound, 110 M parameters, that speaks while it thinks; run by torch.

A second of English takes 0.8 s of CPU, and 0.24 s with the model of 7 M parameters: ``alba@english_7m_2026-10``.

Its weights are fetched here, through assistant/hub.py, and its own loader is given the files: it would ask the hub for
each of them, one after the other, every time. https://github.com/kyutai-labs/pocket-tts
"""

from __future__ import annotations

import copy
import difflib
import functools
import importlib.util
import re
import tempfile
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np

from assistant import hub
from assistant.concurrency.worker import Worker
from assistant.errors import EngineError, UsageError
from assistant.folders import checkout
from assistant.tts import SpeechChunk, TtsSettings, Voice
from assistant.tts.clauses import first_line
from assistant.tts.silence import Trimmer

_LANGUAGES = {
    "english": "en",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "portuguese": "pt",
    "spanish": "es",
    "dutch": "nl",
}
_MEGABYTES = 240.0  # about: 118 M parameters of two bytes
_VOICES = {
    "english": (
        "alba:f anna:f azelma:f bill_boerst:m caro_davy:f charles:m cosette:f eponine:f eve:f fantine:f george:m "
        "jane:f javert:m jean:m marius:m mary:f michael:m paul:m peter_yearsley:m stuart_bell:m vera:f"
    ),
    **{"french": "estelle:f", "german": "juergen:m", "italian": "giovanni:m", "portuguese": "rafael:m"},
    **{"spanish": "lola:f", "dutch": "daan:m"},
}
_SEX = {name[:-2]: name[-1] for names in _VOICES.values() for name in names.split()}
_MODEL = {name[:-2]: model for model, names in _VOICES.items() for name in names.split()}
_EMBEDDING = (
    "hf://kyutai/pocket-tts-without-voice-cloning/languages/{model}/embeddings/{voice}.safetensors"
    "@a7056f505a4a8ca72d8b5fb1440071d6f1a35739"
)
"""Belongs to the weights that the package's 4.0 names in its config folder; to ask the package is to load torch."""
_NOT_COMMERCIAL = {"cosette", "jean"}  # from the corpora Expresso and EARS
_ADDRESS = re.compile(r"hf://([^/]+/[^/]+)/([^@]+)@(\w+)")


class Pocket:
    def __init__(self, settings: TtsSettings) -> None:
        """Some seconds. Raises UsageError for an unknown voice, EngineError when its package or its files are missing
        or broken.
        """
        self._voice = _known(settings.pocket_voice)
        config, state = _files(self._voice, hub.fetch)
        self._model, self._state = _loaded(config, state)
        self._worker = Worker("pocket")
        self.name = f"pocket {self._voice}"
        self.language = _language(_split(self._voice)[1])

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Chunks as they are decoded, 80 ms and more each; which word is spoken is not told."""
        stop = threading.Event()
        try:
            async with aclosing(self._worker.stream(functools.partial(self._speak, text, stop))) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            stop.set()  # the package's own threads look at it before each frame

    def close(self) -> None:
        self._worker.close()

    def _speak(self, text: str, stop: threading.Event, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        if not any(map(str.isalnum, text)):
            return
        trimmer = Trimmer(text)
        try:
            for sound in self._model.generate_audio_stream(self._state, text, stop=stop):
                if cancelled():
                    return
                speech = trimmer.push(sound.numpy().astype(np.float32, copy=False))
                if len(speech):
                    yield SpeechChunk(speech)
        except Exception as error:  # of its two threads, whatever it is
            raise EngineError(
                f"pocket: could not speak {text[:40]!r} ({first_line(error)}); choose another [tts] pocket_voice"
            ) from error
        pause = trimmer.finish()
        if cancelled():
            return
        if not len(pause):
            raise EngineError(
                f"pocket: the model made no sound for {text[:40]!r}; choose another [tts] pocket_voice or engine"
            )
        yield SpeechChunk(pause, len(text))


def _loaded(config: dict[str, Any], state: Path) -> tuple[Any, Any]:
    """The model of ``config``, whose files are all here, and what it continues: the voice."""
    import yaml
    from pocket_tts import TTSModel

    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.yaml")
            path.write_text(yaml.safe_dump(config), encoding="utf-8")
            model = TTSModel.load_model(config=path)
        return model, model.get_state_for_audio_prompt(state)
    except Exception as error:  # of torch, safetensors, tokenizers, pydantic: whatever it is, the voice cannot be used
        raise EngineError(
            f"pocket: the model or the voice {state.stem} cannot be loaded ({first_line(error)}); delete "
            f"{config['weights_path']} so that it is fetched again, and update the package: {_how_to_install()}"
        ) from error


def _files(voice: str, get: Callable[..., Path | None]) -> tuple[dict[str, Any], Path]:
    """The model's configuration with the places of its files on this machine, and the voice's file.

    Raises what ``get`` raises, and EngineError when it finds nothing.
    """
    name, model = _split(voice)
    config = copy.deepcopy(_config(_configs(), model))

    def here(address: str) -> Path:
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise EngineError(
                f"pocket: this version of Pocket TTS keeps {model} at {address}, which is not understood; "
                f"{_how_to_install()}"
            )
        repo, file, revision = found.groups()
        path = get(repo, file, revision=revision)
        if path is None:
            raise EngineError(f"pocket: {repo}/{file} is not on this machine; it is fetched on first use")
        return path

    # The other weights can also imitate a recording, and are given to those only who ask their owner.
    config["weights_path"] = str(here(config.pop("weights_path_without_voice_cloning")))
    table = config["flow_lm"]["lookup_table"]
    table["tokenizer_path"] = str(here(table["tokenizer_path"]))
    return config, here(_EMBEDDING.format(model=model, voice=name))


@functools.cache
def _config(folder: Path, model: str) -> dict[str, Any]:
    import yaml

    try:
        return yaml.safe_load((folder / f"{model}.yaml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = difflib.get_close_matches(model, [path.stem for path in folder.glob("*.yaml")], n=3, cutoff=0)
        raise UsageError(
            f"[tts] pocket_voice: Pocket TTS has no model {model!r}; the nearest are {', '.join(near)}"
        ) from None


def _configs() -> Path:
    """The package's own, one file a model, found without importing torch."""
    package = importlib.util.find_spec("pocket_tts")
    if package is None or package.origin is None:
        raise EngineError(f"pocket: Pocket TTS is not installed; {_how_to_install()}")
    return Path(package.origin).parent / "config"


def _known(voice: str) -> str:
    """A voice that there is, as ``NAME`` or ``NAME@MODEL``; whether there is such a model the package knows."""
    whole = voice.strip().lower()
    name = whole.partition("@")[0]
    if name not in _MODEL:
        near = difflib.get_close_matches(name, _MODEL, n=3, cutoff=0.5) or ["alba", "george", "estelle", "juergen"]
        raise UsageError(f"[tts] pocket_voice: Pocket TTS has no voice {voice!r}; the nearest are {', '.join(near)}")
    return whole


def _split(voice: str) -> tuple[str, str]:
    """The voice's name, and its model: the largest of its language, unless another one is named."""
    name, _, model = voice.partition("@")
    return name, model or _MODEL[name]


def _language(model: str) -> str:
    return _LANGUAGES.get(model.partition("_")[0], "en")


def _how_to_install() -> str:
    return f"""run pip install {'-e ".[pocket]"' if checkout() else '"voice-assistant[pocket]"'}"""


def load(settings: TtsSettings, notice: Callable[[str], None]) -> Pocket:
    return Pocket(settings)


def found(settings: TtsSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    voice = _known(settings.pocket_voice)
    if importlib.util.find_spec("pocket_tts") is None:
        return "Pocket TTS is not installed", _how_to_install()
    try:
        _files(voice, hub.cached)
    except EngineError:
        return f"pocket {voice} is not on this machine yet", "it is fetched on first use"
    return f"pocket {voice}", ""


def voices(settings: TtsSettings) -> list[Voice]:
    """Every voice, and the one that the settings name, with what is still to be fetched for it."""
    return [_row(voice) for voice in dict.fromkeys((*_MODEL, _known(settings.pocket_voice)))]


def _row(voice: str) -> Voice:
    name, model = _split(voice)
    return Voice(
        "pocket",
        voice,
        language=_language(model),
        sex={"f": "female", "m": "male"}[_SEX[name]],
        licence="CC-BY-NC-4.0" if name in _NOT_COMMERCIAL else "CC-BY-4.0",
        megabytes=_MEGABYTES if model in _LANGUAGES else 0.0,
        here=_is_here(voice),
        note="who is imitated, and on what terms: kyutai/tts-voices on the hub",
    )


def _is_here(voice: str) -> bool:
    try:
        return bool(_files(voice, hub.cached))
    except (EngineError, UsageError):
        return False


def fetch(name: str) -> None:
    """Put the voice and its model on this machine. Raises UsageError and EngineError."""
    _files(_known(name), hub.fetch)
