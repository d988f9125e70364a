"""What a reasoning model thinks aloud before it answers is not for the ear."""

from __future__ import annotations

import re

OPENING, CLOSING = "<think>", "</think>"
_TAG = re.compile(f"{OPENING}|{CLOSING}")
_BEGUN_TAG = re.compile(
    "|".join(rf"{tag[:length]}\Z" for tag in (CLOSING, OPENING) for length in range(len(tag), 0, -1))
)


class Thoughts:
    """Takes `<think>...</think>` out of a reply that comes in pieces, and the white space before its first word.

    ``begun``: the reply begins within a thought, because the chat template has opened it.
    """

    def __init__(self, begun: bool = False) -> None:
        self.thinking = begun
        """Whether what comes next is thought, not said."""
        self._pending = ""  # may be the beginning of a tag
        self._answered = False

    def feed(self, piece: str) -> str:
        """What of the reply may be spoken now; empty when that is nothing yet."""
        *parts, rest = self._split(self._pending + piece)
        half = _BEGUN_TAG.search(rest)
        self._pending = half[0] if half else ""
        parts.append("" if self.thinking else rest[: len(rest) - len(self._pending)])
        text = "".join(parts)
        text = text if self._answered else text.lstrip()
        self._answered = self._answered or bool(text)
        return text

    def flush(self) -> str:
        """What was held back; call it at the end of the reply."""
        text, self._pending = "" if self.thinking else self._pending, ""
        return text

    def _split(self, text: str) -> list[str]:
        """The parts outside thoughts that a tag ends, and what follows the last tag."""
        parts, start = [], 0
        for tag in _TAG.finditer(text):
            parts.append("" if self.thinking else text[start : tag.start()])
            self.thinking = tag[0] == OPENING
            start = tag.end()
        return [*parts, text[start:]]
