"""`assistant bench tools`, its part on memory: 200 facts told by voice over 1,000 turns, asked for in other words, and
forgotten.

The facts (tests/memory/held_out.tsv) were written before the code that finds them, and nothing was tuned on them.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from assistant import knowledge
from assistant.bench import refusals
from assistant.bench.result import Figure
from assistant.config import Settings
from assistant.errors import UsageError
from assistant.folders import checkout
from assistant.memory import shown, wording
from assistant.memory.facts import Fact, Memory
from assistant.memory.recall import Embed, Recall
from assistant.skills import Here
from assistant.skills.talk import memory as skill
from assistant.skills.words.matching import Matcher

TURNS = 1000
_MANY = 1000  # facts of which one is looked up within the time that is promised
_BEGIN = datetime(2026, 12, 2, 15, 20).astimezone()


@dataclass(frozen=True)
class Told:
    told: str
    """The sentence in which it was told."""
    question: str
    """Asked in other words."""
    expected: str
    """What of the fact the answer must hold."""


@dataclass(frozen=True)
class Asked:
    told: Told
    shown: str
    """What the language model is shown before the question."""
    said: str
    """What is answered without it; empty = nothing."""

    @property
    def recalled(self) -> bool:
        return self._holds(self.said) if self.said else self._holds(self.shown)

    @property
    def wrong(self) -> bool:
        return bool(self.said or self.shown) and not self.recalled

    def _holds(self, text: str) -> bool:
        return self.told.expected.lower() in text.lower()


def held_out() -> list[Told]:
    """Raises UsageError without a checkout."""
    root = checkout()
    path = root / "tests" / "memory" / "held_out.tsv" if root else None
    if path is None or not path.is_file():
        raise UsageError(
            "the bench of memory needs a checkout with tests/memory/held_out.tsv: it is not in the package"
        )
    return [Told(*line.split("\t")) for line in path.read_text(encoding="utf-8").splitlines()]


def run(settings: Settings) -> tuple[list[Figure], list[dict[str, Any]], list[str]]:
    """Figures, one dict per question, without its words, and a line for each that came out wrong. Raises UsageError."""
    embedder = knowledge.question_embedder(settings.rag)
    if embedder is not None and not embedder.wait():
        embedder = None
    rows: list[Figure] = []
    details: list[dict[str, Any]] = []
    for name, embed in [("words alone", None), *([("meaning, too", embedder)] if embedder else [])]:
        with tempfile.TemporaryDirectory(prefix="bench-memory-") as folder:
            found, cases = asyncio.run(_measure(name, Path(folder) / "me.md", embed))
        rows += found
        details += cases
    told = [{name: case[name] for name in ("by", "recalled", "wrong")} for case in details]
    wrong = [case for case in details if case["wrong"] or not case["recalled"]]
    return rows, told, ["\t".join(("memory", *map(str, case.values()))) for case in wrong]


async def _measure(name: str, path: Path, embed: Embed | None) -> tuple[list[Figure], list[dict[str, Any]]]:
    facts, other = (
        held_out(),
        [one.text for one in refusals.held_out() if one.style == "everyday" and one.language == "en"],
    )
    person = _Person(Memory(path, embed))
    chance = random.Random(7)
    turns: list[str] = [fact.told for fact in facts]
    turns += [other[number % len(other)] for number in range(TURNS - len(facts))]
    chance.shuffle(turns)
    for words in turns:
        await person.says(words)
    person.memory.prepare()
    kept = sum(any(fact.expected.lower() in one.text.lower() for one in person.memory.facts()) for fact in facts)
    more = len(person.memory.facts()) - kept
    asked = [await person.asks(fact) for fact in facts]
    answered = [one for one in asked if one.said]
    distracted = [text for text in other if await shown.look_up(person.memory, text)]
    seconds = _seconds(facts)
    for fact in list(person.memory.facts()):
        await person.says(f"Forget that {fact.text}.")
    left = [one for one in [await person.asks(fact) for fact in facts] if one.recalled]

    def share(what: str, part: int, of: int, **bounds: float) -> Figure:
        return Figure.single(f"{what}, {name}", "%", of, 100 * part / max(of, 1), **bounds)

    figures = [
        share("kept of the facts told", kept, len(facts)),
        Figure.single(f"facts kept that nobody told, {name}", "", TURNS - len(facts), max(more, 0), most=0),
        share("recalled", sum(one.recalled for one in asked), len(facts), least=90),
        share("wrong", sum(one.wrong for one in asked), len(facts), most=2),
        share("answered without a language model", len(answered), len(facts)),
        share("wrong among these", sum(one.wrong for one in answered), len(answered), most=2),
        share("everyday sentences before which facts are shown", len(distracted), len(other), most=5),
        share("recalled after forgetting", len(left), len(facts), most=0),
        Figure.of(
            f"tokens of what is shown, {name}", "", [shown.tokens(one.shown) for one in asked if one.shown], most=60
        ),
        Figure.of(f"CPU time of a look-up among {_MANY} facts, {name}", "ms", seconds, p50=2.0),
    ]
    cases = [
        {
            "by": name,
            "told": one.told.told,
            "question": one.told.question,
            "said": one.said,
            "shown": one.shown.replace("\n", " "),
            "recalled": one.recalled,
            "wrong": one.wrong,
        }
        for one in asked
    ]
    return figures, [*cases, *({"by": name, "question": text, "recalled": False, "wrong": True} for text in distracted)]


class _Person:
    """Who talks to the memory, as the program hears them."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self._matcher = Matcher(skill.COMMANDS)
        self._turn = 0

    async def says(self, words: str) -> None:
        here = self._here()
        for command in self._matcher.matches(words, here.now()):
            action = skill.run(command, here)
            if action is not None:
                if action.do:
                    await action.do()
                return

    async def asks(self, fact: Told) -> Asked:
        here = self._here()
        command = skill.match(fact.question, "en", here)
        action = skill.run(command, here) if command else None
        return Asked(fact, await shown.look_up(self.memory, fact.question), action.say if action else "")

    def _here(self) -> Here:
        self._turn += 1
        now, unused = _BEGIN + timedelta(minutes=self._turn), Any
        return Here(lambda: now, self.memory.path.parent, unused, unused, self.memory, turn=self._turn)  # type: ignore[arg-type]


def _seconds(facts: Sequence[Told]) -> list[float]:
    """Milliseconds of CPU of each question's look-up among many facts, by words."""
    many = [
        Fact(f"{wording.spoken(fact.told)} in place number {number}", _BEGIN.date(), turn=number)
        for number in range(_MANY // len(facts) + 1)
        for fact in facts
    ][:_MANY]
    recall = Recall(many)
    found = []
    for fact in facts:
        began = time.process_time()
        recall.find(fact.question)
        found.append(1000 * (time.process_time() - began))
    return found
