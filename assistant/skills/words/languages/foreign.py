"""The commands of one language other than English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.skills import Command, Sentences
from assistant.skills.words import languages, wording
from assistant.skills.words.languages import ASKS, homeassistant
from assistant.skills.words.languages.kinds import kinds
from assistant.skills.words.templates import Templates


class Foreign:
    def __init__(self, language: str, commands: Sequence[Sentences]) -> None:
        """Sentences of the skills themselves in this language, where they have some, and those of its file.

        Raises UsageError.
        """
        known = languages.read(language)
        self._names = {row.name for row in commands} & known.replies.keys()
        rows = [
            replace(row, templates={language: (*row.templates.get(language, ()), *known.commands.get(row.name, ()))})
            for row in commands
            if row.name in self._names or language in row.templates
        ]
        rows += [  # after which something is asked back
            Sentences(f"{ASKS}{name}", "", {language: tuple(ask["sentences"])})
            for name, ask in known.asks.items()
            if self._names & {*ask["become"]}
        ]
        self.templates = Templates(rows, language, kinds(language))
        self._language = language
        self._sentences = homeassistant.Sentences(language)
        self.understood(known.words["example"])  # numbers in words are spelled out when they are first looked for

    def understood(self, words: str) -> tuple[Command, ...]:
        """By Home Assistant's sentences."""
        command = self._sentences.command(wording.said(wording.words(words, self._language)), words)
        return (command,) if command and command.name in self._names else ()
