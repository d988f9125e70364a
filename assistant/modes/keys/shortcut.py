"""One session with the portal's GlobalShortcuts: asked for, bound, listened to."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, Properties, message_bus, new_method_call
from jeepney.io.asyncio import DBusConnection, open_dbus_connection

from assistant.errors import UsageError
from assistant.modes.keys import application
from assistant.modes.keys.names import Chord
from assistant.modes.keys.source import Notice, Source

_NAME = "org.freedesktop.portal.Desktop"
_PORTAL = DBusAddress("/org/freedesktop/portal/desktop", _NAME, "org.freedesktop.portal.GlobalShortcuts")
_REGISTRY = _PORTAL.with_interface("org.freedesktop.host.portal.Registry")
_SHORTCUT = "talk"
_INSTEAD = "bind `assistant toggle` to a key in the desktop's own settings, or set [push_to_talk] source = device"
_QUICK = 5.0  # seconds for what asks nobody; the portal may have to start
_ASKING = 3.0  # seconds after which the desktop seems to ask the user
_ANSWER = 60.0  # seconds that the user has then
_LOOKS = 5  # how often the portal is asked until it has seen the new .desktop file
_LOOK = 0.5  # seconds between them
_OLD = ("org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownInterface")


class Refused(UsageError):
    """The user, or the desktop for good, has said no: asking again is of no use."""


class _Ended(Exception):
    """The session is closed, or the portal gone."""


class _Failed(Exception):
    """An error in answer to a call."""

    def __init__(self, answer: Message) -> None:
        self.name = answer.header.fields.get(HeaderFields.error_name, "")
        super().__init__(str(answer.body[0]) if answer.body else self.name)


class _Unnamed(Exception):
    """The portal finds no .desktop file of this program's name."""


