"""The language model's pieces -> units to speak: sentences, list items, headings; a fenced code block is one unit.

Every decision depends only on the text from the unit's start to a short look-ahead, never on how the text was cut into
pieces. Where a full stop may or may not end the sentence ("St.", "approx."), it does not: a voice reads two joined
sentences well, but a sentence broken in the middle sounds broken. (sentencex and pysbd decide by the whole paragraph,
so they cannot tell while it is still being written.)
"""

from __future__ import annotations

import re

_LONGEST = 250  # characters of one unit; text without any stop is cut at the last pause before
_LOOK_AHEAD = 40  # characters after the longest unit that may decide whether a stop in it ends it
_FIRST_WORDS = 5  # after so many the first unit may end at a comma, or before a word that begins a phrase: the sound
# comes early, the rest is ready long before these words are spoken

_MONTHS = """january february march april may june july august september october november december
    januar februar märz mai juni juli oktober dezember""".split()
_NEVER_LAST = frozenset(
    """
    mr mrs ms dr prof mme mlle messrs sen rep gov gen col lt sgt capt cmdr adm rev hon fr st mt ft hr
    e.g i.e vs cf approx ca resp viz incl excl z.b d.h u.a bzw ggf bspw
""".split()
)
"""Abbreviations that something follows, without their last full stop, in lower case."""
_BEFORE_NUMBER = frozenset(
    """
    no nos nr fig figs vol pp p ch sec eq art par ver v jan feb mar apr jun jul aug sep sept oct nov dec tel ext
""".split()
)
"""Abbreviations only when a number follows."""
_MAYBE_LAST = frozenset("etc inc ltd co corp jr sr bros dept est ave blvd rd usw ph.d".split())
OPENERS = frozenset(
    """
    the a an i it he she we you they this that these those there here then so but and or if when while in on at by for
    from to with as my your his her its our their what why how who where which is are was do does did can could would
    should let please yes no not also however now after before once because although since
    der die das ein eine ich er sie es wir ihr dann aber und
""".split()
)
"""Words in capitals that begin a new sentence even after an abbreviation: "in the U.S. He", not "the U.S. Army"."""

_STOP = re.compile(
    r"""
    (?P<newline>[^\S\n]*\n\s*)
  | (?P<code>`+)
  | (?P<wide>[。！？｡।॥]+ [」』）”’»"']*)
  | (?P<stop>(?<![.!?…؟۔]) [.!?…؟۔]++ ["'”’»)\]}*_]*+) (?P<space>[^\S\n]+)
  | (?P<pause>[,;:] | [ ][–—-]) [ ]+
  | (?P<joint>[ ]+) (?=(?:and|but|or|that|which|who|because|when|where|while|if|with|for|from|in|on|at|by|to|of|into|
        over|through|during|between|about|as)[ ])
  | (?P<bracket>[\[\]])
""",
    re.VERBOSE,
)
_FENCE = re.compile(r"`{1,64}|~{1,64}")
_PAUSE = re.compile(r"[,;:–—]\s|[、，；：]")
_SPACE, _NO_SPACE = re.compile(r"\s"), re.compile(r"\S")
_ENDED = re.compile(r"[.!?…؟۔。！？｡।॥][\"'”’»)\]}*_」』]*$")


class SentenceSplitter:
    """Joined, the units hold every non-space character that was fed, in order. One splitter per reply."""

    def __init__(self, first: bool = True) -> None:
        """``first``: whether the first unit may be a part of a sentence, so that its sound comes early."""
        self._rest = ""
        self._first = first
        self._searched = 0
        """How many characters of the rest were looked through before, and hold no end of its first unit."""

    def feed(self, piece: str) -> list[str]:
        """The units that surely ended with this piece, stripped."""
        self._rest = self._rest + piece if self._rest else piece.lstrip()
        return self._units(final=False)

    def flush(self) -> list[str]:
        """The text has ended: the units that are left."""
        return self._units(final=True)

    def _units(self, final: bool) -> list[str]:
        units = []
        begin = 0
        while (start := _NO_SPACE.search(self._rest, begin)) is not None:
            end = _unit_end(self._rest, start.start(), self._first, final, self._searched)
            if end is None:
                break
            units.append(self._rest[start.start() : end].rstrip())
            self._first, self._searched, begin = False, 0, end
        self._rest = self._rest[start.start() :] if start else ""
        self._searched = len(self._rest)
        return units


def whole_sentences(text: str) -> str:
    """``text`` up to the end of its last sentence; empty when it holds none that ends, or only trails off."""
    splitter = SentenceSplitter(first=False)
    units = [*splitter.feed(text), *splitter.flush()]
    while units and (not _ENDED.search(units[-1]) or trails_off(units[-1])):
        units.pop()
    return text[: text.rindex(units[-1]) + len(units[-1])] if units else ""


def trails_off(text: str) -> bool:
    """Whether it was left open at its end."""
    return text.endswith(("...", "…"))


