"""Rules claim pieces of a text, the first come first; a reader holds those of one language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.spoken import addresses, calendar, formulas, numbers, signs
from assistant.spoken.language import Language

_CLAIMED = "\ue000"  # private use: no letter, no digit, no sign


@dataclass(frozen=True)
class Edit:
    start: int
    end: int
    words: str
    """In place of text[start:end]; with the spaces that part it from its neighbours."""


class Reader:
    """Reads one language aloud."""

    def __init__(self, language: Language) -> None:
        self._language = language
        rules = [*formulas.rules(language), *addresses.rules(language), *language.rules]
        rules += [
            *calendar.rules(language),
            *addresses.codes(language),
            *numbers.rules(language),
            *signs.rules(language),
        ]
        self._rules = [(frozenset(rule.chars), re.compile(rule.pattern), rule.say) for rule in rules]

    def edits(self, text: str) -> list[Edit]:
        found: list[Edit] = []
        left, held = text, set(text)
        for chars, pattern, say in self._rules:
            if chars and chars.isdisjoint(held):
                continue
            new, claim = [], "claim" if "claim" in pattern.groupindex else 0
            for match in pattern.finditer(left):
                start, end = match.span(claim)
                if (
                    _CLAIMED not in left[start:end]
                    and end > start
                    and (words := say(self._language, match)) is not None
                ):
                    new.append(Edit(start, end, words))
            if new:
                left = _masked(left, new)
                found += new
        found.sort(key=lambda edit: edit.start)
        return _parted(text, found)


def _masked(text: str, new: list[Edit]) -> str:
    parts, position = [], 0
    for edit in new:
        parts += [text[position : edit.start], _CLAIMED * (edit.end - edit.start)]
        position = edit.end
    return "".join([*parts, text[position:]])


def _parted(text: str, found: list[Edit]) -> list[Edit]:
    """With spaces where words would run into what is beside them, and none beside a space."""
    edits: list[Edit] = []
    end, last = 0, ""  # of what comes before: its end in the text, its last character as it is read
    for edit in found:
        last = text[edit.start - 1 : edit.start] if edit.start > end else last
        after, words = text[edit.end : edit.end + 1], edit.words.strip()
        if words and (last.isalnum() or last in tuple(")]%")):
            words = f" {words}"
        elif not words and edit.words and not last.isspace():
            words = " "
        if words.strip() and words[-1] not in "'-" and (after.isalnum() or after in tuple("(√-−")):
            words = f"{words} "
        edits.append(Edit(edit.start, edit.end, words))
        end, last = edit.end, words[-1:] or last
    return edits
