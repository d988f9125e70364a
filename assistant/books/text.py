"""Plain text -> blocks: paragraphs by blank lines or by indents, chapters by the words that stand over them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from statistics import median

from assistant.books import titles
from assistant.books.ear import Joiner
from assistant.books.manuscript import Block, Manuscript
from rag.decode import decode

_BLANK = re.compile(r"\n[ \t\u3000]*\n\s*")
_FIELD = re.compile(r"^(Title|Author|Language):[ \t]*(\S.*)$", re.MULTILINE)
_BOXED = re.compile(
    r"\[(?P<kind>Illustration|Footnote|Note)(?:\s+(?P<mark>\w{1,5}|\*+))?"
    r"(?::\s*(?P<text>(?:[^\[\]]++|\[[^\[\]]*+\])*+))?\s*\]",
    re.IGNORECASE,
)
_OPENS = re.compile(r"\s*\[(?:Illustration|Footnote|Note)\b", re.IGNORECASE)
_NOTE = re.compile(r"\[(?:\d{1,3}|\*+)\]\s")
_MARKED = re.compile(r"(?<![\w_])_(?=\S)([^_\n]{1,300}(?:\n[^_\n]{1,300}){0,9})(?<=\S)_(?![\w_])")
_UNDER = "=*-~^+"  # from the outermost
_UNDERLINED = re.compile(r"(?:[=*~^+-]{3,}\n)?(?P<title>\S.*)\n(?P<sign>[=*~^+-])(?P=sign){2,}")
_LIST = re.compile(r"[-*•+]\s+(?=\S)")
_LONG_LINE = 120  # characters; lines this long are whole paragraphs


def manuscript(data: bytes) -> Manuscript:
    text = decode(data)
    fields = {name: value.strip() for name, value in _FIELD.findall(text[:5000])} if "Gutenberg" in text[:5000] else {}
    found = _without_page_numbers([inner for part in _whole_boxes(_paragraphs(text)) for inner in _split(part)])
    join = Joiner([text]).paragraph
    chapters = sum(titles.is_chapter(part) for part in found)
    numerals = [part for part in found if chapters < 2 and titles.NUMERAL.fullmatch(part.strip())]
    capitals = [part for part in found if _is_capitals(part)] if chapters < 2 and len(numerals) < 2 else []
    heads = set(numerals if len(numerals) > 1 else capitals if len(capitals) > 1 else ())
    blocks: list[Block] = []
    for number, part in enumerate(found):
        line = join(part)
        if _lists_chapters(part):
            blocks += (Block("text", row, front=True) for row in part.splitlines())
        elif (underlined := _UNDERLINED.fullmatch(part.strip())) and len(underlined["title"]) <= 100:
            blocks.append(Block("heading", underlined["title"], 1 + _UNDER.index(underlined["sign"])))
        elif titles.is_part(line):
            blocks.append(Block("heading", line, 1))
        elif titles.is_chapter(line) or part in heads or titles.plain(line) in titles.NOT_READ:
            blocks.append(Block("heading", line, 2))
        elif blocks and _is_title(part, blocks[-1], found[number + 1 : number + 2]):
            blocks.append(Block("heading", line, 3))
        else:
            blocks += _blocks(part, join)
    _mark_contents(blocks)
    return Manuscript(
        blocks, title=fields.get("Title", ""), author=fields.get("Author", ""), language=fields.get("Language", "")
    )


def _paragraphs(text: str) -> list[str]:
    lines = [line for line in text.split("\n") if line.strip()]
    if lines and median(map(len, lines)) > _LONG_LINE:
        return [line.strip() for line in lines]
    found = [part for part in _BLANK.split(text) if part.strip()]
    if len(lines) > 20 and len(lines) / len(found) > 25:  # no blank lines: indents tell
        found = [inner for part in found for inner in re.split(r"\n(?=[ \t\u3000]+\S)", part)]
    return [part.strip("\n") for part in found]


def _whole_boxes(found: list[str]) -> Iterator[str]:
    """``[Footnote 1: …`` with the paragraphs up to its bracket's end as one."""
    rest = iter(range(len(found)))
    for at in rest:
        part = found[at]
        if _OPENS.match(part) and part.count("[") > part.count("]"):
            closing = (index for index in range(at + 1, min(at + 10, len(found))) if found[index].rstrip()[-1:] == "]")
            if end := next(closing, 0):
                part = "\n".join(found[at : end + 1])
                next(islice(rest, end - at - 1, end - at), None)
        yield part


def _split(part: str) -> list[str]:
    """A heading that no blank line parts from the text behind it."""
    first, _, rest = part.partition("\n")
    if not rest or titles.is_chapter(part) or not titles.is_chapter(first) or _lists_chapters(part):
        return [part]
    return [first, rest]


def _without_page_numbers(found: list[str]) -> list[str]:
    """Numbers that stand alone and count up are pages when they come behind text, chapters when before it."""
    numbers = [(index, int(part)) for index, part in enumerate(found) if re.fullmatch(r"\s*\d{1,4}\s*", part)]
    steps = sum(after == before + 1 for (_, before), (_, after) in pairwise(numbers))
    if len(numbers) < 2 or steps < 0.8 * (len(numbers) - 1) or sum(len(part) for part in found[: numbers[0][0]]) < 200:
        return found
    pages = {index for index, _ in numbers}
    kept: list[str] = []
    for index, part in enumerate(found):
        if index - 1 in pages and kept and part.lstrip()[:1].islower() and kept[-1].rstrip()[-1:] not in ".!?":
            kept[-1] += "\n" + part  # a sentence that goes on over the page
        elif index not in pages:
            kept.append(part)
    return kept


def _is_capitals(part: str) -> bool:
    line = part.strip()
    return (
        "\n" not in line and 3 < len(line) <= 60 and line.isupper() and line[-1] not in ",;:-!?" and line[0].isalnum()
    )


def _lists_chapters(part: str) -> bool:
    """Whether it is a table of contents: one chapter a line."""
    lines = part.splitlines()
    return len(lines) > 1 and sum(titles.is_chapter(line) or titles.is_part(line) for line in lines) > max(
        1, len(lines) // 2
    )


def _is_title(part: str, before: Block, after: list[str]) -> bool:
    """Whether a line behind ``CHAPTER I.`` is the chapter's title and not its first sentence."""
    line = " ".join(part.split())
    if len(line) > 90 or not line[0].isalnum() or part.count("\n") > 2 or not after:
        return False
    only_number = before.kind == "heading" and before.level == 2 and len(before.text.split()) <= 3
    ends = line.endswith((".", "!", "?", "”", '"', ",", ";", "’", "'", ":"))
    capitals = line.isupper() and len(line) > 3
    return bool(
        only_number
        and after
        and len(line) <= 90
        and line[0].isalnum()
        and (capitals or not ends)
        and part.count("\n") < 3
    )


def _blocks(part: str, join: Callable[[str], str]) -> Iterator[Block]:
    """One paragraph, with what Project Gutenberg puts into brackets taken out of it."""
    position = 0
    for box in _BOXED.finditer(part):
        yield from _text(part[position : box.start()], join)
        kind = "caption" if box["kind"].lower() == "illustration" else "note"
        if box["text"]:
            yield Block(kind, join(_MARKED.sub(r"\1", box["text"])))  # type: ignore[arg-type]
        elif box["mark"]:
            yield from _text(box[0], join)
        position = box.end()
    yield from _text(part[position:], join)


def _text(part: str, join: Callable[[str], str]) -> Iterator[Block]:
    if not part.strip():
        return
    lines = part.strip().split("\n")
    if all(_LIST.match(line.strip()) for line in lines):
        for line in lines:
            yield Block("item", join(_LIST.sub("", line.strip(), count=1)))
    else:
        yield Block("note" if _NOTE.match(part.strip()) else "text", join(_MARKED.sub(r"\1", part)))


def _mark_contents(blocks: list[Block]) -> None:
    """What stands under ``CONTENTS``, up to the first paragraph or the first heading that is not listed again."""
    later = {}
    for index, block in enumerate(blocks):
        if block.kind == "heading":
            later[titles.plain(block.text)] = index
    inside = False
    for index, block in enumerate(blocks):
        if block.kind == "heading" and titles.plain(block.text) in titles.NOT_READ:
            inside = True
        elif inside and not (block.front or block.kind == "heading" and later[titles.plain(block.text)] > index):
            inside = False
        block.front |= inside
