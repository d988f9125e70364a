"""Office's mathematics -> one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag.readers.package import name_of, versions


def formula(element: Any) -> Iterator[str]:
    """OMML, an element of it: fractions, roots, raised and lowered signs keep what they mean."""
    joints = {"f": "/", "sSup": "^", "sSub": "_", "mr": ", ", "m": "; ", "eqArr": "; "}
    name = name_of(element)
    if name == "t":
        yield element.text or ""
    elif name in joints:
        group = str if len(joints[name]) > 1 else _grouped
        yield joints[name].join(group("".join(formula(one))) for one in _parts(element))
    elif name == "sSubSup":
        base, *others = (_grouped("".join(formula(one))) for one in _parts(element))
        yield base + "".join(map("".join, zip("_^", others))) + " "
    elif name == "fName":
        yield "".join(text for child in _parts(element) for text in formula(child)) + " "
    elif name == "rad":
        yield "√" + _grouped("".join(text for one in element.iterfind("{*}e") for text in formula(one)))
    elif name == "nary":
        sign = element.find("{*}naryPr/{*}chr")
        limits = [(mark, "".join(text for one in element.iterfind(f"{{*}}{tag}") for text in formula(one)))
                  for tag, mark in (("sub", "_"), ("sup", "^"))]  # fmt: skip
        yield "∫" if sign is None else sign.get(f"{sign.tag.rpartition('}')[0]}}}val") or ""
        yield "".join(mark + _grouped(text) for mark, text in limits if text) + " "
        yield from (text for one in element.iterfind("{*}e") for text in formula(one))
    elif name == "d":
        yield f"({', '.join(''.join(formula(one)) for one in element.iterfind('{*}e'))})"
    else:
        for child in _parts(element):
            yield from formula(child)


def _grouped(text: str) -> str:
    return text if len(text) < 2 or text.isalnum() else f"({text})"


def _parts(element: Any) -> Iterator[Any]:
    return (child for child in versions(element) if not name_of(child).endswith("Pr") and name_of(child) != "del")
