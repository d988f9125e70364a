"""What is asked back in German, French, Spanish and Italian: "Stell einen Timer." "Für wie lange?"

See asking_back.py; what answers it is known in foreign_answers.py.
"""

from __future__ import annotations

import re

from assistant.skills import Action, Command
from assistant.skills.asking.asking_back import Missing
from assistant.skills.words import languages
from assistant.skills.words.languages import ASKS


def asked_back(command: Command) -> Action | None:
    """The question; None = that is no such command."""
    if not command.name.startswith(ASKS) or command.language not in languages.LANGUAGES:
        return None
    asked = languages.read(command.language).asks[command.name.removeprefix(ASKS)]
    task = str(command.values.get("task", ""))
    if "task" in asked and not re.match(asked["task"], task, re.IGNORECASE):
        return None  # "rappelle-moi ton nom"
    known = languages.read(command.language).words
    if {*task.lower().split()} & {day.lower() for day in (*known["days"], *known["months"])}:
        return None  # a day is not understood yet, and must not be lost
    missing = Missing(
        tuple(gap.replace("{task}", task) for gap in asked["gaps"]),
        frozenset(asked["become"]),
        tuple(asked.get("kinds", ())),
        {"name": _as_said(str(command.values["name"]), command.words)} if "name" in command.values else {},
        tasks=asked.get("tasks", False),
        language=command.language,
    )
    return Action(asked["question"], asks_back=missing)


def _as_said(name: str, words: str) -> str:
    """``name`` with its capital letters."""
    at = words.lower().find(name)
    return words[at : at + len(name)] if at >= 0 else name
