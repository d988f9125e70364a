"""Which model: the best one whose measured time stays within the bound; estimates only say with which to begin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.config import Settings
from assistant.errors import AssistantError
from assistant.llm import gguf
from assistant.models import catalogue, fit, quality, source
from assistant.models.catalogue import KnownModel
from assistant.models.memory import Running
from assistant.setup.state import Measured

_FREE = ("Apache-2.0", "MIT")  # licences that nobody has to agree to
_WIDELY = ("en", "de", "fr", "es")  # spoken by every model of several languages
_SLACK = 1.3  # an estimate may be so much above the bound: it is rough, and measured is only what is fetched
_TOKENS = 12.0  # written ones that a first word costs: 8 of its clause, and a question is read several times as quickly
_FAILURES = 2  # in a row, after which the network is not to blame the model for


@dataclass(frozen=True)
class Candidate:
    row: KnownModel
    here: bool
    estimate: float = 0.0
    """Seconds, from the weights and this machine's memory alone; only their ratios count. 0 = none."""

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def source(self) -> str:
        """What the setting is set to."""
        return self.row.source

    @property
    def size(self) -> float:
        """GB to be fetched."""
        return 0.0 if self.here else self.row.size


Measure = Callable[[Candidate], Measured]
"""Fetches what is not here and measures it. Raises AssistantError."""


def candidates(settings: Settings, language: str, free_only: bool = False) -> list[Candidate]:
    """The table's language models for ``language`` that fit into this machine's memory and disk, best first.

    ``free_only``: none whose licence somebody has to agree to.
    """
    rows = [
        row
        for row in catalogue.rows()
        if row.kind == "llm"
        and _speaks(row, language)
        and (row.licence in _FREE or not free_only)
        and not catalogue.fits(row).startswith("no")
    ]
    return [candidate(row, settings) for row in ordered(rows)]


def candidate(row: KnownModel, settings: Settings) -> Candidate:
    return Candidate(row, catalogue.located(row) is not None, _estimate(row, settings.llm.context))


def bundled(settings: Settings) -> Candidate:
    row = KnownModel("bundled", "llm", "bundled", 0.1, 0.5, "Apache-2.0", "en", "")
    return Candidate(row, True, _estimate(row, settings.llm.context))


def _estimate(row: KnownModel, context: int) -> float:
    """Seconds to the first spoken word, as `assistant models fit` reckons speed."""
    place = fit.this_machine()
    header = source.of_file(gguf.bundled()) if row.name == "bundled" else source.known().get(row.name)
    if header is None:  # nothing is known of it but its size
        return _TOKENS * row.size * 1e9 / place.bandwidth
    return _TOKENS / fit.verdict(header, place, Running(context)).tokens_per_second


def ordered(rows: Sequence[KnownModel]) -> list[KnownModel]:
    """The largest first, unless a smaller one is rated higher than it on a scale and date that rate both."""
    left = sorted(rows, key=lambda row: -row.size)
    found = []
    while left:
        best = left[0]
        for other in left[1:]:
            both = quality.compared(other.name, best.name)
            if both and both[0].value > both[1].value:
                best = other
        found.append(best)
        left.remove(best)
    return found


def _speaks(row: KnownModel, language: str) -> bool:
    if row.languages.startswith("en"):
        return language == "en"
    few = row.languages.isdigit() and int(row.languages) < 20
    return language in _WIDELY or not few


def best(
    offered: Sequence[Candidate],
    bound: float,
    least: float,
    scale: float,
    measure: Measure,
    room: Callable[[Candidate], bool],
    say: Callable[[str], None],
) -> Candidate | None:
    """The first of ``offered`` that keeps within ``bound`` seconds and answers at least the share ``least`` rightly;
    None when none does.

    ``scale``: measured seconds for each estimated one, of a model that was measured; each measurement corrects it.
    ``room``: whether so much may still be fetched. Raises AssistantError when two in a row cannot be had.
    """
    failures = 0
    for one in offered:
        expected = one.estimate * scale
        if expected > _SLACK * bound:
            say(f"{one.name}: would need about {expected:.1f} s, by estimate; too slow here, a smaller one is next")
            continue
        if not room(one):
            say(f"{one.name}: {one.size:g} GB is more than may still be fetched; a smaller one is next")
            continue
        try:
            found = measure(one)
        except AssistantError as error:
            say(f"{one.name}: {error}")
            failures += 1
            if failures == _FAILURES:
                raise
            continue
        failures = 0
        if one.estimate:
            scale = found.seconds / one.estimate
        if found.seconds > bound:
            say(f"{one.name}: {found.seconds:.2f} s, measured; too slow for {bound:.2g} s, a smaller one is next")
        elif found.right < least:
            say(f"{one.name}: {found.right:.0%} of the questions right, fewer than the bundled model's {least:.0%}")
        else:
            say(f"{one.name}: {found.seconds:.2f} s, measured; within {bound:.2g} s")
            return one
    return None
