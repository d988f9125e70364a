"""Kiosk: hands-free without screen or keyboard. A device that is missing is waited for, at the start too."""

from __future__ import annotations

import asyncio

from assistant import modes
from assistant.config import Settings
from assistant.modes.hands_free import listen, load_vad, open_devices
from assistant.screen import Screen


async def run(settings: Settings, screen: Screen) -> None:
    """Talk until cancelled, whatever happens to the devices; engines and history outlive them."""
    vad = asyncio.create_task(load_vad(settings))
    microphone, speaker = open_devices(settings, screen, wait=True)
    try:
        async with modes.conversation(settings, speaker, screen) as conversation:
            await listen(conversation, microphone, await vad)
    finally:
        microphone.close()
