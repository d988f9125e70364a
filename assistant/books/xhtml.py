"""A tree of HTML or XHTML elements -> blocks: every word once, in reading order, with what it is for the listener."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from assistant.books import titles
from assistant.books.manuscript import Block, Kind
from rag.decode import CHARSET, decode
from rag.errors import BadFile
from rag.readers.markup import BLOCKS, HEADINGS

_LINE, _CELL = (
    "\ufdd0",
    "\ufdd1",
)  # no characters of any text; they stand for <br> and the border of two cells until a block is complete
_BREAKING = BLOCKS | HEADINGS.keys() | {
    *("caption", "center", "hgroup", "nav", "optgroup", "option", "pre", "search", "section"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr"),
}  # fmt: skip
_DROPPED = {
    *("annotation", "annotation-xml", "audio", "button", "case", "head", "iframe", "input", "noscript", "rp", "rt"),
    *("script", "select", "style", "svg", "template", "textarea", "video"),
}
_NOTES = {"footnote", "footnotes", "endnote", "endnotes", "rearnote", "rearnotes", "note"}
_FRONT = {
    *(
        "colophon",
        "copyright-page",
        "cover",
        "halftitle",
        "halftitlepage",
        "imprimatur",
        "imprint",
        "index",
        "landmarks",
    ),
    *("loa", "loi", "lot", "lov", "other-credits", "page-list", "pg-boilerplate", "titlepage", "toc", "toc-brief"),
}
_PAGES = {
    *("line-number", "linenum", "linenumber", "lineno", "lnum"),
    *("page-number", "pagebreak", "pageno", "pagenum", "pagenumber"),
}
_MARK = re.compile(
    r"[\[({]?\s*(?:(?:note|fn)\s*)?(?:\d{1,4}|[A-Za-z]|[ivxlc]{1,6}|[*†‡§¶#]{1,4})\s*[\])}]?[.,]?", re.IGNORECASE
)
_BACK = re.compile(r"[\s↩︎↑⏎⤴^←\[\]]+|back|return|zurück|retour")
_UNITS = {"mm", "cm", "dm", "km", "ft", "in", "mi", "yd", "sec", "min", "hr"}
_RAISED = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_EMPTY_TAG = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)([A-Za-z][\w:-]*)([^<>]*)/>"
)


def parse(data: bytes) -> Any:
    """The root of an (X)HTML document, however well formed it is. Raises BadFile."""
    from lxml import etree
    from lxml import html as lenient

    stated = CHARSET.search(data[:4096])
    text = decode(data, stated.group(1).decode("ascii") if stated else None)
    text = re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text)
    if not text.strip():
        return None
    own = set(re.findall(r"<!ENTITY\s+(\w+)", text[:100_000]))
    source = _ENTITY.sub(lambda entity: entity[0] if entity[1] in own else _character(entity[1]), text).encode()
    try:
        # Without huge_tree libxml2 bounds what entities grow to; external ones are not fetched.
        return etree.fromstring(source, etree.XMLParser(resolve_entities="internal", no_network=True, load_dtd=False))
    except etree.XMLSyntaxError:
        pass
    try:
        parser = lenient.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True)
        root = lenient.document_fromstring(_EMPTY_TAG.sub(r"<\1\2></\1>", text).encode(), parser=parser)
        if any(
            error.type == etree.ErrorTypes.ERR_NAME_TOO_LONG or "depth" in error.message for error in parser.error_log
        ):
            raise BadFile("is nested too deeply")  # libxml2 gives what stands before that and nothing behind
        return root
    except etree.ParserError:
        return None  # nothing but white space and comments
    except etree.LxmlError as error:
        raise BadFile(f"is damaged ({error})") from None


def _character(name: str) -> str:
    if name in ("amp", "lt", "gt", "quot", "apos"):
        return f"&{name};"
    known = html.unescape(f"&{name};")
    return known if known != f"&{name};" else f"&amp;{name};"


def address(base: str, href: str) -> str:
    """Where ``href`` in the file ``base`` leads to: ``path#anchor``, the path as it stands in the archive."""
    path, _, anchor = href.partition("#")
    path = unquote(path).replace("\\", "/")
    full = posixpath.normpath(posixpath.join(posixpath.dirname(base), path)) if path else base
    return f"{full.lstrip('/')}#{unquote(anchor)}"


@dataclass
class _Frame:
    """What holds for an open element and all in it."""

    tag: str = ""
    breaking: bool = False
    """Whether a line ends before and after it."""
    note: bool = False
    caption: bool = False
    front: bool = False
    item: bool = False
    level: int = 0
    """Of the heading that it stands in."""
    row: bool = False
    """Whether it stands in a table whose rows are read as lines."""
    label: bool = False
    """Whether it is the mark that a note begins with."""
    number: int = 0
    """The last item's of an ordered list."""
    ids: tuple[str, ...] = ()


