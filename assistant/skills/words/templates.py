"""The sentence templates of many commands, parsed by hassil, and which of them given words can match at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assistant.errors import UsageError
from assistant.skills import Sentences
from assistant.skills.values.slots import KINDS, Understand
from assistant.skills.words import wording
from assistant.skills.words.slips import Sounds, telling

if TYPE_CHECKING:
    from hassil import Expression, IntentData, RecognizeResult, Sentence

_MOST_SLOTS = 2
"""In a regular expression, which takes the longer the more there are."""
_PLAIN = re.compile(r"[\w']+")
_RANGE = re.compile(r"-?\d+\.\.-?\d+(,\d+)?$")


@dataclass(frozen=True)
class Template:
    command: str
    order: int
    data: IntentData
    needs: int
    """Bits: what it must find in the words, see `Templates.found`."""
    lists: Mapping[str, str]
    """Slot -> its kind, or itself where it has none."""
    words: int
    """How many words it needs."""
    telling: int
    """How many of these are no little words such as "what is the"."""
    kinds: int
    """How many of its slots have a kind."""

    @cached_property
    def _like(self) -> re.Pattern[str] | None:
        (sentence,) = self.data.sentences
        return re.compile(_pattern(sentence.expression)) if len(self.lists) <= _MOST_SLOTS else None

    def like(self, text: str) -> bool:
        """Whether the text may match; says no sooner than hassil."""
        return self._like is None or self._like.fullmatch(text) is not None


def parsed(text: str, command: str, language: str = "en") -> tuple[Sentence, IntentData]:
    """Raises UsageError for a template that is wrong, or would match anything."""
    from hassil import IntentData
    from hassil.parser import ParseError

    data = IntentData([wording.template(text, language)])
    try:
        (sentence,) = data.sentences
        clauses = _needs(sentence.expression)
        rule = re.search(r"<([^<>]*)>", text)
        slots = list(_references(sentence))
    except (ParseError, AssertionError, IndexError, ValueError, RecursionError) as error:
        raise UsageError(f'The command {command} has a sentence that cannot be read: "{text}".') from error
    if rule:
        raise UsageError(f'The command {command} uses the rule <{rule[1]}> in "{text}", but skills have no rules.')
    bad = next((slot for slot, kind in slots if not (kind.isidentifier() or _RANGE.match(kind)) or not slot), None)
    if bad is not None:
        raise UsageError(f'The command {command} has a slot without a proper name in "{text}".')
    if len({slot for slot, _ in slots}) < len({(slot, kind) for slot, kind in slots}):
        raise UsageError(
            f'The command {command} has two kinds of one slot in "{text}"; name one of them {{KIND:NAME}}.'
        )
    if not clauses and not any(kind in KINDS or _RANGE.match(kind) for _, kind in slots):
        raise UsageError(
            f'The command {command} has a sentence that would match almost anything: "{text}". '
            "A word, or a slot that has a kind, must always stand beside its free slots."
        )
    return sentence, data


def _references(sentence: Sentence) -> Iterable[tuple[str, str]]:
    """Slots and their lists' names."""
    return [(found.slot_name, found.list_name) for found in sentence.expression.list_references()]  # type: ignore[attr-defined]


def check(commands: Iterable[Sentences]) -> None:
    """Raises UsageError, one sentence, for a template that is wrong or a name that stands twice."""
    names: set[str] = set()
    for row in commands:
        if not row.name.strip():
            raise UsageError("A command has no name.")
        if row.name in names:
            raise UsageError(f"Two commands are called {row.name}; give one of them another name.")
        names.add(row.name)
        if not any(row.templates.values()):
            raise UsageError(f"The command {row.name} has no sentences.")
        for language, texts in row.templates.items():
            for text in texts:
                parsed(text, row.name, language)


