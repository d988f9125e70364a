"""PDF -> document: lines become paragraphs, headings and table rows again."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from statistics import median

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.bidi import is_turned
from rag.readers.formats import add_rows
from rag.readers.pdf_page import GAP, Line, Page, has_foreign_form, open_pdf, pages_of

SCANNED = "has no text in it, only pictures of pages; run OCR over it first (e.g. ocrmypdf)"
_DRAWN = "has no text in it, only drawings; where these are letters, run OCR over it first (e.g. ocrmypdf)"
_HYPHEN = re.compile(r"(?<!\w)(\w+)([\x02\ufffe\xad]\n?|-\n)(?=(\w+))")
_PREFIXES = {"all", "cross", "ex", "half", "non", "self", "well"}
_PAGE_WORDS = re.compile(
    r"\b(?:page|p|pg|seite|s|página|pág|pagina|blz|strona|str|sida|side|страница|стр|of|von|de|di|sur|z|из)\b\.?", re.I
)
_NO_TITLE = re.compile(
    r"untitled\W?\d*|microsoft \w+ - .*|.*\.(?:docx?|dvi|html?|indd|odt|pdf|pptx?|qxd|tex|xlsx?)", re.I
)
"""What programs write for the title of a file that was given none."""
_CELL = " | "
_LONGEST_HEAD = 200
"""Characters of a line that may bear the number of its page."""


def pdf(data: bytes) -> Document:
    """Headings are told by their larger type; what repeats at the edge of pages is given once, their numbers never."""
    document = open_pdf(data)
    try:
        read = list(pages_of(document))
        title = document.get_metadata_value("Title")
        attached = document.count_attachments()
        foreign = has_foreign_form(document)
    finally:
        document.close()
    pages = [page or Page() for page in read]
    if not any(page.lines or page.asides for page in pages):
        raise BadFile(_why_empty(pages, damaged=None in read))
    lines = _without_running([page.lines for page in pages])
    known = Counter(word for page in pages for line in page.lines for word in re.findall(r"\w+(?:-\w+)*", line.text))
    body = median([line.size for page in lines for line in page for _ in range(len(line.text) // 20 + 1)] or [0.0])
    sizes = sorted({round(line.size) for page in lines for line in page if line.size > body * 1.12}, reverse=True)
    builder = Builder()
    for number, (page_lines, page) in enumerate(zip(lines, pages), 1):
        _add_page(_rows_joined(page_lines), number, sizes[:6], known, builder)
        for aside in page.asides:
            builder.add("text", aside, number)
    notes = _notes(read, attached)
    if foreign:
        notes.append("its form is an XFA, of which only the page that stands for it is read; save it as PDF")
    return builder.document("" if _NO_TITLE.fullmatch(title.strip()) else title, notes)


def _why_empty(pages: list[Page], damaged: bool) -> str:
    if any(page.pictures for page in pages):
        return SCANNED
    if any(page.drawings for page in pages):
        return _DRAWN
    return (
        "is damaged: its pages cannot be read"
        if damaged
        else "holds no text: its pages are empty, or a form that is not filled in"
    )


def _notes(read: list[Page | None], attached: int) -> list[str]:
    kinds = (
        ("a picture, whose text is not read; run OCR over it", lambda page: page.pictures),
        ("a drawing, without text", lambda page: page.drawings and not page.pictures and not page.asides),
        ("damaged", lambda page: False),
    )
    notes = []
    for what, holds in kinds:
        numbers = [at for at, page in enumerate(read, 1) if (holds(page) if page else what == "damaged")]
        if numbers:
            pages = f"pages {_ranges(numbers)} are" if len(numbers) > 1 else f"page {numbers[0]} is"
            notes.append(f"{pages} {what}")
    unsure = [at for at, page in enumerate(read, 1) if page and page.unsure]
    if unsure:
        notes.append(f"fonts do not tell what their letters are, so that words may be wrong: page {_ranges(unsure)}")
    if attached:
        notes.append(f"files attached to it are not read ({attached})")
    return notes


def _ranges(numbers: list[int]) -> str:
    """1, 2, 3, 7 -> "1-3, 7"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def _without_running(pages: list[list[Line]]) -> list[list[Line]]:
    """Without lines that stand at the edge of most pages, word for word but for the page's own number, after the first.

    That one comes before its page's other lines: a foot does not end up below the last heading of its page.
    Digits that do not count the pages are data, and so are those that other words explain ("Room 103"), and a line of
    which they are the larger part.
    """
    seen: dict[str, list[tuple[int, Line]]] = defaultdict(list)
    for page, lines in enumerate(pages):
        for line in dict.fromkeys(_edge(lines)):
            seen[_without_number(line.text)].append((page, line))
    dropped: set[tuple[int, Line]] = set()
    running: set[tuple[int, Line]] = set()
    for words, edges in seen.items():
        if words and sum(map(str.isdigit, words)) > sum(map(str.isalpha, words)):
            continue
        height = median(line.bottom for _, line in edges)  # unlike "See also", wherever on a page its text ends
        found = [(page, line) for page, line in edges if abs(line.bottom - height) < line.size or not words]
        if len({page for page, _ in found}) < 3 or len({page for page, _ in found}) <= len(pages) / 2:
            continue
        numbers = Counter(_number(line.text, words) - page for page, line in found)
        first, count = numbers.most_common(1)[0]
        if not words:  # numbers and nothing else, of which one a page may count the pages
            dropped |= {(page, line) for page, line in found if _number(line.text, words) - page == first and count > 2}
        elif len({line.text for _, line in found}) == 1 or count > 0.8 * len(found):
            running.add(found[0])
            dropped |= set(found[1:])
    rest = [
        sorted((line for line in lines if (page, line) not in dropped), key=lambda line: (page, line) not in running)
        for page, lines in enumerate(pages)
    ]
    return [kept or lines for kept, lines in zip(rest, pages)]  # what is all of a page is its text


