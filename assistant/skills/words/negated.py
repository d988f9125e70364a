"""What is told not to be done: "don't set an alarm". Nothing is done, and that is said."""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.errors import AssistantError
from assistant.skills import Command, Impossible
from assistant.skills.words import wording
from assistant.skills.words.assent import NOT_DONE

_NOT = re.compile(
    r"(?:(?:no|oh|please|okay|actually|so|and|but|wait|well) )*"
    r"(?:do not|never|you must not|you should not) (?P<rest>.+)"
)
_DOES = ("timer.", "alarm.", "reminder.", "list.", "home", "everything.")


def said_of(words: str, understand: Callable[[str], tuple[Command, ...]]) -> str:
    """What is answered; empty = no command is forbidden."""
    found = wording.words(words)
    plain = " ".join(word.plain for word in found)
    if "?" in words or not (forbidden := _NOT.fullmatch(plain)):
        return ""
    rest = wording.said(found[len(found) - len(forbidden["rest"].split()) :], commas=True)
    try:
        commands = understand(rest)
    except (Impossible, AssistantError):
        return ""
    return NOT_DONE if commands and all(command.name.startswith(_DOES) for command in commands) else ""
