"""EPUB 2 and 3 -> blocks: the spine is the order, the table of contents tells where chapters begin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assistant.books.manuscript import Entry, Manuscript, mark_notes
from assistant.books.titles import plain
from assistant.books.xhtml import Walker, address, parse
from rag.errors import BadFile
from rag.readers.archive import unzip

_OBFUSCATION = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""Fonts are scrambled so; their text is not."""
_DOCUMENTS = ("application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/xml", "text/xml")
_FRONT = {"cover", "title-page", "toc", "copyright-page", "colophon", "index", "loi", "lot"}


@dataclass(frozen=True)
class _Item:
    """One line of the manifest."""

    path: str
    media_type: str
    properties: frozenset[str]


class _Archive:
    """The files of an EPUB by the names that its documents use, which may differ in case from those in the archive."""

    def __init__(self, data: bytes) -> None:
        self._zip = unzip(data, "EPUB")
        self._names = {name.lower(): name for name in self._zip.namelist()}

    def get(self, path: str) -> bytes | None:
        """None when it is missing or cannot be unpacked."""
        name = path if path in self._zip.NameToInfo else self._names.get(path.lower())
        try:
            return self._zip.read(name) if name else None
        except (BadFile, MemoryError):
            raise
        except Exception as error:  # zlib's own among them
            raise BadFile(f"is damaged: {path} cannot be unpacked ({str(error)[:80]})") from None

    def xml(self, path: str) -> Any:
        data = self.get(path)
        return parse(data) if data else None


def manuscript(data: bytes) -> Manuscript:
    archive = _Archive(data)
    container = archive.xml("META-INF/container.xml")
    rootfile = container.find(".//{*}rootfile") if container is not None else None
    path = (rootfile.get("full-path") or "") if rootfile is not None else ""
    package = archive.xml(path) if path else None
    if package is None:
        raise BadFile("is no EPUB, or damaged: it does not name its package file")
    items = {
        item.get("id"): _Item(
            address(path, item.get("href")).partition("#")[0],
            item.get("media-type") or "",
            frozenset((item.get("properties") or "").split()),
        )
        for item in package.iterfind(".//{*}manifest/{*}item")
        if item.get("href")
    }
    spine = package.find(".//{*}spine")
    references = spine.findall("{*}itemref") if spine is not None else []
    order = [(name, items.get(name)) for name in dict.fromkeys(one.get("idref") for one in references)]
    _refuse_encrypted(archive, {item.path for _, item in order if item})
    contents = _contents(archive, items, spine)
    guide = {
        address(path, reference.get("href")).partition("#")[0]: (reference.get("type") or "").lower()
        for reference in package.iterfind(".//{*}guide/{*}reference")
        if reference.get("href")
    }
    book = Manuscript(
        [],
        title=_text(package.find(".//{*}metadata//{*}title")),
        author=", ".join(_authors(package)),
        language=_text(package.find(".//{*}metadata//{*}language")),
        cover=_cover(archive, package, items),
    )
    walker = Walker(targets={target for _, _, target in contents})
    titles = {}
    for name, item in order:
        document = archive.get(item.path) if item else None
        if item is None or document is None:
            book.missing.append(f"{item.path if item else name}, which is not in the file")
        elif item.media_type in _DOCUMENTS or item.path.lower().endswith((".xhtml", ".html", ".htm", ".xml")):
            root = parse(document)
            start = len(walker.blocks)
            if root is not None:
                front = guide.get(item.path) in _FRONT or "nav" in item.properties
                walker.add(root, item.path, front=front)
                titles[start] = _text(root.find(".//{*}title")) or _text(root.find(".//title"))
    if order and len(book.missing) == len(order):
        raise BadFile("is damaged: none of the files with its text is in it")
    mark_notes(walker.blocks, walker.referred)
    book.blocks = walker.blocks
    book.entries = _entries(contents, walker, titles)
    return book


