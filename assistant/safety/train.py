"""Training files -> weights.npz: `python -m assistant.safety.train` (five minutes; needs the extras train and rag).

With --validate it writes nothing and prints how well each fold is judged by what was learned without it.
"""

from __future__ import annotations

import argparse
import collections
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.knowledge import folder, question_vectors
from assistant.safety import classifier
from assistant.safety.classifier import BUCKETS, WEIGHTS, Vectors, pieces
from assistant.safety.samples import FOLDS, STYLES, Sample, samples
from assistant.settings import RagSettings, SafetySettings

HIDDEN = 64
EPOCHS = 8
MEANINGS = 256
MEANING_EPOCHS = 40
WEIGHED = 1.5
"""What samples weigh on average, beside a row of noise, which weighs 1."""
STRETCH = 8.0  # of vectors of length 1, so that a layer's first weights suit them
BATCH = 512
LONGEST = 24
KEPT = 0.7
NOISE = 96
"""Rows in a batch that are any words at all, and harmless: what nobody knows is no harm."""
SEED = 15
TOGETHER = 3
"""Models that differ by their seed and say their mean: one alone refuses other sentences at each training."""
CLASSES = (
    "harmless",
    "help",
    "sexual content about minors",
    "self-harm",
    "weapons",
    "harm to others",
    "drugs",
    "fraud",
    "hacking",
    "hate",
)


class Prepared:
    """Samples as arrays."""

    def __init__(self, rows: Sequence[Sample], vectors: Vectors, languages: Sequence[str]) -> None:
        from scipy import sparse

        self.labels = np.array([CLASSES.index(row.label) for row in rows])
        self.languages = np.array([languages.index(row.language) for row in rows])
        self.weights = np.array([row.weight for row in rows], np.float32)
        self.weights *= WEIGHED / self.weights.mean()
        texts = [classifier.marked(row.text.split(), row.style == "answer") for row in rows]
        found = [pieces(text) for text in texts]
        ends = np.cumsum([0, *(len(buckets) for buckets, _ in found)])
        columns, values = (np.concatenate(parts) for parts in zip(*found))
        self.pieces = sparse.csr_matrix((values, columns, ends), shape=(len(rows), BUCKETS))
        self.places = np.full((len(rows), LONGEST + 2), len(vectors.hashes))  # a word of zeros at both ends
        self.lengths = np.array([min(len(text), LONGEST) for text in texts])
        for at, text in enumerate(texts):
            self.places[at, 1 : self.lengths[at] + 1] = vectors.places(text[:LONGEST])
        self.vectors = vectors.scaled


