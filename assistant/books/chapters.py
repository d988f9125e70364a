"""Blocks and a table of contents -> chapters: nothing lost but what the listener did not want."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise, takewhile

from assistant.books import titles
from assistant.books.ear import clean, spoken
from assistant.books.manuscript import Block, Entry, Manuscript

_SAYS_LITTLE = 100
"""Words; an entry with fewer of its own before its first sub-entry is divided: a part's or a book's title."""
_WORTH_IT = 400
"""Words that its sub-entries must have on average for that."""
_TOO_LONG = 15_000
"""Words; an entry with more (an hour and a half) is divided into its sub-entries whatever it says itself."""
_START = re.compile(r"\*\*\* ?START OF (?:THE|THIS) PROJECT GUTENBERG|\*END\*? ?THE SMALL PRINT", re.IGNORECASE)
_END = re.compile(r"^\W*END OF (?:THE|THIS) PROJECT GUTENBERG|^End of (?:the )?Project Gutenberg", re.IGNORECASE)
_PRODUCED = re.compile(r"(?:Produced|E-?text prepared|This etext was prepared) by\b", re.IGNORECASE)
_IMPRINT = re.compile(
    r"\bISBN\b|all rights reserved|alle rechte vorbehalten|tous droits réservés|todos los derechos reservados|"
    r"tutti i diritti riservati|todos os direitos reservados|alle rechten voorbehouden",
    re.IGNORECASE,
)


@dataclass
class Section:
    """What becomes one chapter."""

    title: str
    blocks: list[Block] = field(default_factory=list)

    @property
    def words(self) -> int:
        return sum(block.words for block in self.blocks)


def divide(
    manuscript: Manuscript, *, front_matter: bool, notes: bool, captions: bool
) -> tuple[list[Section], list[str]]:
    """The chapters with what is read of them, and the titles of the sections that are left out whole."""
    blocks = manuscript.blocks
    for block in blocks:
        block.said = spoken(block)
    _mark_boilerplate(blocks)
    _mark_contents(blocks)
    _mark_headings_alike(blocks)
    entries = sorted(manuscript.entries or _headings(blocks), key=lambda entry: entry.start)
    sections = _cut(blocks, entries, clean(manuscript.title))
    _mark_front(sections)
    kept, left_out = [], []
    for section in sections:
        wanted = [
            block
            for block in section.blocks
            if (front_matter or not block.front)
            and (notes or block.kind != "note")
            and (captions or block.kind != "caption")
            and block.said
        ]
        body = [block for block in section.blocks if block.kind != "heading" and block.said]
        if wanted and (not body or any(block.kind != "heading" for block in wanted) or not _unread(body)):
            kept.append(_adopt_heading(replace(section, blocks=wanted)))
        elif wanted or body:
            left_out.append(section.title)
    return _fold(kept), left_out


def _unread(body: Iterable[Block]) -> bool:
    return all(block.front or block.kind == "note" for block in body)


def _headings(blocks: Sequence[Block]) -> list[Entry]:
    return [
        Entry(block.text, block.level, index)
        for index, block in enumerate(blocks)
        if block.kind == "heading" and not block.front
    ]


def _cut(blocks: list[Block], entries: list[Entry], title: str) -> list[Section]:
    ends = [*accumulate((block.words for block in blocks), initial=0)]
    starts: list[tuple[int, str]] = []
    last: Entry | None = None
    for entry in _chosen(entries, ends):
        name = clean(entry.title).strip(" .:")
        if last is None or last.start < entry.start:
            starts.append((entry.start, name))
        elif name and titles.plain(name) not in titles.plain(starts[-1][1]):
            together = last.level < entry.level or last.place == entry.place
            starts[-1] = (entry.start, _joined([starts[-1][1], name]) if together else name)
        last = entry
    if not starts or starts[0][0] > 0:
        starts.insert(0, (0, ""))
    sections: list[Section] = []
    for (start, name), (end, _) in pairwise([*starts, (len(blocks), "")]):
        part = blocks[start:end]
        other = str(len(sections) + 1) if sections else title
        if part:
            sections.append(Section(name or _first_heading(part) or other, part))
    return sections


def _first_heading(blocks: Iterable[Block]) -> str:
    return next((clean(block.text).strip(" .:") for block in blocks if block.level), "")


def _chosen(entries: list[Entry], ends: list[int]) -> Iterable[Entry]:
    """The entries that begin a chapter; ``ends``: how many words stand before each block."""
    index = 0
    while index < len(entries):
        entry = entries[index]
        after = next((at for at in range(index + 1, len(entries)) if entries[at].level <= entry.level), len(entries))
        yield entry
        if after > index + 1:
            end = entries[after].start if after < len(entries) else len(ends) - 1
            inner = entries[index + 1 : after]
            own, whole = ends[inner[0].start] - ends[entry.start], ends[end] - ends[entry.start]
            parts = sum(each.level == inner[0].level for each in inner)
            if (
                len(inner) + 1 == len(entries)  # the book's own title
                or titles.is_part(entry.title)
                or any(titles.is_chapter(each.title) for each in inner)
                or own < _SAYS_LITTLE
                and whole > parts * _WORTH_IT
                or whole > _TOO_LONG
            ):
                yield from _chosen(entries[index + 1 : after], [*ends[: end + 1]])
        index = after


def _mark_boilerplate(blocks: list[Block]) -> None:
    """Project Gutenberg's header and licence are front matter, in whatever format they come."""
    start = next((index for index, block in enumerate(blocks[:400]) if _begins_behind(block)), -1)
    for index, block in enumerate(blocks[: start + 10]):
        if index <= start or _PRODUCED.match(block.text):
            block.front = True
    end = next((index for index in range(len(blocks) - 1, start, -1) if _END.search(blocks[index].text[:200])), None)
    if end is not None:
        first = next((index for index in range(start + 1, end + 1) if _END.search(blocks[index].text[:200])), end)
        if sum(block.words for block in blocks[first:]) < 6000:
            for block in blocks[first:]:
                block.front = True


