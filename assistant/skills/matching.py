"""Words -> the commands that may be meant, by hassil's sentence templates. A few milliseconds; no language model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hassil import Intents, TextSlotList, WildcardSlotList, recognize_ranked

from assistant.skills import Command, Sentences
from assistant.skills.slots import KINDS, LONGEST, Understand

_SLOT = re.compile(r"\{(\w+)(?::\w+)?\}")


class Matcher:
    """For the commands of one language."""

    def __init__(self, commands: Iterable[Sentences], language: str = "en") -> None:
        self.language = language
        rows = {row.name: list(row.templates[language]) for row in commands if language in row.templates}
        self._intents = Intents.from_dict(
            {"language": language, "intents": {name: {"data": [{"sentences": rows[name]}]} for name in rows}}
        )
        slots = {slot for templates in rows.values() for text in templates for slot in _SLOT.findall(text)}
        self._wildcards = {slot: WildcardSlotList(slot) for slot in slots - KINDS.keys()}
        self._kinds = {slot: KINDS[slot] for slot in slots & KINDS.keys()}

    def readings(self, words: str, now: datetime) -> list[tuple[Command, ...]]:
        """What ``words`` may mean, the likeliest first: one command, or several said together. Raises Impossible."""
        return [(command,) for command in self.matches(words, now)]

    def matches(self, words: str, now: datetime) -> list[Command]:
        """What ``words`` may mean, the likeliest first. Raises Impossible."""
        plain = re.sub(r"[^\w\s'.,:%-]|[.,:](?=\s|$)", " ", words.lower())
        spans = {slot: _spans(plain.split(), kind, now) for slot, kind in self._kinds.items()}
        lists: dict[str, Any] = {
            slot: TextSlotList.from_strings(found, name=slot) for slot, found in spans.items()
        } | self._wildcards
        found = recognize_ranked(plain, self._intents, slot_lists=lists, language=self.language)
        return [
            Command(
                result.intent.name,
                {slot: _value(entity.value, spans.get(slot)) for slot, entity in result.entities.items()},
                words,
                self.language,
            )
            for result in found
        ]


def _value(text: Any, spans: dict[str, Any] | None) -> Any:
    text = str(text).strip()
    return text if spans is None else spans[text]


def _spans(words: list[str], understand: Understand, now: datetime) -> dict[str, Any]:
    """All stretches of the words that can be understood so -> their meaning."""
    found = {}
    for begin in range(len(words)):
        for end in range(begin + 1, min(len(words), begin + LONGEST) + 1):
            text = " ".join(words[begin:end])
            if (value := understand(text, now)) is not None:
                found[text] = value
    return found
