"""The lines that the learned model is made from: training/*.toml, each kind a list of lines with [words](slot)."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from assistant.skills.learned.model import NONE
from assistant.skills.words import wording
from assistant.skills.words.wording import Word

LINES = Path(__file__).parent / "training"
HEARD = LINES / "heard.toml"
"""What heard.py made of them; its lines of no command are under "none"."""
EVERYDAY = Path(__file__).parents[2] / "safety" / "training" / "everyday" / "en.txt"
SAME = {"percent": "sum"}
MARK = re.compile(r"\[([^\]]+)\]\((\w+)\)('s\b)?")
_ASKING = re.compile(
    r"\b(remind|timer|alarm|list|lights?|volume|schedule)\b|^(set|add|turn|play|put|open|close|skip|pause|stop)\b"
)
"""Everyday lines that may be commands: left out."""


@dataclass(frozen=True)
class Sample:
    kind: str
    words: list[Word]
    slots: tuple[tuple[str, int, int], ...] = ()
    """Slot, the first of its words, and the one after its last."""

    @property
    def text(self) -> str:
        return wording.said(self.words, commas=True)

    @property
    def marked(self) -> str:
        """As it is written in a file."""
        parts, at = [], 0
        for slot, begin, end in self.slots:
            comma = "," * self.words[end - 1].comma
            held = wording.said(self.words[begin:end], commas=True)
            parts += [_joined(self.words[at:begin]), f"[{held}]({slot}){comma}"]
            at = end
        return " ".join(part for part in [*parts, _joined(self.words[at:])] if part)


def _joined(words: Sequence[Word]) -> str:
    return " ".join(word.said + "," * word.comma for word in words if word.said)


def sample(kind: str, line: str) -> Sample:
    words: list[Word] = []
    slots = []
    at = 0
    for mark in MARK.finditer(line):
        words += wording.words(line[at : mark.start()])
        begin = len(words)
        words += wording.words(mark[1] + (mark[3] or "") + ("," if line[mark.end() :].startswith(",") else ""))
        slots.append((mark[2], begin, len(words)))
        at = mark.end()
    words += wording.words(line[at:].removeprefix(","))
    return Sample(kind, words, tuple(slots))


def written(writers: Callable[[str], bool] = lambda name: True) -> list[Sample]:
    """What the writers wrote; the same order every time. ``writers``: which of them, by the end of a file's name; the
    name of the first one, and of whoever wrote what is no command, is empty."""
    made = []
    for file in sorted(set(LINES.glob("*.toml")) - {HEARD}):
        if not writers(file.stem.partition("_")[2]):
            continue
        for name, lines in tomllib.loads(file.read_text(encoding="utf-8")).items():
            kind = NONE if file.stem == "nothing" else SAME.get(name, name)
            made += [sample(kind, line) for line in lines]
    return [one for one in made if one.words]


def heard() -> list[Sample]:
    """What the recogniser made of them; see heard.py."""
    rows = tomllib.loads(HEARD.read_text(encoding="utf-8")).items()
    return [sample(kind, line) for kind, lines in rows for line in lines]


def everyday() -> list[Sample]:
    lines = EVERYDAY.read_text(encoding="utf-8").splitlines()
    return [sample(NONE, line) for line in lines if len(line.split()) > 1 and not _ASKING.search(line)]


def fold(one: Sample, folds: int) -> int:
    """The same for the same words."""
    return crc32(one.text.lower().encode()) // 7 % folds


def varied(samples: Sequence[Sample], times: int, seed: int = 17) -> list[Sample]:
    """The samples, and those with slots so many times more with what fills the same slots in others."""
    chance = random.Random(seed)
    values: dict[str, list[list[Word]]] = {}
    of_kind: dict[tuple[str, str], list[list[Word]]] = {}
    for one in samples:
        for slot, begin, end in one.slots:
            values.setdefault(slot, []).append(one.words[begin:end])
            of_kind.setdefault((one.kind, slot), []).append(one.words[begin:end])
    made = list(samples)
    for one in samples:
        for _ in range(times if one.slots else 0):
            fillings = [
                chance.choice(of_kind[one.kind, slot] if chance.random() < 0.7 or one.kind.startswith("home")
                              else values[slot])
                for slot, _, _ in one.slots
            ]  # fmt: skip
            made.append(_filled(one, fillings))
    return made


def _filled(one: Sample, fillings: Iterable[list[Word]]) -> Sample:
    words: list[Word] = []
    slots, at = [], 0
    for (slot, begin, end), filling in zip(one.slots, fillings):
        words += one.words[at:begin]
        slots.append((slot, len(words), len(words) + len(filling)))
        words += [*filling[:-1], Word(filling[-1].plain, filling[-1].said, one.words[end - 1].comma)]
        at = end
    return Sample(one.kind, [*words, *one.words[at:]], tuple(slots))
