"""What stands at the edge of every page of a PDF: page numbers, running heads and feet."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise
from statistics import median

from rag.readers.pdf_page import Line

LARGER = 1.12
"""Of a heading's type, against the text's."""
_REACH = 4
"""Pages on each side on which a running head must come again; it may stand on every other one."""
_NUMBER = re.compile(r"\d+|(?:^|(?<=\s))[ivxlc]+$")


def without_running_heads(pages: list[list[Line]]) -> list[list[Line]]:
    """The pages without lines set apart at an edge that come again nearby, or that bear the page's own number."""
    body = body_size(pages)
    edges = [_edge(lines, body) for lines in pages]
    seen: dict[str, list[int]] = defaultdict(list)
    for page, lines in enumerate(edges):
        for line in lines:
            seen[_pattern(line)].append(page)
    numbers = {(page, _pattern(line)): _numbers(line) for page, lines in enumerate(edges) for line in lines}
    first = _first_number(edges)

    def is_running(line: Line, page: int) -> bool:
        if line in edges[page] and _comes_again(page, _pattern(line), seen, numbers):
            return True
        return (line in edges[page] or len(pages[page]) == 1) and _bears(line, page, first)

    return [[line for line in lines if not is_running(line, page)] for page, lines in enumerate(pages)]


def _edge(lines: list[Line], body: float) -> list[Line]:
    """The lines of a page that may be its running head or foot: at the edge, and a number or apart from the text."""
    pitch = pitch_of(lines)
    found = []
    for at in {0, 1, len(lines) - 2, len(lines) - 1} & {*range(len(lines))}:
        line = lines[at]
        inner = lines[at + 1 : at + 2] if at < len(lines) / 2 else lines[at - 1 : at]
        apart = bool(inner) and abs(inner[0].top - line.top) > 1.3 * pitch
        if _is_number(_pattern(line)) or apart and line.size <= body * LARGER:
            found.append(line)
    return found


def _comes_again(page: int, pattern: str, seen: dict[str, list[int]], numbers: dict) -> bool:
    """Whether the same words stand on pages nearby, with numbers that stay or count the pages."""
    own = numbers[page, pattern]
    near = [
        other
        for other in {*seen[pattern]} - {page}
        if abs(other - page) <= _REACH
        and len(numbers[other, pattern]) == len(own)
        and all(then - now in (0, other - page) for then, now in zip(numbers[other, pattern], own))
        and not (_is_number(pattern) and numbers[other, pattern] == own)
    ]
    return len(near) >= (1 if _is_number(pattern) else 2)


def _first_number(edges: list[list[Line]]) -> int | None:
    """The number of the first page, as most pages tell it at their edge."""
    told = Counter(
        number - page
        for page, lines in enumerate(edges)
        for line in lines
        for number in {*_numbers(line)[:1], *_numbers(line)[-1:]}
    )
    first, pages = told.most_common(1)[0] if told else (0, 0)
    return first if pages >= max(3, len(edges) / 2) else None


def _bears(line: Line, page: int, first: int | None) -> bool:
    """Whether a line begins or ends with the number of its page."""
    ends = re.findall(r"^\d+(?=\s)|(?<=\s)\d+$|^\d+$", line.text.strip())
    return first is not None and len(line.text) <= 100 and str(page + first) in ends


def _is_number(pattern: str) -> bool:
    return not re.sub(r"[#\W]", "", pattern)


def _pattern(line: Line) -> str:
    return _NUMBER.sub("#", line.text.strip())


def _numbers(line: Line) -> tuple[int, ...]:
    found = _NUMBER.findall(line.text.strip())
    return tuple(int(number) if number.isdigit() else _roman(number) for number in found)


def _roman(number: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[letter] for letter in number]
    return sum(-value if any(later > value for later in values[at:]) else value for at, value in enumerate(values))


def body_size(pages: list[list[Line]]) -> float:
    """The size of the text's type, in points."""
    return median([line.size for lines in pages for line in lines for _ in range(len(line.text) // 20 + 1)] or [0.0])


def pitch_of(lines: list[Line]) -> float:
    """The usual distance from line to line, in points."""
    steps = [above.top - below.top for above, below in pairwise(lines) if above.top > below.top]
    return median(steps) if steps else 0.0
