"""Kiosk: hands-free without screen or keyboard. A device that vanishes is waited for, not a reason to end."""

from __future__ import annotations

import asyncio

from assistant import modes
from assistant.audio import Microphone, Speaker, devices
from assistant.config import Settings
from assistant.errors import DeviceError
from assistant.modes.hands_free import listen, load_vad, open_devices
from assistant.screen import Screen

_RETRY = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds until the devices are tried again; the last one is repeated


async def run(settings: Settings, screen: Screen) -> None:
    """Talk until cancelled, whatever happens to the devices; engines and history outlive them."""
    vad = asyncio.create_task(load_vad(settings))
    microphone, speaker = await _open(settings, screen)
    async with modes.conversation(settings, speaker, screen) as conversation:
        while True:
            try:
                await listen(conversation, microphone, await vad)
            except DeviceError as error:
                screen.note(str(error))
            finally:
                microphone.close()
            conversation.speaker.close()
            microphone, conversation.speaker = await _open(settings, screen)


async def _open(settings: Settings, screen: Screen) -> tuple[Microphone, Speaker]:
    failures = 0
    while True:
        try:
            return open_devices(settings)
        except DeviceError as error:
            wait = _RETRY[min(failures, len(_RETRY) - 1)]
            screen.note(f"{error} (next try in {wait:.0f} s)")
            failures += 1
            await asyncio.sleep(wait)
            devices.rescan()
