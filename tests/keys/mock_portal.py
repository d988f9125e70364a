"""A desktop's portal made of software, on a D-Bus of its own: what the test tells it, it answers."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from jeepney import DBusAddress, HeaderFields, Message, message_bus, new_error, new_method_return, new_signal
from jeepney.io.asyncio import DBusConnection, DBusRouter, open_dbus_connection

PATH = "/org/freedesktop/portal/desktop"
NAME = "org.freedesktop.portal.Desktop"
SHORTCUTS = DBusAddress(PATH, interface="org.freedesktop.portal.GlobalShortcuts")
FAILED = "org.freedesktop.portal.Error.Failed"
NOT_ALLOWED = "org.freedesktop.portal.Error.NotAllowed"
UNKNOWN = "org.freedesktop.DBus.Error.UnknownMethod"


@asynccontextmanager
async def bus(tmp_path, monkeypatch) -> AsyncIterator[str]:
    """A D-Bus daemon for this test only; gives its address, which is the session bus meanwhile."""
    if not shutil.which("dbus-daemon"):
        pytest.skip("dbus-daemon is not installed")
    address = f"unix:path={tmp_path}/bus"
    daemon = await asyncio.create_subprocess_exec(
        "dbus-daemon",
        "--session",
        "--nofork",
        f"--address={address}",
        "--print-address",
        stdout=asyncio.subprocess.PIPE,
    )
    assert daemon.stdout and await daemon.stdout.readline()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    try:
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            daemon.kill()
        await daemon.wait()


@dataclass
class MockPortal:
    has_shortcuts: bool = True
    has_registry: bool = True
    wants_desktop_file: object = None
    """A path: the program is known as soon as that file exists; None = it is known."""
    wants_name: bool = False
    """As xdg-desktop-portal 1.21: no session for who has not registered."""
    bind_code: int = 0
    trigger: str = "Press Ctrl+Alt+Space"
    asked: list[tuple] = field(default_factory=list)
    """Bodies of BindShortcuts."""
    registered: set[str] = field(default_factory=set)
    _connection: DBusConnection | None = None
    _session: tuple[str, str] = ("", "")

    @asynccontextmanager
    async def running(self, address: str) -> AsyncIterator[MockPortal]:
        self._connection = await open_dbus_connection(address)
        async with DBusRouter(self._connection) as router:
            await router.send_and_get_reply(message_bus.RequestName(NAME))
        serving = asyncio.create_task(self._serve(self._connection))
        try:
            yield self
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving
            await self._connection.close()

    async def press(self, shortcut: str = "talk", session: str = "") -> None:
        await self._shortcut("Activated", shortcut, session)

    async def release(self, shortcut: str = "talk", session: str = "") -> None:
        await self._shortcut("Deactivated", shortcut, session)

    async def change(self, trigger: str) -> None:
        body = (self._session[1], [("talk", {"trigger_description": ("s", trigger)})])
        await self._emit(new_signal(SHORTCUTS, "ShortcutsChanged", "oa(sa{sv})", body))

    async def close_session(self) -> None:
        await self._emit(
            new_signal(DBusAddress(self._session[1], interface="org.freedesktop.portal.Session"), "Closed")
        )

    async def _shortcut(self, what: str, shortcut: str, session: str) -> None:
        body = (session or self._session[1], shortcut, 0, {})
        await self._emit(new_signal(SHORTCUTS, what, "osta{sv}", body))

    async def _emit(self, signal: Message) -> None:
        assert self._connection
        signal.header.fields[HeaderFields.destination] = self._session[0]
        await self._connection.send(signal)

    async def _serve(self, connection: DBusConnection) -> None:
        while True:
            call = await connection.receive()
            for answer in self._answers(call):
                await connection.send(answer)

    def _answers(self, call: Message) -> list[Message]:
        sender = call.header.fields[HeaderFields.sender]
        match call.header.fields.get(HeaderFields.member):
            case "Register" if self.has_registry:
                if self.wants_desktop_file is not None and not self.wants_desktop_file.exists():
                    return [new_error(call, FAILED, "s", ("App info not found",))]
                self.registered.add(sender)
                return [new_method_return(call)]
            case "Get" if self.has_shortcuts:
                return [new_method_return(call, "v", (("u", 2),))]
            case "CreateSession":
                if self.wants_name and sender not in self.registered:
                    return [new_error(call, NOT_ALLOWED, "s", ("An app id is required",))]
                (options,) = call.body
                self._session = (sender, self._path("session", sender, options["session_handle_token"][1]))
                return self._responds(call, options, 0, {"session_handle": ("s", self._session[1])})
            case "BindShortcuts":
                self.asked.append(call.body)
                about = {"trigger_description": ("s", self.trigger)} if self.trigger else {}
                return self._responds(
                    call, call.body[3], self.bind_code, {"shortcuts": ("a(sa{sv})", [("talk", about)])}
                )
            case "Close":
                return [new_method_return(call)]
            case "Register" | "Get":
                return [new_error(call, UNKNOWN, "s", ("No such interface",))]
        return []

    def _responds(self, call: Message, options: dict, code: int, results: dict) -> list[Message]:
        sender = call.header.fields[HeaderFields.sender]
        path = self._path("request", sender, options["handle_token"][1])
        signal = new_signal(
            DBusAddress(path, interface="org.freedesktop.portal.Request"), "Response", "ua{sv}", (code, results)
        )
        signal.header.fields[HeaderFields.destination] = sender
        return [new_method_return(call, "o", (path,)), signal]

    @staticmethod
    def _path(kind: str, sender: str, token: str) -> str:
        return f"{PATH}/{kind}/{sender[1:].replace('.', '_')}/{token}"
