"""`assistant bench endpointing`: how often pauses in mid-turn are taken for the end, and how long true ends wait.

Measured as LiveKit's eot-bench does (https://github.com/livekit/eot-bench, README, "Evaluation Model"): a case is a
whole turn of real speech; each pause of 0.2 to 5 s before its last is one to listen through. The false cut-off rate is
the share of these pauses in which the turn would be ended, the delay the mean over the true ends; computing time does
not count. A policy ends the turn after ``action delay`` when the score reaches ``threshold``, else after ``timeout``;
all three are swept, and the best cut-off rate within a mean delay of 300 ms, and the reverse, are reported, with 95 %
intervals in brackets (bootstrap over turns). ``as shipped`` is `end_of_turn.silence_at`, its constants chosen on these
same cases.

Pauses are found by this program's own VAD. A decision sees only what came before it: the transcript is that of the
audio until `HEARD` seconds into the pause, nothing is decided before `KNOWN`. Scores are cross-validated by speaker;
the drink orders, whose speakers have no names, are left out all at once.

Two sets. Pauses as spoken: these numbers count. Stretched gaps: dips of 0.05 s and more between words, and the ends of
readings that were cut in mid-sentence, made as long as pauses are in eot-bench's English set, so that silence only does
as badly here as there; what is said before most of these gaps was not meant as a pause.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from assistant.bench.pauses import MOST, Case, cases
from assistant.bench.result import Figure, Result, new_picture
from assistant.config import Settings
from assistant.turns import end_of_turn

KNOWN = 0.2
"""Seconds of a pause after which the answer may be heard at the earliest."""
_SETS = {"pause": "pauses as spoken", "gap": "stretched gaps"}
_GAP_WEIGHT = 0.2  # of a stretched gap in the fit; a real pause has 1
_ROUNDS = 200  # of the bootstrap
METHODS = {
    "silence only": (),
    "words only": (2, 3, 4, 5),
    "LLM only": (0,),
    "STT only": (1,),
    "LLM and words": (0, 2, 3, 4, 5),
    "STT and words": (1, 2, 3, 4),
    "combined": (0, 1, 2, 3, 4, 6),
}
"""Which of `end_of_turn.CUES` each may use; ``unmarked`` says nothing that ``goes_on`` does not say better, and ``few``
helps only beside both engines' cues."""


# ---- scores --------------------------------------------------------------------------------------------------------


