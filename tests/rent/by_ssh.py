"""Is a rental that was killed in the middle gone, or said loudly? The real program, OpenSSH's client and its server.

``python -m tests.rent.by_ssh [--times 50] [--sshd /usr/sbin/sshd] [--late 0.05]``: up, a question, down; then `rent up`
is killed at random moments, by turns itself, with all that it began, with the connection gone, too, or so that nothing
but the far side's own limit can end it. Prints one line a time and a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.rent.real import Sshd

SETTINGS = '[llm]\nmodel = "bundled"  # mine\n[safety]\nenabled = false\n'
WAYS = ("the program", "and its children", "and the connection", "and nobody looks")
LIMIT = 12.0  # s, where nobody looks


class Laptop:
    """The program with folders of its own."""

    def __init__(self, far: Sshd, place: Path, host: str = "gpu", environment: dict[str, str] | None = None) -> None:
        self.far, self.place, self.host = far, place, host
        self.environment = environment or far.environment(place)
        self.config = place / "config" / "voice-assistant" / "config.toml"
        self.config.parent.mkdir(parents=True)
        self.config.write_text(SETTINGS)

    def begin(self, hours: float = 1.0) -> subprocess.Popen:
        serve = f"{sys.executable} {self.far.home}/server.py {{port}}"
        words = ["rent", "up", "--ssh", self.host, "--model", "a/b", "--command", serve, "--yes", "--hours", str(hours)]
        return subprocess.Popen(
            [sys.executable, "-m", "assistant", *words],
            cwd=self.place,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def run(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "assistant", *words],
            cwd=self.place,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    def whole(self) -> float:
        """Up, a question, down; the seconds that up took."""
        began = time.monotonic()
        process = self.begin()
        assert process.wait() == 0
        took = time.monotonic() - began
        code, said = self.run("ask", "How are you?")
        assert code == 0 and "far away" in said, said
        code, said = self.run("rent", "status")
        assert code == 0 and "voice: up" in said, said
        assert self.run("rent", "down")[0] == 0
        assert not self.far.serving() and self.config.read_text() == SETTINGS
        return took


def killed(laptop: Laptop, way: str, after: float) -> list[str]:
    """What is wrong; nothing where all is well."""
    far, wrong = laptop.far, []
    process = laptop.begin(LIMIT / 3600 if way == WAYS[3] else 1.0)
    time.sleep(after)
    if way == WAYS[0]:
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    if way in WAYS[2:]:
        far.line.cut()
    process.wait()
    if way == WAYS[2]:
        wrong += loud(laptop)
    if way == WAYS[3]:
        time.sleep(LIMIT + 12)  # and the time that a server has to end
        if far.serving():
            wrong.append("the far side's limit did not end it")
    far.line.mend()
    return wrong + mended(laptop, way)


def loud(laptop: Laptop) -> list[str]:
    """`down` while nobody can look whether it runs."""
    code, said = laptop.run("rent", "down")
    if "nothing is rented" in said or (code == 1 and "MAY STILL RUN AND COST MONEY" in said):
        return []
    return [f"down without a connection: {code} {said}"]


def mended(laptop: Laptop, way: str) -> list[str]:
    """What is wrong once the machine can be reached again."""
    far, wrong = laptop.far, []
    code, said = laptop.run("rent", "status") if way == WAYS[0] else (0, "")
    if code and "voice: " not in said:
        wrong.append(f"status: {said}")
    if far.serving() and not (laptop.place / "data" / "voice-assistant" / "rent" / "voice.json").exists():
        wrong.append("a server runs that nothing is noted of")
    code, said = laptop.run("rent", "down")
    if code and "nothing is rented" not in said:
        wrong.append(f"down: {code} {said}")
    time.sleep(2.0)  # a start that was on its way
    if far.serving():
        wrong.append("a server runs after down")
    code, said = laptop.run("rent", "status")
    if "Nothing is rented" not in said:
        wrong.append(f"status afterwards: {said}")
    if laptop.config.read_text() != SETTINGS:
        wrong.append("the settings are not those from before")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--sshd", default="/usr/sbin/sshd")
    parser.add_argument("--late", type=float, default=0.05, help="seconds that the line takes for a piece of data")
    parser.add_argument("--beside", type=int, default=3, help="how many at a time")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    chance = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(args.beside) as pool:

        def laptop(name: str) -> Laptop:
            far = Sshd(Path(folder) / name / "far", args.sshd, args.late)
            return Laptop(far, Path(folder) / name)

        first = laptop("whole")
        took = first.whole()
        first.far.close()
        print(f"up, a question, down: well; up takes {took:.1f} s", flush=True)
        moments = [chance.uniform(0.2, took) for _ in range(args.times)]

        def once(number: int) -> bool:
            one, way, after = laptop(str(number)), WAYS[number % len(WAYS)], moments[number]
            try:
                wrong = killed(one, way, after)
            finally:
                one.far.close()
            print(f"{number + 1}: killed after {after:.2f} s, {way}: {'; '.join(wrong) or 'well'}", flush=True)
            return not wrong

        well = sum(pool.map(once, range(args.times)))
    print(json.dumps({"times": args.times, "well": well, "up_seconds": round(took, 2), "late": args.late}))
    return 0 if well == args.times else 1


if __name__ == "__main__":
    sys.exit(main())
