"""Which models and voices OpenAI's cloud voice has. Nothing here imports its client, which takes a second."""

from __future__ import annotations

import os

from assistant.tts import TtsSettings, Voice

OPENAI = "https://api.openai.com/v1"
REALTIME_MODEL = "gpt-realtime-2.1-mini"
"""What ``auto`` is at api.openai.com, and what replaces the models that are switched off."""
_ELSEWHERE = "tts-1"  # what ``auto`` is at another server: most of them map this name to a model of their own
REALTIME_VOICES = ("alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse")
SPEECH_VOICES = (*REALTIME_VOICES, "fable", "nova", "onyx")


def elsewhere(settings: TtsSettings) -> str:
    """The address of the server when it is not OpenAI's own; the package itself minds OPENAI_BASE_URL."""
    return settings.openai_base_url or os.environ.get("OPENAI_BASE_URL", "").strip()


def address(settings: TtsSettings) -> str:
    """Where the words are sent."""
    return elsewhere(settings) or OPENAI


def key_name(settings: TtsSettings) -> str:
    """The variable with the key for that address: OpenAI's goes to no address that stands in the settings."""
    return "TTS_API_KEY" if settings.openai_base_url else "OPENAI_API_KEY"


def model_of(settings: TtsSettings) -> str:
    if settings.openai_model != "auto":
        return settings.openai_model
    return _ELSEWHERE if elsewhere(settings) else REALTIME_MODEL


def is_realtime(model: str) -> bool:
    """Whether the model speaks through the Realtime API only; all others have /v1/audio/speech."""
    return "realtime" in model


def missing_voice(settings: TtsSettings) -> str:
    """What is to be told when OpenAI's model has no such voice; empty when it may have."""
    model, voice = model_of(settings), settings.openai_voice
    if elsewhere(settings) or not is_realtime(model) or voice not in SPEECH_VOICES or voice in REALTIME_VOICES:
        return ""
    return f"cloud voice: {model} has no voice {voice!r}; set [tts] openai_voice to one of {', '.join(REALTIME_VOICES)}"


def voices(settings: TtsSettings) -> list[Voice]:
    """Of the model that is chosen; another server's are not known."""
    if address := elsewhere(settings):
        return [Voice("openai", settings.openai_voice, "", licence="paid service", note=address)]
    names = sorted(REALTIME_VOICES if is_realtime(model_of(settings)) else SPEECH_VOICES)
    notes = dict.fromkeys(("marin", "cedar"), "one of OpenAI's best")
    return [Voice("openai", name, "", licence="paid service", note=notes.get(name, "")) for name in names]
