"""Key strings such as ``ctrl+alt+space``, ``f9``, ``right_ctrl`` or ``ctrl+ä``: read, written, and what pynput, Linux
(evdev) and the desktop portal call the keys.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass

from assistant.errors import UsageError


@dataclass(frozen=True)
class Key:
    name: str
    pynput: str = ""
    """Names in pynput's ``Key``, with spaces between them; empty = pynput does not know it."""
    linux: str = ""
    """Names in Linux' input-event-codes.h, with spaces between them."""
    xkb: str = ""
    """The keysym's name, as in the portal's triggers."""
    aliases: str = ""


_MODIFIERS = (  # a family first, then its two keys; in the order in which a chord is written
    ("ctrl", "control strg"),
    ("alt", "option opt"),
    ("shift", ""),
    ("super", "cmd command win windows meta logo"),
)
_SIDES = {
    "ctrl": ("ctrl_l ctrl", "ctrl_r", "CTRL", "Control"),
    "alt": ("alt_l alt", "alt_r alt_gr", "ALT", "Alt"),
    "shift": ("shift_l shift", "shift_r", "SHIFT", "Shift"),
    "super": ("cmd_l cmd", "cmd_r", "META", "Super"),
}
_PORTAL = {"ctrl": "CTRL", "alt": "ALT", "shift": "SHIFT", "super": "LOGO"}


def _modifier_keys() -> list[Key]:
    keys = []
    for family, aliases in _MODIFIERS:
        left, right, linux, xkb = _SIDES[family]
        every = [family, *aliases.split()]
        for side, pynput, letter in (("left", left, "L"), ("right", right, "R")):
            spelled = [f"{side}_{one}" for one in every[1:]] + [f"{one}_{side}" for one in every]
            spelled += [f"{side[0]}{one}" for one in every] + [f"{one}_{side[0]}" for one in every]
            if (family, side) == ("alt", "right"):
                spelled += ["altgr", "alt_gr"]
            keys.append(
                Key(f"{side}_{family}", pynput, f"KEY_{side.upper()}{linux}", f"{xkb}_{letter}", " ".join(spelled))
            )
    return keys


_NAMED = [
    Key("space", "space", "KEY_SPACE", "space", "spacebar space_bar"),
    Key("enter", "enter", "KEY_ENTER KEY_KPENTER", "Return", "return"),
    Key("tab", "tab", "KEY_TAB", "Tab"),
    Key("escape", "esc", "KEY_ESC", "Escape", "esc"),
    Key("backspace", "backspace", "KEY_BACKSPACE", "BackSpace"),
    Key("delete", "delete", "KEY_DELETE", "Delete", "del"),
    Key("insert", "insert", "KEY_INSERT", "Insert", "ins"),
    Key("home", "home", "KEY_HOME", "Home"),
    Key("end", "end", "KEY_END", "End"),
    Key("page_up", "page_up", "KEY_PAGEUP", "Prior", "pageup pgup prior"),
    Key("page_down", "page_down", "KEY_PAGEDOWN", "Next", "pagedown pgdn"),
    Key("up", "up", "KEY_UP", "Up"),
    Key("down", "down", "KEY_DOWN", "Down"),
    Key("left", "left", "KEY_LEFT", "Left"),
    Key("right", "right", "KEY_RIGHT", "Right"),
    Key("menu", "menu", "KEY_COMPOSE KEY_MENU", "Menu"),
    Key("pause", "pause", "KEY_PAUSE", "Pause", "break"),
    Key("print_screen", "print_screen", "KEY_SYSRQ KEY_PRINT", "Print", "print prtsc printscreen"),
    Key("caps_lock", "caps_lock", "KEY_CAPSLOCK", "Caps_Lock", "capslock"),
    Key("num_lock", "num_lock", "KEY_NUMLOCK", "Num_Lock", "numlock"),
    Key("scroll_lock", "scroll_lock", "KEY_SCROLLLOCK", "Scroll_Lock", "scrolllock"),
    Key("play_pause", "media_play_pause", "KEY_PLAYPAUSE KEY_PLAYCD KEY_PLAY KEY_MEDIA", "XF86AudioPlay", "play media"),
    Key("next", "media_next", "KEY_NEXTSONG", "XF86AudioNext", "next_track"),
    Key("previous", "media_previous", "KEY_PREVIOUSSONG", "XF86AudioPrev", "previous_track prev"),
    Key("stop", "", "KEY_STOPCD KEY_STOP", "XF86AudioStop"),
    Key("volume_up", "media_volume_up", "KEY_VOLUMEUP", "XF86AudioRaiseVolume"),
    Key("volume_down", "media_volume_down", "KEY_VOLUMEDOWN", "XF86AudioLowerVolume"),
    Key("mute", "media_volume_mute", "KEY_MUTE", "XF86AudioMute"),
    *(Key(f"f{n}", f"f{n}" if n <= 20 else "", f"KEY_F{n}", f"F{n}") for n in range(1, 25)),
    *_modifier_keys(),
]
_PUNCTUATION = {  # the character: Linux' name (of the key that types it on a US keyboard), the keysym's, aliases
    "-": ("KEY_MINUS", "minus", "minus hyphen"),
    "=": ("KEY_EQUAL", "equal", "equal equals"),
    ",": ("KEY_COMMA", "comma", "comma"),
    ".": ("KEY_DOT", "period", "period dot"),
    "/": ("KEY_SLASH", "slash", "slash"),
    ";": ("KEY_SEMICOLON", "semicolon", "semicolon"),
    "'": ("KEY_APOSTROPHE", "apostrophe", "apostrophe quote"),
    "`": ("KEY_GRAVE", "grave", "grave backtick"),
    "[": ("KEY_LEFTBRACE", "bracketleft", ""),
    "]": ("KEY_RIGHTBRACE", "bracketright", ""),
    "\\": ("KEY_BACKSLASH", "backslash", "backslash"),
    "+": ("KEY_KPPLUS", "plus", "plus"),
}
_KEYS = {key.name: key for key in _NAMED}
_FAMILIES = tuple(family for family, _ in _MODIFIERS)
_ALIASES = (
    {alias: key.name for key in _NAMED for alias in key.aliases.split()}
    | {alias: family for family, aliases in _MODIFIERS for alias in aliases.split()}
    | {alias: char for char, (_, _, aliases) in _PUNCTUATION.items() for alias in aliases.split()}
)
_RAW = re.compile(r"(key|btn)_[a-z0-9_]+")
MODIFIERS = tuple(key.name for key in _modifier_keys())
"""The modifiers as keys of a keyboard: left_ctrl, right_ctrl, left_alt ...; altgr is right_alt."""


