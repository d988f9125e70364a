"""Marks such as [1], which models that search the web put behind what they found: nobody wants to hear them."""

from __future__ import annotations

import re

CITES = re.compile(r"sonar|perplexity|:online|search", re.IGNORECASE)
"""Names of models that do."""
_MARK = re.compile(r"[^\S\n]*\[\d{1,3}\]")
_BEGUN = re.compile(r"[^\S\n]*(?:\[\d{0,3})?\Z")


class Citations:
    """Takes the marks out of a text that comes in pieces."""

    def __init__(self) -> None:
        self._pending = ""  # white space, or the beginning of a mark

    def feed(self, piece: str) -> str:
        text = _MARK.sub("", self._pending + piece)
        self._pending = _BEGUN.search(text)[0]  # type: ignore[index]
        return text[: len(text) - len(self._pending)]

    def flush(self) -> str:
        """What was held back; call it at the end of the text."""
        text, self._pending = self._pending, ""
        return text
