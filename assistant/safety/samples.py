"""The files in training/ -> questions and sentences to learn from, the same every time."""

from __future__ import annotations

import itertools
import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

from assistant.safety.slips import Slips, misheard
from assistant.safety.slips import read as read_slips
from assistant.safety.text import normalised

FOLDER = Path(__file__).parent / "training"
STYLES = ("plain", "indirect", "misheard", "answer")
_SPOKEN = ("plain", "indirect", "misheard", "harmless", "distress", "sad", "said")
SPOKEN = 8.0
"""What a spoken line weighs, with slips half of it."""
EVERYDAY = 20.0
"""What an everyday question weighs; with less, the many contrasts make everyday questions look harmful."""
SLIPPED = 2
"""How often a spoken line is used with slips besides."""
ANSWERED = 4.0
"""What a sentence of a harmless answer weighs, alone and behind the one before it."""
TOLD = 8.0
"""What a line weighs that people tell and ask nothing with; of a sentence that the bundled model told, a third."""
DISTRESS = 24.0
"""What a line of a person in distress weighs: what is told is so often harmless that they would be lost in it."""
FOLDS = 5
LINE = 4.0
"""What a line of which there is only one wording weighs; an act is set into several frames instead."""
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Sample:
    text: str
    """Normalised."""
    label: str
    """A category, ``harmless`` or ``help``."""
    language: str
    style: str
    folds: frozenset[int]
    """Of its act and of its frame: a fold is judged by what was learned without all that is in it."""
    weight: float = 1.0