def _entries(contents: list[tuple[str, int, str]], walker: Walker, titles: dict[int, str]) -> list[Entry]:
    """Where the lines of the contents lead; none when the headings tell more, one for each file when nothing does."""
    entries = []
    for title, level, target in contents:
        start = walker.anchors.get(target)
        if start is None:  # the anchor is not there: the heading that says the same, else the file's beginning
            first = walker.anchors.get(f"{target.partition('#')[0]}#")
            same = (
                index
                for index, block in enumerate(walker.blocks[first:], first or 0)
                if block.kind == "heading" and plain(block.text) == plain(title)
            )
            start = None if first is None else next(same, first)
        if start is not None:
            entries.append(Entry(title, level, start, target))
    headings = [block for block in walker.blocks if block.kind == "heading" and not block.front]
    if len(entries) > 1 or len(headings) <= 1 and entries:
        return entries
    if len(headings) > 1:
        return []
    distinct = len(set(titles.values())) == len(titles) > 1
    return [Entry(title if distinct else "", 1, start) for start, title in sorted(titles.items())]


def _refuse_encrypted(archive: _Archive, texts: set[str]) -> None:
    """Raises BadFile when the files that hold the text are encrypted."""
    encryption = archive.xml("META-INF/encryption.xml")
    for data in encryption.iter("{*}EncryptedData") if encryption is not None else ():
        method, reference = data.find("{*}EncryptionMethod"), data.find(".//{*}CipherReference")
        algorithm = method.get("Algorithm") if method is not None else ""
        uri = address("", reference.get("URI") or "").partition("#")[0] if reference is not None else ""
        if algorithm not in _OBFUSCATION and (not uri or uri in texts):
            raise BadFile("is locked by DRM, so that its text cannot be read; ask its seller for a copy without it")


def _contents(archive: _Archive, items: dict[str, _Item], spine: Any) -> list[tuple[str, int, str]]:
    """(title, level, address) of each line of nav.xhtml, else of toc.ncx."""
    nav = next((item for item in items.values() if "nav" in item.properties), None)
    root = archive.xml(nav.path) if nav else None
    if nav and root is not None:
        lines = list(_nav(root, nav.path))
        if lines:
            return lines
    ncx = items.get((spine.get("toc") or "") if spine is not None else "")
    ncx = ncx or next((item for item in items.values() if item.media_type == "application/x-dtbncx+xml"), None)
    root = archive.xml(ncx.path) if ncx else None
    points = root.iterfind(".//{*}navMap/{*}navPoint") if root is not None else ()
    return [line for point in points for line in _ncx(point, ncx.path if ncx else "", 1)]


def _nav(root: Any, path: str) -> Iterator[tuple[str, int, str]]:
    navs = [nav for nav in root.iter("{*}nav", "nav") if "toc" in " ".join(nav.attrib.values()).lower().split()]
    for nav in navs[:1]:
        for link in nav.iter("{*}a", "a"):
            level = sum(1 for above in link.iterancestors("{*}ol", "{*}ul", "ol", "ul") if above is not nav)
            if link.get("href"):
                yield _text(link), max(level, 1), address(path, link.get("href"))


def _ncx(point: Any, path: str, level: int) -> Iterator[tuple[str, int, str]]:
    content = point.find("{*}content")
    if content is not None and content.get("src"):
        yield _text(point.find("{*}navLabel")), level, address(path, content.get("src"))
    for inner in point.iterfind("{*}navPoint"):
        yield from _ncx(inner, path, level + 1)


def _authors(package: Any) -> list[str]:
    """Those who wrote it, where the file tells who did what."""
    roles = {
        (meta.get("refines") or "").lstrip("#"): _text(meta)
        for meta in package.iterfind(".//{*}meta")
        if meta.get("property") == "role"
    }
    people = []
    for creator in package.iterfind(".//{*}metadata//{*}creator"):
        role = roles.get(creator.get("id") or "") or creator.get("{http://www.idpf.org/2007/opf}role") or "aut"
        people.append((_text(creator), role))
    return [name for name, role in people if role == "aut"] or [name for name, _ in people]


def _cover(archive: _Archive, package: Any, items: dict[str, _Item]) -> bytes:
    named = [meta.get("content") for meta in package.iterfind(".//{*}meta") if meta.get("name") == "cover"]
    candidates = [item for item in items.values() if "cover-image" in item.properties]
    candidates += [items[name] for name in named if name in items]
    candidates += [item for name, item in items.items() if "cover" in f"{name} {item.path}".lower()]
    for item in candidates:
        if item.media_type in ("image/jpeg", "image/png", "image/jpg"):
            picture = archive.get(item.path)
            if picture:
                return picture
    return b""


def _text(element: Any) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())
