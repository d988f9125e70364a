from __future__ import annotations

import os
import socket
import uuid

import pytest

from assistant.modes.kiosk.notify import Systemd


class Manager:
    """What systemd is for a service: a socket that takes messages."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.setblocking(False)
        self.address = address

    def told(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    manager = Manager(str(tmp_path / "notify") if request.param == "path" else f"@{uuid.uuid4().hex}")
    yield manager
    manager.close()


def test_systemd_is_told_what_happens(manager):
    environment = {"NOTIFY_SOCKET": manager.address}
    systemd = Systemd(environment)
    systemd.ready("listening")
    systemd.status("the microphone\nis gone")
    systemd.stopping()
    assert manager.told() == ["READY=1\nSTATUS=listening", "STATUS=the microphone is gone", "STOPPING=1"]
    assert environment == {}  # no other program speaks for this one


def test_a_reload_tells_when_it_began_on_systemds_clock(manager):
    Systemd({"NOTIFY_SOCKET": manager.address}).reloading()
    [message] = manager.told()
    assert message.startswith("RELOADING=1\nMONOTONIC_USEC=")


def test_the_watchdog_is_fed_by_frames_only_and_not_by_each(manager):
    now = 100.0
    systemd = Systemd({"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "20000000"}, lambda: now)
    for _ in range(3):
        systemd.fed()
    assert manager.told() == ["WATCHDOG=1"]
    now += 30.0  # deaf: nothing else feeds it
    systemd.status("loading")
    assert manager.told() == ["STATUS=loading"]
    systemd.fed()
    assert manager.told() == ["WATCHDOG=1"]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1000000000"},
    ],
)
def test_without_a_watchdog_for_this_process_frames_tell_nothing(manager, environment):
    Systemd({"NOTIFY_SOCKET": manager.address, **environment}).fed()
    assert manager.told() == []


@pytest.mark.parametrize("pid", [os.getpid(), os.getppid()])
def test_the_watchdog_of_this_process_or_of_the_one_that_supervises_it_is_fed(manager, pid):
    Systemd({"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "20000000", "WATCHDOG_PID": str(pid)}).fed()
    assert manager.told() == ["WATCHDOG=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/none/there"}])
def test_without_systemd_nothing_happens(environment):
    systemd = Systemd({**environment, "WATCHDOG_USEC": "20000000"})
    systemd.ready("listening")
    systemd.fed()
    systemd.stopping()
