"""PDF -> blocks: lines become paragraphs again, what stands on every page is left out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

from assistant.books import titles
from assistant.books.ear import Joiner
from assistant.books.manuscript import Block, Entry, Manuscript
from rag.errors import BadFile
from rag.office import SCANNED, Line, open_pdf, pdf_lines

_LARGER = 1.12
"""Of a heading's type, against the text's."""
_SMALLER = 0.92
"""Of a footnote's."""
_NEARBY = 2
"""Pages between two running heads of the same words: they may stand on every other page."""
_MARK = re.compile(r"(?:\d{1,3}|[*†‡§])\s?(?=\S)")
_FINISHED = re.compile(r"[.!?:…。！？]['\"”’»)\]]*$")


@dataclass(frozen=True)
class _Place:
    page: int
    top: float


def manuscript(data: bytes) -> Manuscript:
    document = open_pdf(data)
    try:
        opened = [_page(document, number) for number in range(len(document))]
        outline = [
            (entry.get_title() or "", entry.level + 1, entry.get_dest()) for entry in document.get_toc(max_depth=6)
        ]
        targets = [
            (title, level, _Place(target.get_index() or 0, _top(target))) for title, level, target in outline if target
        ]
        book = Manuscript(
            [], title=_title(document), author=document.get_metadata_value("Author"), language=_language(document)
        )
    finally:
        document.close()
    pages = [lines for lines, _ in opened]
    pictures = [str(number) for number, (lines, picture) in enumerate(opened, 1) if picture and not lines]
    if not any(pages):
        raise BadFile(SCANNED)
    if pictures:
        book.missing.append(f"the pictures without text on page {', '.join(pictures)}")
    pages = _without_running_heads(pages)
    places: list[_Place] = []
    for block, place in _blocks(pages, {(target.page, titles.plain(title)) for title, _, target in targets}):
        book.blocks.append(block)
        places.append(place)
    book.entries = [_entry(title, level, target, book.blocks, places) for title, level, target in targets]
    if len(book.entries) < 2:
        book.entries = []
    return book


def _title(document: Any) -> str:
    title = document.get_metadata_value("Title")
    return "" if re.search(r"\.(?:docx?|indd|tex|pdf|qxd)$|^untitled|^Microsoft Word", title, re.IGNORECASE) else title


def _language(document: Any) -> str:
    import ctypes

    import pypdfium2.raw as raw

    length = raw.FPDFCatalog_GetLanguage(document, None, 0)
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFCatalog_GetLanguage(document, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    return buffer.raw.decode("utf-16-le", errors="ignore").rstrip("\0")


def _top(target: Any) -> float:
    """The height a bookmark points to; above every line where it names none."""
    _, view = target.get_view()
    heights = {2: view[1:2], 3: view[:1]}.get(len(view), []) if view else []
    return heights[0] if heights and heights[0] else float("inf")


def _page(document: Any, index: int) -> tuple[list[Line], bool]:
    """The lines of a page, and whether there are pictures on it."""
    import pypdfium2.raw as raw

    page = document[index]
    text_page = page.get_textpage()
    lines = [_without_marks(text_page, line) for line in pdf_lines(text_page)]
    picture = next(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=2), None) is not None
    text_page.close()
    page.close()
    return [line for line in lines if line.text.strip()], picture


def _without_marks(text_page: Any, line: Line) -> Line:
    """Without the raised numbers behind a word: smaller digits that stand higher than the line's letters."""
    import pypdfium2.raw as raw

    marks = []
    for match in re.finditer(r"(?<=[^\W\d_]|[.,;:!?”’\"')»])\d{1,3}(?!\w)", line.text):
        at = line.first + match.start()
        size = raw.FPDFText_GetFontSize(text_page, at)
        _, bottom, _, _ = text_page.get_charbox(at)
        if size < 0.85 * line.size and bottom > line.bottom + 0.3 * line.size:
            marks.append(match.span())
    text = line.text
    for start, end in reversed(marks):
        text = text[:start] + text[end:]
    return replace(line, text=text)