def _begins_behind(block: Block) -> bool:
    """Whether the header ends with this block."""
    start = _START.search(block.text)
    return bool(start and len(block.text[start.end() :].split()) < 60)


def _mark_contents(blocks: list[Block]) -> None:
    """Three lines and more that are titles of chapters further on, and what stands over them."""
    later: set[str] = set()
    listed: list[Block] = []
    for block in reversed(blocks):
        name = titles.plain(block.text)
        if block.kind in ("text", "item") and name in later:
            listed.append(block)
            continue
        if len(listed) > 2:
            for line in listed:
                line.front = True
            block.front |= name in titles.NOT_READ
        listed = []
        if block.kind == "heading":
            later.add(name)


def _mark_headings_alike(blocks: list[Block]) -> None:
    """``Notes`` above notes is one, ``Contents`` above front matter too."""
    for block, following in pairwise(blocks):
        if block.kind == "heading" and following.front and titles.plain(block.text) in titles.NOT_READ:
            block.front = True
        if block.kind == "heading" and following.kind == "note" and titles.plain(block.text) in titles.NOTES:
            block.kind = "note"


def _mark_front(sections: list[Section]) -> None:
    """Contents, index and the like by their title; the imprint by what stands in it; those that only list chapters."""
    later: set[str] = set()
    for section in reversed(sections):
        name = titles.plain(section.title)
        listed = name in later and all(block.kind == "heading" for block in section.blocks)
        if name in titles.NOT_READ or listed:
            for block in section.blocks:
                block.front = True
        later.add(name)
    for section in sections:
        if section.words > 800:
            break
        if any(_IMPRINT.search(block.text) for block in section.blocks):
            for block in section.blocks:
                block.front = True


def _fold(sections: list[Section]) -> list[Section]:
    """Sections that are nothing but a title begin the next one."""
    folded: list[Section] = []
    waiting: list[Section] = []
    for section in sections:
        if all(block.kind == "heading" for block in section.blocks) and section.words <= 40:
            waiting.append(section)
            continue
        names = [part.title for part in waiting]
        blocks = [block for part in waiting for block in part.blocks] + section.blocks
        folded.append(replace(section, title=": ".join(filter(None, (*names, section.title))), blocks=blocks))
        waiting = []
    if waiting and folded:
        folded[-1].blocks += [block for part in waiting for block in part.blocks]
    return folded or waiting


def _joined(names: Sequence[str]) -> str:
    """``PART I`` and ``Chapter 1`` -> ``PART I: Chapter 1``."""
    parts: list[str] = []
    for name in names:
        name = name.strip(" .:")
        if name and (not parts or titles.plain(name) != titles.plain(parts[-1])):
            parts.append(name)
    return ": ".join(parts)


def _adopt_heading(section: Section) -> Section:
    """With the title as the text has it, where that says all that the table of contents says."""
    listed = titles.words(section.title)
    heads = [clean(block.text) for block in takewhile(lambda block: block.kind == "heading", section.blocks)][:3]
    for count in range(1, len(heads) + 1):
        written = titles.words(" ".join(heads[:count]))
        if written == listed and not titles.is_bare(section.title):
            break
        both_numbered = titles.is_chapter(section.title) and count == 1 and titles.is_chapter(heads[0])
        if written != listed and (both_numbered or _stands_in(listed, written)):
            return replace(section, title=": ".join(head.strip(" .:") for head in heads[:count]))
    return section


def _stands_in(part: list[str], whole: list[str]) -> bool:
    return bool(part) and any(whole[at : at + len(part)] == part for at in range(len(whole) - len(part) + 1))


def paragraphs(section: Section) -> tuple[str, ...]:
    """What is said of a chapter behind its title: without the lines at its beginning that are this title."""
    title = titles.words(section.title)
    at, headings, consumed = 0, 0, 0
    for block in section.blocks:
        line = titles.words(block.said)
        if not line or title[at : at + len(line)] != line:
            break
        at += len(line)
        consumed += 1
        headings += block.kind == "heading" and headings == consumed - 1
    return tuple(block.said for block in section.blocks[consumed if at == len(title) else headings :])
