"""Where a text is cut when it must be: behind a sentence, else between words, also in scripts without spaces."""

from __future__ import annotations

import re

_HAN = "々〆\u3400-\u9fff\uf900-\ufaff"
_HIRAGANA = "\u3041-\u309f"
_KATAKANA = "\u30a0-\u30ff\uff66-\uff9f"
_TIGHT = _HAN + _HIRAGANA + _KATAKANA
_CLOSING = "\"'”’»)」』）】》〉"
SENTENCE = (
    r"(?<=[.!?…])[\"'”’)]*\s+|\n"
    rf"|(?:[。！？｡]|…(?=…))+…?[{_CLOSING}]*\s*"
    rf"|[।॥؟۔።།။]+[{_CLOSING}]*\s*"
    rf"|(?<=[{_TIGHT}])[!?]+[{_CLOSING}]*(?=[{_TIGHT}])"
)
"""Matches up to where the next sentence begins."""
_CLAUSE = rf"[，、；：､،؛][{_CLOSING}]*\s*|(?<=[{_TIGHT}])[,;:](?!\d)\s*"
_CHINESE = (
    rf"(?<=[的了])(?=[{_HAN}])(?![确士解结])"
    "|(?=以及|并且|或者|因为|因此|所以|如果|但是|而且|我们|他们|这个|那个|这些|那些|可以|能够|通过|根据|由于|为了|关于"
    "|並且|因為|如果|但是|我們|他們|這個|那個|這些|那些|可以|能夠|通過|根據|由於|為了|關於)"
)
_JAPANESE = rf"(?<=を)|(?<=[{_HIRAGANA}])(?<![おご])(?=[{_HAN}{_KATAKANA}A-Za-z0-9])"
_THAI = "(?=และ|หรือ|ซึ่ง|จาก|โดย|เพื่อ|สำหรับ|แต่|เมื่อ|ถ้า|เพราะ|ระหว่าง|ของ|เป็น)|(?<!หน้า)(?<!พื้น)(?<!สถาน)(?=ที่)|[ๆฯ]"
_MIXED = rf"(?<=[{_TIGHT}\u0e00-\u0e7f])(?=[A-Za-z])|(?<=[A-Za-z])(?=[{_TIGHT}\u0e00-\u0e7f])"
_SIGN = r"[/\\&?=_.,;:|+*#@~–—·…)\]}>-](?!\d)"
_BETWEEN = [re.compile(SENTENCE), re.compile(_CLAUSE), re.compile(r"(?<!\d)\s+|\s+(?!\d)")]
_BETWEEN.append(re.compile("|".join((_CHINESE, _JAPANESE, _THAI, _MIXED))))
_WITHIN = [
    re.compile(r"\s+"),
    re.compile(_SIGN),
    re.compile(rf"(?<=[{_HAN}])(?=[{_HAN}])"),
    re.compile("(?<=[\u0e00-\u0e7f])(?=[เแโใไ])"),
    re.compile(rf"(?<=[{_TIGHT}\u0e00-\u0e7f])(?=\d)|(?<=\d)(?=[{_TIGHT}\u0e00-\u0e7f])"),
]
"""What may be parted where no words are told apart: addresses, compounds, syllables of Thai."""
_GOES_ON = re.compile("[\u0300-\u036f\u0e30-\u0e3a\u0e45-\u0e4e\u200c\u200d\u3099\u309a\ufe00-\ufe0f]")


def last(text: str, start: int, stop: int) -> int:
    """Where ``text[start:stop]`` is cut best: behind the last sentence, clause or word of its second half, else of the
    first; ``stop`` where it is one word."""
    middle = (start + stop) // 2
    for patterns in (_BETWEEN, _WITHIN):
        for begin in (middle, start):
            for pattern in patterns:
                places = [found.end() for found in pattern.finditer(text, begin, stop + 1)]
                if places := [place for place in places if start < place <= stop]:
                    return places[-1]
    while stop - 1 > start and stop < len(text) and _GOES_ON.match(text, stop):
        stop -= 1
    return stop
