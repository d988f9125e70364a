"""The lines of the table: which quantities a comparison is told in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from assistant.compare import metrics
from assistant.compare.judge import controlled
from assistant.compare.questions import Question
from assistant.compare.results import Results
from assistant.compare.statistics import Bounds, Interval, apart, between, bootstrap, paired, resampled
from assistant.compare.table import TOO_FEW, Cell, Line, Table
from assistant.knowledge import is_question
from assistant.reply.guard import threshold

_RESAMPLES = 1000
_SHARE = (0.0, 1.0)
FAILED = "judge failed"
LABELS = {"known": "knows", "maybe known": "maybe knows", "weakly known": "weakly knows", "unknown": "does not know"}


def table(results: Results) -> Table:
    maker = _Maker(results)
    maker.quality()
    maker.knowledge()
    maker.memory()
    maker.judge()
    maker.voice()
    maker.cost()
    return Table(results.name, results.arms, maker.lines, results.header.seed)


class _Maker:
    def __init__(self, results: Results) -> None:
        self.results = results
        self.lines: list[Line] = []

    def mean(
        self,
        key: str,
        name: str,
        unit: str,
        better: str,
        questions: Sequence[Question],
        value: Callable[[str, Question], float | None],
        only: Sequence[str] | None = None,
        bounds: Bounds = None,
        group: bool = False,
    ) -> None:
        """A line of means, of the arms in ``only``, over the questions of which each has a value; nothing with fewer
        than two of them. ``group``: one question, too, is told, as `TOO_FEW`. A value in ``%`` lies between 0 and 1.
        """
        seed, arms = self.results.header.seed, self.results.arms
        measured = only or arms
        rows = [[value(arm, question) for arm in measured] for question in questions]
        whole = [[float(cell) for cell in row if cell is not None] for row in rows if None not in row]
        if len(whole) < 2:
            if whole and group:
                self.lines.append(Line(len(self.lines) + 1, key, name, unit, better, 1, dict.fromkeys(arms, TOO_FEW)))
            return
        bounds = _SHARE if unit == "%" else bounds
        values = {arm: [row[place] for row in whole] for place, arm in enumerate(measured)}
        self.lines.append(
            Line(
                len(self.lines) + 1,
                key,
                name,
                unit,
                better,
                len(whole),
                {arm: bootstrap(values[arm], seed, bounds) if arm in values else None for arm in arms},
                {
                    arm: paired(values[arm], values[arms[0]], seed, bounds)
                    for arm in arms[1:]
                    if arms[0] in values and arm in values
                },
                values,
                bounds,
            )
        )

    def whole(
        self,
        key: str,
        name: str,
        unit: str,
        better: str,
        questions: Sequence[Question],
        rows: Callable[[str, Question], Sequence[float]],
        value: Callable[[np.ndarray], float],
        counts: Callable[[np.ndarray], int] = len,
        moved: Callable[[float], float] = lambda share: share,
    ) -> None:
        """A line of what is no mean: ``value``, 0 to 1, of an array with a row per question, resampled.

        ``counts``: how many rows have a part in it; an arm with fewer than two is not measured. Resamples with none
        (NaN) are no samples of such a value, and do not count. ``moved``: see `statistics.between`.
        """
        if len(questions) < 2:
            return
        arms, seed = self.results.arms, self.results.header.seed
        arrays = {arm: np.array([rows(arm, question) for question in questions], float) for arm in arms}
        n = {arm: counts(arrays[arm]) for arm in arms}
        samples = {arm: resampled(arrays[arm], value, _RESAMPLES, seed) for arm in arms if n[arm] > 1}
        if not samples:
            return
        values = {arm: value(arrays[arm]) for arm in samples}

        def interval(whole: float, sampled: np.ndarray, count: int, bounds: Bounds) -> Interval:
            return between(whole, sampled[~np.isnan(sampled)], count, bounds, moved)

        base = arms[0]
        self.lines.append(
            Line(
                len(self.lines) + 1,
                key,
                name,
                unit,
                better,
                len(questions),
                {arm: interval(values[arm], samples[arm], n[arm], _SHARE) if arm in samples else None for arm in arms},
                {
                    arm: interval(
                        values[arm] - values[base], samples[arm] - samples[base], min(n[arm], n[base]), apart(_SHARE)
                    )
                    for arm in arms[1:]
                    if arm in samples and base in samples
                },
            )
        )

    def once(self, key: str, name: str, unit: str, better: str, value: Callable[[str], Cell]) -> None:
        cells = {arm: value(arm) for arm in self.results.arms}
        if any(cell is not None for cell in cells.values()):
            self.lines.append(Line(len(self.lines) + 1, key, name, unit, better, 0, cells))

    # ---- the lines ---------------------------------------------------------------------------------------------

    def quality(self) -> None:
        scores, asked = self.results.scores, self.results.checkable
        known = [question for question in asked if not question.unanswerable]
        silent = [question for question in asked if question.unanswerable]
        style = [
            question for question in self.results.questions if scores[self.results.base][question.id].style is not None
        ]
        self.mean(
            "correct", "correct, answerable questions", "%", "higher", known, lambda a, q: scores[a][q.id].correct
        )
        kinds = list(dict.fromkeys(question.kind for question in known))
        if len(kinds) > 1:
            for kind in kinds:
                self.mean(
                    f"kind:{kind}",
                    f"  of kind {kind}",
                    "%",
                    "higher",
                    [question for question in known if question.kind == kind],
                    lambda a, q: scores[a][q.id].correct,
                    group=True,
                )
        self.mean("exact", "  exact match", "%", "higher", known, lambda a, q: scores[a][q.id].exact)
        self.mean("f1", "  token F1", "%", "higher", known, lambda a, q: scores[a][q.id].f1)
        self.mean(
            "wrong", "wrong answer given, answerable questions", "%", "lower", known, lambda a, q: scores[a][q.id].wrong
        )
        self.mean(
            "shy",
            "said it does not know, answerable questions",
            "%",
            "lower",
            known,
            lambda a, q: scores[a][q.id].abstained,
        )
        self.mean(
            "silent",
            "said it does not know, unanswerable questions",
            "%",
            "higher",
            silent,
            lambda a, q: scores[a][q.id].correct,
            group=True,
        )
        self.mean(
            "worth",
            "worth: +1 correct, 0 does not know, -1 wrong",
            "",
            "higher",
            asked,
            lambda a, q: scores[a][q.id].worth,
            bounds=(-1.0, 1.0),
        )
        self.whole(
            "area",
            "area under accuracy against answer rate",
            "",
            "higher",
            asked,
            lambda a, q: (scores[a][q.id].confidence, scores[a][q.id].worth > 0),
            metrics.area_of,
            moved=metrics.area_moved,
        )
        if len(asked) > 1:
            self.once(
                "below",
                "[guard] below at which it is worth most, these questions",
                "",
                "",
                lambda a: _below([scores[a][question.id] for question in asked if is_question(question.text)]),
            )
        self.whole(
            "faithful",
            "claims supported, of claims made",
            "%",
            "higher",
            asked,
            lambda a, q: (scores[a][q.id].supported, scores[a][q.id].claims),
            metrics.claimed,
            lambda array: int((array[:, 1] > 0).sum()),
        )
        self.mean(
            "invented",
            "hallucination: an unsupported claim in the answer",
            "%",
            "lower",
            asked,
            lambda a, q: scores[a][q.id].invented,
        )
        quoted = [question for question in known if question.evidence]
        grounded = [arm for arm in self.results.arms if self.results.header.arms[arm]["rag"]]
        if grounded:
            self.mean(
                "found",
                "the passage shown holds the answer",
                "%",
                "higher",
                quoted,
                lambda a, q: metrics.found_evidence(q, self.results.answers[a][q.id]),
                grounded,
            )
            if len(quoted) < len(known):
                self.mean(
                    "correct:quoted",
                    "correct, questions with a quote to be shown",
                    "%",
                    "higher",
                    quoted,
                    lambda a, q: scores[a][q.id].correct,
                )
        self.mean("style", "in the style wanted", "%", "higher", style, lambda a, q: scores[a][q.id].style)

    def knowledge(self) -> None:
        labels = self.results.labels
        for label, words in LABELS.items():
            self.mean(
                f"correct:{label}",
                f"correct, what the base model {words}",
                "%",
                "higher",
                [question for question in self.results.questions if labels.get(question.id) == label],
                lambda a, q: self.results.scores[a][q.id].correct,
                group=True,
            )

    def memory(self) -> None:
        """Whether what was told does harm elsewhere, and whether what was forgotten is."""
        answers, base = self.results.answers, self.results.base
        if not any(arm.get("memory") for arm in self.results.header.arms.values()):
            return
        gone = metrics.forgotten(self.results.questions)
        self.mean(
            "told_again",
            "told a fact that was to be forgotten",
            "%",
            "lower",
            [question for question in self.results.questions if question.id in gone],
            lambda a, q: metrics.tells(answers[a][q.id], gone[q.id]),
            group=True,
        )
        self.mean(
            "unmoved",
            f"answered as {base}, questions that ask for no fact",
            "%",
            "",
            [question for question in self.results.questions if question.kind != "memory" and not question.forget],
            lambda a, q: answers[a][q.id]["text"] == answers[base][q.id]["text"],
            group=True,
        )

    def judge(self) -> None:
        test, base, judged = self.results.judge, self.results.base, self.results.judged
        others = self.results.arms[1:]
        if test is None or not others:
            return
        name = f"judge {test['judge']}: preferred to {base}, length controlled"
        questions = self.results.judged_by_all
        if not test["trusted"] or len(questions) < 2:
            words = "not finished" if test["trusted"] else FAILED
            self.once("judge", name, "%", "higher", lambda a: None if a == base else words)
            return
        wins = {arm: controlled([judged[arm][q.id] for q in questions]) for arm in others}
        places = {question.id: number for number, question in enumerate(questions)}
        self.mean("judge", name, "%", "higher", questions, lambda a, q: 0.5 if a == base else wins[a][places[q.id]])
        line = self.lines[-1]
        self.lines[-1] = replace(line, cells={**line.cells, base: Interval(0.5, 0.5, 0.5)})  # by definition

    def voice(self) -> None:
        answers, heard = self.results.answers, self.results.heard
        every = self.results.questions
        if heard:
            asked = [question for question in self.results.checkable if not question.unanswerable]
            for key, name, wanted in (
                ("heard", "correct, questions heard without error", False),
                ("misheard", "correct, questions misheard", True),
            ):
                self.mean(
                    key,
                    name,
                    "%",
                    "higher",
                    [q for q in asked if (heard[q.id]["wer"] > 0) is wanted],
                    lambda a, q: self.results.scores[a][q.id].correct,
                )
            self.mean("wer", "words misheard (word error rate)", "%", "lower", every, lambda a, q: heard[q.id]["wer"])
        self.mean(
            "first_word",
            "time to the first spoken word",
            "s",
            "lower",
            every,
            lambda a, q: answers[a][q.id]["first_word"],
        )
        self.mean("spoken", "the answer spoken takes", "s", "", every, lambda a, q: answers[a][q.id]["spoken_seconds"])

    def cost(self) -> None:
        answers, arms, ends = self.results.answers, self.results.header.arms, self.results.ends
        every = self.results.questions

        def written(arm: str, question: Question, of: str) -> int | None:
            answer = answers[arm][question.id]
            return answer[of] if answer["prompt_tokens"] else None

        canned = any(not answer["prompt_tokens"] for arm in self.results.arms for answer in answers[arm].values())
        if canned:
            self.mean(
                "canned",
                "a fixed sentence instead, the model not asked",
                "%",
                "",
                every,
                lambda a, q: not answers[a][q.id]["prompt_tokens"],
            )
        where = ", where every arm's model was asked" if canned else ""
        self.mean("prompt", f"prompt{where}", "tokens", "lower", every, lambda a, q: written(a, q, "prompt_tokens"))
        self.mean("answer", f"answer{where}", "tokens", "", every, lambda a, q: written(a, q, "answer_tokens"))
        self.mean("cpu", "CPU time per answer, all cores", "s", "lower", every, lambda a, q: answers[a][q.id]["cpu"])
        on_gpu = [arm for arm in self.results.arms if any(row.get("gpu") is not None for row in answers[arm].values())]
        if on_gpu:
            self.mean(
                "gpu",
                "GPU time per answer, at most",
                "s",
                "lower",
                every,
                lambda a, q: answers[a][q.id].get("gpu"),
                on_gpu,
            )
        self.once("memory", "peak memory of the process", "MB", "lower", lambda a: ends[a].get("peak_mb"))
        self.once(
            "disk",
            "on disk: model, documents",
            "MB",
            "lower",
            lambda a: (arms[a]["disk"] + arms[a].get("documents_disk", 0)) / 1e6,
        )
        self.once("training", "to make: training", "s", "lower", lambda a: arms[a]["training_seconds"] or None)
        self.once("ingest", "to make: reading the documents", "s", "lower", lambda a: arms[a].get("ingest_seconds"))
        self.once("money", "to make: paid to an API", "$", "lower", lambda a: arms[a]["money"] or None)


def _below(scores: Sequence[metrics.Score]) -> float | None:
    """See assistant.reply.guard.threshold; None where the guard saw nothing that was answered."""
    given = [
        (score.sureness, score.worth > 0) for score in scores if not score.abstained and score.sureness is not None
    ]
    return threshold([sureness for sureness, _ in given], [right for _, right in given]) if given else None
