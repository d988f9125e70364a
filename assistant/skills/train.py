"""The lines in training/ -> weights.npz: `python -m assistant.skills.train` (some minutes; needs the extras train and
rag).

With --validate WRITER it writes nothing and prints how well that writer's lines are understood when they are learned by
the others' alone: people whom it never met use other words, too. What the recogniser made of lines is left out then,
since it would give some of them away.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.safety import classifier
from assistant.safety.classifier import Vectors
from assistant.safety.train import noise, side_by_side
from assistant.skills.learned import WEIGHTS, model, tags
from assistant.skills.learned.model import NONE
from assistant.skills.learned.sampled import from_templates, wrapped
from assistant.skills.learned.samples import Sample, everyday, fold, heard, varied, written

FOLDS = 7
"""Of the lines that are no command, one is kept apart with --validate."""
VARIED = 1
HIDDEN = 128
EPOCHS = 8
BATCH = 192
KEPT = 0.7
"""Of the hashed pieces at a time."""
KEPT_WORDS = 0.85
TOGETHER = 3
"""Models of one kind, each from another beginning; what they say together is right more often."""
LEVELS = 15
"""Of a weight, on either side of zero: with fewer of them the file is smaller."""
NONE_WEIGHT = 0.6
STRETCH = 4.0
NOISE = 12
"""Rows in a batch that are any words at all, and no command."""
CLUSTERS = 200
TAG_EPOCHS = 8
SEED = 17


def fit(samples: Sequence[Sample], vectors: Vectors) -> dict[str, np.ndarray]:
    """The weights learned from the samples; the same every time on one machine."""
    from_writers, sampled = varied(samples, VARIED), from_templates(samples)
    many = [*from_writers, *sampled, *wrapped([*samples, *sampled])]
    kinds = sorted({one.kind for one in many})
    slots = sorted({slot for one in samples for slot, _, _ in one.slots})
    kind_slots = np.zeros((len(kinds), len(slots)), bool)
    for one in samples:
        for slot, _, _ in one.slots:
            kind_slots[kinds.index(one.kind), slots.index(slot)] = True
    clusters = _clusters(vectors)
    return {
        "kinds": np.array(kinds),
        "slots": np.array(slots),
        "kind_slots": kind_slots,
        "clusters": clusters,
        **_together([_fit_kinds(many, kinds, vectors, SEED + at) for at in range(TOGETHER)]),
        **_fit_tags([one for one in many if kind_slots[kinds.index(one.kind)].any()], kinds, slots, kind_slots,
                    vectors, clusters),
    }  # fmt: skip


def _clusters(vectors: Vectors) -> np.ndarray:
    """Uint8: words that mean alike. The last row, for words that are not known, is one by itself."""
    from sklearn.cluster import MiniBatchKMeans

    means = MiniBatchKMeans(CLUSTERS, random_state=SEED, n_init=1, batch_size=2048, max_iter=30)
    return np.append(means.fit_predict(vectors.scaled[:-1]), CLUSTERS).astype(np.uint8)


def _fit_kinds(samples: Sequence[Sample], kinds: list[str], vectors: Vectors, seed: int) -> dict[str, np.ndarray]:
    import torch
    from scipy import sparse
    from torch import nn

    torch.set_num_threads(1)  # the same sums in the same order everywhere
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    texts = [[word.plain for word in one.words] for one in samples]
    labels = np.array([kinds.index(one.kind) for one in samples])
    copies = np.array([1 + VARIED if one.slots else 1 for one in samples], np.float32)
    rarer = np.where(labels == kinds.index(NONE), NONE_WEIGHT, 1.0).astype(np.float32)
    weights = torch.from_numpy(1.5 * rarer / np.sqrt(copies))
    found = [model.pieces(text) for text in texts]
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in found)])
    columns, values = (np.concatenate(parts) for parts in zip(*found))
    pieces = sparse.csr_matrix((values, columns, ends), shape=(len(texts), model.BUCKETS))
    read = [model.rows(text, vectors) for text in texts]
    size = read[0].shape[1]
    hashed = torch.zeros(model.BUCKETS, len(kinds))
    filters, head = nn.Linear(3 * size, HIDDEN), nn.Linear(2 * HIDDEN, len(kinds))
    layers = [*filters.parameters(), *head.parameters()]
    groups: list[dict[str, Any]] = [{"params": [hashed]}, {"params": layers, "weight_decay": 1e-5}]
    optimizer = torch.optim.Adam(groups)
    steps = EPOCHS * (len(samples) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [0.03, 0.006], total_steps=steps)
    for _ in range(EPOCHS):
        order = random.permutation(len(samples))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            seen = pieces[batch]
            seen.data *= (random.random(len(seen.data), np.float32) < KEPT) / np.float32(KEPT)
            seen = sparse.vstack([seen, noise(random, NOISE, 60, 0.3, model.BUCKETS)]).tocsr()
            summed = torch.from_numpy(seen @ hashed.numpy()).requires_grad_()
            longest = max(len(read[at]) for at in batch)
            x = np.zeros((len(batch) + NOISE, longest, size), np.float32)
            there = np.zeros((len(x), longest - 2, 1), np.float32)
            for row, at in enumerate(batch):
                kept = random.random((len(read[at]), 1), np.float32) < KEPT_WORDS
                x[row, : len(read[at])] = read[at] * kept
                there[row, : len(read[at]) - 2] = 1
            for row in range(len(batch), len(x)):
                count = random.integers(2, longest - 1)
                x[row, 1 : count + 1, : vectors.scaled.shape[1]] = vectors.scaled[
                    random.integers(0, len(vectors.scaled), count)
                ]
                there[row, :count] = 1
            y = STRETCH * torch.from_numpy(x)
            mask = torch.from_numpy(there)
            hidden = torch.relu(filters(torch.cat([y[:, :-2], y[:, 1:-1], y[:, 2:]], dim=2))) * mask
            pooled = torch.cat([hidden.max(dim=1).values, hidden.sum(dim=1) / mask.sum(dim=1).clamp(min=1)], dim=1)
            logits = summed + head(nn.functional.dropout(pooled, 0.3))
            label = torch.from_numpy(np.append(labels[batch], [kinds.index(NONE)] * NOISE))
            weight = torch.cat([weights[batch], torch.ones(NOISE)])
            loss = nn.functional.cross_entropy(logits, label, reduction="none", label_smoothing=0.03)
            optimizer.zero_grad()
            (loss * weight).mean().backward()
            assert summed.grad is not None
            hashed.grad = torch.from_numpy(seen.T.tocsr() @ summed.grad.numpy())
            optimizer.step()
            schedule.step()
    return {
        "hashed": hashed.numpy(),
        "filter": filters.weight.detach().numpy().T * STRETCH,
        "filter_bias": filters.bias.detach().numpy(),
        "head": head.weight.detach().numpy().T,
        "bias": head.bias.detach().numpy(),
    }


def _together(fits: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """One model that says the mean of what they all say: the hashed pieces once, the filters side by side."""
    table = np.mean([one["hashed"] for one in fits], axis=0)
    scale = max(float(np.quantile(np.abs(table), 0.9999)), 1e-6) / LEVELS
    return {
        "hashed": np.clip(np.round(table / scale), -LEVELS, LEVELS).astype(np.int8),
        "scale": np.array(scale, np.float32),
        **side_by_side(fits),
    }


def _fit_tags(
    samples: Sequence[Sample], kinds: list[str], slots: list[str], kind_slots: np.ndarray, vectors: Vectors,
    clusters: np.ndarray,
) -> dict[str, np.ndarray]:  # fmt: skip
    """An averaged perceptron over rows of tags."""
    random = np.random.default_rng(SEED)
    size = 2 * len(slots) + 1
    weights, summed = np.zeros((2, tags.BUCKETS, size), np.float32)
    steps, stepped = np.zeros((2, size + 1, size), np.float32)
    rows = []
    for one in samples:
        right = np.zeros(len(one.words), int)
        for slot, begin, end in one.slots:
            right[begin:end] = 2 * slots.index(slot) + 2
            right[begin] -= 1
        places = vectors.places([word.plain for word in one.words])
        allowed = tags.allowed(np.flatnonzero(kind_slots[kinds.index(one.kind)]))
        rows.append((tags.features(one.words, one.kind, places, clusters), right, allowed))
    turn = 1.0
    for _ in range(TAG_EPOCHS):
        for at in random.permutation(len(rows)):
            features, right, allowed = rows[at]
            guess = np.array(tags.best(weights[features].sum(axis=1), steps, allowed))
            turn += 1
            for place in np.flatnonzero(guess != right):
                for tag, by in ((right[place], 1.0), (guess[place], -1.0)):
                    np.add.at(weights, (features[place], tag), by)
                    np.add.at(summed, (features[place], tag), by * turn)
            for path, by in ((right, 1.0), (guess, -1.0)):
                for before, tag in zip([size, *path[:-1]], path):
                    steps[before, tag] += by
                    stepped[before, tag] += by * turn
    average, through = weights - summed / turn, steps - stepped / turn
    scale = float(np.abs(average).max()) / 127
    return {"tags": np.round(average / scale).astype(np.int8), "steps": (through / scale).astype(np.float32)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validate", metavar="WRITER", choices=("busy", "long", "more", "odd", "plain", "short", "young"))
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    vectors = classifier.shipped().vectors
    if args.validate:
        from assistant.skills.learned.measure import report

        apart = written(lambda name: name == args.validate)
        others = [*written(lambda name: name != args.validate), *everyday()]
        apart += [one for one in others if one.kind == NONE and not fold(one, FOLDS)]
        learned = fit([one for one in others if one.kind != NONE or fold(one, FOLDS)], vectors)
        print(report(learned, vectors, apart))
        return
    samples = [*written(), *heard(), *everyday()]
    np.savez_compressed(args.out, **fit(samples, vectors))  # type: ignore[arg-type]
    print(f"{len(samples)} lines, {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