def _unit_end(text: str, start: int, first: bool, final: bool, searched: int) -> int | None:
    """Where the unit of ``text`` ends that begins at ``start``; None when that cannot be told before more text comes,
    which it could not when ``searched`` characters had come."""
    if (fence := _FENCE.match(text, start)) is not None:
        if fence.end() == len(text) and not final:
            return None
        if len(fence.group()) >= 3:
            return _fence_end(text, fence, final, searched)
    window = text[start : start + _LONGEST + _LOOK_AHEAD]
    complete = final or len(text) - start > len(window)
    position, bracketed = 0, False
    while (stop := _STOP.search(window, position)) is not None and stop.start() < _LONGEST:
        if stop.end() == len(window) and not complete:
            return None
        position = stop.end()
        if stop["code"]:
            if len(stop["code"]) >= 3 and stop.start() > 0:
                return start + stop.start()
            closing = re.compile(rf"(?<!`){stop['code']}(?!`)|\n").search(window, position)
            if (closing is None or closing.end() == len(window)) and not complete:
                return None
            if closing is not None and closing.group() != "\n":
                position = closing.end()
        elif stop["bracket"]:
            bracketed = stop["bracket"] == "["
        else:
            bracketed = bracketed and "]" not in stop.group()
            ends = _ends(window, stop, first, bracketed, complete)
            if ends is None:
                return None
            if ends:
                return start + position
    if len(text) - start <= _LONGEST:
        return len(text) if final else None
    return _overlong(text, start, final, searched) if complete else None


def _ends(text: str, stop: re.Match, first: bool, bracketed: bool, complete: bool) -> bool | None:
    """Whether the unit that begins ``text`` ends at this stop; None when that depends on text that has not come yet
    (never when complete)."""
    after = text[stop.end() : stop.end() + 1]
    if stop["newline"]:
        wrapped = after.islower() and stop.group().count("\n") == 1 and text[0] not in "#|>"
        return not wrapped
    if stop["wide"]:
        return not bracketed
    before = text[: stop.start()]
    if stop["pause"] or stop["joint"]:
        return (
            first
            and not bracketed
            and len(before.split()) >= _FIRST_WORDS
            and before.count('"') % 2 == 0
            and before.count("*") % 2 == 0
            and before.count("_") % 2 == 0
            and before.count("“") == before.count("”")
            and before.count("(") == before.count(")")
        )
    if bracketed or after.islower() or not after:
        return False
    mark = stop["stop"]
    if mark[0] != "." or mark.startswith(".."):
        return True
    return _full_stop_ends(before, text, stop.end(), complete)


def _full_stop_ends(before: str, text: str, position: int, complete: bool) -> bool | None:
    """Whether one full stop after ``before`` ends the sentence; ``text`` goes on at ``position``, not in lower case."""
    word = before.split()[-1].lstrip("([{\"'“‘*_«") if before.split() else ""
    lower, after = word.lower(), text[position]
    if lower in _NEVER_LAST:
        return False
    if lower in _BEFORE_NUMBER and after.isdigit():
        return False
    if word.isdecimal():
        if word == before.strip("([*_ ") or before[: -len(word)].rstrip().endswith(":"):
            return False  # the number of a list item
        return _ordinal_ends(word, text, position, complete)
    initial = len(word) == 1 and word.isupper() and word != "I"
    dotted = re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]", word) is not None
    if not (initial or dotted or lower in _MAYBE_LAST):
        return True
    following = re.match(r"[^\W\d_]+", text[position : position + 12])
    if following is None:
        return False
    if position + following.end() == len(text) and not complete:
        return None
    return following.group().lower() in OPENERS


def _ordinal_ends(number: str, text: str, position: int, complete: bool) -> bool | None:
    """ "on the 5. May" is a date, "there are 5. My" is not."""
    following = re.split(r"[\W\d_]", text[position : position + 12], maxsplit=1)[0].lower()
    if len(number) > 2 or not following:
        return True
    unsure = position + len(following) == len(text) and any(month.startswith(following) for month in _MONTHS)
    if unsure and not complete:
        return None
    return following not in _MONTHS


def _fence_end(text: str, opening: re.Match, final: bool, searched: int) -> int | None:
    mark = opening.group()
    closing = re.compile(f"{mark}{mark[0]}*").search(text, max(opening.end(), searched - len(mark)))
    if closing is not None and (final or closing.end() < len(text)):
        return closing.end()
    return len(text) if final else None


def _overlong(text: str, start: int, final: bool, searched: int) -> int | None:
    """Where text without a stop is cut: at its last pause, else its last space."""
    limit = start + _LONGEST
    pauses = [mark.end() for mark in _PAUSE.finditer(text, start + _LONGEST // 2, limit)]
    if pauses:
        return pauses[-1]
    space = max(text.rfind(mark, start, limit) for mark in " \n\t")
    if space > start:
        return space
    if not text[start:limit].isascii():  # a script that writes no spaces
        return limit
    seen = searched if searched > limit + _LOOK_AHEAD else limit  # with less, the unit's end was not looked for yet
    end = _SPACE.search(text, seen)  # one endless word is kept whole: speakable drops it, its pieces would be read
    return end.start() if end else len(text) if final else None
