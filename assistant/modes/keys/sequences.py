"""What terminals send for a key: in the old way, which knows presses only, and in the kitty keyboard protocol's.

https://sw.kovidgoyal.net/kitty/keyboard-protocol/
"""

from __future__ import annotations

import re
import signal

from assistant.modes.keys.names import Chord, family, keys_of

KITTY_ANSWER = re.compile(rb"\x1b\[\?((?P<flags>\d+)u|[\d;]*c)")
"""To "which flags of the protocol?" and to "what are you?"; a terminal that does not know the first answers the second
only."""

_TOKEN = re.compile(
    rb"\x1b\[\[[A-E]"  # f1 to f5 of the Linux console
    rb"|\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    rb"|\x1bO[ -~]"  # SS3
    rb"|\x1b?(?:[\x00-\x1a\x1c-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})"
    rb"|\x1b|[\x80-\xff]",  # Escape; what is no UTF-8
    re.DOTALL,
)
_UNFINISHED = re.compile(
    rb"\x1b\[\[?[0-?]*[ -/]*\Z|\x1bO?\Z|\x1b?(?:[\xc2-\xf4]|[\xe0-\xf4][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2})\Z"
)
_LONGEST = 64  # bytes; no key is that long

_FUNCTION = {  # the numbers in CSI NUMBER ~ and the letters in CSI or SS3 LETTER
    "f1": ("11", "P"), "f2": ("12", "Q"), "f3": ("13", "R"), "f4": ("14", "S"), "f5": ("15", ""), "f6": ("17", ""),
    "f7": ("18", ""), "f8": ("19", ""), "f9": ("20", ""), "f10": ("21", ""), "f11": ("23", ""), "f12": ("24", ""),
    "insert": ("2", ""), "delete": ("3", ""), "page_up": ("5", ""), "page_down": ("6", ""), "home": ("7", "H"),
    "end": ("8", "F"), "up": ("", "A"), "down": ("", "B"), "right": ("", "C"), "left": ("", "D"),
}  # fmt: skip
_CODES = {  # kitty's numbers of keys that no character stands for
    "space": 32, "enter": 13, "tab": 9, "escape": 27, "backspace": 127, "caps_lock": 57358, "scroll_lock": 57359,
    "num_lock": 57360, "print_screen": 57361, "pause": 57362, "menu": 57363, "play_pause": 57430, "stop": 57432,
    "next": 57435, "previous": 57436, "volume_down": 57438, "volume_up": 57439, "mute": 57440, "left_shift": 57441,
    "left_ctrl": 57442, "left_alt": 57443, "left_super": 57444, "right_shift": 57447, "right_ctrl": 57448,
    "right_alt": 57449, "right_super": 57450, **{f"f{n}": 57363 + n for n in range(13, 25)},
}  # fmt: skip
_BITS = {"shift": 1, "alt": 2, "ctrl": 4, "super": 8}
_KITTY = re.compile(
    rb"\x1b\[(?P<code>\d{0,7})(?::[\d:]*)?(?:;(?P<mods>\d{0,3})(?::(?P<event>\d?))?(?:;[\d:]*)?)?(?P<end>[u~A-S])"
)
_SIGNALS: dict[int | str, signal.Signals] = {
    ord("c"): signal.SIGINT,
    ord("\\"): signal.SIGQUIT,
    ord("z"): signal.SIGTSTP,
}
_TAKEN = "chijmoqsvyz"  # with ctrl: what the terminal takes for itself, or another key sends as well
_FOCUS_LOST = b"\x1b[O"


class Tokens:
    """Cuts what is read into keys, also where a read ends within one."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        data = self._rest + data
        self._rest = b""
        if (unfinished := _UNFINISHED.search(data)) and len(unfinished[0]) <= _LONGEST and unfinished[0] != b"\x1b":
            data, self._rest = data[: unfinished.start()], unfinished[0]
        return _TOKEN.findall(data)


def spellings(chord: Chord) -> tuple[bytes, ...]:
    """What a terminal without the protocol may send for the chord; empty = it cannot tell it from others."""
    key, beside = chord.key, {family(one) for one in chord.modifiers}
    if any(one != family(one) for one in chord.modifiers) or chord.bare_modifiers:
        return ()
    if key in _FUNCTION:
        number, letter = _FUNCTION[key]
        with_them = f"{1 + sum(_BITS[one] for one in beside)}"
        found = [f"\x1b[{number};{with_them}~" if beside else f"\x1b[{number}~"] if number else []
        if letter:
            found += [f"\x1b[1;{with_them}{letter}"] if beside else [f"\x1b[{letter}", f"\x1bO{letter}"]
        if key in ("f1", "f2", "f3", "f4", "f5") and not beside:
            found.append(f"\x1b[[{chr(64 + int(key[1:]))}")
        return tuple(text.encode() for text in found)
    plain = {"space": b" ", "enter": b"\n", "tab": b"\t", "backspace": b"\x7f"}.get(key)
    if plain is None:
        plain = key.encode() if len(key) == 1 else b""
    if beside & {"shift", "super"} or not plain or (beside == {"alt"} and plain == b"["):
        return ()
    if "ctrl" in beside:
        if key != "space" and (not "a" <= key <= "z" or len(key) > 1 or key in _TAKEN):
            return ()
        plain = bytes([ord(plain) & 0x1F])
    return (b"\x1b" + plain,) if "alt" in beside else (plain,)


class Kitty:
    """Reads the protocol's events for one chord."""

    def __init__(self, chord: Chord) -> None:
        self._chord = chord
        self._codes = {_code(name) for name in keys_of(chord.key)}
        self._beside = {_code(name) for one in chord.modifiers for name in keys_of(one)}
        self._bits = sum(_BITS[one] for one in {family(one) for one in chord.modifiers})

    def state(self, token: bytes) -> bool | None:
        """True = the chord went down, or repeats; False = it came up; None = another key."""
        if token == _FOCUS_LOST:  # whatever comes up now, this terminal will not tell
            return False
        code, bits, event = _read(token)
        if event == 3:
            return False if code in self._codes or code in self._beside else None
        if code not in self._codes:
            return None
        if self._chord.bare_modifiers:
            bits &= ~_BITS[family(self._chord.key)]  # some terminals count the key itself
        return True if bits == self._bits else None

    def signal(self, token: bytes) -> signal.Signals | None:
        """With the protocol the terminal leaves Ctrl-C, Ctrl-Z and Ctrl-\\ to the program."""
        code, bits, event = _read(token)
        return _SIGNALS.get(code) if bits == _BITS["ctrl"] and event != 3 else None


def _code(name: str) -> int | str:
    """What stands for a key in an event: its number, or the function key's name."""
    if name in _FUNCTION:
        return name
    return _CODES.get(name) or (ord(name) if len(name) == 1 else -1)


_BY_END = {(number, "~"): name for name, (number, _) in _FUNCTION.items() if number} | {
    (letter, letter): name for name, (_, letter) in _FUNCTION.items() if letter
}


def _read(token: bytes) -> tuple[int | str, int, int]:
    """Key, modifiers (shift 1, alt 2, ctrl 4, super 8; locks left out), event (1 press, 2 repeat, 3 release); a token
    that is no event gives key 0."""
    if not (found := _KITTY.fullmatch(token)):
        return 0, 0, 1
    end = found["end"].decode()
    bits = (int(found["mods"] or 1) - 1) & 15
    event = int(found["event"] or 1)
    if end == "u":
        return int(found["code"] or 0), bits, event
    key = _BY_END.get((found["code"].decode(), "~") if end == "~" else (end, end))
    return key or 0, bits, event
