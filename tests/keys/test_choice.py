"""Which source "auto" takes, and what it says."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from assistant.errors import UsageError
from assistant.modes import keys
from assistant.modes.keys import device, portal, terminal
from assistant.modes.keys.names import parse
from tests.keys.recorded import recorded

WAYLAND = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}
X11 = {"DISPLAY": ":0"}


@pytest.mark.parametrize(
    "key, environment, platform, in_terminal, names",
    [
        ("ctrl+alt+space", WAYLAND, "linux", True, ["portal", "device", "terminal"]),
        ("ctrl+alt+space", X11, "linux", False, ["desktop", "device"]),
        ("f9", {}, "linux", True, ["terminal", "device"]),
        ("f9", {}, "linux", False, ["device"]),
        ("f9", {}, "darwin", True, ["desktop", "terminal"]),
        ("f9", {}, "win32", False, ["desktop"]),
        ("space", X11, "linux", True, ["terminal"]),
        ("space", WAYLAND, "linux", False, []),
        ("space", {}, "linux", False, ["device"]),
    ],
)
def test_the_sources_tried_fit_the_desktop_and_the_key(key, environment, platform, in_terminal, names):
    found = keys.candidates(parse(key), environment, platform, in_terminal)
    assert [name for name, _ in found] == names


@asynccontextmanager
async def works(chord, settings, source, notice):
    yield


def fails(why):
    @asynccontextmanager
    async def opened(chord, settings, source, notice):
        raise UsageError(why)
        yield

    return opened


@asynccontextmanager
async def taps(chord, settings, source, notice):
    source.releases = False
    source.tap()
    yield


@pytest.fixture
def wayland(monkeypatch):
    monkeypatch.setattr(keys.sys, "platform", "linux")
    monkeypatch.setattr(keys, "_in_terminal", lambda: True)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")


def test_a_source_that_fails_falls_to_the_next_with_one_sentence(wayland, monkeypatch):
    monkeypatch.setattr(portal, "opened", fails("no portal"))
    monkeypatch.setattr(device, "opened", works)

    async def main():
        async with recorded("f9", "auto") as heard:
            assert (heard.source.name, heard.source.why) == ("device", "the keyboard itself tells of every key")
            assert heard.notices == [
                "Push-to-talk: not the desktop's portal: no portal",
                "Push-to-talk: f9 is taken from a keyboard, pedal or button of its own (evdev), since the keyboard "
                "itself tells of every key",
            ]

    asyncio.run(main())


def test_without_any_source_the_command_toggle_is_named(wayland, monkeypatch):
    for module in (portal, device, terminal):
        monkeypatch.setattr(module, "opened", fails("not here"))

    async def main():
        async with recorded("f9", "auto") as heard:
            assert heard.source.name == "none"
            assert "`assistant toggle`" in heard.notices[-1]

    asyncio.run(main())


def test_hold_needs_a_source_that_tells_releases(wayland, monkeypatch):
    monkeypatch.setattr(terminal, "opened", taps)

    async def main():
        with pytest.raises(UsageError, match="style = hold"):
            async with recorded("f9", "terminal", style="hold"):
                pass
        async with recorded("f9", "terminal", style="auto") as heard:
            assert await heard.next(2) == [True, False]

    asyncio.run(main())
