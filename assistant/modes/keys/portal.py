"""Keys on Wayland: the GlobalShortcuts of the desktop's portal, over D-Bus.

https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.GlobalShortcuts.html
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from assistant.errors import UsageError
from assistant.modes.keys.names import Chord
from assistant.modes.keys.source import RETRY, Notice, Source, running
from assistant.settings.modes import PushToTalkSettings

if TYPE_CHECKING:
    from assistant.modes.keys.shortcut import Session


@asynccontextmanager
async def opened(chord: Chord, settings: PushToTalkSettings, source: Source, notice: Notice) -> AsyncIterator[None]:
    if not sys.platform.startswith("linux"):
        raise UsageError("portals are Linux': use source = desktop")
    if chord.typed:
        raise UsageError(f"no other window would get {chord} any more: choose a key such as f9 or ctrl+alt+space")
    if not chord.trigger:
        raise UsageError(f"the portal knows no key {chord.key}: choose another, or set [push_to_talk] source = device")
    from assistant.modes.keys.shortcut import Session  # its jeepney is installed on Linux only

    session = await Session.begin(chord, source, notice)
    async with running(_follow(session, chord, source, notice)):
        yield


async def _follow(session: Session, chord: Chord, source: Source, notice: Notice) -> None:
    """Feed the source; where the session ends (the portal restarted, say), begin another one."""
    while True:
        try:
            await session.run()
        finally:
            source.set(False)
            await session.close()
        notice("The desktop's portal has ended the shortcut; it is asked for again")
        again = await _again(chord, source, notice)
        if not again:
            return
        session = again


async def _again(chord: Chord, source: Source, notice: Notice) -> Session | None:
    from assistant.modes.keys.shortcut import Refused, Session

    attempt = 0
    while True:
        await asyncio.sleep(RETRY[min(attempt, len(RETRY) - 1)])
        try:
            session = await Session.begin(chord, source, notice)
        except Refused as error:  # asking again would only annoy
            notice(str(error))
            return None
        except UsageError:
            attempt += 1
            continue
        notice(f"{chord} is heard again")
        return session
