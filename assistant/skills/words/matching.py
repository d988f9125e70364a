"""Words -> the commands that are meant, by hassil's sentence templates. A few milliseconds; no language model."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from assistant.skills import Command, Impossible, Sentences
from assistant.skills.values.slots import CLAUSES, LONGEST, may_stand
from assistant.skills.words import languages, manners, slips, wording
from assistant.skills.words.languages.foreign import Foreign
from assistant.skills.words.templates import Template, Templates, check
from assistant.skills.words.wording import Word

if TYPE_CHECKING:
    from hassil import RecognizeResult

__all__ = ["Matcher", "check"]

_JOINTS = frozenset(("and", "then"))
_MOST_JOINTS = 3
_MOST_WORDS_OF_PARTS = 30
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")
_ASIDE = 12
"""Words of a sentence beside a command that asks for nothing: "I'm making pasta. Set a timer for 9 minutes." """


class Matcher:
    """For the commands of one language."""

    def __init__(self, commands: Iterable[Sentences], language: str = "en") -> None:
        self.language = language
        self._commands = tuple(commands)
        self._lock = threading.Lock()
        self._templates: Templates | None = None
        self._foreign: Foreign | None = None

    def load(self) -> Templates:
        """Read the templates, which the first words do otherwise. May be called in a thread. Raises UsageError."""
        with self._lock:
            if self._templates is None:
                if self.language in languages.LANGUAGES:
                    self._foreign = Foreign(self.language, self._commands)
                    self._templates = self._foreign.templates
                else:
                    self._templates = Templates(self._commands, self.language)
            return self._templates

    def understood(self, words: str, now: datetime) -> tuple[Command, ...]:
        """What ``words`` ask for, in this order: mostly one command; none = nothing that is known here.

        Raises Impossible.
        """
        reader = _Reader(self.load(), now)
        commands = tuple(self._command(match, words) for match in reader.sentences(words[: wording.MOST_CHARACTERS]))
        return commands if commands or not self._foreign else self._foreign.understood(words)

    def matches(self, words: str, now: datetime) -> list[Command]:
        """What ``words`` may mean as one command, the likeliest first. Raises Impossible when the likeliest does."""
        found = _Reader(self.load(), now).every(wording.words(words, self.language))
        return [
            self._command(match, words)
            for at, match in enumerate(found)
            if not at or not any(isinstance(value, Impossible) for value in match.values.values())
        ]

    def halves(self, words: str) -> list[tuple[str, str]]:
        """The words cut in two where they may be two commands, of which one is understood elsewhere."""
        found = wording.words(words, self.language)
        joints = [at for at, word in enumerate(found) if word.plain in _JOINTS]
        ends = [at for at in joints if at - 1 not in joints and at]
        rests = [next((then for then in range(at, len(found)) if then not in joints), len(found)) for at in ends]
        return [
            (wording.said(found[:at], commas=True), wording.said(found[then:], commas=True))
            for at, then in list(zip(ends, rests))[:_MOST_JOINTS]
            if then < len(found)
        ]

    def _command(self, match: _Match, words: str) -> Command:
        for value in match.values.values():
            if isinstance(value, Impossible):
                raise value
        return Command(match.template.command, match.values, words, self.language)


@dataclass(frozen=True)
class _Match:
    template: Template
    values: dict[str, Any]
    """Slot -> meaning, or the Impossible that it raised."""
    words: list[Word]
    names: frozenset[str]
    """The words in its free slots that hold names."""
    clauses: frozenset[str]
    """The words in those that hold a clause."""

    @property
    def has_kinds(self) -> bool:
        return any(not isinstance(value, str) for value in self.values.values())


class _Reader:
    """Reads the words of one call; what a stretch of words means is worked out once."""

    def __init__(self, templates: Templates, now: datetime) -> None:
        self._templates, self._now = templates, now
        self._meanings: dict[tuple[str, str], Any] = {}

    def sentences(self, text: str) -> Sequence[_Match]:
        pieces = [wording.words(piece, self._templates.language) for piece in _SENTENCE_END.split(text)[:4]]
        pieces = [piece for piece in pieces if piece]
        if len(pieces) > 1 and len(apart := [self.parts(piece) for piece in pieces]) and all(apart):
            return [match for matches in apart for match in matches]
        found = wording.words(text, self._templates.language)
        if matches := self.parts(found):
            return matches
        if 1 < len(pieces) < 4 and "?" not in text and sum(map(len, pieces[:-1])) <= _ASIDE and apart[-1]:
            return apart[-1]
        return self._slipped(found)

    def parts(self, found: list[Word], before: Sequence[Word] = ()) -> list[_Match]:
        """Of the words as a whole, or of two commands and more that "and" joins.

        ``before``: how the command before these words began: "set a timer for 5 minutes and an alarm for 7".
        """
        whole = self.best(found)
        if whole and not (whole.names | whole.clauses) & _JOINTS:
            return [whole]
        parts = self._joined(found)
        if whole and all(part.template.command == whole.template.command for part in parts):
            return [whole]
        if whole and not whole.names & _JOINTS and not all(part.has_kinds for part in parts[1:]):
            return [whole]  # "remind me to feed the cat and turn off the light"
        if parts:
            return parts
        shared = (self._one([*before[:size], *found]) for size in (1, 2) if len(before) > size)
        return [match for match in shared if match][:1]

    def _joined(self, found: list[Word]) -> list[_Match]:
        if len(found) > _MOST_WORDS_OF_PARTS:
            return []
        joints = [at for at, word in enumerate(found) if word.plain in _JOINTS and 0 < at < len(found) - 1]
        for at in joints[:_MOST_JOINTS]:
            if (first := self.best(found[:at])) and (rest := self.parts(found[at + 1 :], first.words)):
                return [first, *rest]
        return []

    def best(self, found: list[Word]) -> _Match | None:
        return next(iter(self.every(found)), None)

    def every(self, found: list[Word]) -> list[_Match]:
        """By the likeliest reading that matches at all."""
        for reading in manners.readings(found, self._templates.first, self._templates.language):
            if matches := self.read(reading.words):
                if not reading.wish or any(match.values for match in matches):
                    return matches
        return []

    def _one(self, found: list[Word]) -> _Match | None:
        return next(iter(self.read(found)), None)

    def _slipped(self, found: list[Word]) -> list[_Match]:
        if self._templates.language != "en":
            return []
        smooth = manners.without_fillers(found)
        if len(smooth) < len(found) and (matches := self.parts(smooth)):
            return matches
        bare = manners.bare(found, self._templates.first)
        tries = slips.repaired(bare.words, self._templates)
        if len(bare.words) < len(found):  # "right bread on the list" for "write"
            tries = itertools.chain(tries, slips.repaired(found, self._templates))
        for repaired, templates in tries:
            if matches := self.read(repaired, templates):
                if not bare.wish or matches[0].values:
                    return matches[:1]
        return []

    def read(self, found: list[Word], among: list[Template] | None = None) -> list[_Match]:
        """All that the words match, the likeliest first."""
        plain = [word.plain for word in found]
        places, at = {}, 0
        for index, word in enumerate(plain):
            places[at] = index
            at += len(word) + 1
        matches: list[_Match] = []
        candidates = self._templates.candidates(plain) if among is None else among
        for template, result in self._templates.match(" ".join(plain), candidates, partial(self._list, found)):
            match = self._match(template, result, found, places)
            if match and not any(
                template.command == other.template.command and match.values == other.values for other in matches
            ):
                matches.append(match)
        return matches

    def _match(
        self, template: Template, result: RecognizeResult, found: list[Word], places: dict[int, int]
    ) -> _Match | None:
        """None = such words cannot stand in its slots."""
        values: dict[str, Any] = {}
        names: set[str] = set()
        clauses: set[str] = set()
        for slot, entity in result.entities.items():
            begin, end = entity.text_span or (-1, -1)
            first, last = places.get(begin), places.get(end + 1, len(found))
            if first is None or (end + 1 not in places and last != len(found)):
                return None
            kind, stretch = template.lists[slot], found[first:last]
            if kind in self._templates.kinds:
                values[slot] = self._meaning(kind, wording.said(stretch).lower())
            elif not entity.is_wildcard:
                values[slot] = entity.value
            elif not stretch[0].said or not may_stand(kind, [word.plain for word in stretch]):
                return None
            elif kind not in CLAUSES and kind != "items" and self._begins_another(stretch):  # "coffee and bin bags"
                return None
            elif kind in CLAUSES:
                values[slot] = wording.said(stretch, commas=True)
                clauses.update(word.plain for word in stretch)
            else:
                values[slot] = wording.said(stretch, commas=True).lower()
                names.update(word.plain for word in stretch)
        return _Match(template, values, found, frozenset(names), frozenset(clauses))

    def _begins_another(self, stretch: list[Word]) -> bool:
        return any(
            word.plain in _JOINTS and then.plain in self._templates.first for word, then in itertools.pairwise(stretch)
        )

    def _list(self, found: list[Word], kind: str) -> Any:
        """All stretches of the words that are of this kind, for hassil."""
        from hassil import TextChunk, TextSlotList
        from hassil.intents import TextSlotValue

        stretches = {}
        lower = [word.said.lower() for word in found]
        for begin, text in enumerate(lower):
            for end in range(begin + 1, min(len(found), begin + LONGEST) + 1):
                if end > begin + 1 and lower[end - 1]:
                    text = f"{text} {lower[end - 1]}"
                if text and lower[begin] and self._meaning(kind, text) is not None:
                    plain = " ".join(word.plain for word in found[begin:end])
                    stretches[plain] = TextSlotValue(TextChunk(plain), plain)
        return TextSlotList(kind, list(stretches.values()))

    def _meaning(self, kind: str, said: str) -> Any:
        key = (kind, said)
        if key not in self._meanings:
            try:
                self._meanings[key] = self._templates.kinds[kind](said, self._now)
            except Impossible as impossible:
                self._meanings[key] = impossible
        return self._meanings[key]
