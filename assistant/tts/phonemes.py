"""Text to IPA phonemes, clause by clause, as espeak-ng reads it: what Piper and Kokoro voices were trained on."""

from __future__ import annotations

import ctypes
import dataclasses
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assistant.tts.espeak_library import UTF8, busy, harmless, identifier, library

_IPA = 2  # espeakPHONEMES_IPA of speak_lib.h
_LANGUAGE_SWITCH = re.compile(r"\([a-z-]+\)")  # espeak marks words that it reads as another language: (en)...(de)
_STRESS = str.maketrans("", "", "ˈˌ")
_MARKS = {**dict(zip("。｡！？，、；：।॥؟،؛", "..!?,,;:..?,;")), **dict(zip("–―", "——"))}
_MARK = r".!?,;:…—" + "".join(_MARKS)
_AFTER_CLAUSE = re.compile(rf"[{_MARK}]\W*$")
_STRONGEST = "?!….:;—,"
_NO_END = frozenset("mr mrs ms dr prof st mt jr sr vs etc bzw ca hr fr m mme mlle dra sra srta dott sig".split())
"""Words whose full stop ends no sentence when something follows."""


@dataclass(frozen=True)
class Clause:
    text: str
    """What of the text it is, with what stands around it: all clauses together are the whole text."""
    ipa: str
    """Its phonemes, a space between words (espeak joins some: "of the" is one), stress marks before syllables."""
    mark: str
    """The punctuation that closes it, one of ``. ! ? , ; : … —``, whatever the script; empty = it goes on."""
    words: tuple[tuple[int, int], ...]
    """Where each of its words ends: (characters of ``ipa``, characters of ``text``)."""


def phonemes(text: str, voice: str, where: str = "[tts] espeak_voice") -> list[Clause]:
    """The clauses of ``text`` as espeak's ``voice`` (``en-us``, ``de``) says them; those without a sound are left out.

    Raises UsageError when espeak has no such voice; ``where`` is what names it. About 1 ms a sentence.
    """
    text = harmless(text)
    with busy:
        native, _ = library()
        native.espeak_SetVoiceByName(identifier(voice, where))
        spoken: list[tuple[str, str]] = []
        silent = ""
        for written, ipa in _clauses(native, text):
            silent += written
            if ipa:
                spoken.append((silent, ipa))
                silent = ""
        if silent and spoken:
            spoken[-1] = (spoken[-1][0] + silent, spoken[-1][1])
        clauses = [Clause(written, ipa, _mark(written), tuple(_words(native, written, ipa))) for written, ipa in spoken]
    return [_joined(clause, after) for clause, after in zip(clauses, [*clauses[1:], None])]


def _clauses(native: ctypes.CDLL, text: str) -> list[tuple[str, str]]:
    """Each clause as written and in IPA; all at once, for between two of them espeak keeps a character."""
    content = text.encode()
    buffer = ctypes.create_string_buffer(content)
    start = ctypes.addressof(buffer)
    place = ctypes.c_void_p(start)
    clauses = []
    begin = 0
    while place.value:
        ipa = native.espeak_TextToPhonemes(ctypes.byref(place), UTF8, _IPA)
        end = _end(content[: place.value - start].decode(errors="ignore")) if place.value else len(text)
        end = max(begin, end)
        said = (ipa or b"").decode(errors="replace")
        clauses.append((text[begin:end], " ".join(_LANGUAGE_SWITCH.sub("", said).split())))
        begin = end
    return clauses


def _end(read: str) -> int:
    """Where a clause ends in what espeak has read: it reads one character of the next, but not after a quote."""
    ahead = len(read) > 1 and (read[-2].isspace() or read[-2] in _MARK and read[-1].isalnum())
    return len(read) - 1 if ahead else len(read)


def _mark(written: str) -> str:
    closing = _AFTER_CLAUSE.search(written)
    if closing is None:
        return ""
    marks = {_MARKS.get(character, character) for character in closing.group()}
    if "..." in closing.group():
        marks.add("…")
    return next((mark for mark in _STRONGEST if mark in marks), "—")


def _joined(clause: Clause, after: Clause | None) -> Clause:
    """Without its mark where that is the full stop of an abbreviation."""
    if clause.mark != "." or after is None:
        return clause
    last = clause.text.split()[-1].lower().strip("\"'“”«»().")
    begins = after.text.lstrip("\"'“”«»( ")[:1]
    initial = len(last) == 1 and last.isalpha() and last != "i"
    if initial or last in _NO_END or begins.islower() or begins.isdigit() and len(last) < 4:
        return dataclasses.replace(clause, mark="")
    return clause


def _words(native: ctypes.CDLL, written: str, ipa: str) -> Iterator[tuple[int, int]]:
    """See `Clause.words`. Each word is also said alone, and what comes of that is sought in the clause."""
    words = [match for match in re.finditer(r"\S+", written) if any(map(str.isalnum, match.group()))]
    if len(words) > 1:
        alone = [" ".join(said for _, said in _clauses(native, word.group())).translate(_STRESS) for word in words]
        places = [place for place, character in enumerate(ipa) if character not in "ˈˌ"]
        for cut, word in zip(_cuts(alone, ipa.translate(_STRESS)), words):
            yield (places[cut - 1] + 1 if cut else 0), word.end()
    yield len(ipa), len(written.rstrip())


def _cuts(parts: list[str], whole: str) -> list[int]:
    """Where in ``whole`` each of ``parts`` but the last ends, when they are laid on it with the fewest changes."""
    joined = np.array([ord(character) for character in " ".join(parts)])
    there = np.array([ord(character) for character in whole])
    columns = np.arange(len(there) + 1)
    costs = [columns]
    for character in joined:  # Levenshtein's table, row by row; a space is never changed into a letter
        other = (there != character).astype(int) + ((there == ord(" ")) != (character == ord(" ")))
        row = costs[-1] + 1
        row[1:] = np.minimum(row[1:], costs[-1][:-1] + other)
        costs.append(np.minimum.accumulate(row - columns) + columns)
    ends = list(itertools.accumulate((len(part) + 1 for part in parts[:-1]), initial=-1))[1:]
    reached: dict[int, int] = {}
    at, column = len(joined), len(there)
    while at:
        reached.setdefault(at, column)
        cost = costs[at][column]
        if cost == costs[at - 1][column] + 1:
            at -= 1
        elif column and cost == costs[at][column - 1] + 1:
            column -= 1
        else:
            at, column = at - 1, column - 1
    return [reached.get(end, 0) for end in ends]