class Session:
    """``begin`` gives one, ``run`` feeds the source until it ends, ``close`` gives the key back."""

    def __init__(self, connection: DBusConnection, chord: Chord, source: Source, notice: Notice) -> None:
        self._connection = connection
        self._chord = chord
        self._source = source
        self._notice = notice
        self._session = ""
        self._responses: dict[str, tuple[int, dict[str, Any]]] = {}

    @classmethod
    async def begin(cls, chord: Chord, source: Source, notice: Notice) -> Session:
        """Raises UsageError; Refused, which is one, where asking again is of no use."""
        looks = _LOOKS
        while True:
            session = cls(await _connected(), chord, source, notice)
            try:
                await session._watch()
                if looks:
                    await session._register()
                await session._bind()
                return session
            except _Unnamed:
                await session.close()
                if looks == _LOOKS and not _named(notice):
                    looks = 0
                else:
                    looks -= 1
                    await asyncio.sleep(_LOOK)
            except BaseException as error:
                await session.close()
                if isinstance(error, TimeoutError):
                    raise UsageError(f"the desktop's portal does not answer: {_INSTEAD}") from None
                if isinstance(error, (EOFError, OSError, _Ended)):
                    raise UsageError(f"the desktop's portal has ended meanwhile: {_INSTEAD}") from None
                raise

    async def run(self) -> None:
        """Feed the source; returns when the session has ended."""
        with contextlib.suppress(EOFError, OSError, _Ended):
            while True:
                self._signal(await self._connection.receive())

    async def close(self) -> None:
        with contextlib.suppress(OSError):
            if self._session:
                await self._connection.send(
                    new_method_call(DBusAddress(self._session, _NAME, "org.freedesktop.portal.Session"), "Close")
                )
            await self._connection.close()

    async def _watch(self) -> None:
        """Have the bus send the portal's signals, and tell when it starts or ends."""
        ends = MatchRule(type="signal", sender=message_bus.bus_name, member="NameOwnerChanged")
        ends.add_arg_condition(0, _NAME)
        for rule in (MatchRule(type="signal", sender=_NAME), ends):
            await self._call(message_bus.AddMatch(rule))

    async def _register(self) -> None:
        try:
            await self._call(new_method_call(_REGISTRY, "Register", "sa{sv}", (application.ID, {})))
        except _Failed as error:
            if error.name == "org.freedesktop.DBus.Error.ServiceUnknown":
                raise UsageError(f"this desktop has no portal (xdg-desktop-portal): {_INSTEAD}") from None
            if error.name not in _OLD:  # those portals need no name
                raise _Unnamed from None

    async def _bind(self) -> None:
        """Create the session, and ask for the one key in the one call that a session may make."""
        try:
            await self._call(Properties(_PORTAL).get("version"))
        except _Failed:
            raise UsageError(f"this desktop's portal has no global shortcuts: {_INSTEAD}") from None
        try:
            options = {"handle_token": ("s", "create"), "session_handle_token": ("s", "session")}
            code, results = await self._ask(new_method_call(_PORTAL, "CreateSession", "a{sv}", (options,)), _QUICK)
            if code:
                raise UsageError(f"the desktop's portal gives no session for shortcuts: {_INSTEAD}")
            self._session = results["session_handle"][1]
            shortcut = {"description": ("s", "Talk to the assistant"), "preferred_trigger": ("s", self._chord.trigger)}
            body = (self._session, [(_SHORTCUT, shortcut)], "", {"handle_token": ("s", "bind")})
            bind = new_method_call(_PORTAL, "BindShortcuts", "oa(sa{sv})sa{sv}", body)
            asking = asyncio.get_running_loop().call_later(
                _ASKING, self._notice, "The desktop asks for the key: answer it"
            )
            try:
                code, results = await self._ask(bind, _ANSWER)
            finally:
                asking.cancel()
        except _Failed as error:
            raise UsageError(f"the desktop's portal refuses shortcuts ({error}): {_INSTEAD}") from None
        if code == 1:
            raise Refused(f"{self._chord} was refused to the assistant in the desktop's window: {_INSTEAD}")
        if code:
            raise UsageError(f"the desktop's portal could not bind {self._chord}: {_INSTEAD}")
        self._tell(results["shortcuts"][1] if "shortcuts" in results else [])

    def _tell(self, shortcuts: list[tuple[str, dict[str, Any]]]) -> None:
        """Which key it is in the end is the desktop's to say."""
        trigger = next(
            (about.get("trigger_description", ("s", ""))[1] for name, about in shortcuts if name == _SHORTCUT), ""
        )
        if trigger:
            self._notice(f"The desktop's key to talk: {trigger}")
        else:  # Hyprland always says so, some GNOMEs do, though the key works
            self._notice(
                f"The desktop does not say that {self._chord} is bound: if it does nothing, give the shortcut "
                f'"{application.ID}:{_SHORTCUT}" a key in the desktop\'s settings, or {_INSTEAD}'
            )

    async def _ask(self, message: Message, seconds: float) -> tuple[int, dict[str, Any]]:
        """Call what answers by a Response signal; gives its code (0 = done, 1 = the user said no) and results."""
        (path,) = await self._call(message)
        async with asyncio.timeout(seconds):
            while path not in self._responses:
                self._signal(await self._connection.receive())
        return self._responses.pop(path)

    async def _call(self, message: Message) -> tuple[Any, ...]:
        async with asyncio.timeout(_QUICK):
            serial = next(self._connection.outgoing_serial)
            await self._connection.send(message, serial=serial)
            while True:
                answer = await self._connection.receive()
                if answer.header.fields.get(HeaderFields.reply_serial) != serial:
                    self._signal(answer)
                elif answer.header.message_type is MessageType.error:
                    raise _Failed(answer)
                else:
                    return answer.body

    def _signal(self, message: Message) -> None:
        fields, body = message.header.fields, message.body
        mine = bool(self._session) and body[:1] == (self._session,)
        match fields.get(HeaderFields.member):
            case "Activated" | "Deactivated" as what if mine and body[1] == _SHORTCUT:
                self._source.set(what == "Activated")
            case "ShortcutsChanged" if mine:
                self._tell(body[1])
            case "Response":
                self._responses[fields[HeaderFields.path]] = body
            case "Closed" if fields[HeaderFields.path] == self._session:
                raise _Ended
            case "NameOwnerChanged" if body[1]:  # it had an owner: the portal has ended
                raise _Ended


async def _connected() -> DBusConnection:
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS") or f"unix:path={os.environ.get('XDG_RUNTIME_DIR', '')}/bus"
    try:
        async with asyncio.timeout(_QUICK):
            return await open_dbus_connection(address)
    except (OSError, EOFError, RuntimeError, ValueError, TimeoutError) as error:
        raise UsageError(f"there is no D-Bus session bus to reach the desktop's portal ({error}): {_INSTEAD}") from None


def _named(notice: Notice) -> bool:
    file = application.write_desktop_file()
    if file:
        notice(f"{file} is new: it tells this desktop the assistant's name")
    return file is not None
