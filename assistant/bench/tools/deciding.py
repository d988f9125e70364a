"""The program's own path from words to a decision, in the state of things of here.toml, without any effect."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from assistant.bench.tools import held_out, home
from assistant.bench.tools.judge import Case, Decision
from assistant.bench.tools.meanings import meaning
from assistant.config import Settings
from assistant.errors import AssistantError
from assistant.skills import Action, Command, Here, Impossible


class Program(Protocol):
    """`assistant.skills.loaded.Skills`."""

    def understood(self, words: str, language: str, here: Here) -> tuple[Command, ...]:
        """What the words may mean, the likeliest first."""

    def run(self, asked: Command, here: Here) -> Action | None: ...


class Controls:
    """Of a conversation that has just said the time; it takes everything and does nothing."""

    def last_reply(self) -> str:
        return "It is 20 past 3."

    def last_words(self) -> str:
        return "What time is it?"

    def volume(self, factor: float | None = None) -> float:
        return 0.5

    def rate(self, factor: float | None = None) -> float:
        return 1.0

    async def language(self, code: str) -> bool:
        return True

    def sleep(self) -> None: ...

    def goodbye(self) -> None: ...

    def wake(self) -> None: ...

    def stop(self) -> bool:
        return False


def load(settings: Settings, folder: Path) -> tuple[Program, Here]:
    """The program's skills, and what they may use: all of it lies in ``folder``. Raises AssistantError."""
    loaded, timekeeper, facts = (
        importlib.import_module(f"assistant.{name}") for name in ("skills.loaded", "skills.timekeeper", "memory.facts")
    )
    now = held_out.moment().now
    here = Here(
        now=lambda: now,
        folder=folder,
        controls=Controls(),
        timekeeper=timekeeper.Timekeeper(folder / "timers.json", wall=now.timestamp),
        memory=facts.Memory(folder / "memory.md"),
    )
    program: Program = loaded.Skills(settings)
    asyncio.run(prepare(program, here, held_out.moment().before))
    return program, here


async def prepare(program: Program, here: Here, before: Sequence[str]) -> None:
    """Do what was asked for before. Raises AssistantError when that is not understood."""
    for words in before:
        command, action = first(program, words, here)
        if command is None or action is None or action.do is None:
            raise AssistantError(f"{words!r} of here.toml changes nothing; put it in words that the skills understand")
        await action.do()


def first(program: Program, words: str, here: Here) -> tuple[Command | None, Action | None]:
    """The command that is done, and what becomes of it; (None, None) = the language model answers."""
    for command in program.understood(words, "en", here):
        try:
            action = program.run(command, here)
        except Impossible as impossible:
            return command, Action(str(impossible))
        if action is not None:
            return command, action
    return None, None


def judge(
    program: Program, here: Here, said: Sequence[tuple[held_out.Sentence, str, str]], entities: Sequence[home.Entity]
) -> list[Case]:
    """``said``: sentences, the way they came in, and what was heard of them."""
    first(program, "good morning", here)  # what is loaded once is no part of a decision
    cases = []
    for sentence, way, heard in said:
        began = time.process_time()
        command, action = first(program, heard, here)
        seconds = time.process_time() - began
        decision: Decision | None = None
        if command is not None and action is not None:
            decision = meaning(command, action.say, here.now(), entities)
        cases.append(Case(sentence, way, heard, decision, seconds))
    return cases
