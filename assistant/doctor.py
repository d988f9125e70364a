"""What this machine can do and what it lacks. Every check says what was found and what to do about it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np

from assistant import llm, stt, tts
from assistant.audio import SAMPLE_RATE, capture, devices, playback
from assistant.config import Settings
from assistant.errors import AssistantError, DeviceError, EngineError
from assistant.folders import data_folder, how_to_install
from assistant.llm.presets import PRESETS
from assistant.secrets import secret
from assistant.settings import EngineInfo, named
from assistant.tts import SAMPLE_RATE as SPEECH_RATE

_PACKAGES = (  # beside those of the engines
    "numpy",
    "sounddevice",
    "webrtcvad",
    "livekit",
    "soundfile",
    "soxr",
    "av",
    "huggingface_hub",
    "platformdirs",
    "dotenv",
    "psutil",
    "rich",
    "tomlkit",
)
_KEYS = ("OPENAI_API_KEY", "XAI_API_KEY", "LLM_API_KEY", "TTS_API_KEY", "HF_TOKEN", "HOME_ASSISTANT_TOKEN")
_LISTEN_SECONDS = 1.0
_TONE_SECONDS = 0.4
_TONE_TIMEOUT = 5.0
_DISK = (0.2, 5.0)  # GB: below the first nothing can be written safely, below the second no larger model fits
_MEMORY = (0.7, 2.0)  # GB: the bundled engines, a better language model


@dataclass(frozen=True)
class Check:
    name: str
    status: Literal["ok", "note", "failed"]
    """`note`: works, but worth knowing; `failed`: talking does not work."""
    found: str
    to_do: str = ""


def checks(settings: Settings, tone: bool, level: Callable[[float], None]) -> Iterator[Check]:
    """Run one check after the other. ``level`` gets the microphone's peak in dB below full scale while it is heard."""
    yield _python()
    yield _packages()
    yield from sound(settings, tone, level)
    yield _language_model(settings)
    yield from _speech_models(settings)
    yield from _keys(settings)
    yield _gpu()
    yield _network()
    yield _disk()
    yield _memory()


def _problem(name: str, error: Exception, status: Literal["note", "failed"] = "failed") -> Check:
    found, _, to_do = str(error).partition("; ")
    return Check(name, status, found, to_do)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info < (3, 15):
        return Check("Python", "ok", version)
    return Check(
        "Python", "failed", f"{version} is not supported", f"install Python 3.11 to 3.14, then {how_to_install()}"
    )


def _packages() -> Check:
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        return Check("Packages", "failed", f"missing: {', '.join(missing)}", how_to_install())
    return Check("Packages", "ok", f"all {len(_PACKAGES)} are installed")


# ---- sound -----------------------------------------------------------------------------------------------------


def sound(settings: Settings, tone: bool, level: Callable[[float], None]) -> Iterator[Check]:
    """Microphone and speaker alone, see `checks`."""
    try:
        yield Check("PortAudio", "ok", devices.portaudio().get_portaudio_version()[1].split(",")[0])
    except DeviceError as error:
        yield _problem("PortAudio", error)
        return
    try:
        peak, name = asyncio.run(_listen(settings, level))
    except AssistantError as error:
        yield _problem("Microphone", error)
    else:
        yield _heard(name, peak)
    try:
        yield Check(
            "Speaker",
            "ok",
            asyncio.run(_play(settings, tone)),
            "turn the volume up if you did not hear the tone" if tone else "",
        )
    except AssistantError as error:
        yield _problem("Speaker", error)


async def _listen(settings: Settings, level: Callable[[float], None]) -> tuple[float, str]:
    """The loudest sample within a second, in dB below full scale, and the microphone's name."""
    microphone = capture.open_microphone(settings.audio)
    try:
        highest, samples = 0.0, 0
        async for frame in microphone.frames():
            peak = float(np.abs(frame).max())
            level(_decibel(peak))
            highest, samples = max(highest, peak), samples + len(frame)
            if samples >= _LISTEN_SECONDS * SAMPLE_RATE:
                break
        return _decibel(highest), microphone.name
    finally:
        microphone.close()


def _decibel(peak: float) -> float:
    return 20 * float(np.log10(max(peak, 1e-6)))


def _heard(name: str, peak: float) -> Check:
    found = f"{name}, loudest sound {peak:.0f} dB"
    if peak < -80:
        return Check(
            "Microphone",
            "note",
            f"{name} is silent",
            "unmute it, raise its level, or choose another with [audio] input",
        )
    if peak > -0.5:
        return Check("Microphone", "note", f"{found}: it clips", "lower its level, or keep more distance")
    return Check("Microphone", "ok", found)