@dataclass
class Walker:
    """Collects the blocks of one document after another."""

    targets: Collection[str] = ()
    """Addresses at which a chapter begins: a block ends before each."""
    blocks: list[Block] = field(default_factory=list)
    anchors: dict[str, int] = field(default_factory=dict)
    """Address of each target met -> the first block behind it."""
    referred: set[str] = field(default_factory=set)
    """Addresses that marks in the text lead to."""

    def add(self, root: Any, base: str = "", front: bool = False, note: bool = False) -> None:
        """Add the text of the document ``base``."""
        from lxml.etree import iterwalk

        self._base = base
        self._line: list[str] = []
        self._own: list[str] = []
        self._prefix = self._label = self._alt = ""
        self._frames = [_Frame(front=front, note=note)]
        self.anchors.setdefault(f"{base}#", len(self.blocks))
        walk = iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if event == "start":
                if self._open(element):
                    self._write(element.text)
                else:
                    walk.skip_subtree()
                continue
            if event == "end":
                self._close()
            if element is not root:
                self._write(element.tail)
        self._flush()

    def _open(self, element: Any) -> bool:
        """Whether what is inside belongs to the text."""
        outer = self._frames[-1]
        tag = _name(element)
        kinds = _kinds(element)
        frame = replace(outer, tag=tag, number=0, breaking=False)
        self._frames.append(frame)
        if tag in _DROPPED or element.get("hidden") is not None or _unseen(element.get("style")):
            return False
        breaking = frame.breaking = tag in _BREAKING or bool(kinds & _NOTES)
        if breaking:
            if frame.row:
                self._line.append(_CELL if tag in ("td", "th") else " ")
            if not frame.row or tag == "tr":
                self._flush()
        classes = set((element.get("class") or "").lower().split())
        frame.note |= bool(kinds & _NOTES or breaking and classes & (_NOTES - {"note"}))
        frame.caption |= tag in ("figcaption", "caption") or breaking and bool(classes & {"caption", "figcaption"})
        frame.front |= (
            tag == "nav"
            or bool((kinds | classes & {"pg-boilerplate"}) & _FRONT)
            or "frontmatter" in kinds
            and not _spoken(element)
        )
        frame.level = HEADINGS.get(tag, outer.level)
        self._anchor(element, tag, frame)
        if tag in ("li", "dt", "dd", "tr"):
            frame.item = True
        match tag:
            case "ol":
                frame.number = _whole(element.get("start"), 1) - 1
            case "li" if outer.tag == "ol":
                outer.number = _whole(element.get("value"), outer.number + 1)
                self._prefix = "" if "none" in (element.get("style") or "") else f"{outer.number}. "
            case "table":
                frame.row = _is_data(element)
            case "br":
                self._line.append(_LINE)
            case "img" | "image":
                self._picture(element)
            case "math" if element.get("alttext"):
                alt = element.get("alttext")
                if "not available" not in alt:  # some converters write this into all of them
                    self._line.append(rf"\({alt}\)" if "\\" in alt else alt)
                    return False
            case "a" if element.get("href") is not None:
                return self._link(element, kinds, classes)
            case "sup" | "sub":
                return self._raised(element, tag)
        text = "".join(element.itertext()) if (kinds | classes) & _PAGES else ""
        return not text or len(text) > 15

    def _close(self) -> None:
        frame = self._frames.pop()
        if frame.breaking and (not frame.row or frame.tag in ("tr", "table", "caption")):
            self._frames.append(frame)
            self._flush()
            self._frames.pop()
        if frame.breaking and frame.tag == "li" and not frame.note:
            self._prefix = ""

    def _write(self, text: str | None) -> None:
        if text:
            self._line.append(text.replace(_LINE, " ").replace(_CELL, " "))
            if text.strip() and self._frames[-1].label:
                self._label += text

    def _flush(self) -> None:
        parts = [" ".join(part.split()) for part in "".join(self._line).replace(_CELL, f"{_LINE}{_CELL}").split(_LINE)]
        self._line.clear()
        frame = self._frames[-1]
        kinds: list[tuple[Kind, bool]] = [
            ("note", frame.note),
            ("heading", frame.level > 0),
            ("caption", frame.caption),
            ("item", frame.item),
        ]
        kind: Kind = next((kind for kind, holds in kinds if holds), "text")
        words = ""
        for part in filter(None, (part.strip() for part in parts)):
            cell, part = part.startswith(_CELL), part.lstrip(_CELL).strip()
            if not part:
                continue
            pause = (
                ""
                if not words or words[-1] in ".!?…:;,—-"
                else ","
                if cell
                else "."
                if frame.level and _numbers(words)
                else ""
            )
            words += f"{pause}{' ' if words else ''}{part}"
        words = words or (self._alt if frame.level else "")
        self._alt = ""
        if not words:
            return
        label = " ".join(self._label.split())
        if label and words.startswith(label):
            words = words[len(label) :].strip()
        else:
            label = ""
        prefix = "" if frame.note or frame.front else self._prefix
        block = Block(kind, prefix + words, frame.level, frame.front, frozenset((*frame.ids, *self._own)), label)
        self._prefix = self._label = ""
        self._own = []
        if words or label:
            self.blocks.append(block)

    def _begun(self) -> bool:
        """Whether the block that is open has words."""
        return any(part.strip(f"{_LINE}{_CELL} \t\r\n\xa0") for part in self._line)

    def _anchor(self, element: Any, tag: str, frame: _Frame) -> None:
        for name in {element.get("id"), element.get("name") if tag == "a" else None} - {None}:
            place = f"{self._base}#{name}"
            if place in self.targets:
                if not frame.level and not frame.row and self._begun():
                    self._flush()
                self.anchors.setdefault(place, len(self.blocks))
            if frame.breaking:
                frame.ids = (*frame.ids, place)
            else:
                self._own.append(place)

    def _link(self, element: Any, kinds: set[str], classes: set[str]) -> bool:
        text = "".join(element.itertext()).strip()
        href = element.get("href")
        if "backlink" in kinds or text and "#" in href and _BACK.fullmatch(text):
            return False
        raised = _name(element.getparent()) == "sup" or any(_name(child) == "sup" for child in element.iter())
        typed = "noteref" in kinds or classes & {"fnanchor", "fnref", "footnote", "footnote-ref", "noteref"}
        if not _MARK.fullmatch(text) or "#" not in href or not (raised or typed or text[0] in "[({*†‡§¶"):
            return True
        if typed or self._begun():
            self.referred.add(address(self._base, href))
            return False
        self._frames[-1].label = True
        return True

    def _raised(self, element: Any, tag: str) -> bool:
        text = "".join(element.itertext()).strip()
        if any(_name(child) == "a" for child in element.iter()) or self._frames[-2].tag == "a" or not text:
            return True
        before = "".join(self._line[-40:])[-80:].rstrip()
        word = re.search(r"[^\W\d_]*$", before)[0]  # type: ignore[index]  # it matches the empty string
        if tag == "sup" and before and _MARK.fullmatch(text) and not (text.isalpha() and len(text) <= 2):
            if before[-1] in ".,;:!?…”’\"')»]" or len(word) > 2 and word.lower() not in _UNITS or not text[0].isdigit():
                return False
        if tag == "sup" and re.fullmatch(r"[\d+\-−n]+", text) and before[-1:].isalnum():
            self._line.append(text.translate(_RAISED))
            return False
        return True

    def _picture(self, element: Any) -> None:
        alt = " ".join((element.get("alt") or "").split())
        if len(alt) == 1 and alt.isalpha() and (element.tail or "")[:1].isalpha():
            self._line.append(alt)  # an ornate first letter
        elif alt and self._frames[-1].level:
            self._alt = alt


