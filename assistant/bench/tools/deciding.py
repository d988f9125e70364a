"""The program's own path from words to a decision, in the state of things of here.toml, without any effect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.bench.tools import held_out, home
from assistant.bench.tools.judge import Case, Decision
from assistant.bench.tools.meanings import meaning
from assistant.errors import AssistantError
from assistant.memory.facts import Memory
from assistant.retrieved import Retrieved
from assistant.skills import Action, Command, Here, Impossible, loaded
from assistant.skills.loaded import Skills
from assistant.skills.time.timekeeper import Timekeeper


class Controls:
    """Of a conversation that has just said the time; it takes everything and does nothing."""

    def last_reply(self) -> str:
        return "It is 20 past 3."

    def last_words(self) -> str:
        return "What time is it?"

    def told(self) -> list[str]:
        return ["What time is it?"]

    def volume(self, factor: float | None = None) -> float:
        return 0.5

    def audible(self) -> float:
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


class _NoDocuments:
    """Documents that tell nothing: which words ask them is judged, not what they say."""

    introduction = ""
    quotes = False

    async def look_up(self, question: str, earlier: Sequence[str], kept: Retrieved | None) -> Retrieved:
        return Retrieved(question, True)

    def known(self, text: str) -> set[str]:
        return set()

    def forget(self) -> None: ...

    def close(self) -> None: ...


def load(folder: Path) -> tuple[Skills, Here]:
    """The program's skills, and what they may use: all of it lies in ``folder``. Raises AssistantError."""
    now = held_out.moment().now
    here = Here(
        now=lambda: now,
        folder=folder,
        controls=Controls(),
        timekeeper=Timekeeper(folder / "timers.json", wall=lambda: now),
        memory=Memory(folder / "memory.md"),
        documents=_NoDocuments(),
    )
    home.use()
    program = loaded.load()
    asyncio.run(prepare(program, here, held_out.moment().before))
    return program, here


async def prepare(program: Skills, here: Here, before: Sequence[str]) -> None:
    """Do what was asked for before. Raises AssistantError when that is not understood."""
    for words in before:
        _, action = first(program, words, here)
        if action is None or action.do is None:
            raise AssistantError(f"{words!r} of here.toml changes nothing; put it in words that the skills understand")
        await action.do()


def first(program: Skills, words: str, here: Here) -> tuple[tuple[Command, ...], Action | None]:
    """The commands that are done, and what becomes of them; ((), None) = the language model answers."""
    try:
        if found := loaded.decided(program, words, "en", here):
            commands, actions = found
            return commands, actions[0]
    except Impossible as impossible:
        return (Command("impossible"),), Action(str(impossible))
    if said := loaded.otherwise(words, "en", here):
        return (Command(said[0]),), said[1]
    return (), None


_ANSWERS = ("talking.", "itself.", "letters.", "outside.", "memory.unknown")
"""Commands that, where nothing is done, are answers to talk, as the language model would give them."""


def judge(
    program: Skills, here: Here, said: Sequence[tuple[held_out.Sentence, str, str]], entities: Sequence[home.Entity]
) -> list[Case]:
    """``said``: sentences, the way they came in, and what was heard of them."""
    first(program, "good morning", here)  # what is loaded once is no part of a decision
    cases = []
    for sentence, way, heard in said:
        began = time.process_time()
        commands, action = first(program, heard, here)
        seconds = time.process_time() - began
        decision: Decision | None = None
        if len(commands) > 1:
            decision = Decision(" and ".join(command.name for command in commands))
        elif commands and action is not None:
            does = bool(action.do or action.ask or action.asks_back) or not commands[0].name.startswith(_ANSWERS)
            decision = replace(meaning(commands[0], action.say, here.now(), entities), does=does)
        cases.append(Case(sentence, way, heard, decision, seconds))
    return cases
