"""The lines in training/ -> weights.npz: `python -m assistant.skills.learned.train` (a quarter of an hour on two cores;
needs the extras train and rag).

With --validate WRITER it prints how well that writer's lines are understood when they are learned by the others' alone:
people whom it never met use other words, too. What the recogniser made of lines is left out then, since it would give
some of them away; the weights are written only where --out says.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.skills.learned import WEIGHTS, fitting
from assistant.skills.learned.model import NONE
from assistant.skills.learned.sampled import from_templates, wrapped
from assistant.skills.learned.samples import Sample, everyday, fold, heard, varied, written

FOLDS = 7
"""Of the lines that are no command, one is kept apart with --validate."""
VARIED = 1
WRITERS = ("busy", "long", "more", "odd", "plain", "short", "young")


def fit(samples: Sequence[Sample]) -> dict[str, np.ndarray]:
    """The weights learned from the samples."""
    from_writers, sampled = varied(samples, VARIED), from_templates(samples)
    many = [*from_writers, *sampled, *wrapped([*samples, *sampled])]
    kinds = sorted({one.kind for one in many})
    slots = sorted({slot for one in samples for slot, _, _ in one.slots})
    kind_slots = np.zeros((len(kinds), len(slots)), bool)
    for one in samples:
        for slot, _, _ in one.slots:
            kind_slots[kinds.index(one.kind), slots.index(slot)] = True
    return {
        "kinds": np.array(kinds),
        "slots": np.array(slots),
        "kind_slots": kind_slots,
        **fitting.fit(many, kinds, slots),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--validate", metavar="WRITER", choices=("busy", "long", "more", "odd", "plain", "short", "young")
    )
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    if args.validate:
        from assistant.skills.learned.measure import report

        apart = written(lambda name: name == args.validate)
        others = [*written(lambda name: name != args.validate), *everyday()]
        apart += [one for one in others if one.kind == NONE and not fold(one, FOLDS)]
        learned = fit([one for one in others if one.kind != NONE or fold(one, FOLDS)])
        if args.out != WEIGHTS:
            np.savez_compressed(args.out, **learned)  # type: ignore[arg-type]
        print(report(learned, apart))
        return
    samples = [*written(), *heard(), *everyday()]
    np.savez_compressed(args.out, **fit(samples))  # type: ignore[arg-type]
    print(f"{len(samples)} lines, {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
