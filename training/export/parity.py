"""Does an exported model say what the trained one says? Asked the same questions, in the live chat, before it is
kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.judge.score import Style, correct
from training.live import LiveModel
from training.rows import Row

MOST = 80
"""Tokens of an answer; a spoken one is mostly shorter."""
TIE = 0.1
"""Logits within which the merged model counts as undecided between two tokens: 16-bit arithmetic decides them anew."""


@dataclass(frozen=True)
class Bounds:
    text: float
    """Least share of greedy answers that are equal, token by token, up to the first tie."""
    drift: float
    """Most mean |difference| of the log-probabilities of the merged model's own answers, in nats per token."""
    lost: float
    """Most that the style score and the share of right answers to trained questions may fall, each."""
    stops: float = 1.0
    """Least share of answers that end where the merged model's do. One that drifts by no more than ``drift`` may end
    elsewhere, but none may go on to the limit instead."""


BOUNDS = {
    "f16": Bounds(0.98, 0.01, 0.05),
    "q8_0": Bounds(0.0, 0.1, 0.1),
    "adapter": Bounds(0.0, 0.1, 0.1),
    "q4_k_m": Bounds(0.0, 0.4, 0.2, 0.97),
    "q4_0": Bounds(0.0, 0.8, 0.25, 0.95),
}
"""Measured on SmolLM2-135M (base Q4_1) with two LoRAs, 20 and 50 prompts: f16 drifts by 0.0005 to 0.0009, q8_0 by 0.016
to 0.035, the adapter by 0.019 to 0.034, q4_k_m by 0.08 to 0.14, q4_0 by 0.28 to 0.47; all of them end all of 70 answers
alike, q4_k_m 69 of one LoRA's."""


@dataclass(frozen=True)
class Said:
    """A model's answer to one row's prompt."""

    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    text: str
    finished: bool
    likely: tuple[float, ...]
    """The log-probabilities of the *merged* model's answer and, last, of the turn ending there."""
    rivals: tuple[dict[int, float], ...] = ()
    """See `training.export.merged.Spoken`."""


@dataclass(frozen=True)
class Parity:
    prompts: int
    ids: float
    """Share of prompts that are rendered to the same token ids."""
    stops: float
    """Share of answers that end, or would end, where the merged model's do."""
    text: float
    """Share of answers that are equal token by token."""
    settled: float
    """The same, where a difference that begins at a tie counts as none."""
    drift: float
    style: float
    """Mean style score of the answers to trained questions; NaN when there are too few to tell."""
    right: float
    """Share of right answers to trained questions."""
    differences: list[str]
    """What is outside the bounds, a sentence each; empty = passed."""


def answers(
    live: LiveModel, rows: Sequence[Row], system: str, merged: Sequence[Said] | None, progress: Callable[[int], None]
) -> list[Said]:
    """Ask all of them; blocks. ``merged``: what the merged model said, None when it is the one asked."""
    found = []
    for number, row in enumerate(rows):
        messages = row.prompt(system)
        reply = live.answer(messages, max_tokens=MOST)
        text = merged[number].text if merged is not None else reply.text
        found.append(
            Said(
                tuple(reply.prompt),
                tuple(reply.tokens),
                reply.text,
                reply.finished,
                tuple(live.log_probabilities(messages, text)),
                getattr(reply, "rivals", ()),
            )
        )
        progress(number + 1)
    return found


