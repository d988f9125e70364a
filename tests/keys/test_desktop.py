"""Real key events of an X server (Xvfb), made by xdotool, while another window has the focus."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys

import pytest

from assistant.errors import UsageError
from assistant.modes.keys import desktop
from tests.keys.recorded import recorded

KEY = "ctrl+alt+space"


@pytest.fixture(scope="module")
def display():
    if missing := [name for name in ("Xvfb", "xdotool", "xterm") if not shutil.which(name)]:
        pytest.skip(f"{missing[0]} is not installed")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "320x200x8", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as number, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", f":{number.readline().strip()}")
        patch.delenv("XAUTHORITY", raising=False)
        yield server
    server.kill()
    server.wait()


def press(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True, timeout=20)


def test_a_chord_is_held_as_long_as_all_of_it_while_it_repeats_and_in_any_window(display):
    async def main():
        xterm = subprocess.Popen(["xterm"], stderr=subprocess.DEVNULL)
        try:
            # A window that is not shown yet takes no focus: the server answers BadMatch.
            press("search", "--sync", "--onlyvisible", "--class", "xterm", "windowfocus", "--sync")
            async with recorded(KEY, "desktop") as heard:
                press("keydown", "ctrl", "keydown", "alt", "keydown", "space")
                assert await heard.next() == [True]
                press("sleep", "0.8")  # the server repeats the key from 0.66 s on
                press("keyup", "ctrl", "keyup", "space", "keyup", "alt")  # the modifier first ends it
                press("key", "space", "key", "ctrl+space", "key", "ctrl+shift+alt+space")  # other keys
                press("key", "ctrl+alt+space")
                assert await heard.next(3) == [False, True, False]
                assert heard.notices == []
        finally:
            xterm.kill()
            xterm.wait()

    asyncio.run(main())


@pytest.mark.parametrize(
    "key, xdotool, typed",
    [
        ("f9", "F9", False),
        ("right_ctrl", "Control_R", False),
        ("shift+1", "shift+1", True),
        ("play_pause", "XF86AudioPlay", False),
    ],
)
def test_each_key_goes_down_and_comes_up(key, xdotool, typed, display):
    async def main():
        async with recorded(key, "desktop") as heard:
            press("key", "x", "key", xdotool)
            assert await heard.next(2) == [True, False]
            assert any("gets shift+1 as well" in text for text in heard.notices) == typed

    asyncio.run(main())


def test_a_key_is_heard_at_once_though_no_window_cares_for_it_and_nobody_asks_the_server_for_anything(display):
    from Xlib import XK, X
    from Xlib.display import Display
    from Xlib.ext import xtest

    async def main():
        keyboard = Display()
        code = keyboard.keysym_to_keycode(XK.XK_F9)
        async with recorded("f9", "desktop") as heard:
            for change, down in ((X.KeyPress, True), (X.KeyRelease, False)) * 5:
                xtest.fake_input(keyboard, change, code)
                keyboard.flush()
                assert await heard.next() == [down]
        keyboard.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    "key, layout, codes",
    [("ctrl+ä", "de", ["37", "48"]), ("altgr+e", "de", ["108", "26"]), ("ctrl+t", "us,ru", ["37", "28"])],
)
def test_keys_are_those_of_the_keyboards_layout_and_of_its_first_one(key, layout, codes, display):
    if not shutil.which("setxkbmap"):
        pytest.skip("setxkbmap is not installed")

    async def main():
        subprocess.run(["setxkbmap", layout, "-option", "grp:caps_toggle"], check=True)
        press("key", "66")  # Caps Lock: the second layout, if there is one
        async with recorded(key, "desktop") as heard:
            press("keydown", codes[0], "key", codes[1], "keyup", codes[0])
            assert await heard.next(2) == [True, False]

    try:
        asyncio.run(main())
    finally:
        subprocess.run(["setxkbmap", "us", "-option"], check=True)


def test_a_listener_that_is_killed_while_the_key_is_down_comes_up_and_is_started_again(display, monkeypatch):
    monkeypatch.setattr(desktop, "RETRY", (0.0,))
    started = []
    start = asyncio.create_subprocess_exec

    async def starting(*arguments, **options):
        started.append(await start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", starting)

    async def main():
        async with recorded("f9", "desktop") as heard:
            press("keydown", "F9")
            assert await heard.next() == [True]
            started[0].kill()
            assert await heard.next() == [False]
            await heard.noticed("heard again")
            press("keyup", "F9", "key", "F9")
            assert await heard.next(2) == [True, False]
        assert [process.returncode is not None for process in started] == [True, True]

    asyncio.run(main())


def test_no_x_server_is_told_of(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":9999")

    async def main():
        with pytest.raises(UsageError, match="cannot listen"):
            async with recorded("f9", "desktop"):
                pass

    if sys.platform == "linux":
        asyncio.run(main())


def test_a_key_that_pynput_does_not_know_is_told_of():
    async def main():
        with pytest.raises(UsageError, match="choose another"):
            async with recorded("f24", "desktop"):
                pass

    asyncio.run(main())
