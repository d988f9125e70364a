"""What to take instead of a model that does not fit: one that does, or a service that runs it."""

from __future__ import annotations

from assistant.models import catalogue, fit, quality, source
from assistant.models.fit import Verdict
from assistant.models.header import Header
from assistant.models.memory import GB, Running


def sentence(name: str, header: Header, found: Verdict, running: Running) -> str:
    """One or two sentences; empty where there is nothing to offer."""
    said = []
    if where := source.endpoint(name):
        said.append(f"Its maker's present models answer through {where[0]}'s API: llm.preset = {where[1]}.")
    if other := _best_that_fits(header, found, running):
        said.append(other)
    return " ".join(said)


def _best_that_fits(header: Header, found: Verdict, running: Running) -> str:
    """The best rated of the table's models that fit there, on a scale that rates this one, too; else the largest."""
    known = source.known()
    smaller = [known[row.name] for row in catalogue.rows() if row.kind == "llm" and row.name in known]
    fitting = [
        one for one in smaller if one.parameters < header.parameters and fit.verdict(one, found.place, running).fits
    ]
    if not fitting:
        return ""
    rated = [(one, *both) for one in fitting if (both := quality.compared(one.name, header.name))]
    if not rated:
        best = max(fitting, key=lambda one: one.parameters)
        return f"Smaller, and fits: {_offer(best)}."
    scale = min((mine.scale for _, mine, _ in rated), key=quality.rank)
    best, mine, other = max((row for row in rated if row[1].scale == scale), key=lambda row: row[1].value)
    better = "rated higher, too" if mine.value > other.value else "rated lower"
    return (
        f"Smaller, and fits: {_offer(best)}; it is {better}: {mine.value:g} to {other.value:g} ({scale}, {mine.date})."
    )


def _offer(model: Header) -> str:
    return f"{model.name} ({model.weights / GB:.1f} GB), which `assistant models try {model.name}` measures"