def compare(
    kind: str,
    rows: Sequence[Row],
    trained: Sequence[Row],
    merged: Sequence[Said],
    exported: Sequence[Said],
    judge: Style | None,
) -> Parity:
    """``merged`` and ``exported``: what was said to ``rows``, then to the ``trained`` ones."""
    bounds, count = BOUNDS[kind], len(rows)
    pairs = list(zip(merged, exported, strict=True))
    ids = [one.prompt == other.prompt for one, other in pairs]
    stops = [_stops_alike(one, other) for one, other in pairs]
    text = [one.tokens == other.tokens for one, other in pairs[:count]]
    settled = [same or _tied(*pair) for same, pair in zip(text, pairs)]
    drift = _drift(pairs)
    before, after = taught(trained, merged[count:], judge), taught(trained, exported[count:], judge)
    differences = []
    if not all(ids):
        differences.append(_shown("prompts are rendered to other token ids", [*rows, *trained], pairs, ids, "prompt"))
    endless = [one.finished and not other.finished and not alike for (one, other), alike in zip(pairs, stops)]
    fits = [
        alike or _drift([pair]) <= bounds.drift and not runs_on for pair, alike, runs_on in zip(pairs, stops, endless)
    ]
    if any(endless) or fits.count(False) > int((1 - bounds.stops) * len(pairs) + 1e-9):
        differences.append(_shown("answers end elsewhere", [*rows, *trained], pairs, fits, "text"))
    if _share(settled) < bounds.text:
        differences.append(_shown(f"answers differ, more than {1 - bounds.text:.0%}", rows, pairs, settled, "text"))
    if not drift <= bounds.drift:  # also when it is not a number
        differences.append(f"the log-probabilities drift by {drift:.3f} nats per token; {kind} may by {bounds.drift:g}")
    for what, was, now in zip(("style score", "share of right answers"), before, after):
        if was - now > max(bounds.lost, 1.01 / max(1, len(trained))):  # one question may always be lost
            differences.append(
                f"on trained questions the {what} falls from {was:.2f} to {now:.2f}; {kind} may lose {bounds.lost:g}"
            )
    return Parity(len(rows), _share(ids), _share(stops), _share(text), _share(settled), drift, *after, differences)


def taught(rows: Sequence[Row], said: Sequence[Said], judge: Style | None) -> tuple[float, float]:
    """Mean style score (NaN without a judge) and share of right answers."""
    style = sum(judge.score(one.text) for one in said) / len(said) if judge and said else math.nan
    return style, _share([correct(one.text, row.answer, row.question) for row, one in zip(rows, said, strict=True)])


def _stops_alike(merged: Said, exported: Said) -> bool:
    """Whether the export ends its turn as the merged model does. Where the two say different things, it is asked about
    the merged model's answer instead: it would end there, at least half as likely, and would not end where the
    merged model went on."""
    if merged.tokens == exported.tokens:
        return merged.finished == exported.finished
    if not merged.finished:
        return exported.likely[-1] < math.log(0.5)
    return exported.likely[-1] > merged.likely[-1] + math.log(0.5)


def _tied(merged: Said, exported: Said) -> bool:
    """Whether the merged model was undecided where the answers first differ."""
    for place, (token, other) in enumerate(zip(merged.tokens, exported.tokens)):
        if token != other:
            return place < len(merged.rivals) and merged.rivals[place].get(other, math.inf) < TIE
    return False


def _drift(pairs: Sequence[tuple[Said, Said]]) -> float:
    """Mean over all tokens; the end counts only where the merged model came to it. NaN when the tokens do not match."""
    found: list[float] = []
    for one, other in pairs:
        if len(one.likely) != len(other.likely):
            return math.nan
        end = None if one.finished else -1
        found += [abs(a - b) for a, b in zip(one.likely[:end], other.likely[:end])]
    return sum(found) / len(found) if found else 0.0


def _share(of: Sequence[bool]) -> float:
    return sum(of) / len(of) if of else 1.0


def _shown(what: str, rows: Sequence[Row], pairs: Sequence[tuple[Said, Said]], same: Sequence[bool], part: str) -> str:
    wrong = [number for number, alike in enumerate(same) if not alike]
    row, (one, other) = rows[wrong[0]], pairs[wrong[0]]
    a, b = (
        _from_first_difference(getattr(one, part), getattr(other, part))
        if part == "prompt"
        else (repr(one.text), repr(other.text))
    )
    return f"{len(wrong)} of {len(same)} {what}; {row.question!r}: merged {a}, exported {b}"


def _from_first_difference(one: Sequence[int], other: Sequence[int]) -> tuple[str, str]:
    place = next((number for number, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    first, second = (f"{list(part[place : place + 6])} at {place}" for part in (one, other))
    return first, second
