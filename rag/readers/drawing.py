"""DrawingML, which all Office files share: text bodies, charts, diagrams (SmartArt)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from rag.document import Builder
from rag.readers.formula import formula
from rag.readers.package import name_of, versions

_SIGNS = {"br": "\n", "tab": "\t"}


def lines(body: Any) -> Iterator[tuple[str, str]]:
    """(The mark before it, the words) of each paragraph of a text body; a number counts on."""
    counts: dict[int, int] = {}
    for paragraph in body.iterfind("{*}p"):
        properties = paragraph.find("{*}pPr")
        level = properties.get("lvl") or "0" if properties is not None else "0"
        depth = int(level) if level.isdigit() else 0
        mark = ""
        if properties is not None and properties.find("{*}buAutoNum") is not None:
            start = properties.find("{*}buAutoNum").get("startAt") or "1"
            counts[depth] = counts.get(depth, int(start) - 1 if start.isdigit() else 0) + 1
            mark = f"{counts[depth]}. "
        elif properties is not None and properties.find("{*}buChar") is not None:
            mark = "- "
        counts = {at: number for at, number in counts.items() if at < depth or at == depth and mark not in ("", "- ")}
        yield mark, words(paragraph)


def words(paragraph: Any) -> str:
    return "".join(_words(paragraph)).strip()


def _words(element: Any) -> Iterator[str]:
    for child in versions(element):
        name = name_of(child)
        if name == "t":
            yield child.text or ""
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name == "oMath":
            yield f" {''.join(formula(child)).strip()} "
        elif name not in ("pPr", "rPr", "endParaRPr"):
            yield from _words(child)


def add_drawing(root: Any, builder: Builder, page: int = 0) -> bool:
    """Add the titles and series of a chart, as its file keeps them, or the words of a diagram; False where none are."""
    before = len(builder.blocks)
    for title in root.iter("{*}title"):
        paragraphs = (words(one) for one in title.iter("{*}p"))
        kept = (value.text or "" for value in title.iterfind(".//{*}strCache//{*}v"))
        builder.add("text", " ".join(filter(None, [*paragraphs, *kept])), page)
    for series in root.iter("{*}ser"):
        name, names, more, values, amounts = (
            [value.text or "" for value in series.iterfind(f"{{*}}{part}//{{*}}v")]
            for part in ("tx", "cat", "xVal", "val", "yVal")
        )
        builder.add("row", _pairs(" ".join(name), names or more, values or amounts), page)
    for data in root.iterfind("{*}chartData/{*}data"):  # of the charts since 2016
        names, values = (
            [point.text or "" for point in data.iterfind(f"{{*}}{kind}/{{*}}lvl/{{*}}pt")]
            for kind in ("strDim", "numDim")
        )
        builder.add("row", _pairs("", names, values), page)
    for paragraph in root.iterfind(".//{*}pt/{*}t/{*}p"):
        builder.add("text", words(paragraph), page)
    return len(builder.blocks) > before


def _pairs(name: str, names: list[str], values: list[str]) -> str:
    pairs = (": ".join(filter(None, pair)) for pair in zip_longest(names, values, fillvalue=""))
    return "; ".join(filter(None, [name, *pairs]))