class Templates:
    def __init__(
        self, commands: Iterable[Sentences], language: str = "en", kinds: Mapping[str, Understand] = KINDS
    ) -> None:
        """Raises UsageError."""
        self.language, self.kinds = language, kinds
        self.all: list[Template] = []
        self.first: set[str] = set()
        """Words that sentences may begin with."""
        self._fragments: dict[str, int] = {}
        self._alternatives: list[frozenset[str]] = []
        self._of_word: dict[str, tuple[int, int]] = {}
        bits: dict[frozenset[str], int] = {}
        for order, row in enumerate(commands):
            for text in dict.fromkeys(row.templates.get(language, ())):
                sentence, data = parsed(text, row.name, language)
                clauses = sorted(_needs(sentence.expression), key=sorted)
                needs = 0
                for clause in clauses:
                    if clause not in bits:
                        bits[clause] = 1 << len(bits)
                        self._alternatives.append(clause)
                        for fragment in clause:
                            self._fragments[fragment] = self._fragments.get(fragment, 0) | bits[clause]
                    needs |= bits[clause]
                self.first |= _first_words(sentence.expression)[0]
                lists = dict(_references(sentence))
                typed = sum(kind in kinds for kind in lists.values())
                self.all.append(
                    Template(row.name, order, data, needs, lists, len(clauses), sum(map(telling, clauses)), typed)
                )
        from hassil import WildcardSlotList

        free = {kind for template in self.all for kind in template.lists.values()} - kinds.keys()
        self._wildcards: dict[str, Any] = {kind: WildcardSlotList(kind) for kind in free if not _RANGE.match(kind)}

    @cached_property
    def sounds(self) -> Sounds:
        return Sounds(tuple(self._fragments), tuple(self.first))

    def _masks(self, word: str) -> tuple[int, int]:
        """What the word meets: as a part of it, and as a whole word."""
        known = self._of_word.get(word)
        if known is None:
            within = whole = 0
            for fragment, bits in self._fragments.items():
                if fragment in word:
                    within |= bits
                    if word == fragment:
                        whole |= bits
            if len(self._of_word) > 2000:
                self._of_word.clear()
            known = self._of_word[word] = within, whole
        return known

    def candidates(self, words: Sequence[str]) -> list[Template]:
        """Those that find all that they need."""
        found = 0
        for word in words:
            found |= self._masks(word)[0]
        return [template for template in self.all if template.needs & found == template.needs]

    def near(
        self, words: Sequence[str], most: int, others: Iterable[str]
    ) -> list[tuple[Template, list[frozenset[str]]]]:
        """Those that miss one word to ``most`` that ``others`` have, each with what would be one of these words."""
        found = other = 0
        for word in words:
            found |= self._masks(word)[1]
        for word in others:
            other |= self._fragments.get(word, 0)
        rows = []
        for template in self.all:
            missing = template.needs & ~found
            if missing and not missing & ~other and missing.bit_count() <= most:
                rows.append((template, [self._alternatives[bit] for bit in _bits(missing)]))
        return rows

    def match(
        self, text: str, templates: Sequence[Template], kinds: Callable[[str], Any]
    ) -> list[tuple[Template, RecognizeResult]]:
        """The best first. ``kinds``: a kind's name -> hassil's list of what there is of it in the text."""
        from hassil import Intents, recognize_all
        from hassil.intents import Intent

        templates = [template for template in templates if template.like(text)]
        if not templates:
            return []
        used = {kind for template in templates for kind in template.lists.values()} & self.kinds.keys()
        typed = {kind: kinds(kind) for kind in used}
        there = {kind for kind, found in typed.items() if found.values}
        templates = [one for one in templates if one.needs or not there.isdisjoint(one.lists.values())]
        intents = Intents(
            language=self.language,
            intents={str(at): Intent(str(at), [template.data]) for at, template in enumerate(templates)},
            slot_lists=self._wildcards | typed,
        )
        results = [(templates[int(result.intent.name)], result) for result in recognize_all(text, intents)]
        results.sort(key=lambda found: _rank(*found))
        return results


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _rank(template: Template, result: RecognizeResult) -> tuple[int, int, int, int]:
    """Fewer free slots, more of the sentence itself, fewer words in free slots, the earlier skill."""
    free = [entity for entity in result.entities_list if entity.is_wildcard]
    return len(free), -result.text_chunks_matched, sum(len(entity.text) for entity in free), template.order


def _needs(expression: Expression) -> set[frozenset[str]]:
    """Of each of these sets any match has one word or more, as a word or as part of one.

    As `hassil.Sentence.get_required_clauses`, but of alternatives always the same words, the longest: they tell most.
    """
    from hassil import Alternative, Group, TextChunk

    if isinstance(expression, TextChunk):
        return {frozenset((word,)) for word in expression.text.lower().split() if _PLAIN.fullmatch(word)}
    if not isinstance(expression, Group):
        return set()
    inner = [_needs(item) for item in expression.items]
    if not isinstance(expression, Alternative):
        return set().union(*inner)
    if expression.is_optional or not all(inner):
        return set()
    return {frozenset().union(*(max(clauses, key=_how_telling) for clauses in inner))}


def _how_telling(clause: frozenset[str]) -> tuple[bool, int, int, list[str]]:
    return telling(clause), -len(clause), min(map(len, clause)), sorted(clause)


def _pattern(expression: Expression) -> str:
    """A regular expression that is never stricter than hassil, and quicker."""
    from hassil import Alternative, Group, Permutation, TextChunk

    if isinstance(expression, TextChunk):
        return r"\s*".join(map(re.escape, re.split(r"\s+", expression.text.lower())))
    if not isinstance(expression, Group):
        return ".+"
    inner = [_pattern(item) for item in expression.items]
    if isinstance(expression, Permutation):
        return f"(?:{'|'.join(inner)}|\\s)*"
    return f"(?:{'|'.join(inner)})" if isinstance(expression, Alternative) else "".join(inner)


def _first_words(expression: Expression) -> tuple[set[str], bool]:
    """Words that it may begin with, and whether it may be empty."""
    from hassil import Alternative, Group, TextChunk

    if isinstance(expression, TextChunk):
        words = expression.text.split()
        return set(words[:1]), not words
    if not isinstance(expression, Group):
        return set(), False
    items = [_first_words(item) for item in expression.items]
    found: set[str] = set()
    if isinstance(expression, Alternative):
        return found.union(*(first for first, _ in items)), any(empty for _, empty in items)
    for first, empty in items:
        found |= first
        if not empty:
            return found, False
    return found, True
