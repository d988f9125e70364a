"""The figures of `models fit` against what was measured and published, as tables.

``python -m tests.models.fit_table``
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from assistant.models import source
from tests.models.test_fit import GB, PUBLISHED, measure, predicted


def _row(name: str, told: float, found: float, unit: float) -> str:
    return f"| {name} | {told / unit:.4g} | {found / unit:.4g} | {100 * (told / found - 1):+.1f} |"


def main() -> None:
    print("| architecture, built small | predicted, MB | a process grew by, MB | % |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (model, held) in measure(Path(folder)).items():
            print(_row(name, sum(predicted(model, held).values()), held["grown"], 1e6))
    print("\n| model | predicted, GB | published, GB | % |\n|---|---|---|---|")
    for name, kind, size, where in PUBLISHED:
        told = source.known()[name].as_written(kind).weights
        print(_row(f"{name} {kind} ({where})", told, size, GB))


if __name__ == "__main__":
    main()
