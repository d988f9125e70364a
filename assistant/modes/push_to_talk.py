"""Push-to-talk: the space bar opens the microphone and closes it again.

A terminal reports no key releases, so one press opens and the next one closes. To the conversation an open microphone
is speech and a closed one is silence: everything else, barge-in too, is as in the hands-free mode.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from assistant import modes
from assistant.config import Settings
from assistant.errors import UsageError
from assistant.modes.hands_free import open_devices
from assistant.screen import Screen

_CLOSED = 0.2  # seconds after the closing press until the answer may be heard


class TalkKey:
    """Call it with a frame to learn whether the microphone is open."""

    def __init__(self) -> None:
        self.open = False

    def press(self) -> None:
        self.open = not self.open

    def __call__(self, frame: np.ndarray) -> bool:
        return self.open


async def run(settings: Settings, screen: Screen, beside: modes.Beside | None = None) -> None:
    """Talk until cancelled. Raises DeviceError, and UsageError without a terminal."""
    settings = for_key(settings)
    key = TalkKey()
    with _space_bar(key):
        microphone, speaker = open_devices(settings, screen)
        try:
            async with modes.conversation(settings, speaker, screen, beside=beside) as conversation:
                screen.note("Press the space bar, speak, and press it again.")
                await conversation.listen(microphone, key)
        finally:
            microphone.close()


def for_key(settings: Settings) -> Settings:
    """With a key, no pause in speech ends a turn, so neither pre-roll nor waiting is needed."""
    return dataclasses.replace(
        settings,
        vad=dataclasses.replace(settings.vad, pre_roll=0.0, min_speech=0.04),
        endpointing=dataclasses.replace(settings.endpointing, soft=0.1, complete=_CLOSED, hard=_CLOSED),
    )


@contextmanager
def _space_bar(key: TalkKey) -> Iterator[None]:
    if not sys.stdin.isatty():
        raise UsageError("push-to-talk needs a keyboard: run it in a terminal, or leave --push-to-talk out")
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    loop = asyncio.get_running_loop()

    def read() -> None:
        for _ in range(os.read(terminal, 64).count(b" ")):
            key.press()

    tty.setcbreak(terminal)
    loop.add_reader(terminal, read)
    loop.add_signal_handler(signal.SIGCONT, tty.setcbreak, terminal)  # after Ctrl-Z and fg
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGCONT)
        loop.remove_reader(terminal)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
