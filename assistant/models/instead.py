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
    """The largest model of the table that fits there; when both are rated on one scale, said with the figures."""
    known = source.known()
    smaller = [known[row.name] for row in catalogue.rows() if row.kind == "llm" and row.name in known]
    fitting = [
        one for one in smaller if one.parameters < header.parameters and fit.verdict(one, found.place, running).fits
    ]
    if not fitting:
        return ""
    best = max(fitting, key=lambda one: one.parameters)
    text = f"Smaller, and fits: {best.name} ({best.weights / GB:.1f} GB)"
    if both := quality.compared(best.name, header.name):
        mine, other = both
        better = "better, too" if mine.value > other.value else "rated lower"
        text += f", {better}: {mine.value:g} to {other.value:g} ({mine.scale}, {mine.date})"
    return f"{text}; `assistant models try {best.name}` measures it."
