"""Is training in several processes, as for several GPUs, the same as in one? On the CPU, with the smallest model.

``python -m tests.training.in_two_processes [--rows 45]``: one process; two, by `accelerate launch`; two, killed, and
gone on with in two; and in one. Prints the largest differences of the loss curves, and how many processes outlived the
kill, as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.training.test_end_to_end import FIT, write_rows

BOUND = 1e-3
# The command, as on a machine with so many GPUs.
_PROGRAM = (
    "import sys; from training.fit import parallel; count = int(sys.argv.pop(1));"
    "parallel.to_begin = lambda recipe: count; from assistant.cli import main; sys.exit(main())"
)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=45, help="of the data; with 45 none is repeated")
    parser.add_argument("--accumulate", default="1")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_DATA_HOME": folder, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        data = Path(folder) / "persona.jsonl"
        write_rows(data)
        data.write_text("".join(data.read_text().splitlines(keepends=True)[: args.rows]))
        recipe = [str(data), *FIT, "--patience", "0", "--accumulate", args.accumulate]
        found: dict[str, dict[str, float]] = {}
        for name, count, then in (("one", 1, 0), ("two", 2, 0), ("killed", 2, 2), ("fewer", 2, 1)):
            began = time.monotonic()
            left = _trained(recipe, name, count, then, environment)
            found[name] = {"seconds": round(time.monotonic() - began, 1), "outlived": left}
            found[name] |= _difference(_curve(folder, "one"), _curve(folder, name))
    print(json.dumps(found, indent=1))
    return 0 if all(one["loss"] <= BOUND and not one["outlived"] for one in found.values()) else 1


def _trained(recipe: list[str], name: str, count: int, then: int, environment: dict[str, str]) -> int:
    """``then``: killed at its eighth step, it goes on in so many processes; how many outlived the kill for 30 s."""
    command = [sys.executable, "-c", _PROGRAM]
    words = ["train", "fit", *recipe, "--name", name]
    process = subprocess.Popen([*command, str(count), *words], env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    said, left = "", 0
    for line in process.stderr:
        said += line
        if then and line.startswith("step 8/"):
            children = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            left = len(psutil.wait_procs(children, 30)[1])
            break
    process.wait()
    process.stderr.close()
    if not then:
        assert process.returncode == 0, said
        return 0
    words = ["train", "fit", "--resume", "--name", name]
    subprocess.run([*command, str(then), *words], env=environment, check=True, capture_output=True)
    return left


def _curve(folder: str, name: str) -> list[dict]:
    path = Path(folder) / "voice-assistant" / "training" / name / "curves.json"
    return json.loads(path.read_text())


def _difference(one: list[dict], other: list[dict]) -> dict[str, float]:
    assert [point["step"] for point in one] == [point["step"] for point in other]
    pairs = list(zip(one, other, strict=True))
    found = {key: max(abs(a[key] - b[key]) for a, b in pairs if key in a) for key in ("loss", "held_out_loss")}
    return found | {"steps": max(point["step"] for point in one)}


if __name__ == "__main__":
    sys.exit(main())
