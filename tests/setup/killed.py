"""How long is `assistant setup` at work beside its downloads, and does it go on when it is killed at random moments?

``python -m tests.setup.killed [--kills 10]``: the real client against a local hub, real measuring of the bundled model
and of two others that are as large, real recognition; the table of models is made up. Prints a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

from assistant.llm import gguf
from tests.data import tiny_gguf
from tests.fake_hub import Hub, serve

ROOT = Path(__file__).parents[2]
BOUND = 60.0  # s beside the download


class Fresh:
    """A machine on which nothing was set up, with its folders below ``home``."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.config = home, home / "config.toml"
        self.began = time.monotonic()
        home.mkdir()
        self.config.write_text('# Mine.\n[llm]\nmodel = "bundled"  # for now\n')
        rows = [
            {"name": "bundled", "source": "bundled", "size": 0.1},
            {"name": "poor", "source": "owner/model:poor.gguf", "size": 0.11},
            {"name": "good", "source": "owner/model:good.gguf", "size": 0.1},
        ]
        table = [{**row, "seconds": None, "right": 0.0} for row in rows]
        self.table = json.dumps({"rows": table, "log": str(home / "log"), "die": None})
        self.environment = {
            **os.environ,
            "HF_ENDPOINT": url,
            "HF_HUB_CACHE": str(home / "hub"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "settings"),
            "PYTHONPATH": str(ROOT),
        }
        self.environment.pop("HF_HUB_OFFLINE", None)

    def begin(self) -> subprocess.Popen:
        words = [self.table, "setup", "--yes", "--pace", "good", "--config", str(self.config)]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.setup.fresh", *words],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def steps(self) -> list[tuple[float, str]]:
        """(Seconds, what began or ended then)."""
        lines = (self.home / "log").read_text().splitlines()
        return [(float(at), what) for at, _, what in (line.partition(" ") for line in lines)]

    def is_set_up(self) -> str:
        """What is wrong; empty where all is well."""
        text = self.config.read_text()
        model = tomllib.loads(text)["llm"]["model"]
        if not text.startswith("# Mine.\n") or model != "owner/model:good.gguf":
            return f"config.toml: {text!r}"
        done = subprocess.run(
            [sys.executable, "-m", "assistant", "ask", "What is the capital of France?", "--config", str(self.config)],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        return "" if done.returncode == 0 and done.stdout.strip() else f"ask: {done.stdout} {done.stderr}"


def downloading(steps: list[tuple[float, str]]) -> float:
    """Seconds of downloads that came to their end."""
    began: dict[str, float] = {}
    total = 0.0
    for at, what in steps:
        verb, _, file = what.partition(" ")
        if verb == "fetching":
            began[file] = at
        elif verb == "fetched":
            total += at - began.pop(file)
    return total


def until_it_is_set_up(
    machine: Fresh, took: float, most: int, moments: list[float], chance: random.Random
) -> list[str]:
    """Kill it, and start it again, until it is done; ``moments`` gets when. What is wrong."""
    while True:
        process = machine.begin()
        try:
            said = process.communicate(timeout=chance.uniform(0.3, took) if len(moments) < most else None)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            moments.append(round(time.monotonic() - machine.began, 1))
            tomllib.loads(machine.config.read_text())  # whole at every moment
            continue
        measured = [what for _, what in machine.steps() if what.startswith("measured")]
        trouble = f"setup: {said}" if process.returncode else machine.is_set_up()
        if len(measured) > 3 + len(moments):
            trouble += f"; measured again and again: {measured}"
        return [trouble] if trouble else []


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    chance = random.Random(args.seed)
    good = gguf.bundled().read_bytes()
    with (
        serve(Hub({"poor.gguf": tiny_gguf().read_bytes(), "good.gguf": good + bytes(1)})) as hub,
        tempfile.TemporaryDirectory() as folder,
    ):
        whole = Fresh(Path(folder) / "whole", hub.url)
        began = time.monotonic()
        process = whole.begin()
        said = process.communicate()[0]
        took = time.monotonic() - began
        assert process.returncode == 0, said
        beside = took - downloading(whole.steps())
        print(said, flush=True)
        wrong = [trouble] if (trouble := whole.is_set_up()) else []
        moments: list[float] = []
        machines = 0
        while len(moments) < args.kills:
            machines += 1
            wrong += until_it_is_set_up(Fresh(Path(folder) / str(machines), hub.url), took, args.kills, moments, chance)
    print(
        json.dumps(
            {
                "seconds": round(took, 1),
                "beside the download": round(beside, 1),
                "killed after": moments,
                "machines": machines,
                "wrong": wrong,
            }
        )
    )
    return 0 if not wrong and beside <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