async def _play(settings: Settings, tone: bool) -> str:
    """Open the speaker, play a short tone if asked to, and return the speaker's name."""
    speaker = playback.open_speaker(settings.audio)
    try:
        if tone:
            time = np.arange(round(_TONE_SECONDS * SPEECH_RATE)) / SPEECH_RATE
            speaker.write(0.2 * np.sin(2 * np.pi * 440 * time) * np.hanning(len(time)))
            async with asyncio.timeout(_TONE_TIMEOUT):
                await speaker.drained()
        return speaker.name
    except TimeoutError:
        raise DeviceError(f"{speaker.name} takes no sound; choose another speaker with [audio] output") from None
    finally:
        speaker.close()


# ---- models, keys ----------------------------------------------------------------------------------------------


def _language_model(settings: Settings) -> Check:
    engine = named(settings.llm.engine, llm.ENGINES)
    return _engine("Language model", engine, settings.llm, chosen=True)


def _speech_models(settings: Settings) -> Iterator[Check]:
    from assistant.audio.vad import silero_path

    try:
        yield Check("Voice detection", "ok", silero_path().name)
    except EngineError as error:
        yield _problem("Voice detection", error)
    for engine in stt.ENGINES:
        last = engine is stt.ENGINES[-1]  # without it, `auto` has nothing to fall back on
        yield _engine(engine.name.capitalize(), engine, settings.stt, chosen=settings.stt.engine == engine.name or last)


def _keys(settings: Settings) -> Iterator[Check]:
    names = dict.fromkeys((*_KEYS, PRESETS[settings.llm.preset].key))
    yield Check("Keys", "ok", ", ".join(f"{name} {'set' if secret(name) else 'not set'}" for name in names))
    engine = tts.chosen(settings.tts)
    try:
        tts.check_key(engine, settings.tts)
    except AssistantError as error:
        yield _problem("Voice", error)
    else:
        yield _engine("Voice", engine, settings.tts, chosen=True)


def _engine(name: str, engine: EngineInfo, settings: Any, chosen: bool) -> Check:
    """``chosen``: talking does not work without it."""
    if missing := engine.missing():
        return Check(
            name,
            "failed" if chosen else "note",
            f"missing: {', '.join(missing)}",
            f"{how_to_install()}, or choose another",
        )
    try:
        found, to_do = engine.imported().found(settings)
    except AssistantError as error:
        return _problem(name, error, "failed" if chosen else "note")
    return Check(name, "note" if to_do else "ok", found, to_do)


# ---- machine ---------------------------------------------------------------------------------------------------


def _gpu() -> Check:
    card = ""
    if shutil.which("nvidia-smi"):
        try:
            card = (
                subprocess.run(
                    ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"],
                    text=True,
                    errors="replace",
                    capture_output=True,
                    timeout=10,
                )
                .stdout.strip()
                .replace("\n", "; ")
            )
        except (OSError, subprocess.TimeoutExpired):
            pass
    try:
        import llama_cpp

        offload = bool(llama_cpp.llama_supports_gpu_offload())
    except Exception as error:  # a broken build fails in many ways; all mean the same here
        return Check("GPU", "failed", f"llama.cpp cannot be loaded ({error})", how_to_install())
    if card and not offload:
        return Check(
            "GPU",
            "note",
            f"{card}, but llama.cpp was built without it",
            "build it for the GPU: CMAKE_ARGS=-DGGML_CUDA=on pip install --force-reinstall llama-cpp-python",
        )
    if offload:
        return Check("GPU", "ok", card or "used by llama.cpp")
    return Check("GPU", "ok", "none; everything runs on the CPU")


def _network() -> Check:
    from assistant import hub

    if hub.reachable():
        return Check("Network", "ok", "the model hub can be reached")
    return Check(
        "Network",
        "note",
        "the model hub cannot be reached",
        "the bundled models work without it; larger ones need a network (see HF_ENDPOINT)",
    )


def _disk() -> Check:
    folder = data_folder()
    while not folder.exists():
        folder = folder.parent
    return _room(
        "Disk",
        shutil.disk_usage(folder).free / 1e9,
        f"free in {folder}",
        _DISK,
        "free some space: the journal cannot be written",
        "free some space before you fetch larger models",
    )


def _memory() -> Check:
    import psutil

    return _room(
        "Memory",
        psutil.virtual_memory().available / 1e9,
        "available",
        _MEMORY,
        "close other programs: the bundled engines need 0.7 GB",
        "close other programs before you use larger models",
    )


def _room(name: str, size: float, what: str, limits: tuple[float, float], too_little: str, little: str) -> Check:
    found = f"{size:.1f} GB {what}"
    if size < limits[0]:
        return Check(name, "failed", found, too_little)
    return Check(name, "note", found, little) if size < limits[1] else Check(name, "ok", found)
