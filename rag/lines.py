"""The sentences and table rows of a passage, as they can be quoted: without markup, a row with its header's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rag import language
from rag.asked import alike, asked
from rag.records import Stored

_ROW = re.compile(r"^\s*\|.*\|\s*$|^[^|]+\s\|\s|^(?:[^:;]{1,40}: [^;]*; )+")
_END = re.compile(
    r"(?<=[.!?…।؟])[\"'”’)*_]*\s+(?=[\"'“‘(*_]*[^\W_a-z])|(?<=[。！？])|\n{2,}|\n(?=\s*(?:[-*•]|\d+[.)])\s)"
)
_NUMBER = re.compile(r"\W*\d+[.)]\W*$")
"""Of a list, in front of what stands there: so short that it would be the surest of all."""
_LEANING = re.compile(
    r"^\W*(?:it|its|this|that|these|those|they|their|he|she|both|neither|otherwise|then)\b", re.IGNORECASE
)
_MARKS = re.compile(r"\*\*|__|`|^\s*(?:#+|[-*•]|\d+[.)])\s+|(?<!\w)[*_]|[*_](?!\w)", re.MULTILINE)
_CELLS = 3  # of a row of which the question names none, those that are quoted


@dataclass(frozen=True)
class Line:
    passage: Stored
    text: str
    """One sentence; two where it leans on the one before; or a whole row."""
    words: frozenset[str]
    """Its terms, see `language.terms`; those of a row's header among them."""
    near: frozenset[str]
    """The passage's; of a row none."""
    leans: bool = False
    """Whether the sentence before is with it."""
    cells: tuple[tuple[str, str], ...] = ()
    """Of a row: (header, value); the header may be empty."""

    def quoted(self, wanted: Wanted) -> str:
        """What answers ``wanted``: of a row the first cell, and those that are asked for."""
        if not self.cells:
            return self._clause(wanted)
        (_, first), *rest = self.cells
        if wanted.several:
            return f"{first}: {', '.join(map(_written, rest))}"
        special = wanted.special - _stems(first, wanted.code)
        chosen = [cell for cell in rest if special & _stems(cell[0], wanted.code)]
        if not chosen:
            chosen = [cell for cell in rest if wanted.general & _stems(cell[0], wanted.code)]
            if not any(wanted.holds(_written(cell)) for cell in [*chosen, ("", first)]):
                chosen = [cell for cell in rest if wanted.holds(_written(cell))][: _CELLS - 1]
                chosen = [cell for cell in chosen if special & _stems(cell[1], wanted.code)] or chosen
        chosen = chosen or [cell for cell in rest if special & _stems(cell[1], wanted.code)] or rest[: _CELLS - 1]
        if len(chosen) == 1 and chosen[0][0].lower() in ("answer", "a", "response"):
            return chosen[0][1]
        return f"{first}: {', '.join(_written(cell) for cell in chosen)}" if chosen else first

    def _clause(self, wanted: Wanted) -> str:
        """A sentence from the semicolon on behind which alone stands as much of what is asked as in the whole."""
        parts = self.text.split("; ")
        held = wanted.special & _stems(self.text, wanted.code)
        whole = [at for at, part in enumerate(parts) if held <= _stems(part, wanted.code) and wanted.holds(part)]
        return "; ".join(parts[whole[0] :]) if held and len(whole) == 1 else self.text


@dataclass(frozen=True)
class Wanted:
    """What of a row is to be said."""

    code: str
    special: frozenset[str]
    """Stems of what the question is about."""
    general: frozenset[str]
    """And of the words that only tell what is asked of it."""
    several: bool
    """Whether more than one thing is asked."""
    holds: Callable[[str], bool]
    """Whether an answer of the kind that is asked stands in a text."""


def wanted(question: str) -> Wanted:
    code = language.detect(question)
    own = language.of(code)
    every, about = (frozenset(language.subjects(question, code, every)) for every in (True, False))
    if code != "en":
        kinds = language.kinds(question, code) & own.answers.keys()
        stems = frozenset(map(own.stem, about)), frozenset(map(own.stem, every - about))
        return Wanted(code, *stems, False, lambda text: all(language.answers(kind, text, code) for kind in kinds))
    ask = asked(question)
    about -= ask.spent
    special, general = (
        frozenset(own.stem(word) for word in words).union(*map(alike, words)) for words in (about, every - about)
    )
    return Wanted(code, special, general, ask.several, lambda text: ask.fits(text) >= 0)


def lines(passage: Stored, code: str = "en") -> Iterator[Line]:
    """``code``: the passage's language."""
    parts = [part for part in _parts(passage.text) if language.terms(part[0], code) and not _NUMBER.match(part[0])]
    header = passage.context.partition("\n")[2]
    stems = [frozenset(language.terms(text, code)) for text, _ in parts]
    near = frozenset().union(*stems)
    for number, (text, is_row) in enumerate(parts):
        if is_row and len(cells := _cells(text, header)) > 1:
            whole = "; ".join(map(_written, cells))
            yield Line(passage, whole, frozenset(language.terms(whole, code)), frozenset(), cells=cells)
            continue
        said, own = _plain(text), stems[number]
        leans = bool(number and _LEANING.match(said) and not parts[number - 1][1])
        if leans:
            before = _plain(parts[number - 1][0])
            said, own = f"{before}{'' if before[-1:] in '.!?:' else '.'} {said}", own | stems[number - 1]
        if said:
            yield Line(passage, said, own, near, leans)


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The rows and sentences of a passage, and whether each is a row."""
    prose: list[str] = []
    for line in [*text.split("\n"), "|"]:
        if _ROW.match(line) or line == "|":
            yield from ((part.strip(), False) for part in _END.split("\n".join(prose)) if part and part.strip())
            prose = []
            if line.strip(" |-:+"):
                yield line, True
        else:
            prose.append(line)


def _cells(row: str, header: str) -> tuple[tuple[str, str], ...]:
    """``| Tank | 4.2 litres |`` below ``| Property | OT5-K |``, or ``Code: E27; Meaning: Ice``: (header, value) of
    each cell that holds something."""
    if "|" in row:
        values = [_plain(cell) for cell in row.strip().strip("|").split("|")]
        names = [_plain(cell) for cell in header.strip().strip("|").split("|")]
        if len(names) != len(values) or names == values:
            names = [""] * len(values)
    else:
        pairs = [part.partition(": ") for part in row.split("; ")]
        names = [_plain(name) if colon else "" for name, colon, _ in pairs]
        values = [_plain(value if colon else name) for name, colon, value in pairs]
    return tuple((name, value) for name, value in zip(names, values) if value)


def _written(cell: tuple[str, str]) -> str:
    return " ".join(filter(None, cell))


def _stems(text: str, code: str) -> set[str]:
    return {language.of(code).stem(word) for word in language.words(text)}


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub("", text).split())
