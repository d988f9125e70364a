from __future__ import annotations

import asyncio
import socket

import pytest

from assistant import events
from assistant.modes.kiosk import watch
from assistant.settings.modes import KioskSettings


class Others:
    """In the place of other programs' sound."""

    def __init__(self, factor: float) -> None:
        self.done = [factor]

    def __getattr__(self, name: str):
        return lambda: self.done.append(name)


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
        inbox.bind(str(tmp_path / "notify"))
        inbox.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "60000000")
        yield inbox


def test_a_kiosks_life_as_systemd_and_other_programs_see_it(systemd, monkeypatch):
    others: list[Others] = []
    monkeypatch.setattr(watch, "Ducking", lambda factor: others.append(Others(factor)) or others[0])
    notes: list[str] = []

    async def life() -> None:
        async with watch.watching(KioskSettings(port=0, ducking=0.4), notes.append) as watching:
            watching(events.Health("microphone", False, "There is no microphone."))
            watching(events.Health("microphone", True, ""))
            assert '"loading"' in watching.view.snapshot()
            watching.ready()
            assert '"waiting"' in watching.view.snapshot()
            watching.fed()
            watching(events.Woken("alexa"))
            watching(events.Health("llm", False, "It hangs."))
            watching(events.Health("llm", True, ""))
            watching.reloading()
            watching.ready()
            watching(events.StateChanged("speaking"))
            watching(events.Left("goodbye", 1))
            assert '"waiting"' in watching.view.snapshot()

    asyncio.run(life())
    messages = [systemd.recv(999).decode().splitlines()[0] for _ in range(9)]
    assert messages == [
        "STATUS=loading",
        "STATUS=loading",
        "READY=1",
        "WATCHDOG=1",
        "STATUS=It hangs.",
        "STATUS=listening",
        "RELOADING=1",
        "READY=1",
        "STOPPING=1",
    ]
    assert others[0].done == [0.4, "lower", "restore", "close"] and notes == []


def test_other_programs_sound_comes_back_when_the_kiosk_fails(monkeypatch):
    others: list[Others] = []
    monkeypatch.setattr(watch, "Ducking", lambda factor: others.append(Others(factor)) or others[0])

    async def life() -> None:
        async with watch.watching(KioskSettings(port=0), print) as watching:
            watching(events.Woken("alexa"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        asyncio.run(life())
    assert others[0].done == [0.3, "lower", "close"]
