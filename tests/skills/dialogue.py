"""Several turns with the real skills, each of which may refer to the one before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from assistant.skills import Before, Here, everything
from assistant.skills.follow_ups import taken_back
from assistant.skills.lists import lists
from assistant.skills.loaded import Skills
from assistant.skills.numbers import chance, currencies, sums, tips, units
from assistant.skills.talk import talking
from assistant.skills.time import alarms, calendar_facts, clock, in_time, reminders, timers
from assistant.skills.time.timekeeper import Timekeeper
from tests.skills.saying import NOW, here

MODEL = "the model answers"


@cache
def skills() -> Skills:
    modules = [
        clock, calendar_facts, timers, in_time, alarms, reminders, lists, everything, sums, tips, units,
        currencies, talking, chance, taken_back,
    ]  # fmt: skip
    return Skills(modules)  # type: ignore[arg-type]


def room(folder: Path) -> Here:
    return here(folder, timekeeper=Timekeeper(folder / "timers.json", lambda: NOW, lambda: ("boot", 0.0)))


def talk(where: Here, *said: str, language: str = "en") -> list[str]:
    """What is heard, turn by turn."""
    heard, before = [], Before()
    for words in said:
        found = skills().action(words, language, where, before)
        before = Before(found[1].asks_back, found[1].commands, found[1].undo) if found else Before()
        ended = asyncio.run(done(found[1].do)) if found and found[1].do else None
        heard.append(MODEL if found is None else found[1].say if ended is None else ended)
    return heard


async def done(do: Callable[[], Awaitable[str | None]]) -> str | None:
    return await do()
