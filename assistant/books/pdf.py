"""PDF -> blocks: lines become paragraphs again, what stands on every page is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from assistant.books import titles
from assistant.books.ear import Joiner
from assistant.books.manuscript import Block, Entry, Manuscript
from assistant.books.running import LARGER, body_size, pitch_of, without_running_heads
from rag.errors import BadFile
from rag.readers.pdf import SCANNED
from rag.readers.pdf_page import Line, open_pdf, pdf_lines

_SMALLER = 0.92
"""Of a footnote's."""
_LEADER = re.compile(r"(?:[.…]\s?){3,}\s*(?:\d+|[ivxlc]+)$")  # behind a line of the contents
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
    pages = without_running_heads(pages)
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
    import pypdfium2.raw as raw

    mode, view = target.get_view()
    at = {raw.PDFDEST_VIEW_XYZ: 1, raw.PDFDEST_VIEW_FITH: 0, raw.PDFDEST_VIEW_FITBH: 0, raw.PDFDEST_VIEW_FITR: 3}.get(
        mode
    )
    return view[at] if at is not None and at < len(view) and view[at] else float("inf")


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


def _blocks(pages: list[list[Line]], headings: set[tuple[int, str]]) -> Iterator[tuple[Block, _Place]]:
    """Paragraphs with the place each begins at; one that goes on over the page is one.

    ``headings``: pages with the lines on them that the outline names.
    """
    lines = [line for page in pages for line in page]
    body = body_size(pages)
    sizes = sorted({round(line.size) for line in lines if line.size > body * LARGER}, reverse=True)[:6]
    join = Joiner(line.text for line in lines).paragraph
    waiting: tuple[Block, _Place] | None = None
    notes_behind: list[tuple[Block, _Place]] = []  # a paragraph above them may go on over the page
    for number, page in enumerate(pages):
        notes = _notes(page, body)
        rest = page[: len(page) - len(notes)]
        named = {line for line in rest if (number, titles.plain(line.text)) in headings}
        for part in [*_paragraphs(rest, named, body), *_paragraphs(notes, set(), body)]:
            block = _block(part, sizes, body, join)
            block.front = 2 * sum(bool(_LEADER.search(line.text)) for line in part) > len(part)
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


def _paragraphs(lines: list[Line], named: set[Line], body: float) -> Iterator[list[Line]]:
    """A larger gap, another size of type, or an indent behind a sentence's end begins a paragraph."""
    pitch = pitch_of(lines)
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
                and line.size <= body * LARGER
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
    if size in sizes and part[0].size > body * LARGER:
        return Block("heading", text, sizes.index(size) + 1)
    if titles.is_part(text) or titles.is_chapter(text):
        return Block("heading", text, len(sizes) + (1 if titles.is_part(text) else 2))
    return Block("text", text)


def _goes_on(block: Block, following: Block) -> bool:
    """Whether a paragraph was cut by the page's end."""
    if block.kind != "text" or following.kind != "text":
        return False
    return not _FINISHED.search(block.text) and (following.text[:1].islower() or block.words > 8)


def _entry(title: str, level: int, target: _Place, blocks: list[Block], places: list[_Place]) -> Entry:
    """The block a bookmark leads to: its heading on that page, else the first one below the height it names."""
    on_page = [index for index, place in enumerate(places) if place.page == target.page]
    words = titles.words(title)
    same = (index for index in on_page if words and titles.words(blocks[index].text)[-len(words) :] == words)
    below = (index for index in on_page if places[index].top <= target.top + 3)
    later = (index for index, place in enumerate(places) if place.page > target.page)
    start = next(same, next(below, next(later, len(blocks))))
    return Entry(title, level, start)