def _without_running_heads(pages: list[list[Line]]) -> list[list[Line]]:
    """Without page numbers, and the lines set apart at an edge that come again on the pages nearby."""
    body = _body(pages)
    seen: dict[str, list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
    for number, lines in enumerate(pages):
        for line in _running(lines, body):
            seen[_pattern(line)].append((number, _numbers(line)))
    dropped: set[tuple[int, str]] = set()
    for pattern, places in seen.items():
        alone = not re.sub(r"[#\W]", "", pattern)
        for index, (page, numbers) in enumerate(places):
            near = [
                other
                for other, others in places[max(0, index - 2 * _NEARBY) : index + 2 * _NEARBY + 1]
                if 0 < abs(other - page) <= 2 * _NEARBY
                and (
                    others == numbers
                    and not alone
                    or all(then - now == other - page for then, now in zip(others, numbers))
                )
            ]
            if len(near) >= (1 if alone else 2):
                dropped.add((page, pattern))
    return [
        [line for line in lines if (number, _pattern(line)) not in dropped or line not in _running(lines, body)]
        for number, lines in enumerate(pages)
    ]


def _running(lines: list[Line], body: float) -> list[Line]:
    """The lines of a page that may be its running head or foot: at the edge, and a number or apart from the text."""
    pitch = _pitch(lines)
    found = []
    for at in {0, 1, len(lines) - 2, len(lines) - 1} & {*range(len(lines))}:
        line = lines[at]
        inner = lines[at + 1 : at + 2] if at < len(lines) / 2 else lines[at - 1 : at]
        number = not re.sub(r"[#\W]", "", _pattern(line))
        apart = bool(inner) and abs(inner[0].top - line.top) > 1.3 * pitch
        if number or apart and line.size <= body * _LARGER:
            found.append(line)
    return found


def _pitch(lines: list[Line]) -> float:
    """The usual distance from line to line."""
    steps = [above.top - below.top for above, below in pairwise(lines) if above.top > below.top]
    return median(steps) if steps else 0.0


def _pattern(line: Line) -> str:
    text = line.text.strip()
    return "#" if re.fullmatch(r"[ivxlc]+", text) else re.sub(r"\d+", "#", text)


def _numbers(line: Line) -> tuple[int, ...]:
    text = line.text.strip()
    return (_roman(text),) if re.fullmatch(r"[ivxlc]+", text) else tuple(map(int, re.findall(r"\d+", text)))


def _roman(number: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[letter] for letter in number]
    return sum(-value if any(later > value for later in values[at:]) else value for at, value in enumerate(values))


def _body(pages: list[list[Line]]) -> float:
    """The size of the text's type, in points."""
    return median([line.size for lines in pages for line in lines for _ in range(len(line.text) // 20 + 1)] or [0.0])


def _blocks(pages: list[list[Line]], headings: set[tuple[int, str]]) -> Iterator[tuple[Block, _Place]]:
    """Paragraphs with the place each begins at; one that goes on over the page is one.

    ``headings``: pages with the lines on them that the outline names.
    """
    lines = [line for page in pages for line in page]
    body = _body(pages)
    sizes = sorted({round(line.size) for line in lines if line.size > body * _LARGER}, reverse=True)[:6]
    join = Joiner(line.text for line in lines).paragraph
    waiting: tuple[Block, _Place] | None = None
    notes_behind: list[tuple[Block, _Place]] = []  # a paragraph above them may go on over the page
    for number, page in enumerate(pages):
        notes = _notes(page, body)
        rest = page[: len(page) - len(notes)]
        named = {line for line in rest if (number, titles.plain(line.text)) in headings}
        for part in [*_paragraphs(rest, named), *_paragraphs(notes, set())]:
            block = _block(part, sizes, body, join)
            if part[0] in notes:
                block = Block("note", _MARK.sub("", block.text, count=1))
            elif part[0] in named and block.kind == "text":
                block = Block("heading", block.text, len(sizes) + 2)
            if waiting and _goes_on(waiting[0], block):
                waiting = (replace(waiting[0], text=join(f"{waiting[0].text}\n{block.text}")), waiting[1])
                continue
            if block.kind == "note":
                notes_behind.append((block, _Place(number, part[0].top)))
                continue
            if waiting:
                yield waiting
            yield from notes_behind
            notes_behind = []
            waiting = (block, _Place(number, part[0].top))
    if waiting:
        yield waiting
    yield from notes_behind


def _notes(page: list[Line], body: float) -> list[Line]:
    """The lines in smaller type at the foot of a page, from the first that begins with a mark."""
    start = len(page)
    while start > 0 and page[start - 1].size < body * _SMALLER:
        start -= 1
    return page[start:] if start and start < len(page) and _MARK.match(page[start].text) else []


def _paragraphs(lines: list[Line], named: set[Line]) -> Iterator[list[Line]]:
    """A larger gap, another size of type, or an indent behind a sentence's end begins a paragraph."""
    pitch = _pitch(lines)
    part: list[Line] = []
    for line in lines:
        if part:
            last = part[-1]
            indented = line.left - last.left > 0.7 * line.size and line.left - last.left < 8 * line.size
            heading = any(each in named or titles.is_chapter(each.text) for each in (last, line))
            apart = (
                abs(line.size - last.size) > 0.5
                or last.top - line.top > max(pitch, line.size) + 0.35 * line.size
                or line.top > last.top + line.size  # the next column
                and _FINISHED.search(last.text)
                or indented
                and _FINISHED.search(last.text)
                or heading
            )
            if apart:
                yield part
                part = []
        part.append(line)
    if part:
        yield part


def _block(part: list[Line], sizes: list[int], body: float, join: Callable[[str], str]) -> Block:
    text = join("\n".join(line.text for line in part))
    size = round(part[0].size)
    if size in sizes and part[0].size > body * _LARGER:
        return Block("heading", text, sizes.index(size) + 1)
    if titles.is_part(text) or titles.is_chapter(text):
        return Block("heading", text, len(sizes) + (1 if titles.is_part(text) else 2))
    return Block("text", text)


def _goes_on(block: Block, following: Block) -> bool:
    """Whether a paragraph was cut by the page's end; two headings of one size, one below the other, are one too."""
    if block.kind != "text" or following.kind != "text":
        return False
    return not _FINISHED.search(block.text) and (
        following.text[:1].islower() or block.text.endswith(("-", "\x02", "\ufffe"))
    )


def _entry(title: str, level: int, target: _Place, blocks: list[Block], places: list[_Place]) -> Entry:
    """The block a bookmark leads to: its heading on that page, else the first one below the height it names."""
    on_page = [index for index, place in enumerate(places) if place.page == target.page]
    same = (index for index in on_page if titles.plain(blocks[index].text).startswith(titles.plain(title)))
    below = (index for index in on_page if places[index].top <= target.top + 3)
    later = (index for index, place in enumerate(places) if place.page > target.page)
    start = next(same, next(below, next(later, len(blocks))))
    return Entry(title, level, start)
