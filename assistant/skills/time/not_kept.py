"""What is to be cancelled and is not kept here: a language model would say that it is cancelled. English."""

from __future__ import annotations

import re

from assistant.skills import Here
from assistant.skills.words import manners, wording

_CANCEL = re.compile(r"(?:cancel|call off) (?:the|my|that) (?P<name>[\w']+(?: [\w']+){0,3}?)(?: one)?")


def said_of(words: str, here: Here) -> str:
    """What is said of it; empty = the words ask for something else, or a tool may keep it."""
    found = _CANCEL.fullmatch(" ".join(word.plain for word in manners.bare(wording.words(words)).words))
    if not found or here.has_tools:
        return ""
    return f"There is no timer, alarm or reminder called {found['name']}."
