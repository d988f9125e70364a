"""Bytes -> text: by its byte order mark, as UTF-8, as the file states, else by statistics."""

from __future__ import annotations

import codecs
import re
from typing import Any

from rag.errors import BadFile

CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
"""How HTML and XML state their encoding."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What is meant by a name (https://encoding.spec.whatwg.org/#names-and-labels), by Python's name for it.
_MEANT = {
    **dict.fromkeys(("ascii", "iso8859-1"), "cp1252"),
    **dict.fromkeys(("iso8859-11", "tis-620"), "cp874"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **{"iso8859-9": "cp1254", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs"},
}
_LABELS = {
    **dict.fromkeys(("windows-874", "dos-874"), "cp874"),
    **dict.fromkeys(("windows-31j", "x-sjis"), "cp932"),
    **{"iso-8859-8-i": "iso-8859-8", "unicode-1-1-utf-8": "utf-8", "ks_c_5601-1989": "cp949"},
}
_TEXT = re.compile(
    r"ascii|cp(?!65001)\d|iso8859|iso2022|koi8|mac-|gb|big5|euc_|shift_jis|johab|tis-620|kz1048|ptcp|utf-8"
)
_ESCAPED = b"\x1b$"  # begins what is not ASCII in ISO 2022, which looks like ASCII
_HIGH = re.compile(rb"[\x80-\xff]+")
_CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f\ufffd]")
_SAMPLE = 100_000  # bytes that decide
_SHORT = 10_000  # bytes of a file that is looked at whole
_AROUND = 400  # bytes before and behind one beyond ASCII, in its line
_FEW = 10  # bytes beyond ASCII, of which more is guessed than known: only encodings of today's files are likely
_WEAK = 0.03  # of chardet's confidence
_MIXED = re.compile("[A-Za-z][\u0370-\u1fff]|[\u0370-\u1fff][A-Za-z]")
_BEYOND = re.compile("[^\0-\x7f]")
_SPLIT = re.compile(
    "(?<=[A-Za-z])(?:[\xa1-\xbf\u2018-\u203a\u20ac\u2500-\u259f]|[\u3000-\u9fff\uac00-\ud7a3\uff00-\uffef]{1,2})(?=[a-z])"
)
"""What stands in a word of Latin letters where it is read in the wrong encoding: a mark, or a sign of Chinese."""
_BROKEN = "rag.broken"
_CONTROLS = "rag.controls"


def decode(data: bytes, stated: str | None = None) -> str:
    """Bytes -> text with newlines as ``\\n``; a byte that is none in its encoding costs that character.

    Raises BadFile for binary data.
    """
    text = _mended(_decoded(data, stated))
    for part in (text[:20_000], text[len(text) // 2 :][:20_000]):
        if len(_CONTROL.findall(part)) > len(part) * 0.02:
            raise BadFile("is a binary file, not text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes, stated: str | None) -> str:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, errors="replace")
    if data.count(0) > len(data) * 0.02:  # as text has only where a character takes two bytes or four
        wide = _guess(data[:_SAMPLE])
        return data.decode(wide if wide.startswith("utf-") else "utf-8", errors="replace")
    label = _codec(stated) if stated else None
    if _ESCAPED not in data:
        text = data.decode("utf-8", errors="replace")
        if text.isascii():
            return text
        bad = text.count("\ufffd")
        if bad <= len(text) - len(text.encode("ascii", errors="ignore")) - bad:  # as many characters beyond ASCII
            return data.decode("utf-8", errors=_BROKEN) if bad else text
    if label and label != "utf-8":
        text = data.decode(label, errors="replace")
        if text.count("\ufffd") * 20 <= len(text):
            return text
    return data.decode(_guess(_sample(data)), errors="replace")


def _codec(label: str) -> str | None:
    """Python's codec for what a file states; None where it is no encoding that files have, or says nothing."""
    label = label.strip().lower()
    for name in (_LABELS.get(label, label), label.removeprefix("x-")):
        try:
            known = codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
        if _TEXT.match(known) and b"<charset>".decode(known, errors="replace") == "<charset>":
            return _MEANT.get(known, known)
    return None


