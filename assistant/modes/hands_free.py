"""Hands-free: the microphone is open all the time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from assistant import modes
from assistant.audio import Microphone, Speaker, capture, files, playback, room
from assistant.audio.echo import EchoCancellingMicrophone
from assistant.audio.vad import Vad
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.errors import AssistantError
from assistant.folders import data_folder
from assistant.modes import control
from assistant.screen import Screen
from assistant.worker import Worker


async def run(settings: Settings, screen: Screen, beside: modes.Beside | None = None) -> None:
    """Talk until cancelled. Raises DeviceError."""
    microphone, speaker = open_devices(settings)
    try:
        await _converse(settings, screen, microphone, speaker, beside)
    finally:
        microphone.close()


def open_devices(settings: Settings) -> tuple[Microphone, Speaker]:
    """The microphone, with the speaker's echo taken out of it if so configured. Raises DeviceError."""
    microphone = capture.open_microphone(settings.audio)
    try:
        speaker = playback.open_speaker(settings.audio)
    except AssistantError:
        microphone.close()
        raise
    if not settings.audio.echo_cancelling:
        return microphone, speaker
    room_file = room.file_for(settings.audio, microphone.device.name, speaker.device.name)
    return EchoCancellingMicrophone(
        microphone, speaker.reference, room_file, aggressiveness=settings.vad.aggressiveness
    ), speaker


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
    settings: Settings, screen: Screen, microphone: Microphone, speaker: Speaker, beside: modes.Beside | None
) -> None:
    vad = asyncio.create_task(load_vad(settings))  # beside the engines
    async with modes.conversation(settings, speaker, screen, beside=beside) as conversation:
        async with control.serving(lambda command: _do(conversation, command), screen.note):
            await listen(conversation, microphone, await vad)


def _do(conversation: Conversation, command: control.Command) -> str:
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
