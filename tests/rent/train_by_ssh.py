"""Is training elsewhere the same as here, also when the connection is cut? The real program, OpenSSH and real training.

``python -m tests.rent.train_by_ssh [--cuts 5] [--sshd /usr/sbin/sshd]``: the smallest model is trained here, then with
``--on gpu`` while the connection is cut again and again, and the program itself is killed once. Prints what was said
and a line of JSON with the largest difference of the two loss curves.

What `--on` installs there is not fetched again: the far environment is this one.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from assistant.rent import training
from tests.rent.real import Sshd
from tests.training.test_end_to_end import FIT, write_rows

BOUND = 1e-3


def installed(far: Sshd) -> None:
    """As `training._set_up` leaves it."""
    import hashlib

    mark = hashlib.sha256("\n".join(training._requirements()).encode()).hexdigest()[:16]
    folder = far.home / "voice-assistant" / "venv"
    (folder / "bin").mkdir(parents=True)
    (folder / mark).touch()
    python = folder / "bin" / "python"
    python.write_text(f'#!/bin/bash\nexec {sys.executable} "$@"\n')
    python.chmod(0o700)


def fit(words: list[str], environment: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "assistant", "train", "fit", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def curve(place: Path, name: str) -> list[dict]:
    return json.loads((place / "data" / "voice-assistant" / "training" / name / "curves.json").read_text())


def difference(one: list[dict], other: list[dict]) -> float:
    """The largest of any loss at any step; infinite where the steps are not the same."""
    if [point["step"] for point in one] != [point["step"] for point in other]:
        return float("inf")
    return max(
        abs(a[key] - b[key]) for a, b in zip(one, other, strict=True) for key in a if key in ("loss", "held_out_loss")
    )


def cut_now_and_then(far: Sshd, cuts: int, chance: random.Random, over: threading.Event, done: list[float]) -> None:
    for number in range(cuts):
        if over.wait(chance.uniform(2.0, 4.0) if not number else chance.uniform(6.0, 12.0)):
            return
        far.line.cut()
        done.append(time.monotonic())
        over.wait(chance.uniform(1.0, 6.0))
        far.line.mend()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cuts", type=int, default=5)
    parser.add_argument("--sshd", default="/usr/sbin/sshd")
    parser.add_argument("--epochs", default="12")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "laptop"
        place.mkdir()
        far = Sshd(Path(folder) / "far", args.sshd)
        installed(far)
        environment = {**far.environment(place), "OMP_NUM_THREADS": "1"}
        data = place / "persona.jsonl"
        write_rows(data)
        recipe = [word if word != "2" or FIT[at - 1] != "--epochs" else args.epochs for at, word in enumerate(FIT)]
        recipe += ["--patience", "0"]
        here = fit([str(data), *recipe, "--name", "here"], environment)
        said = here.communicate()[0]
        assert here.returncode == 0, said
        cuts: list[float] = []
        over = threading.Event()
        chance = random.Random(args.seed)
        cutter = threading.Thread(target=cut_now_and_then, args=(far, args.cuts, chance, over, cuts))
        cutter.start()
        words, told, killed = [str(data), *recipe, "--name", "there", "--on", "gpu"], "", False
        while True:
            process = fit(words, environment)
            assert process.stdout
            for line in process.stdout:
                told += line
                print(line, end="", flush=True)
                if not killed and "step " in line:
                    killed = True
                    process.kill()
            if process.wait() == 0:
                break
            if process.returncode != -9:
                break
            words = ["--resume", "--name", "there", "--on", "gpu"]
        over.set()
        cutter.join()
        far.close()
        found = {
            "cuts": len(cuts),
            "killed": killed,
            "told": told.count("it is tried again"),
            "back": told.count("gpu is back"),
            "exit code": process.returncode,
            "steps": len(curve(place, "here")),
            "difference": difference(curve(place, "here"), curve(place, "there")) if not process.returncode else None,
        }
    print(json.dumps(found))
    return 0 if not process.returncode and found["difference"] <= BOUND and len(cuts) == args.cuts else 1


if __name__ == "__main__":
    sys.exit(main())
