"""Slips of the recogniser: where nothing matched, words that sound like those that a template lacks are tried instead:
"set a time her for 5 minutes", "turn of the light", "Santa timer for 5 minutes".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.skills.values.kept import kept
from assistant.skills.words.wording import Word

if TYPE_CHECKING:
    from assistant.skills.words.templates import Template, Templates

_MOST_REPAIRS = 2
_MOST_OPTIONS = 4
_MOST_TRIES = 8
_MOST_LITTLE_TRIES = 8
_MOST_WORDS = 25
_LEAST_SOUNDS = 3
"""Of words that may sound a little different; shorter ones must sound the same."""
_SAME_SOUND = 1.0
"""What a repair costs at most by which a word sounds the same as before."""
_MIXED_UP = {
    "a": ("the", ""), "the": ("a", ""), "my": ("the", ""), "our": ("the", ""), "your": ("the",),
    "this": ("the",), "that": ("the",), "some": ("",), "in": ("a", "on"), "on": ("in",), "at": ("a", "add"),
    "and": ("in", "a", ""), "then": ("in",), "of": ("off", ""), "off": ("of",), "to": ("", "the"), "for": ("",),
    "it": ("",), "is": ("",), "me": ("",),
}  # fmt: skip
"""Little words -> what may have been said instead; empty = nothing."""
_LITTLE = frozenset(
    "a the this that it is are was do does did have has of to in on at for from and or i me my we our you your what "
    "which how when where who will would can could be s".split()
)
_SOUNDS = tuple(
    (re.compile(spelled), sound)
    for spelled, sound in (
        (r"^(?:kn|gn|pn)", "n"), (r"^wr", "r"), (r"^wh", "w"), (r"igh|eigh|augh|ough", "e"), (r"ph", "f"),
        (r"dge|tch|ch|sh|tion|j", "C"), (r"th", "T"), (r"c(?=[eiy])", "s"), (r"g(?=[eiy])", "C"), (r"ck|q|c", "k"),
        (r"x", "ks"), (r"mb$", "m"),
        (r"(?<=[^aeiou])le$", "el"), (r"ng$", "n"), (r"(?<=[^aeiou])e$", ""), (r"(?<!^)y", "e"),
    )
)  # fmt: skip
_CLASSES = str.maketrans("bpdtTkgfvszCmnlrwyaeiouh", "BBTTTKKFFSSCMNLRWYAAAAAH")


@kept(2048)
def sound(word: str) -> str:
    """One letter for each sound, the same for sounds that are often mixed up; all vowels are one."""
    spelled = word.lower()[:20]
    for pattern, letter in _SOUNDS:
        spelled = pattern.sub(letter, spelled)
    classes = "".join(letter for letter in spelled.translate(_CLASSES) if letter.isupper())
    return _run_together(classes)


@kept(2048)
def _run_together(classes: str) -> str:
    return re.sub(r"(?<!^)H", "", re.sub(r"(.)\1+", r"\1", re.sub(r"(?<!^)H", "", classes)))


def _shorter(key: str) -> Iterator[str]:
    yield key
    if len(key) >= _LEAST_SOUNDS:
        yield from {key[:at] + key[at + 1 :] for at in range(len(key))}


@dataclass(frozen=True)
class _Repair:
    begin: int
    end: int
    words: tuple[str, ...]
    cost: float


class Sounds:
    """A template's words by their sounds, and by these less one."""

    def __init__(self, fragments: Sequence[str], first: Sequence[str]) -> None:
        self._known = frozenset(fragments)
        self._by_key: dict[str, set[tuple[str, ...]]] = {}
        spoken = [(word,) for word in fragments if len(word) > 1] + [
            (one, two) for one in first for two in ("a", "the")
        ]
        for words in spoken:
            for key in _shorter(_run_together("".join(map(sound, words)))):
                self._by_key.setdefault(key, set()).add(words)

    def repairs(self, plain: Sequence[str]) -> dict[str, list[_Repair]]:
        """A word that templates need -> where it may have been said."""
        found: dict[str, list[_Repair]] = {}
        for begin in range(len(plain)):
            for end in (begin + 1, begin + 2):
                if end > len(plain):
                    continue
                for repair in self._of(plain[begin:end], begin):
                    for word in repair.words:
                        found.setdefault(word, []).append(repair)
        for repairs in found.values():
            repairs.sort(key=lambda repair: (repair.cost, repair.begin, repair.words))
        return found

    def _of(self, heard: Sequence[str], begin: int) -> Iterator[_Repair]:
        key = _run_together("".join(map(sound, heard)))
        if len(key) < 2:
            return
        exactly = len(heard) == 2 or heard[0] in self._known or len(key) < _LEAST_SOUNDS
        stems = [key]
        if len(heard) == 1 and (stem := re.sub(r"(?:'s|ed|d|s|ing)$", "", heard[0])) != heard[0] and len(stem) > 2:
            stems.append(sound(stem))
        candidates: set[tuple[str, ...]] = {
            (word,) for word in _numbers(heard[0]) if len(heard) == 1 and word in self._known
        }
        for one in stems:
            for part in [one] if exactly else _shorter(one):
                candidates |= self._by_key.get(part, set())
        for words in candidates:
            if len(words) == 2 and (begin or len(heard) == 2 or heard[0] in self._known):
                continue
            if words == tuple(heard):
                continue
            meant = _run_together("".join(map(sound, words)))
            distance = 0 if words[0] in _numbers(heard[0]) else min(_distance(one, meant) for one in stems)
            if distance == 0 or (not exactly and distance == 1 and min(len(key), len(meant)) >= _LEAST_SOUNDS):
                unlike = abs(len("".join(heard)) - len("".join(words))) / 10
                yield _Repair(begin, begin + len(heard), words, 0.5 + distance + unlike)