def _name(element: Any) -> str:
    if element is None or not isinstance(element.tag, str):
        return ""
    return element.tag.rpartition("}")[2].lower()


def _kinds(element: Any) -> set[str]:
    """The words of ``epub:type`` and of ``role``, without its prefix."""
    words = (element.get("{http://www.idpf.org/2007/ops}type") or element.get("epub:type") or "").lower().split()
    return {*words, *((element.get("role") or "").lower().replace("doc-", "").split())}


def _spoken(element: Any) -> bool:
    """Whether front matter holds what people wrote to be read: a preface, a dedication."""
    read = {"acknowledgments", "dedication", "epigraph", "foreword", "introduction", "preamble", "preface", "prologue"}
    return any(_kinds(child) & read for child in element.iter() if isinstance(child.tag, str))


def _numbers(line: str) -> bool:
    """Whether the line of a heading is a number, behind which its title begins."""
    return titles.is_chapter(line) or titles.is_part(line) or bool(titles.NUMERAL.fullmatch(line))


def _unseen(style: str | None) -> bool:
    return bool(style and re.search(r"display\s*:\s*none", style))


def _whole(number: str | None, otherwise: int) -> int:
    return int(number) if number and re.fullmatch(r"-?\d{1,6}", number.strip()) else otherwise


def _is_data(table: Any) -> bool:
    """Whether its cells are short: a table that only lays out a page is read as what stands in it."""
    columns = 0
    for element in table.iterdescendants():
        name = _name(element)
        if name in HEADINGS or name == "table":
            return False
        if name == "tr":
            columns = max(columns, sum(_name(cell) in ("td", "th") for cell in element))
        if name in ("td", "th") and sum(_name(child) in _BREAKING for child in element) > 1:
            return False
    return columns > 1