def fit(cues: np.ndarray, ended: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Logistic regression by Newton's method, with a little ridge: a weight per column of ``cues``, and a constant."""
    mean, spread = cues.mean(0), cues.std(0) + 1e-6
    inputs = np.concatenate([(cues - mean) / spread, np.ones((len(cues), 1))], 1)
    ridge = np.diag([1.0] * cues.shape[1] + [1e-6])
    found = np.zeros(inputs.shape[1])
    for _ in range(30):
        likely = 1 / (1 + np.exp(-np.clip(inputs @ found, -30, 30)))
        slope = inputs.T @ (weights * (likely - ended)) + ridge @ found
        curvature = (inputs * (weights * likely * (1 - likely))[:, None]).T @ inputs + ridge
        found = found - np.linalg.solve(curvature, slope)
    return np.concatenate([found[:-1] / spread, [found[-1] - (found[:-1] * mean / spread).sum()]])


def weights(found: Sequence[Case], columns: Sequence[int]) -> np.ndarray:
    """The weights of `end_of_turn`, 0 for cues that are not among ``columns``, and the constant."""
    cues = np.array([case.cues for case in found])[:, columns]
    ended = np.array([case.kind == "end" for case in found], float)
    share = np.array([_GAP_WEIGHT if case.kind == "gap" else 1.0 for case in found])
    share[ended == 0] *= share[ended == 1].sum() / share[ended == 0].sum()
    fitted = np.zeros(len(end_of_turn.CUES) + 1)
    fitted[[*columns, -1]] = fit(cues, ended, share)
    return fitted


def cross_validated(found: Sequence[Case], columns: Sequence[int]) -> np.ndarray:
    """Each case's log-odds of being the end, by weights fitted to the other speakers."""
    scores = np.zeros(len(found))
    speakers = np.array([case.speaker for case in found])
    cues = np.array([(*case.cues, 1.0) for case in found])
    for speaker in sorted(set(speakers)) if columns else ():
        fitted = weights([case for case in found if case.speaker != speaker], columns)
        scores[speakers == speaker] = cues[speakers == speaker] @ fitted
    return scores


# ---- measures ------------------------------------------------------------------------------------------------------


def tradeoff(seconds: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Every policy's (mean delay, false cut-off rate), shape (policies, 2); ``seconds`` is infinite at the ends."""
    ends = np.isinf(seconds)
    pauses, timeouts = seconds[~ends], np.concatenate([np.arange(KNOWN, 1.6, 0.05), np.arange(1.6, MOST + 0.2, 0.2)])
    longer = pauses[:, None] > timeouts[None, :] + 1e-9
    found = []
    for threshold in [-np.inf, *np.unique(np.quantile(scores, np.linspace(0, 1, 40))), np.inf]:
        taken = scores >= threshold
        reached, at_once = taken[ends].mean(), taken[~ends]
        early, late = longer[at_once].sum(0), longer[~at_once].sum(0)
        for delay in range(9):
            cut = (early[delay] + late[delay:]) / len(pauses)
            found.append(np.stack([reached * timeouts[delay] + (1 - reached) * timeouts[delay:], cut], 1))
    return np.concatenate(found)


def operating_points(seconds: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """The false cut-off rate within 0.3 s of mean delay, and the delay within 5 % of false cut-offs."""
    delay, cut = tradeoff(seconds, scores).T
    return float(cut[delay <= 0.3 + 1e-9].min()), float(delay[cut <= 0.05].min())


def interval(turn: np.ndarray, measure: Callable[[np.ndarray], Sequence[float]]) -> np.ndarray:
    """2.5th and 97.5th percentile, shape (2, measures), of ``measure(positions)`` over turns drawn with replacement."""
    random = np.random.default_rng(0)
    positions = [np.flatnonzero(turn == name) for name in np.unique(turn)]
    drawn = [
        measure(np.concatenate([positions[i] for i in random.integers(0, len(positions), len(positions))]))
        for _ in range(_ROUNDS)
    ]
    return np.percentile(drawn, [2.5, 97.5], axis=0)


def run(data: Path, settings: Settings) -> Result:
    """Everything from the recordings in ``data``; some minutes. Raises UsageError, EngineError."""
    from assistant import llm, stt

    hears, thinks = stt.load(settings.stt, print), llm.load(settings.llm, print)
    try:
        found = asyncio.run(cases(data, settings, hears, thinks))
    finally:
        hears.close()
        thinks.close()
    return measured(found, {"stt": hears.name, "llm": thinks.name})


def measured(found: list[Case], engines: dict[str, str]) -> Result:
    scores = {name: cross_validated(found, columns) for name, columns in METHODS.items()}
    details = [
        {
            "turn": case.turn,
            "speaker": case.speaker,
            "kind": case.kind,
            "text": case.text,
            "seconds": None if np.isinf(case.seconds) else case.seconds,
            "cues": dict(zip(end_of_turn.CUES, case.cues)),
            "scores": {name: float(score[position]) for name, score in scores.items()},
        }
        for position, case in enumerate(found)
    ]
    rows = [entry for name in reversed(METHODS) for entry in _points(details, "pause", name)]
    rows += [entry for name in ("combined", "silence only") for entry in _points(details, "gap", name)]
    kinds, turn = np.array([case.kind for case in found]), np.array([case.turn for case in found])
    waits = np.array(
        [end_of_turn.silence_at(score, case.text, case.completeness) for score, case in zip(scores["combined"], found)]
    )
    cut = waits < [case.seconds for case in found]
    rows += [
        Figure.of("as shipped: silence waited for at true ends", "s", waits[kinds == "end"]),
        Figure.single("as shipped: mean of it", "s", int((kinds == "end").sum()), waits[kinds == "end"].mean()),
    ]
    for kind, pauses in _SETS.items():
        rows.append(
            Figure.single(
                f"as shipped: false cut-offs, {pauses}",
                "%",
                int((kinds == kind).sum()),
                100 * cut[kinds == kind].mean(),
            )
        )
    whole = set(turn[kinds == "end"])
    rows += [
        Figure.single(
            "as shipped: turns with a false cut-off",
            "%",
            len(whole),
            100 * len(whole & set(turn[cut & (kinds == "pause")])) / len(whole),
        ),
        Figure.of("computing until words and completeness are known", "s", [case.work for case in found]),
    ]
    return Result("endpointing", rows, engines, details)


def _points(details: list[dict], kind: str, name: str) -> list[Figure]:
    seconds, score, turn = _arrays(details, kind, name)
    cut, delay = operating_points(seconds, score)
    low, high = interval(turn, lambda chosen: operating_points(seconds[chosen], score[chosen]))
    promised = (kind, name) == ("pause", "combined")
    pauses, ends = int(np.isfinite(seconds).sum()), int(np.isinf(seconds).sum())
    title = f"{_SETS[kind]}, {name}"
    return [
        Figure.single(
            f"{title}: false cut-offs at 300 ms ({100 * low[0]:.0f}-{100 * high[0]:.0f})",
            "%",
            pauses,
            100 * cut,
            15.0 if promised else None,
        ),
        Figure.single(
            f"{title}: delay at 5 % cut-offs ({low[1]:.2f}-{high[1]:.2f})", "s", ends, delay, 0.8 if promised else None
        ),
    ]


def _arrays(details: list[dict], kind: str, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    used = [case for case in details if case["kind"] in (kind, "end")]
    return (
        np.array([np.inf if case["seconds"] is None else case["seconds"] for case in used]),
        np.array([case["scores"][name] for case in used]),
        np.array([case["turn"] for case in used]),
    )


def plot(result: Result, path: Path) -> None:
    """The trade-off of each method as PNG; needs matplotlib. Raises UsageError when it is missing."""
    picture = new_picture((11, 4.5))
    for axes, (kind, title) in zip(picture.subplots(1, 2), _SETS.items()):
        for name in METHODS:
            seconds, score, _ = _arrays(result.details, kind, name)
            points = tradeoff(seconds, score)
            delay, cut = points[np.lexsort(points.T[::-1])].T
            axes.step(
                delay,
                100 * np.minimum.accumulate(cut),
                where="post",
                label=name,
                linestyle="--" if name == "silence only" else "-",
                linewidth=2.5 if name == "combined" else 1.2,
            )
        axes.set(
            title=f"{title} (n = {np.isfinite(seconds).sum()})",
            xlim=(KNOWN, 1.2),
            ylim=(0, 80),
            xlabel="mean delay at true ends, s",
            ylabel="false cut-offs, % of pauses",
        )
        axes.plot(0.3, 15, "k+", 0.8, 5, "k+", markersize=10)
        axes.grid(alpha=0.3)
    axes.legend()
    picture.savefig(path, dpi=120)