def _edge(lines: list[Line]) -> list[Line]:
    return lines[:2] + lines[-2:]


def _without_number(text: str) -> str:
    """The words of a line without the page's number, where it is set apart; the line itself where it has none."""
    if len(text) > _LONGEST_HEAD:
        return text
    rest = re.sub(r"^\W*\d{1,4}\W*(?:\d{1,4}\W*)?$", "", _PAGE_WORDS.sub(" ", text))
    if not rest.strip():
        return ""
    page = _PAGE_WORDS.pattern
    found = re.sub(
        rf"(?:\s[|·•–—-]\s*|\s{{2,}}|[|·•–—-]?\s*{page}\s*)\d{{1,4}}(?:\s*(?:/|{page})\s*\d{{1,4}})?\W*$", " #", text
    )
    if found == text:
        found = re.sub(r"^\W*\d{1,4}(?:\s[|·•–—-]\s|\s{2,})", "# ", text)
    return found


def _number(text: str, words: str) -> int:
    if words == text:
        return 0
    digits = re.findall(r"\d+", text)
    if not words:
        return int(digits[0]) if digits else 0
    return int(digits[0] if words.startswith("# ") else re.findall(r"\d+", text[len(words) - 2 :])[0]) if digits else 0


def _rows_joined(lines: list[Line]) -> list[Line]:
    """Cells of one row, which come as lines of their own in some files, as one line; so do raised marks."""
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        onward = last and (line.left >= last.right - 1 or line.right <= last.left + 1 and is_turned(line.text))
        if last and onward and abs(last.bottom - line.bottom) < 0.3 * line.size:
            sign = _CELL if max(line.left - last.right, last.left - line.right) > GAP * line.size else " "
            left, right = min(last.left, line.left), max(last.right, line.right)
            joined[-1] = replace(last, text=last.text + sign + line.text, left=left, right=right)
        else:
            joined.append(line)
    return joined


def _add_page(lines: list[Line], number: int, sizes: list[int], known: Counter[str], builder: Builder) -> None:
    """Join lines to paragraphs: a larger gap, another size of type or a heading ends one; rows stay rows."""
    part: list[Line] = []
    was_level = 0

    def flush() -> None:
        if part and _is_table(part):
            _add_table([line.text for line in part], number, builder)
        elif part:
            text = _joined("\n".join(line.text for line in part), known)
            builder.add("heading" if was_level else "text", text.replace(_CELL, " "), number, was_level)
        part.clear()

    for line in lines:
        level = sizes.index(round(line.size)) + 1 if round(line.size) in sizes else 0
        if part:
            last = part[-1]
            apart = (
                abs(line.size - last.size) > 0.5
                or last.bottom - line.top > 0.35 * line.size
                and not (_CELL in line.text and _CELL in last.text and last.bottom - line.top < 2 * line.size)
                or line.top > last.top + line.size
            )
            if apart or level != was_level or (_CELL in line.text) != (_CELL in last.text):
                flush()
        part.append(line)
        was_level = level
    flush()


def _is_table(part: list[Line]) -> bool:
    cells = [cell for line in part for cell in line.text.split(_CELL)]
    return len(cells) > len(part) and sum(map(len, cells)) < 40 * len(cells)


def _add_table(rows: list[str], number: int, builder: Builder) -> None:
    """The first row explains the others where it alone has no digits."""
    explains = len(rows) > 2 and not re.search(r"\d", rows[0]) and all(re.search(r"\d", row) for row in rows[1:])
    if explains:
        add_rows(rows, builder, number)
    else:
        for row in rows:
            builder.add("row", row, number)


def _joined(text: str, known: Counter[str]) -> str:
    """Words cut at the end of a line in one piece; the hyphen stays where the document writes it elsewhere."""

    def join(match: re.Match) -> str:
        before, mark, behind = match[1], match[2], match[3]
        if behind[0].isupper() and not before.isupper() or mark == "-\n" and not behind[0].islower():
            return f"{before}-"
        if text[match.start() - 1 : match.start()] == "-":  # one of several: state-of-the-art
            return f"{before}-"
        both = f"{before}-{behind}"
        compound = (known[both] > 0 and not known[before + behind]) or before.lower() in _PREFIXES
        return both[: len(before) + 1] if compound else before

    return re.sub("[\x02\ufffe]", "-", _HYPHEN.sub(join, text)).replace("\xad", "")
