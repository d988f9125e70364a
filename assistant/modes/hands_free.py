"""Hands-free: the microphone is open all the time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from assistant import events, modes
from assistant.audio import Microphone, Speaker, devices, files, room
from assistant.audio.card import Card
from assistant.audio.echo import EchoCancellingMicrophone
from assistant.audio.vad import Vad
from assistant.concurrency.worker import Worker
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.folders import data_folder
from assistant.modes import control
from assistant.screen import Screen


async def run(
    settings: Settings, screen: Screen, beside: modes.Beside | None = None, reread: Callable[[], Settings] | None = None
) -> None:
    """Talk until cancelled; ``reread``: see `modes.conversation`. Raises DeviceError."""
    microphone, speaker = open_devices(settings, screen)
    try:
        await _converse(settings, screen, microphone, speaker, beside, reread)
    finally:
        microphone.close()


def open_devices(settings: Settings, observe: events.Observer, wait: bool = False) -> tuple[Microphone, Speaker]:
    """The microphone, with the speaker's echo taken out of it if so configured, and the speaker. Once open, both heal
    themselves whatever happens to the devices, and ``observe`` gets Health; closing one of them closes both.

    Raises DeviceError when one is missing now, unless ``wait``: then it is opened as soon as it is there. Raises
    UsageError for a wrong name in the settings. Call it in the event loop.
    """
    card = Card(settings.audio, lambda part, works, text: observe(events.Health(part, works, text)))
    if wait:
        devices.portaudio()
    else:
        card.open()
    card.watch()
    if not settings.audio.echo_cancelling:
        return card.microphone, card.speaker

    file_for = cache(partial(room.file_for, settings.audio))
    return EchoCancellingMicrophone(
        card.microphone,
        card.speaker.reference,
        lambda: file_for(card.microphone.name, card.speaker.name),
        aggressiveness=settings.vad.aggressiveness,
    ), card.speaker


async def run_sample(
    settings: Settings, screen: Screen, question: np.ndarray, beside: modes.Beside | None = None
) -> Path:
    """Put a recorded question (mono float32, 16 kHz) through the same loop; gives where the answer lies (WAV)."""
    answer = data_folder() / "sample_answer.wav"  # not where the user stands: a file of theirs may have that name
    speaker = files.WavSpeaker()
    await _converse(settings, screen, files.FileMicrophone(question), speaker, beside)
    answer.parent.mkdir(parents=True, exist_ok=True)
    speaker.save(answer)
    return answer


async def _converse(
    settings: Settings,
    screen: Screen,
    microphone: Microphone,
    speaker: Speaker,
    beside: modes.Beside | None,
    reread: Callable[[], Settings] | None = None,
) -> None:
    vad = asyncio.create_task(load_vad(settings))  # beside the engines
    async with modes.conversation(settings, speaker, screen, beside=beside, reread=reread, lasts=True) as conversation:
        async with control.serving(lambda command: do(conversation, command), screen.note):
            await listen(conversation, microphone, await vad)


def do(conversation: Conversation, command: control.Command) -> str:
    """See `control.Handle`."""
    if command != "stop":
        return "the microphone is open all the time; to open it by a key, start: assistant talk --push-to-talk"
    conversation.interrupt()
    return ""


async def listen(conversation: Conversation, microphone: Microphone, vad: Vad) -> None:
    """Converse; the voice detector must not take the assistant's own voice for the user's."""
    if isinstance(microphone, EchoCancellingMicrophone):
        await conversation.listen(microphone, microphone.heard_by(vad), lambda: vad.onset or microphone.onset)
    else:
        await conversation.listen(microphone, vad, lambda: vad.onset)


async def load_vad(settings: Settings) -> Vad:
    return await Worker("load-vad").call(Vad, settings.vad)
