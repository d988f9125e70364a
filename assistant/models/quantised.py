"""How large the files of one model are, by how its weights are written."""

from __future__ import annotations

from assistant.models import source
from assistant.models.catalogue import KnownModel
from assistant.models.header import BITS

KINDS = ("Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16")
_TABLE = "Q4_K_M"
"""How the files of catalogue.toml are written."""


def sizes(model: KnownModel) -> dict[str, tuple[float, bool]]:
    """Kind -> (GB, whether that was published), smallest first.

    What was not published is reckoned from the table's own file: as the parts of the model would be written, or by the
    kinds' mean bits where it is not known how it is built.
    """
    published = {_TABLE: model.size, **source.published(model.name)}
    header = source.known().get(model.name)

    def ratio(kind: str) -> float:
        if header is None:
            return BITS[kind] / BITS[_TABLE]
        return header.as_written(kind).weights / header.as_written(_TABLE).weights

    return {kind: (published[kind], True) if kind in published else (model.size * ratio(kind), False) for kind in KINDS}


def said(size: float, is_published: bool) -> str:
    return ("" if is_published else "~") + (f"{size:.2f}" if size < 1 else f"{size:.1f}")
