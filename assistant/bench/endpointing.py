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

Each kind of pause is judged apart. Pauses as spoken, in read sentences and in orders of drinks: these numbers count.
Stretched gaps: dips of 0.05 s and more between words, and the ends of readings that were cut in mid-sentence, made as
long as pauses are in eot-bench's English set, so that silence only does as badly here as there; what is said before
most of these gaps was not meant as a pause. Made hesitations: requests with one in the middle ("Set a timer for, uh"),
spoken by the offline voice, as long as eot-bench's; nothing is fitted to them.

The habit of a speaker with a name is what the turns before, and this one so far, showed of it.
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
_SETS = {  # name -> the pauses, as (`Case.kind`, `Case.speech`), and the speech whose ends are waited for
    "pauses as spoken": ((("pause", "read"), ("pause", "order")), ("read", "order")),
    "read sentences": ((("pause", "read"),), ("read",)),
    "orders": ((("pause", "order"),), ("order",)),
    "stretched gaps": ((("gap", "read"), ("gap", "order")), ("read", "order")),
    "made hesitations": ((("pause", "made"),), ("made",)),
}
_SPOKEN = "pauses as spoken"
_GAP_WEIGHT = 0.2  # of a stretched gap in the fit; a real pause has 1
_ROUNDS = 200  # of the bootstrap
_SHOWN = ("combined", "all but habit", "silence only")  # of `METHODS`, for each kind of pause
METHODS = {
    "silence only": (),
    "words only": (2, 3, 4, 5),
    "LLM only": (0,),
    "STT only": (1,),
    "LLM and words": (0, 2, 3, 4),
    "STT and words": (1, 2, 3, 4),
    "habit only": (7,),
    "all but habit": (0, 1, 2, 3, 4, 6),
    "combined": (0, 1, 2, 3, 4, 6, 7),
}
"""Which of `end_of_turn.CUES` each may use; ``unmarked`` says nothing that either engine does not say
better, and ``few`` helps only beside both engines' cues."""


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
    """The weights of `end_of_turn`, 0 for cues that are not among ``columns``, and the constant; from real speech."""
    found = [case for case in found if case.speech != "made"]
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
    waits = [
        end_of_turn.silence_at(score, case.transcript, case.completeness)
        for score, case in zip(scores["combined"], found)
    ]
    details = [
        {
            "turn": case.turn,
            "speaker": case.speaker,
            "speech": case.speech,
            "kind": case.kind,
            "text": case.transcript.text,
            "seconds": None if np.isinf(case.seconds) else case.seconds,
            "cues": dict(zip(end_of_turn.CUES, case.cues)),
            "scores": {name: float(score[position]) for name, score in scores.items()},
            "waits": waits[position],
        }
        for position, case in enumerate(found)
    ]
    rows = [entry for name in reversed(METHODS) for entry in _points(details, _SPOKEN, name)]
    others = [name for name in _SETS if name != _SPOKEN]
    rows += [entry for pauses in others for name in _SHOWN for entry in _points(details, pauses, name)]
    rows += [entry for pauses in _SETS for entry in _as_shipped(details, pauses)]
    rows.append(Figure.of("computing until words and completeness are known", "s", [case.work for case in found]))
    return Result("endpointing", rows, engines, details)


def _points(details: list[dict], pauses: str, name: str) -> list[Figure]:
    seconds, score, turn = _arrays(details, pauses, name)
    title, ends = f"{pauses}, {name}", int(np.isinf(seconds).sum())
    if not 0 < ends < len(seconds):
        return []
    cut, delay = operating_points(seconds, score)
    low, high = interval(turn, lambda chosen: operating_points(seconds[chosen], score[chosen]))
    promised = (pauses, name) == (_SPOKEN, "combined")
    return [
        Figure.single(
            f"{title}: false cut-offs at 300 ms ({100 * low[0]:.0f}-{100 * high[0]:.0f})",
            "%",
            len(seconds) - ends,
            100 * cut,
            15.0 if promised else None,
        ),
        Figure.single(
            f"{title}: delay at 5 % cut-offs ({low[1]:.2f}-{high[1]:.2f})", "s", ends, delay, 0.5 if promised else None
        ),
    ]


def _as_shipped(details: list[dict], pauses: str) -> list[Figure]:
    """What `end_of_turn.silence_at` makes of the cross-validated scores."""
    used, title = _of_set(details, pauses), f"as shipped, {pauses}"
    ends = [case for case in used if case["kind"] == "end"]
    gone_through = [case for case in used if case["kind"] != "end"]
    if not ends or not gone_through:
        return []
    cut = [case for case in gone_through if case["waits"] < case["seconds"]]
    share = 100 * len(cut) / len(gone_through)
    rows = [Figure.single(f"{title}: false cut-offs", "%", len(gone_through), share)]
    if pauses != "stretched gaps":
        whole = {case["turn"] for case in ends}
        share = 100 * len(whole & {case["turn"] for case in cut}) / len(whole)
        bound = 3.0 if pauses == _SPOKEN else None
        rows = [
            Figure.of(f"{title}: silence waited for at true ends", "s", [case["waits"] for case in ends]),
            *rows,
            Figure.single(f"{title}: turns with a false cut-off", "%", len(whole), share, bound),
        ]
    return rows


def _of_set(details: list[dict], pauses: str) -> list[dict]:
    wanted, ends = _SETS[pauses]
    return [
        case
        for case in details
        if (case["kind"], case["speech"]) in wanted or (case["kind"] == "end" and case["speech"] in ends)
    ]


def _arrays(details: list[dict], pauses: str, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    used = _of_set(details, pauses)
    return (
        np.array([np.inf if case["seconds"] is None else case["seconds"] for case in used]),
        np.array([case["scores"][name] for case in used]),
        np.array([case["turn"] for case in used]),
    )


def plot(result: Result, path: Path) -> None:
    """The trade-off of each method as PNG; needs matplotlib. Raises UsageError when it is missing."""
    drawn = [pauses for pauses in _SETS if _points(result.details, pauses, "silence only")]
    picture = new_picture((5.5 * len(drawn), 4.5))
    for axes, title in zip(np.atleast_1d(picture.subplots(1, len(drawn))), drawn):
        for name in METHODS:
            seconds, score, _ = _arrays(result.details, title, name)
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
        axes.plot(0.3, 15, "k+", 0.5, 5, "k+", markersize=10)
        axes.grid(alpha=0.3)
    axes.legend()
    picture.savefig(path, dpi=120)