def _numbers(word: str) -> tuple[str, str]:
    """ "timers" for "timer", and the other way round."""
    return word + "s", word.removesuffix("s").removesuffix("'")


@kept(2048)
def _distance(one: str, other: str) -> int:
    """0, 1 or 2 for more: sounds to change, leave out or add."""
    if one == other:
        return 0
    if abs(len(one) - len(other)) > 1:
        return 2
    start = next((at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    rest, more = one[start:], other[start:]
    return 1 if rest[1:] == more[1:] or rest[1:] == more or rest == more[1:] else 2


def repaired(found: list[Word], templates: Templates) -> Iterator[tuple[list[Word], list[Template]]]:
    """Words that may have been said instead, and the templates they are for; the likeliest first."""
    if not 1 < len(found) <= _MOST_WORDS:
        return
    plain = [word.plain for word in found]
    where = templates.sounds.repairs(plain)
    tries: dict[tuple[_Repair, ...], list[Template]] = {}
    for template, missing in templates.near(plain, _MOST_REPAIRS, where):
        left = template.telling - sum(map(telling, missing)) + template.kinds
        if not left and len(template.lists) > template.kinds:
            continue  # with a free slot it would match nearly anything
        options = [_likeliest([one for word in sorted(clause) for one in where.get(word, ())]) for clause in missing]
        for chosen in itertools.product(*options):
            repairs = tuple(sorted(set(chosen), key=lambda repair: repair.begin))
            cost = _cost(repairs)
            apart = all(one.end <= two.begin for one, two in itertools.pairwise(repairs))
            if apart and (left >= cost - 1 if left else cost < _SAME_SOUND):
                tries.setdefault(repairs, []).append(template)
    for repairs in sorted(tries, key=_cost)[:_MOST_TRIES]:
        yield _with(found, repairs), tries[repairs]
    yield from itertools.islice(_other_little_words(found, templates), _MOST_LITTLE_TRIES)


def _likeliest(repairs: list[_Repair]) -> list[_Repair]:
    return sorted(repairs, key=lambda repair: (repair.cost, repair.begin))[:_MOST_OPTIONS]


def _cost(repairs: Sequence[_Repair]) -> float:
    return sum(repair.cost for repair in repairs)


def telling(clause: Collection[str]) -> bool:
    """Whether one of these words tells more than a little word such as "the". Beside words that were misheard a
    template must find one that was not, or they must sound the same."""
    return _LITTLE.isdisjoint(clause)


def _with(found: list[Word], repairs: Sequence[_Repair]) -> list[Word]:
    words = list(found)
    for repair in reversed(repairs):
        words[repair.begin : repair.end] = [Word(word, word) for word in repair.words]
    return words


def _other_little_words(found: list[Word], templates: Templates) -> Iterator[tuple[list[Word], list[Template]]]:
    """ "set in alarm for 7", "what days it today"."""
    for at, word in enumerate(found):
        instead: list[tuple[str, ...]] = [(other,) if other else () for other in _MIXED_UP.get(word.plain, ())]
        if word.plain.endswith("s") and at + 1 < len(found) and found[at + 1].plain in ("it", "that", "there"):
            instead.append((word.plain[:-1], "is"))
        for others in instead:
            words = [*found[:at], *(Word(other, other) for other in others), *found[at + 1 :]]
            candidates = templates.candidates([word.plain for word in words])
            if sure := [template for template in candidates if template.telling > 1 or template.words > 2]:
                yield words, sure
