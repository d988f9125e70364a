"""Commands that no template foresees: a small learned model says which one is meant and which words fill its slots, and
words it plainly. The templates read that again, so that nothing is done which they do not know.

English only. `python -m assistant.skills.learned.train` makes the weights from the lines in training/.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from assistant.skills.learned import rewording
from assistant.skills.learned.model import NONE, Model
from assistant.skills.learned.rewording import LEAST_SURE, REWORDINGS, Plain
from assistant.skills.learned.typed import widened
from assistant.skills.values.list_words import TASKS
from assistant.skills.values.slots import may_stand
from assistant.skills.words import manners, wording
from assistant.skills.words.wording import Word

WEIGHTS = Path(__file__).parent / "weights.npz"
_LEAST_WORDS = 2
_MOST_WORDS = 40
"""Longer ones are told, not asked."""
_MOST_LEFT = 2
_OF_LIST = frozenset("on onto to down my the our list shopping grocery please".split())
_JOINTS = frozenset("and plus also".split())
_NO_TASK = frozenset(
    "because cos since so if when before after or and but that i you it at on in by for to with".split()
)
_TOLD = re.compile(
    r"(?:please )?(?:never|do not (?:turn|switch|add|put|set|play|open|close|lock|unlock|start|stop))\b"
    r"|(?:what|who|where|when|why|how) did (?!i\b|you\b)"
    r"|.*\b(?:said|says) (?:my|our|his|her|the|a|he|she|they)\b"
    r"|(?:she|he|they) (?:said|says|told|tells|asked|asks|wants|wanted|always|never)\b|i (?:already|used to|never)\b"
)
"""What is told or forbidden, with all the words of a command."""

_SUPPOSED = re.compile(r"(?:if|what if|suppose|supposing|imagine|i wish) (?:i|we|you|he|she|they) (?:had|would)\b")
"""What would be, and is not to be done now; a sum is asked so, too: "if I had ten and spent four"."""

_HABIT = re.compile(r"(?:do|did|have|had|were|was) (?:you|they|he|she|we|i)\b|.*\b(?:speaks|talks)\b")
"""Says or asks how the assistant or others are, and not that it be otherwise: "do you speak German at home?"."""


@dataclass(frozen=True)
class Guess:
    kind: str
    """A key of `REWORDINGS`; "none" = it is none, or not sure enough."""
    chance: float
    slots: Mapping[str, str]
    """Slot -> the words that fill it, as they were said."""
    about: bool = False
    """Whether the task of a reminder is a thing, and nothing to do."""


def _to_the_end(task: tuple[int, int], stretches: Mapping[str, tuple[int, int]], words: list[Word]) -> tuple[int, int]:
    """With the last words of the sentence, where these are too few to be anything else: "pick up the young fella"."""
    begin, end = task
    left = manners.bare(words[end:]).words if end < len(words) else []
    last = all(other_end <= begin for name, (_, other_end) in stretches.items() if name != "task")
    ends_so = end + len(left) == len(words) and 0 < len(left) <= _MOST_LEFT
    if not last or not ends_so or words[end - 1].comma or left[0].plain in _NO_TASK:
        return task
    return begin, len(words)


def _more_items(words: list[Word], stretches: Mapping[str, tuple[int, int]]) -> str:
    """What goes onto the list after it was named: "put fish on the list and ketchup as well"."""
    end = max(end for _, end in stretches.values())
    joint = next((at for at in range(end, len(words)) if words[at].plain not in _OF_LIST), len(words))
    if words[joint : joint + 1] == [] or words[joint].plain not in _JOINTS:
        return ""
    if not (left := manners.bare(words[joint + 1 :]).words) or left[0].plain in TASKS:
        return ""
    return wording.said(left, commas=True) if may_stand("items", [word.plain for word in left]) else ""


class Learned:
    def __init__(self, kept: Mapping[str, np.ndarray]) -> None:
        self._model = Model(kept)

    def guess(self, words: str, now: datetime) -> Guess | None:
        """None = too short or too long to be any of them."""
        found = wording.words(words)
        if not _LEAST_WORDS <= len(found) <= _MOST_WORDS:
            return None
        reading = self._model.read([word.plain for word in found])
        kind, chance = reading.kind, reading.chance
        plain = " ".join(word.plain for word in found)
        told = (
            _TOLD.match(plain)
            or kind.startswith("talk.")
            and _HABIT.match(plain)
            or kind not in ("sum", "percent")
            and _SUPPOSED.match(plain)
        )
        if kind not in REWORDINGS or chance < LEAST_SURE or told:
            return Guess(NONE, chance, {})
        stretches = widened(self._model.stretches(reading), found, now)
        if "task" in stretches:
            stretches["task"] = _to_the_end(stretches["task"], stretches, found)
        slots = rewording.filled(kind, found, stretches)
        if "items" in slots and (more := _more_items(found, stretches)):
            slots["items"] += f" and {more}"
        return Guess(kind, chance, slots, rewording.is_thing(found, stretches.get("task")))

    def likely(self, words: str) -> float:
        """The chance of the likeliest kind, or of all together where none is likeliest; 0 = too short or too long."""
        found = wording.words(words)
        if not _LEAST_WORDS <= len(found) <= _MOST_WORDS:
            return 0.0
        reading = self._model.read([word.plain for word in found])
        return 1 - reading.chance if reading.kind == NONE else reading.chance

    def plainly(self, words: str, now: datetime) -> Iterator[Plain]:
        """What was probably meant in plain words, the fullest first; none where it is not sure enough."""
        guess = self.guess(words, now)
        if guess and guess.kind != NONE:
            found = rewording.plainly(guess.kind, guess.slots, guess.about)
            yield from (plain for plain in found if guess.chance >= plain.sure)


@functools.cache
def shipped() -> Learned:
    """Loaded once, in some 100 ms."""
    with np.load(WEIGHTS) as file:
        return Learned({name: file[name] for name in file.files})


def load() -> None:
    """Load in a thread what the first words need otherwise."""
    threading.Thread(target=shipped, name="learned-commands", daemon=True).start()
