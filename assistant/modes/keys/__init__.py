"""Where the presses of the push-to-talk key come from: one file per source, one row each in SOURCES."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from assistant.errors import UsageError
from assistant.modes.keys.names import Chord, parse
from assistant.modes.keys.source import Notice, Source
from assistant.settings.modes import PushToTalkSettings


class Opener(Protocol):
    """``opened`` of a source's module."""

    def __call__(
        self, chord: Chord, settings: PushToTalkSettings, source: Source, notice: Notice
    ) -> AbstractAsyncContextManager[None]:
        """Feed ``source`` until left; what is lost meanwhile (a process, a device, a session) is looked for again, and
        ``notice`` is told. Raises UsageError where this source cannot work.
        """


@dataclass(frozen=True)
class Row:
    name: str
    """As [push_to_talk] source takes it."""
    title: str
    module: str


SOURCES = (
    Row("desktop", "the desktop (pynput)", "assistant.modes.keys.desktop"),
    Row("portal", "the desktop's portal", "assistant.modes.keys.portal"),
    Row("device", "a keyboard, pedal or button of its own (evdev)", "assistant.modes.keys.device"),
    Row("terminal", "this terminal", "assistant.modes.keys.terminal"),
)
_BY_NAME = {row.name: row for row in SOURCES}


@asynccontextmanager
async def open_source(settings: PushToTalkSettings, notice: Notice) -> AsyncIterator[Source]:
    """Give the source that the settings name, or with "auto" the first that works here; ``notice`` is told which and
    why. Where none works, "auto" gives one without presses, named "none": `assistant toggle` still works.

    Raises UsageError: a key that there is not, or a source asked for that cannot work.
    """
    chord = parse(settings.key)
    if settings.source != "auto":
        async with _opened(settings.source, "asked for", chord, settings, notice) as source:
            yield source
        return
    async with AsyncExitStack() as stack:
        for name, why in candidates(chord, os.environ, sys.platform, _in_terminal()):
            try:
                source = await stack.enter_async_context(_opened(name, why, chord, settings, notice))
            except UsageError as error:
                notice(f"Push-to-talk: not {_BY_NAME[name].title}: {error}")
                continue
            notice(f"Push-to-talk: {chord} is taken from {_BY_NAME[name].title}, since {why}")
            break
        else:
            source = Source("none", "nothing else works here")
            why = f"{chord} would be typed into other windows (better: ctrl+alt+space)" if chord.typed else "see above"
            notice(
                f"Push-to-talk: no key is heard, {why}; let the desktop, a script or a button call `assistant toggle`, "
                "or `assistant press` and `assistant release`"
            )
        yield source


@asynccontextmanager
async def _opened(
    name: str, why: str, chord: Chord, settings: PushToTalkSettings, notice: Notice
) -> AsyncIterator[Source]:
    opener: Opener = importlib.import_module(_BY_NAME[name].module).opened
    source = Source(name, why)
    async with opener(chord, settings, source, notice):
        if settings.style == "hold" and not source.releases:
            raise UsageError(
                f"{_BY_NAME[name].title} does not tell when a key comes up, which [push_to_talk] style = hold needs: "
                "set style = auto or toggle, or another source"
            )
        yield source


def candidates(chord: Chord, environment: Mapping[str, str], platform: str, in_terminal: bool) -> list[tuple[str, str]]:
    """The sources that "auto" tries, in this order, each with its reason (a part of a sentence)."""
    wayland, x11 = bool(environment.get("WAYLAND_DISPLAY")), bool(environment.get("DISPLAY"))
    desktop = platform in ("darwin", "win32") or wayland or x11
    if chord.typed and in_terminal:
        return [("terminal", "anywhere else that key would be typed")]
    if chord.typed and desktop:
        return []
    terminal = [("terminal", "nothing else is left" if desktop else "there is no desktop")] if in_terminal else []
    device = ("device", "the keyboard itself tells of every key" if desktop or in_terminal else "there is no desktop")
    if platform in ("darwin", "win32"):
        return [("desktop", f"this is {'macOS' if platform == 'darwin' else 'Windows'}"), *terminal]
    if wayland:  # an X11 client would hear the keys of X11 windows only
        return [("portal", "this desktop runs on Wayland"), device, *terminal]
    if x11:
        return [("desktop", "this desktop runs on X11"), device, *terminal]
    return [*terminal, device]


def _in_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