def fit(data: Prepared, chosen: np.ndarray, languages: int, seed: int) -> dict[str, np.ndarray]:
    """The weights learned from the rows ``chosen`` of ``data``; the same every time on one machine."""
    import torch
    from scipy import sparse
    from torch import nn

    torch.set_num_threads(1)  # the same sums in the same order everywhere
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    outputs = len(CLASSES) + languages
    vectors = torch.from_numpy(data.vectors)
    hashed = torch.zeros(BUCKETS, outputs)
    filters, head = nn.Linear(3 * vectors.shape[1], HIDDEN), nn.Linear(2 * HIDDEN, outputs)
    groups: list[dict[str, Any]] = [{"params": [hashed]}, {"params": [*filters.parameters(), *head.parameters()]}]
    optimizer = torch.optim.Adam(groups)
    steps = EPOCHS * (len(chosen) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [0.05, 0.008], total_steps=steps)
    for _ in range(EPOCHS):
        order = random.permutation(chosen)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            seen = data.pieces[batch]
            seen.data *= (random.random(len(seen.data), np.float32) < KEPT) / np.float32(
                KEPT
            )  # whole pieces are left out
            seen = sparse.vstack([seen, _noise(random)]).tocsr()
            summed = torch.from_numpy(seen @ hashed.numpy()).requires_grad_()
            longest = int(data.lengths[batch].max())
            lengths = np.concatenate([data.lengths[batch], random.integers(2, longest + 1, NOISE)])
            places = data.places[batch, : longest + 2]
            anything = random.integers(0, len(data.vectors), (NOISE, longest + 2))
            at = np.arange(longest + 2)
            anything[(at == 0) | (at > lengths[-NOISE:, None])] = len(data.vectors) - 1
            places = np.concatenate([places, anything])
            places = np.where(random.random(places.shape, np.float32) < 0.85, places, len(data.vectors) - 1)
            x = vectors[torch.from_numpy(places)]
            there = torch.from_numpy((np.arange(longest) < lengths[:, None]).astype(np.float32))[:, :, None]
            read = torch.relu(filters(torch.cat([x[:, :-2], x[:, 1:-1], x[:, 2:]], dim=2))) * there
            pooled = torch.cat([read.max(dim=1).values, read.sum(dim=1) / there.sum(dim=1).clamp(min=1)], dim=1)
            logits = summed + head(nn.functional.dropout(pooled, 0.2))
            label = torch.from_numpy(np.concatenate([data.labels[batch], np.zeros(NOISE, int)]))
            language = torch.from_numpy(data.languages[batch])
            loss = nn.functional.cross_entropy(logits[:, : len(CLASSES)], label, reduction="none", label_smoothing=0.02)
            loss = (loss * torch.from_numpy(np.concatenate([data.weights[batch], np.ones(NOISE, np.float32)]))).mean()
            loss = loss + 0.3 * nn.functional.cross_entropy(logits[: len(batch), len(CLASSES) :], language)
            optimizer.zero_grad()
            loss.backward()
            assert summed.grad is not None
            hashed.grad = torch.from_numpy(seen.T.tocsr() @ summed.grad.numpy())
            optimizer.step()
            schedule.step()
    return {
        "hashed": hashed.numpy(),
        "filter": filters.weight.detach().numpy().T,
        "filter_bias": filters.bias.detach().numpy(),
        "head": head.weight.detach().numpy().T,
        "bias": head.bias.detach().numpy(),
    }