def _guess(sample: bytes) -> str:
    """The codec that statistics find likeliest."""
    import chardet

    def detected(era: chardet.EncodingEra) -> list[Any]:
        return chardet.detect_all(sample, encoding_era=era, max_bytes=len(sample) + 1, compat_names=False)

    every = chardet.EncodingEra.ALL & ~chardet.EncodingEra.MAINFRAME
    if _ESCAPED in sample or sum(map(len, _HIGH.findall(sample))) >= _FEW:
        names = _codecs(detected(every))
        return next((name for name in names if not _mixes(sample.decode(name, errors="replace"))), names[0])
    found = detected(chardet.EncodingEra.MODERN_WEB)
    if found[0]["confidence"] < _WEAK and all(map(_is_western, _HIGH.findall(sample))):
        return "cp1252"
    names = _codecs(found)
    return next((name for name in (*names, *_codecs(detected(every))) if _fits(sample, name)), names[0])


def _codecs(found: list[Any]) -> list[str]:
    names = [codecs.lookup(one["encoding"]).name for one in found if one["encoding"]] or ["cp1252"]
    return [_MEANT.get(name, name) for name in names]


def _fits(sample: bytes, name: str) -> bool:
    """Whether a sample with few bytes beyond ASCII makes words in this encoding."""
    text = sample.decode(name, errors="replace")
    odd = len(_SPLIT.findall(text))
    return not (_CONTROL.search(text) or _mixes(text) or odd > 1 and 3 * odd > len(_BEYOND.findall(text)))


def _is_western(high: bytes) -> bool:
    return len(high) < 3 and high.decode("cp1252", errors="replace").isalpha()


def _mixes(text: str) -> bool:
    """Whether it writes Latin letters and those of another alphabet in one word, again and again."""
    return 10 * len(_MIXED.findall(text)) > len(text) - len(text.encode("ascii", errors="ignore"))


def _sample(data: bytes) -> bytes:
    """What tells: of a longer file the lines around the first bytes beyond ASCII."""
    if len(data) <= _SHORT or _ESCAPED in data:
        return data[:_SAMPLE]
    parts: list[bytes] = []
    end = taken = 0
    while taken < _SAMPLE and (high := _HIGH.search(data, end)):
        before = max(end, high.start() - _AROUND)
        start = data.rfind(b"\n", before, high.start()) + 1 or before
        stop = data.find(b"\n", high.end(), high.end() + _AROUND)
        end = stop + 1 if stop >= 0 else high.end() + _AROUND
        parts.append(data[start:end])
        taken += end - start
    return b"".join(parts)


def _mended(text: str) -> str:
    """UTF-8 that was read as Windows-1252 and written again, undone where every character beyond ASCII fits that."""
    if not re.search("[\xc2-\xf4][\x80-\xbf\u0152-\u2122]", text):
        return text
    try:
        before = text.encode("cp1252", errors=_CONTROLS).decode("utf-8")
    except UnicodeError:
        return text
    return before if len(before) - len(before.encode("ascii", errors="ignore")) >= 3 else text


def _broken(error: UnicodeError) -> tuple[str, int]:
    """What stands for bytes that are no UTF-8 in a text that otherwise is: a letter, where a few stand alone that can
    be nothing but Windows-1252, else U+FFFD."""
    assert isinstance(error, UnicodeDecodeError)
    data = error.object
    start, end = error.start, error.end
    while start > error.start - 3 and start > 0 and data[start - 1] >= 0x80:
        start -= 1
    while end < error.end + 3 and end < len(data) and data[end] >= 0x80:
        end += 1
    run = data[start:end].decode("cp1252", errors="replace")
    torn = data[start] in (0xC2, 0xC3) or end - start > 1 and data[start + 1] < 0xC0
    if len(run) <= 3 and run.isalpha() and not torn:
        return data[error.start : error.end].decode("cp1252"), error.end
    return "\ufffd", error.end


def _controls(error: UnicodeError) -> tuple[bytes, int]:
    """The five bytes that Windows-1252 leaves open stay what they are."""
    assert isinstance(error, UnicodeEncodeError)
    sign = ord(error.object[error.start])
    if not 0x80 <= sign <= 0x9F:
        raise error
    return bytes([sign]), error.start + 1


codecs.register_error(_BROKEN, _broken)
codecs.register_error(_CONTROLS, _controls)
