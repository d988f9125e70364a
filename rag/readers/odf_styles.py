"""What the styles of an OpenDocument file say: which number stands before an item or a heading."""

from __future__ import annotations

from typing import Any

from rag.readers.odf_package import attribute, whole
from rag.readers.package import name_of
from rag.readers.word_styles import written

_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_DEEPEST = 10  # levels of lists


class Lists:
    def __init__(self, *roots: Any) -> None:
        self._levels: dict[tuple[str, int], Any] = {}
        for root in roots:
            for style in (*root.iter("{*}list-style"), *root.iter("{*}outline-style")) if root is not None else ():
                name = "outline" if name_of(style) == "outline-style" else attribute(style, "name")
                for level in style:
                    self._levels[name, whole(attribute(level, "level"), 1)] = level
        self._last: dict[str, dict[int, int]] = {}

    def counts(self, style: str, going_on: bool) -> dict[int, int]:
        """Level -> the last number, of a list that begins."""
        if not going_on or style not in self._last:
            self._last[style] = {}
        return self._last[style]

    def mark(self, style: str, depth: int, counts: dict[int, int], first: int | None = None) -> str:
        """What stands before the next item at ``depth``, from 1: a number, which counts on, or a dash."""
        level = self._levels.get((style, depth))
        if level is None or "number" not in name_of(level) and style != "outline":
            return "" if style == "outline" else "- "
        start = whole(attribute(level, "start-value"), 1)
        counts[depth] = first if first is not None else counts.get(depth, start - 1) + 1
        for deeper in [at for at in counts if at > depth]:
            del counts[deeper]
        form = attribute(level, "num-format")
        if form not in _FORMS:
            return "" if style == "outline" else attribute(level, "num-prefix") + attribute(level, "num-suffix")
        shown = min(max(whole(attribute(level, "display-levels"), 1), 1), depth, _DEEPEST)
        numbers = [self._written(style, at, counts) for at in range(depth - shown + 1, depth + 1)]
        text = f"{attribute(level, 'num-prefix')}{'.'.join(filter(None, numbers))}{attribute(level, 'num-suffix')}"
        return f"{text.strip()} "

    def _written(self, style: str, depth: int, counts: dict[int, int]) -> str:
        level = self._levels.get((style, depth))
        form = attribute(level, "num-format") if level is not None else "1"
        return written(counts.get(depth, 1), _FORMS[form]) if form in _FORMS else ""
