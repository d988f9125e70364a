"""The process that listens to the keyboard with pynput; desktop.py starts it as a file, without the program's rest.

A process of its own, because pynput can end the one it runs in (macOS asserts that keyboard layouts are read on the
main thread only: here it has the main thread), and because its end tells that it no longer listens.

Its one argument is a JSON object: each key's name -> pynput's names for it. It prints "ready", then "+name" and
"-name", or why it cannot listen: "denied", "missing NAMES", "failed REASON". No other key than those asked for ever
leaves it. It ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterable

_LEVEL3 = 0xFE03  # X11's keysym ISO_Level3_Shift, which pynput does not know as AltGr


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal reaches both; the parent ends this one
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if sys.platform == "darwin" and not _allowed():
        _say("denied")
        return
    try:
        from pynput import keyboard
    except ImportError as error:  # it connects to the X server when it is imported
        _say(f"failed {str(error.args[0]).splitlines()[0]}")
        return
    chars: dict[str, str] = {}
    keys: dict[keyboard.Key, str] = {}
    wanted: dict[str, list[str]] = json.loads(sys.argv[1])
    for name, spellings in wanted.items():
        for spelling in spellings:
            if len(spelling) == 1:
                chars[spelling] = name
            elif hasattr(keyboard.Key, spelling):
                keys[keyboard.Key[spelling]] = name
    if missing := set(wanted).difference(chars.values(), keys.values()):
        _say(f"missing {' '.join(sorted(missing))}")
        return
    layout = _layout()

    def name_of(key: keyboard.Key | keyboard.KeyCode) -> str | None:
        if isinstance(key, keyboard.Key):
            return keys.get(key)
        if key.vk == _LEVEL3 and layout:
            return keys.get(keyboard.Key.alt_gr)
        plain = getattr(listener.canonical(key), "char", None)
        found = (key.char, plain, *(layout.plain(key.vk) if layout and key.vk else ()))
        return next((chars[char.lower()] for char in found if char and char.lower() in chars), None)

    def pressed(key: keyboard.Key | keyboard.KeyCode | None) -> None:
        if key is not None and (name := name_of(key)):
            _say(f"+{name}")

    def released(key: keyboard.Key | keyboard.KeyCode | None) -> None:
        if key is None or not (name := name_of(key)):
            return
        code = key.value.vk if isinstance(key, keyboard.Key) else key.vk
        if not (layout and code and layout.down(code)):  # else it repeats: some X servers send a release each time
            _say(f"-{name}")

    listener = keyboard.Listener(on_press=pressed, on_release=released)

    def ready() -> None:
        listener.wait()
        _say("ready")

    threading.Thread(target=ready, daemon=True).start()
    listener.run()


class X11Layout:
    """What python-xlib knows of the keys beyond pynput: the character without shift, and whether a key is down."""

    def __init__(self) -> None:
        from Xlib.display import Display

        self._display = Display()

    def plain(self, keysym: int) -> Iterable[str]:
        for code, _ in self._display.keysym_to_keycodes(keysym):
            first = self._display.keycode_to_keysym(code, 0)
            if 0x20 <= first < 0x100:  # Latin-1 keysyms are its code points
                yield chr(first)
            elif first >> 24 == 1:  # so are those of Unicode, with this mark
                yield chr(first & 0xFFFFFF)

    def down(self, keysym: int) -> bool:
        bits = self._display.query_keymap()
        return any(bits[code // 8] >> code % 8 & 1 for code, _ in self._display.keysym_to_keycodes(keysym))


class MacLayout:
    """On macOS, option and a letter give another character: the key's place on a US keyboard counts, too."""

    def plain(self, code: int) -> Iterable[str]:
        from pynput._util.darwin_vks import SYMBOLS

        return (SYMBOLS[code],) if code in SYMBOLS else ()

    def down(self, code: int) -> bool:
        return False  # macOS sends no releases while a key repeats


def _layout() -> X11Layout | MacLayout | None:
    if sys.platform == "win32":
        return None
    return MacLayout() if sys.platform == "darwin" else X11Layout()


def _allowed() -> bool:
    """Whether macOS lets this process watch the keyboard; asks the user when not."""
    import Quartz

    return bool(Quartz.CGPreflightListenEventAccess() or Quartz.CGRequestListenEventAccess())


def _say(line: str) -> None:
    print(line, flush=True)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
