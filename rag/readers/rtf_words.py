"""RTF -> the text of its paragraphs and cells: groups, code pages, what is text and what is none (RTF 1.9.1)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from rag.document import MAX_TEXT, too_long
from rag.errors import BadFile

_TOKEN = re.compile(r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}\r\n]+)|[\r\n]+", re.S)
_DEEPEST = 2_000  # groups in one another
_SIGNS = {
    **{"tab": "\t", "line": "\n", "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " "},
    **{"bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "softline": "\n"},
    **{"zwj": "\u200d", "zwnj": "\u200c", "ltrmark": "\u200e", "rtlmark": "\u200f", "lbr": "\n"},
}
_ESCAPED = {"~": "\xa0", "_": "-", "-": "\xad", "\\": "\\", "{": "{", "}": "}"}
_ASIDES = {
    **{"footnote": "note", "annotation": "comment", "atnauthor": "author", "title": "title", "fonttbl": "fonts"},
    **{"stylesheet": "styles", "fldinst": "field", "shptxt": "aside", "dptxbxtext": "aside"},
    **dict.fromkeys(("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"), "edge"),
}
"""Groups of which something is kept, though not where they stand."""
_SHOWN = {"shpinst", "shppict", "ud", "moMath", "fldrslt", "do", "nesttableprops"}
"""Groups that programs may pass over, of which the text is shown all the same."""
_DROPPED = {
    *("colortbl", "pict", "datafield", "themedata", "colorschememapping", "latentstyles", "rsidtbl"),
    *("datastore", "generator", "xmlnstbl", "listtable", "listoverridetable", "revtbl", "filetbl", "pgptbl", "objdata"),
    *("objclass", "objname", "objalias", "objsect", "nonshppict", "bkmkstart", "bkmkend", "sn", "atnid", "atrfstart"),
    *("atrfend", "atndate", "atntime", "atnref", "atnparent", "formfield", "private", "passwordhash"),
    *("wgrffmtfilter", "ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn", "xe", "tc", "tcn", "rxe", "txe"),
    *("pnseclvl", "userprops", "docvar", "mmathPict", "background", "template", "hlinkbase", "keycode", "nextfile"),
    *(
        "shprslt",
        "sv",
        "pn",
        "pntxta",
        "pntxtb",
        "nonesttables",
        "protusertbl",
        "blipuid",
        "picprop",
        "levelnumbers",
        "leveltext",
        "falt",
        "panose",
        "fname",
    ),
}
_SYMBOL, _SIGNS_FONT = "symbol", "signs"
"""The fonts Symbol, whose letters are Greek, and Wingdings and its like."""
_GREEK = str.maketrans(
    "ABCDEFGHIKLMNOPQRSTUWXYZabcdefghiklmnopqrstuwxyzjJVv"
    "\xa2\xa3\xa4\xa5\xab\xac\xad\xae\xaf\xb0\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xbb\xbc\xc5\xce\xd0\xd6\xd7\xe5\xf2",
    "ΑΒΧΔΕΦΓΗΙΚΛΜΝΟΠΘΡΣΤΥΩΞΨΖαβχδεφγηικλμνοπθρστυωξψζϕϑςϖ′≤⁄∞↔←↑→↓°±″≥×∝∂•÷≠≡≈…⊕∈∠√⋅∑∫",
)
_DINGS = str.maketrans("lnoqvw§¨·Øàûüþ", "●■☐❑❖◆▪◻•➢→✗✓☑")
_CHARSETS = {
    **{0: "cp1252", 1: "", 77: "mac-roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950"},
    **{161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251"},
    **{222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850", 2: _SIGNS_FONT},
}
_PAGES = {10000: "mac-roman", 10001: "shift_jis", 10007: "mac-cyrillic", 936: "gb18030", 65001: "utf-8"}


_LAYOUT = {"pard", "outlinelevel", "s", "intbl", "trowd", "clvmrg", "cellx"}
_ENDS = {"par", "sect", "page", "cell", "row", "nestcell", "nestrow", "column"}


class Piece(NamedTuple):
    """What the reader comes to: text, the end of something, or a word of the format that says how it is laid out."""

    kind: Literal["text", "end", "begin", "close", "layout"]
    value: str
    number: int = 0


@dataclass
class _State:
    """What a group begins with, as it was outside of it."""

    group: str = ""
    """Empty in the text itself; "none" where nothing is kept."""
    codec: str = "cp1252"
    skip: int = 1
    """Characters that stand after each one of Unicode for programs that do not know it."""
    deleted: bool = False
    opened: str = ""
    """The aside that began with this group."""


class Reader:
    """Gives the pieces of one file; `fonts` and `pictures` are known as far as it was read."""

    def __init__(self, data: bytes) -> None:
        self.pictures = self.objects = 0
        self.torn = False
        """Whether the file ends before its text does."""
        self._source = data.decode("latin-1")
        self._fonts: dict[int, str] = {}
        self._default = "cp1252"
        self._bytes = bytearray()
        self._font = 0
        self._taken = 0

    def pieces(self) -> Iterator[Piece]:
        stack: list[_State] = []
        state = _State()
        starred = fresh = False  # whether \* or the { of a group came last
        left = 0  # characters to be skipped
        position, source = 0, self._source
        half = ""  # of a character beyond the first 65,536
        while position < len(source):
            found = _TOKEN.match(source, position)
            if found is None:
                position += 1
                continue
            position = found.end()
            if found.lastindex is None:
                continue
            word, digits, code, sign, brace, text = found.groups()
            if code and state.group != "none":
                if left:
                    left -= 1
                else:
                    self._bytes.append(int(code, 16))
                fresh = False
                continue
            if text is not None:
                if left:
                    text, left = text[left:], max(0, left - len(text))
                if state.group != "none":
                    self._bytes += text.encode("latin-1")
                fresh = False
                continue
            if word == "bin":
                position += max(0, int(digits or 0))
                continue
            if word == "u" and state.group != "none":
                number = int(digits or 0) & 0xFFFF
                yield from self._text(state)
                half, letter = _joined(half, number, state.codec)
                if letter:
                    yield from self._given(letter, state)
                left = state.skip
                continue
            left = 0
            if self._bytes:
                yield from self._text(state)
            if brace == "{":
                if len(stack) >= _DEEPEST:
                    raise BadFile("is nested too deeply")
                stack.append(state)
                state, fresh, starred = replace(state, opened=""), True, False
            elif brace == "}":
                if state.opened:
                    yield Piece("close", state.opened)
                if not stack:
                    return
                state = stack.pop()
                fresh = starred = False
                if not stack:
                    return
            elif sign == "*" and fresh:
                starred = True
            elif sign is not None:
                fresh = False
                if sign in "\r\n":
                    yield from self._word("par", None, state)
                elif sign in _ESCAPED:
                    yield from self._given(_ESCAPED[sign], state)
            elif word:
                if fresh or starred:
                    self._enter(word, starred, state)
                    if state.opened:
                        yield Piece("begin", state.opened)
                fresh = starred = False
                yield from self._word(word, int(digits) if digits else None, state)
        yield from self._text(state)
        self.torn = bool(stack)

    def _enter(self, word: str, starred: bool, state: _State) -> None:
        """The first word of a group may say what it is."""
        if state.group == "none":
            return
        if word in _ASIDES:
            state.group = state.opened = _ASIDES[word]
        elif word in ("info", "upr"):
            state.group = word
        elif word in _DROPPED or word.startswith("m") and word.endswith("Pr"):
            self.pictures += word == "pict"
            state.group = "none"
        elif state.group == "info" or starred and word not in _SHOWN:
            state.group = "none"
        elif state.group == "upr" and word == "ud":
            state.group = ""
        elif word == "object":
            self.objects += 1

    def _word(self, word: str, number: int | None, state: _State) -> Iterator[Piece]:
        if state.group == "none":
            return
        if word in _SIGNS:
            yield from self._given(_SIGNS[word], state)
        elif word == "uc":
            state.skip = max(0, min(number or 0, 100))
        elif word == "ansicpg":
            self._default = state.codec = _codec(number or 1252) or self._default
        elif word in ("mac", "pc", "pca"):
            self._default = state.codec = {"mac": "mac-roman", "pc": "cp437", "pca": "cp850"}[word]
        elif word in ("f", "deff") and number is not None:
            self._font = number
            state.codec = self._fonts.get(number) or self._default
        elif word in ("fcharset", "cpg") and state.group == "fonts":
            named = _CHARSETS.get(number or 0, "") if word == "fcharset" else _codec(number or 0)
            if named:
                self._fonts[self._font] = named
        elif word == "plain":
            state.codec, state.deleted = self._default, False
        elif word == "deleted":
            state.deleted = number != 0
        elif word in _ENDS:
            yield Piece("end", word)
        elif word in _LAYOUT:
            yield Piece("layout", word, number if number is not None else 1)

    def _text(self, state: _State) -> Iterator[Piece]:
        if self._bytes:
            text = _decoded(bytes(self._bytes), state.codec)
            self._bytes.clear()
            yield from self._given(text, state)

    def _given(self, text: str, state: _State) -> Iterator[Piece]:
        self._taken += len(text)
        if self._taken > MAX_TEXT:
            raise too_long()
        if state.group == "fonts" and text.strip().lower().startswith("symbol"):
            self._fonts[self._font] = _SYMBOL
        if state.group not in ("none", "fonts", "info", "upr") and not state.deleted:
            yield Piece("text", text)


def _joined(half: str, number: int, codec: str) -> tuple[str, str]:
    """(Half of a character that waits for the other, what is whole)."""
    if 0xD800 <= number < 0xDC00:
        return chr(number), ""
    if 0xDC00 <= number < 0xE000:
        return "", chr(0x10000 + ((ord(half) - 0xD800) << 10) + number - 0xDC00) if half else "\ufffd"
    if 0xF020 <= number <= 0xF0FF:  # of a font of signs
        return "", _decoded(bytes([number & 0xFF]), codec if codec in (_SYMBOL, _SIGNS_FONT) else _SIGNS_FONT)
    return "", chr(number)


def _decoded(data: bytes, codec: str) -> str:
    if codec == _SYMBOL:
        return data.decode("latin-1").translate(_GREEK)
    if codec == _SIGNS_FONT:
        text = data.decode("cp1252", errors="replace")  # words in such a font are told as they were typed
        return text.translate(_DINGS) if len(text.strip()) == 1 else text
    return data.decode(codec, errors="replace")


def sign(field: str) -> str:
    """What a field such as ``SYMBOL 97 \\f "Symbol"`` shows; empty for other fields."""
    found = re.match(r"\s*SYMBOL\s+(\d{1,3})\b(.*)", field, re.S)
    if not found or int(found[1]) > 255:
        return ""
    return _decoded(bytes([int(found[1])]), _SYMBOL if '"symbol"' in found[2].lower() else _SIGNS_FONT)


def _codec(page: int) -> str:
    name = _PAGES.get(page, f"cp{page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""
