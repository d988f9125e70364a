"""What a skill answers to what is said, through the real matcher."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from assistant.skills import Action, Command, Here, Impossible
from assistant.skills.words.matching import Matcher

NOW = datetime(2026, 12, 2, 15, 20, tzinfo=ZoneInfo("Europe/Berlin"))


@dataclass
class Steered:
    """Controls that remember what was done."""

    reply: str = ""
    words: str = ""
    loud: float = 0.5
    audible_before: float = 0.5
    quick: float = 1.0
    rings: bool = False
    languages: tuple[str, ...] = ("de", "fr", "")
    done: list[str] = field(default_factory=list)

    def last_reply(self) -> str:
        return self.reply

    def last_words(self) -> str:
        return self.words

    def told(self) -> list[str]:
        return [self.words] if self.words else []

    def volume(self, factor: float | None = None) -> float:
        if factor is not None:
            self.audible_before, self.loud = self.audible(), factor
        return self.loud

    def audible(self) -> float:
        return self.loud or self.audible_before

    def rate(self, factor: float | None = None) -> float:
        self.quick = self.quick if factor is None else factor
        return self.quick

    async def language(self, code: str) -> bool:
        self.done.append(f"language {code}")
        return code in self.languages

    def sleep(self) -> None:
        self.done.append("sleep")

    def goodbye(self) -> None:
        self.done.append("goodbye")

    def stop(self) -> bool:
        self.done.append("stop")
        return self.rings


def here(folder: Path = Path("nowhere"), controls: Any = None, **more: Any) -> Here:
    keeper: Any = None
    return replace(Here(lambda: NOW, folder, controls or Steered(), keeper), **more)


class Skill:
    """One skill, asked in words."""

    def __init__(self, module: ModuleType | Any) -> None:
        self._module = module
        self._matcher = Matcher(module.COMMANDS)

    def understood(self, words: str, where: Here) -> tuple[Command, Action] | None:
        """The first command that was meant; Impossible is raised."""
        for found in self._matcher.matches(words, NOW):
            if (action := self._module.run(found, where)) is not None:
                return found, action
        return None

    def command(self, words: str, where: Here | None = None) -> str:
        """Its name; empty = none."""
        try:
            found = self.understood(words, where or here())
        except Impossible:
            return "impossible"
        return found[0].name if found else ""

    def says(self, words: str, where: Here | None = None) -> str:
        """What is heard once it is done; empty = nothing was understood."""
        try:
            found = self.understood(words, where or here())
        except Impossible as impossible:
            return str(impossible)
        if found is None:
            return ""
        said = asyncio.run(_done(found[1])) if found[1].do else None
        return found[1].say if said is None else said


async def _done(action: Action) -> str | None:
    assert action.do is not None
    return await action.do()
