"""Does `assistant models try` come out alike twice on this machine?

``python -m tests.models.twice [MODEL] [--times 2]``.

Each trial is a process of its own, as a user would start it; leave the machine alone meanwhile. Prints each figure and
by how much the trials differ, and fails above 5 % or when a trial got less than it wanted of the processor.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile

FIGURES = ("right", "calls_right", "first_word", "tokens_per_second", "reading", "memory")
BOUND = 5.0  # %


def spread(values: list[float]) -> float:
    """How far the largest is above the smallest, in % of the smallest; values of 0 only come out alike."""
    low, high = min(values), max(values)
    return 0.0 if low == high else float("inf") if not low else 100 * (high - low) / low


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?", default="bundled")
    parser.add_argument("--times", type=int, default=2)
    args = parser.parse_args()
    trials = []
    for _ in range(args.times):
        with tempfile.TemporaryDirectory() as data:
            said = subprocess.run(
                [sys.executable, "-m", "assistant", "models", "try", args.model, "--json"],
                env={**os.environ, "XDG_DATA_HOME": data},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout
        trials.append(json.loads(said))
        print(json.dumps({name: trials[-1][name] for name in (*FIGURES, "cpu", "threads")}), flush=True)
    spreads = {name: spread([float(one[name]) for one in trials]) for name in FIGURES}
    for name, percent in spreads.items():
        print(f"{name:<18} {'  '.join(f'{one[name]:.4g}' for one in trials)}   {percent:.1f} %")
    busy = [one for one in trials if one["cpu"] < 0.85 * one["threads"]]
    if busy:
        print(f"{len(busy)} of {len(trials)} trials got less of the processor than they wanted: not a quiet machine")
    return 1 if busy or max(spreads.values()) > BOUND else 0


if __name__ == "__main__":
    sys.exit(main())