@dataclass(frozen=True)
class Chord:
    """A key and what is held beside it; modifiers alone are a chord, too, whose key is the last of them."""

    key: str
    modifiers: tuple[str, ...] = ()
    """A family ("ctrl": either of the two) or one side ("right_ctrl")."""

    def __str__(self) -> str:
        return "+".join((*self.modifiers, "plus" if self.key == "+" else self.key))

    @property
    def bare_modifiers(self) -> bool:
        return family(self.key) in _FAMILIES

    @property
    def typed(self) -> bool:
        """Whether pressing it types or deletes something in the window that has the focus."""
        typing = len(self.key) == 1 or self.key in ("space", "enter", "tab", "backspace", "delete")
        return typing and all(family(name) == "shift" or name == "right_alt" for name in self.modifiers)

    @property
    def trigger(self) -> str:
        """As the shortcuts specification of freedesktop.org writes it, e.g. ``CTRL+ALT+space``; "" = it cannot."""
        if _RAW.fullmatch(self.key):
            return ""
        name = f"left_{self.key}" if self.key in _FAMILIES else self.key
        return "+".join((*dict.fromkeys(_PORTAL[family(one)] for one in self.modifiers), _keysym(name)))


def family(name: str) -> str:
    """``right_ctrl`` -> ``ctrl``; any other name as it is."""
    return name.partition("_")[2] if name in MODIFIERS else name


def satisfied(wanted: str, held: str) -> bool:
    """Whether ``wanted`` of a chord is the key ``held``: a family means either of its two keys."""
    return wanted in (held, family(held))


def keys_of(wanted: str) -> tuple[str, ...]:
    """The keys that ``wanted`` of a chord may mean."""
    return tuple(name for name in MODIFIERS if family(name) == wanted) if wanted in _FAMILIES else (wanted,)


def pynput_names(name: str) -> tuple[str, ...]:
    """What pynput calls a key: names in its ``Key``, or one character; empty = it does not know the key."""
    if name in _KEYS:
        return tuple(_KEYS[name].pynput.split())
    return (name,) if len(name) == 1 else ()


def linux_names(name: str) -> tuple[str, ...]:
    """What input-event-codes.h calls a key; empty = no key of its own, for example ä: Linux knows no layouts."""
    if name in _KEYS:
        return tuple(_KEYS[name].linux.split())
    if name in _PUNCTUATION:
        return (_PUNCTUATION[name][0],)
    if _RAW.fullmatch(name):
        return (name.upper(),)
    return (f"KEY_{name.upper()}",) if name.isascii() and name.isalnum() else ()


def _keysym(name: str) -> str:
    if name in _KEYS:
        return _KEYS[name].xkb
    if name in _PUNCTUATION:
        return _PUNCTUATION[name][1]
    return name if name.isascii() and name.isalnum() else f"U{ord(name):04X}"


def parse(text: str) -> Chord:
    """Read a key string; case, order and spaces do not matter. Raises UsageError."""
    written = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    if not written:
        raise _wrong(text, "it is empty; name a key, for example ctrl+alt+space")
    if not written.strip():
        return Chord("space")
    written = re.sub(r"(^|\+)\s*\+\s*$", r"\1plus", written)
    names = [_name(token.strip(), text) for token in written.split("+")]
    modifiers = [one for base in _FAMILIES for one in (base, f"left_{base}", f"right_{base}") if one in names]
    others = [name for name in dict.fromkeys(names) if name not in modifiers]
    if len(others) > 1:
        raise _wrong(
            text, f'"{others[0]}" and "{others[1]}" are two keys; only ctrl, alt, shift and super go beside one'
        )
    return Chord(others[0], tuple(modifiers)) if others else Chord(modifiers[-1], tuple(modifiers[:-1]))


def _name(token: str, text: str) -> str:
    if len(token) == 1 and unicodedata.category(token)[0] in "LNPS":
        return token
    token = re.sub(r"[\s_-]+", "_", token)
    token = _ALIASES.get(token, token)
    if token in _KEYS or token in _FAMILIES or token in _PUNCTUATION or _RAW.fullmatch(token):
        return token
    near = difflib.get_close_matches(token, [*_KEYS, *_FAMILIES, *_ALIASES], n=1)
    hint = f'did you mean "{near[0]}"?' if near else "examples: f9, ctrl+alt+space, right_ctrl, play_pause"
    raise _wrong(text, f"there is no key {token!r}; {hint}" if token else "a key is missing beside +")


def _wrong(text: str, why: str) -> UsageError:
    return UsageError(f"[push_to_talk] key = {text!r}: {why}")