def together(fits: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """One model that says the mean of what they all say: the hashed pieces once, the layers side by side."""
    table = np.mean([one["hashed"] for one in fits], axis=0)
    scale = max(float(np.abs(table).max()), 1e-6) / 127
    layers = {
        "meaning": np.concatenate([one["meaning"] for one in fits], axis=1),
        "meaning_bias": np.concatenate([one["meaning_bias"] for one in fits]),
        "meaning_head": np.concatenate([one["meaning_head"] / len(fits) for one in fits]),
        "meaning_end": np.mean([one["meaning_end"] for one in fits], axis=0),
    }
    return {
        "hashed": np.round(table / scale).astype(np.int8),
        "scale": np.array(scale, np.float32),
        **_side_by_side(fits),
        **{name: layer.astype(np.float16) for name, layer in layers.items()},
    }


def _side_by_side(fits: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The convolutions of several models as one that says their mean."""
    heads = [np.split(one["head"] / len(fits), 2) for one in fits]  # of the largest, and of the mean
    layers = {
        "filter": np.concatenate([one["filter"] for one in fits], axis=1),
        "filter_bias": np.concatenate([one["filter_bias"] for one in fits]),
        "head": np.concatenate([half[which] for which in (0, 1) for half in heads]),
        "bias": np.mean([one["bias"] for one in fits], axis=0),
    }
    return {name: layer.astype(np.float16) for name, layer in layers.items()}


def embedded(rows: Sequence[Sample]) -> dict[int, np.ndarray]:
    """The sentence embedder's vectors of the English questions, by their place; of a wording in a frame, each third."""
    chosen = [
        at
        for at, row in enumerate(rows)
        if row.language == "en" and row.style != "answer" and (row.weight > 1 or at % 3 == 0)
    ]
    vectors = question_vectors([rows[at].text for at in chosen], folder(RagSettings()) / "models")
    return dict(zip(chosen, vectors))


def fit_meaning(data: Prepared, found: dict[int, np.ndarray], chosen: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """The layers over the sentence embedder's vectors ``found``, of those among the rows ``chosen`` that have one."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    places = [at for at in chosen.tolist() if at in found]
    vectors, labels, weights = np.stack([found[at] for at in places]), data.labels[places], data.weights[places]
    first, last = nn.Linear(vectors.shape[1], MEANINGS), nn.Linear(MEANINGS, len(CLASSES))
    net = nn.Sequential(nn.Dropout(0.1), first, nn.ReLU(), nn.Dropout(0.3), last)
    x, y, w = torch.from_numpy(vectors * STRETCH), torch.from_numpy(labels), torch.from_numpy(weights)
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=0.01)
    steps = MEANING_EPOCHS * (len(x) // 256 + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for _ in range(MEANING_EPOCHS):
        order = torch.randperm(len(x))
        for start in range(0, len(x), 256):
            batch = order[start : start + 256]
            loss = nn.functional.cross_entropy(net(x[batch]), y[batch], reduction="none", label_smoothing=0.02)
            optimizer.zero_grad()
            (loss * w[batch]).mean().backward()
            optimizer.step()
            schedule.step()
    return {
        "meaning": first.weight.detach().numpy().T * STRETCH,
        "meaning_bias": first.bias.detach().numpy(),
        "meaning_head": last.weight.detach().numpy().T,
        "meaning_end": last.bias.detach().numpy(),
    }


def _noise(random: np.random.Generator) -> Any:
    """Rows of any words at all, as a sparse matrix of shape (`NOISE`, `BUCKETS`): of each 130 pieces of any weight."""
    from scipy import sparse

    values = random.random(NOISE * 130, np.float32) * np.float32(0.4)
    columns = random.integers(0, BUCKETS, NOISE * 130)
    return sparse.csr_matrix((values, columns, np.arange(0, NOISE * 130 + 1, 130)), shape=(NOISE, BUCKETS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--folds", type=int, default=FOLDS, help="how many of the five folds to judge")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    rows = samples()
    languages = sorted({row.language for row in rows})
    with np.load(WEIGHTS) as file:  # the word vectors stay as they are
        vectors = Vectors(file["hashes"], file["rows"])
    data = Prepared(rows, vectors, languages)
    fixed = {
        "classes": np.array(CLASSES),
        "languages": np.array(languages),
        "hashes": vectors.hashes,
        "rows": vectors.rows,
    }
    found = embedded(rows)

    def learned(chosen: np.ndarray) -> Any:
        seeds = range(SEED, SEED + TOGETHER)
        return fixed | together(
            [fit(data, chosen, len(languages), seed) | fit_meaning(data, found, chosen, seed) for seed in seeds]
        )

    if not args.validate:
        np.savez_compressed(args.out, **learned(np.arange(len(rows))))
        return
    vectors_of = {rows[at].text: vector for at, vector in found.items()}
    judged: list[tuple[Sample, classifier.Judgement]] = []
    for fold in range(args.folds):
        model = classifier.Classifier(learned(np.array([at for at, row in enumerate(rows) if fold not in row.folds])))
        judged += [
            (row, model.judge(row.text, row.style == "answer", vectors_of.get)) for row in rows if fold in row.folds
        ]
    _report(judged)


def _report(judged: list[tuple[Sample, classifier.Judgement]]) -> None:
    counts: dict[tuple[str, str], collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for row, judgement in judged:
        kind = row.label if row.label in ("harmless", "help") else "harmful"
        bound = 0.9 if row.style == "answer" else SafetySettings.refused_from
        for group in [*([row.style] if row.style in STYLES else []), row.language, f"{kind}: {row.label}"]:
            counts[group, kind].update(all=1, refused=judgement.harm >= bound)
    for (group, kind), count in sorted(counts.items()):
        print(f"{group:45} {kind:9} {100 * count['refused'] / count['all']:6.1f} % of {count['all']} refused")


if __name__ == "__main__":
    main()
