"""Fits the weights of rag/evidence.py: `python rag/fitting/fit.py [FILE.json …]`.

The questions are those beside this file, which were written for it, and those of files in SQuAD's form, of which every
other paragraph is left out of the store: its questions are those that nothing answers. The best line of a question is
to be sure where the documents tell and unsure where they do not (a logistic model of the maximum over the lines). What
it prints first is cross-validated: each fifth of the documents judged by what was fitted to the others. More questions
are told than not, so the bias is lowered by hand, to where both errors are alike.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[2]))
from rag import embed, evidence, ingest  # noqa: E402
from rag.evaluate import area  # noqa: E402
from rag.search import PASSAGE_TOKENS, Search  # noqa: E402
from rag.store import Store  # noqa: E402

_FOLDS, _PENALTY, _SHARP = 5, 3.0, 4.0
_OWN = 6.0  # what one of our own questions counts beside one of a file
_QUESTIONS = 300  # of a file
_BOUNDS = {
    **dict.fromkeys(("uncounted", "other kind"), (-np.inf, 0)),
    "uncovered": (-np.inf, -1.5),
    **dict.fromkeys(("words", "length"), (-np.inf, np.inf)),
    "hardly the kind": (-1.5, 0),  # the data would have more of it, which costs plain answers ("Who filled the flask?")
    "missing": (-np.inf, -1.0),  # and less of this: they hardly ask for codes that stand nowhere
}
"""Where a weight must lie that is no evidence for an answer; the others are at least 0."""

Case = tuple[str, bool, int]
"""A question, whether the documents tell, the number of its document."""


def main(files: Sequence[str]) -> None:
    features: list[np.ndarray] = []
    told: list[bool] = []
    weights: list[float] = []
    names: list[str] = []
    groups: list[int] = []
    for name, documents, cases in [*_own(), *map(_squad, files)]:
        for lines, (_, is_told, group) in zip(_features(documents, cases), cases):
            features.append(np.array([[line.get(key, 0.0) for key in evidence.FEATURES] for line in lines] or [_NONE]))
            told.append(is_told)
            weights.append(_OWN if name.startswith("own") else 1.0)
            names.append(name)
            groups.append(group)
    y, counted, fold = np.array(told), np.array(weights), np.array(groups) % _FOLDS
    sure = np.zeros(len(y))
    for number in range(_FOLDS):
        learned = [one for one, at in zip(features, fold) if at != number]
        fitted = fit(learned, y[fold != number], counted[fold != number])
        for at in np.flatnonzero(fold == number):
            sure[at] = (features[at] @ fitted[:-1]).max() + fitted[-1]
    for name in dict.fromkeys(names):
        here = np.array([one == name for one in names])
        known, unknown = sure[here & y], sure[here & ~y]
        lost, made = (known < 0).mean(), (unknown >= 0).mean()
        print(f"{name}: area {area(known, unknown):.3f}, lost {lost:.1%}, wrongly answered {made:.1%}")
    fitted = fit(features, y, counted)
    print({name: round(float(value), 2) for name, value in zip([*evidence.FEATURES, "bias"], fitted)})


_NONE = [0.0] * len(evidence.FEATURES)


def fit(features: Sequence[np.ndarray], told: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """The weight of each feature, and the bias. ``features``: of each question (lines, features)."""
    rows, starts = np.concatenate(features), np.cumsum([0, *map(len, features)])[:-1]
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    scaled, sizes = (rows - mean) / scale, np.array([len(one) for one in features])
    owner = np.repeat(np.arange(len(features)), sizes)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = scaled @ weights[:-1] + weights[-1]
        most = np.maximum.reduceat(scores, starts)
        powers = np.exp(_SHARP * (scores - most[owner]))
        total = np.add.reduceat(powers, starts)
        sure = 1 / (1 + np.exp(-(most + np.log(total / sizes) / _SHARP)))
        wrong = counted * (told * np.log(sure + 1e-12) + (1 - told) * np.log(1 - sure + 1e-12))
        slope = (counted * (sure - told))[owner] * powers / total[owner]
        penalty = _PENALTY * weights[:-1]
        return float(penalty @ weights[:-1] / 2 - wrong.sum()), np.append(scaled.T @ slope + penalty, slope.sum())

    limits = [_BOUNDS.get(name, (0, np.inf)) for name in evidence.FEATURES]
    bounds = [tuple(limit * size for limit in both) for both, size in zip(limits, scale)] + [(-np.inf, np.inf)]
    start = np.array([np.clip(0, *both) for both in bounds])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 120}).x
    weights = found[:-1] / scale
    return np.append(weights, found[-1] - mean @ weights)


def _features(documents: Sequence[str], cases: Sequence[Case]) -> Iterator[list[dict[str, float]]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "documents").mkdir()
        for number, text in enumerate(documents):
            (folder / "documents" / f"{number}.md").write_text(text, encoding="utf-8")
        model, store = embed.find(embed.DEFAULT), Store(folder / "store")
        embedder = partial(embed.for_ingest, model, folder / "models", threads=1)
        ingest.add(store, [str(folder / "documents")], model, embedder, PASSAGE_TOKENS)
        search = Search(store, embed.for_queries(model, folder / "models"))
        search.warm()
        for question, _, _ in cases:
            yield search.features(question)
        store.close()


def _own() -> Iterator[tuple[str, list[str], list[Case]]]:
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        found = tomllib.loads(path.read_text(encoding="utf-8"))["documents"]
        cases = [(question, True, at) for at, one in enumerate(found) for question, _ in one["told"]]
        cases += [(question, False, at) for at, one in enumerate(found) for question in one["untold"]]
        yield f"own {path.stem}", [f"# {one['title']}\n{one['text']}" for one in found], cases


def _squad(file: str) -> tuple[str, list[str], list[Case]]:
    documents, cases = [], []
    for number, article in enumerate(json.loads(Path(file).read_text(encoding="utf-8"))["data"]):
        kept = []
        for at, paragraph in enumerate(article["paragraphs"]):
            stays = (at + number) % 2 == 0
            kept += [paragraph["context"]] * stays
            cases += [(asked["question"], stays, number) for asked in paragraph["qas"]]
        documents.append("\n\n".join([f"# {article.get('title') or ''}", *kept]))
    return Path(file).name, documents, random.Random(0).sample(cases, min(_QUESTIONS, len(cases)))


if __name__ == "__main__":
    main(sys.argv[1:])
