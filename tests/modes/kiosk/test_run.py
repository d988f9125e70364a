"""The kiosk put together, of scripted parts: what it says of itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from types import SimpleNamespace

import numpy as np
import pytest

from assistant import config, events
from assistant.audio import FRAME_SAMPLES
from assistant.engines import Engines
from assistant.modes import Means
from assistant.modes.kiosk import run as kiosk
from assistant.safety import Policy
from assistant.screen import Screen
from tests.modes.kiosk.scripted import ChimingSpeaker, ScriptedVad
from tests.scripted import ScriptedLlm, ScriptedStt, ScriptedTts

MISSING = "There is no microphone."


class LateMicrophone:
    """Gives silence while there is none, as `InputMicrophone` does."""

    def __init__(self, observe: events.Observer) -> None:
        self._observe = observe
        self.silent, self.plugged_in = asyncio.Event(), asyncio.Event()
        self.captured = 0

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        self._observe(events.Health("microphone", False, MISSING))
        yield np.zeros(FRAME_SAMPLES, np.float32)
        self.silent.set()
        await self.plugged_in.wait()
        self._observe(events.Health("microphone", True, "The microphone is there."))
        while True:
            self.captured += 1
            yield np.zeros(FRAME_SAMPLES, np.float32)
            await asyncio.sleep(0)

    def close(self) -> None: ...


class Lines(Screen):
    def __init__(self) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()

    def __call__(self, event: events.Event) -> None:
        if isinstance(event, (events.Notice, events.Health)):
            self.lines.put_nowait(event.text)

    def note(self, text: str) -> None:
        self.lines.put_nowait(text)


def test_it_says_that_it_listens_once_there_is_a_microphone(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config.load(None, {"kiosk.begin": "open", "kiosk.port": 0, "journal.enabled": False}, {}).settings
    made: list[LateMicrophone] = []

    def devices(settings, observe, wait):
        made.append(LateMicrophone(observe))
        return made[0], ChimingSpeaker()

    async def vad(settings):
        return ScriptedVad()

    async def means(settings, *_, **__):
        return Means(settings, Engines(ScriptedStt([]), ScriptedLlm(["Yes."]), ScriptedTts()), Policy(), None)

    @contextlib.asynccontextmanager
    async def unserved(*_):
        yield

    monkeypatch.setattr(kiosk, "open_devices", devices)
    monkeypatch.setattr(kiosk, "load_vad", vad)
    monkeypatch.setattr(kiosk.modes, "load", means)
    monkeypatch.setattr(kiosk.control, "serving", unserved)
    monkeypatch.setattr(kiosk, "gc", SimpleNamespace(collect=lambda: None, freeze=lambda: None))

    async def main() -> list[str]:
        screen = Lines()
        running = asyncio.create_task(kiosk.run(settings, screen, lambda: settings))
        said = [await screen.lines.get()]
        await made[0].silent.wait()
        assert screen.lines.empty()
        made[0].plugged_in.set()
        said += [await screen.lines.get(), await screen.lines.get()]
        running.cancel()
        await asyncio.wait([running])
        return said

    assert asyncio.run(asyncio.wait_for(main(), 20.0)) == [
        MISSING,
        "The microphone is there.",
        "The kiosk listens: a visit begins when somebody speaks",
    ]