def samples() -> list[Sample]:
    slips = read_slips(FOLDER)
    found: dict[tuple[str, bool], Sample] = {}
    for path in sorted(FOLDER.glob("??.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        for sample in _of_language(path.stem, document, slips if path.stem == "en" else {}):
            found.setdefault((sample.text, sample.style == "answer"), sample)
    for path in sorted((FOLDER / "spoken").glob("*.toml")):
        for sample in _spoken(tomllib.loads(path.read_text(encoding="utf-8")), slips):
            found.setdefault((sample.text, False), sample)
    for sample in _questions(FOLDER / "questions.toml"):
        found.setdefault((sample.text, False), sample)
    for path in sorted((FOLDER / "everyday").glob("??.txt")):
        for sample in _everyday(path):
            found.setdefault((sample.text, sample.style == "answer"), sample)
    for path in sorted((FOLDER / "distress").glob("??.txt")):
        for line in _lines(path):
            sample = Sample(normalised(line), "self-harm", path.stem, "distress", frozenset({_fold(line)}), DISTRESS)
            found.setdefault((sample.text, False), sample)
    for path in sorted((FOLDER / "tells").glob("??.txt")):
        for sample in _tells(path, slips if path.stem == "en" else {}):
            found.setdefault((sample.text, sample.style == "answer"), sample)
    for sample in (*_answered(FOLDER / "said.txt"), *_told(FOLDER / "told.txt")):
        found.setdefault((sample.text, sample.style == "answer"), sample)
    return list(found.values())


def _lines(path: Path) -> list[str]:
    """Those below the first, which tells what they are."""
    return path.read_text(encoding="utf-8").splitlines()[1:]


def _answered(path: Path) -> Iterator[Sample]:
    """As `Policy.check_answer` reads an answer."""
    for line in _lines(path):
        said = line.split("\t")
        for text in (*said, *map(" ".join, itertools.pairwise(said))):
            yield Sample(normalised(text), "harmless", "en", "answer", frozenset({_fold(line)}), ANSWERED)


def _questions(path: Path) -> Iterator[Sample]:
    """What the rules were written with; the last set stays apart, to judge by."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    kinds = [*document["harmful"].items(), ("harmless", document["harmless"])]
    for label, sets in kinds:
        for name in ("set1", "set2", "set3", "set4"):
            for line in sets.get(name, ()):
                asks = label == "self-harm" and re.search(r"^(my|give) .*(friend|sister|daughter|reasons)", line)
                yield Sample(normalised(line), "help" if asks else label, "en", "plain", frozenset({_fold(line)}), 3.0)


def _spoken(document: dict[str, Any], slips: Slips) -> Iterator[Sample]:
    """Lines written one by one, as many people would say them; each fifth of a list is a fold, neighbours together."""
    for kind in _SPOKEN:
        lines = document.get(kind, ())
        weight = DISTRESS if kind == "distress" else SPOKEN
        label = "harmless" if kind in ("harmless", "sad", "said") else document["category"]
        style = "answer" if kind == "said" else kind
        for number, line in enumerate(lines):
            text, folds = normalised(line), frozenset({FOLDS * number // len(lines)})
            yield Sample(text, label, "en", style, folds, weight)
            chance = random.Random(f"spoken {line}")
            for _ in range(SLIPPED if style not in ("misheard", "answer") else 0):
                heard = misheard(text, chance, slips)
                if heard != text:
                    yield Sample(heard, label, "en", "misheard" if style in STYLES else style, folds, weight / 2)


def _everyday(path: Path) -> Iterator[Sample]:
    """Ordinary questions; every third as something it says, too, for want of others."""
    for number, line in enumerate(_lines(path)):
        for style in ("plain", "answer") if number % 3 == 0 else ("plain",):
            yield Sample(
                normalised(line),
                "harmless",
                path.stem,
                style,
                frozenset({_fold(line)}),
                EVERYDAY if style == "plain" else EVERYDAY / 4,
            )


def _tells(path: Path, slips: Slips) -> Iterator[Sample]:
    """What people tell; every third line as something it says, too, and where there are ``slips``, misheard."""
    for number, line in enumerate(_lines(path)):
        text, folds = normalised(line), frozenset({_fold(line)})
        yield Sample(text, "harmless", path.stem, "tells", folds, TOLD)
        if number % 3 == 0:
            yield Sample(text, "harmless", path.stem, "answer", folds, TOLD / 3)
        if slips:
            heard = misheard(text, random.Random(f"tells {line}"), slips)
            yield Sample(heard, "harmless", path.stem, "tells", folds, TOLD / 2)


def _told(path: Path) -> Iterator[Sample]:
    """Stories of the bundled model, a sentence a line; also two at once, and every third as something it says."""
    lines = _lines(path)
    for number, (line, following) in enumerate(zip(lines, [*lines[1:], ""])):
        text, folds = normalised(line), frozenset({FOLDS * number // len(lines)})
        yield Sample(text, "harmless", "en", "told", folds, TOLD / 3)
        if number % 3 == 0:
            yield Sample(text, "harmless", "en", "answer", folds, TOLD / 3)
        if number % 3 == 1 and following:
            yield Sample(normalised(f"{line} {following}"), "harmless", "en", "told", folds, TOLD / 3)


def _of_language(language: str, document: dict[str, Any], slips: Slips) -> Iterator[Sample]:
    slots = document.get("slots", {}) | document.get("answer_slots", {})
    more = 2 if language == "en" else 1
    frames = {kind: document["frames"][kind] for kind in ("plain", "indirect")}
    for label, acts in document["acts"].items():
        for act in acts:
            chance = random.Random(f"{language} {act}")
            for number in range(_count(act, slots, 4 * more, 10 * more)):
                kind = "indirect" if number % 5 >= 3 else "plain"
                frame = chance.choice(frames[kind])
                text = frame.replace("{act}", _filled(act, slots, chance))
                yield from _said(text, label, language, kind, {_fold(act), _fold(frame)}, chance, slips)
    for label, lines in document["lines"].items():
        for line in lines:
            chance = random.Random(f"{language} {line}")
            count = _count(line, slots, 2 * more, 12 * more)
            for _ in range(count):
                text = _filled(line, slots, chance)
                for sample in _said(text, label, language, _style(line), {_fold(line)}, chance, slips):
                    yield replace(sample, weight=max(1.0, LINE / count))
    for label, lines in document.get("answers", {}).items():
        for line in lines:
            chance = random.Random(f"{language} {line}")
            for _ in range(_count(line, slots, 2, 12 * more)):
                yield Sample(
                    normalised(_filled(line, slots, chance)), label, language, "answer", frozenset({_fold(line)})
                )


def _style(line: str) -> str:
    return (
        "indirect" if re.search(r"asking for a friend|my character|hypothetic|lets say|for my novel", line) else "plain"
    )


def _said(
    text: str, label: str, language: str, style: str, folds: set[int], chance: random.Random, slips: Slips
) -> Iterator[Sample]:
    text = normalised(text)
    yield Sample(text, label, language, style, frozenset(folds))
    if chance.random() < 0.3:
        heard = misheard(text, chance, slips)
        if heard != text:
            yield Sample(heard, label, language, "misheard", frozenset(folds))


def _count(line: str, slots: dict[str, list[str]], least: int, most: int) -> int:
    """How often a line is used: the more, the more it can say."""
    ways = sum(len(choice.split("|")) for choice in _CHOICE.findall(line))
    ways += sum(min(len(slots.get(name, ())), 12) for name in _SLOT.findall(line))
    return max(least, min(most, ways)) if ways else (1 if least < 5 else least)


def _filled(line: str, slots: dict[str, list[str]], chance: random.Random) -> str:
    line = _CHOICE.sub(lambda match: chance.choice(match[1].split("|")), line)
    return _SLOT.sub(lambda match: chance.choice(slots[match[1]]), line)


def _fold(line: str) -> int:
    return crc32(line.encode()) % FOLDS
