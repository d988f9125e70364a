"""A machine that dstack rents: up, talk, down, and killed in the middle. The real programs but for Vast.ai's own.

``python -m tests.rent.by_dstack --dstack VENV/bin [--times 21] [--sshd /usr/sbin/sshd]``, where VENV is an environment
of its own with ``dstack[server]`` 0.22.5, as root (which is whom dstack's server is at the far side). dstack's server,
its back end for Vast.ai and its command line are the real ones; see vast.py for what stands behind them. Ends what it
starts; prints one line a time and a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.rent.by_ssh import SETTINGS, WAYS, Laptop, killed, loud, mended
from tests.rent.far import free_port
from tests.rent.vast import Vast

RUN = "voice-gpu"
DSTACK_WAYS = ("and dstack attach", "detached", "stopped")
_PATIENCE = 180.0  # s for dstack's own steps

# What stands at the fixed address of Vast.ai is asked for here instead.
_SERVER = """
import sys, types
import gpuhunt.providers.vastai as offers
import httpx
from dstack._internal.core.backends.vastai import api_client

there = sys.argv.pop(1)
offers.bundles_url = there + "v0/bundles/"
api_client.httpx = types.SimpleNamespace(
    Client=lambda base_url, **rest: httpx.Client(base_url=there, **rest), HTTPError=httpx.HTTPError
)
from dstack._internal.cli.main import main

main()
"""
_BACKENDS = """
projects:
- name: main
  backends:
  - type: vastai
    creds: {type: api_key, api_key: none}
"""
_FLEET = "type: fleet\nname: default\nnodes: 0..\n"
_JOB = f"type: dev-environment\nname: {RUN}\nide: vscode\nresources:\n  gpu: RTX4090\n"


class Dstack:
    """Its server and its command line, with a home of their own."""

    def __init__(self, folder: Path, programs: Path, vast: Vast) -> None:
        self.home, tools = folder / "home", folder / "tools"
        for made in (self.home / ".ssh", self.home / ".dstack" / "server", tools):
            made.mkdir(parents=True)
        (self.home / ".ssh" / "config").touch()
        (self.home / ".dstack" / "server" / "config.yml").write_text(_BACKENDS)
        client = tools / "ssh"  # OpenSSH looks for its settings in the user's home, not in $HOME
        client.write_text(f'#!/bin/bash\nexec {shutil.which("ssh")} -F {self.home}/.ssh/config "$@"\n')
        client.chmod(stat.S_IRWXU)
        for name, text in (("begin.py", _SERVER), ("fleet.dstack.yml", _FLEET), ("gpu.dstack.yml", _JOB)):
            (folder / name).write_text(text)
        self._folder, self._program, self._vast = folder, str(programs / "dstack"), vast
        self.environment = {
            **os.environ,
            "HOME": str(self.home),
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "DO_NOT_TRACK": "1",
        }
        port = free_port()
        words = [programs / "python", folder / "begin.py", vast.url, "server", "-y", "--port", str(port)]
        log = open(folder / "server.log", "wb")
        self._server = subprocess.Popen(words, env=self.environment, stdout=log, stderr=log)
        self._attached: subprocess.Popen | None = None

    def prepare(self) -> None:
        _until(lambda: self._asked("ps").returncode == 0)
        self.run("apply", "-y", "-f", "fleet.dstack.yml")

    def run(self, *words: str) -> str:
        done = self._asked(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _asked(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._program, *words],
            cwd=self._folder,  # it takes no configuration from elsewhere
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def begin(self) -> None:
        """The job runs, and `dstack attach` holds it."""
        self.run("apply", "-y", "-d", "-f", "gpu.dstack.yml")
        _until(lambda: " running " in self.run("ps"))
        self.attach()

    def attach(self) -> None:
        log = open(self._folder / "attach.log", "ab")
        self._attached = subprocess.Popen(
            [self._program, "attach", RUN],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # A shell begins what runs in its background with Ctrl-C ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        _until(lambda: not subprocess.run(["ssh", RUN, "true"], env=self.environment, capture_output=True).returncode)

    def detach(self, how: signal.Signals) -> None:
        if self._attached is not None:
            self._attached.send_signal(how)
            self._attached.wait()

    def stop(self) -> None:
        """The job ends, and the machine is given back."""
        self.run("stop", "-x", "-y", RUN)
        _until(lambda: not self._vast.machines and " terminating " not in self.run("ps"))

    def close(self) -> None:
        self.detach(signal.SIGINT)
        self._server.terminate()
        self._server.wait()


def _until(so) -> None:
    until = time.monotonic() + _PATIENCE
    while not so():
        assert time.monotonic() < until, "dstack takes too long"
        time.sleep(0.5)


def told(laptop: Laptop, dstack: Dstack, way: str, after: float) -> list[str]:
    """What is wrong when ``way`` happens to dstack's part."""
    process = laptop.begin()
    time.sleep(after)
    if way == DSTACK_WAYS[2]:
        dstack.stop()
        process.wait()
        return stopped(laptop)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    dstack.detach(signal.SIGKILL if way == DSTACK_WAYS[0] else signal.SIGINT)
    wrong = loud(laptop) if way == DSTACK_WAYS[1] else []
    dstack.attach()
    return wrong + mended(laptop, way)


def stopped(laptop: Laptop) -> list[str]:
    """What is wrong once dstack has given the machine back."""
    wrong = loud(laptop)
    laptop.run("rent", "down", "--gone")
    said = laptop.run("rent", "status")[1]
    if "Nothing is rented" not in said:
        wrong.append(f"status afterwards: {said}")
    if laptop.config.read_text() != SETTINGS:
        wrong.append("the settings are not those from before")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dstack", type=Path, required=True, help="the folder of its programs")
    parser.add_argument("--times", type=int, default=21)
    parser.add_argument("--sshd", default="/usr/sbin/sshd")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    chance = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vast = Vast(folder / "vast", args.sshd)
        dstack = Dstack(folder / "dstack", args.dstack, vast)

        def laptop(name: str) -> Laptop:
            place = folder / name
            ours = {"XDG_DATA_HOME": str(place / "data"), "XDG_CONFIG_HOME": str(place / "config")}
            ours["PYTHONPATH"] = str(Path(__file__).parents[2])
            (machine,) = vast.machines.values()
            return Laptop(machine.far, place, RUN, dstack.environment | ours)

        well, ways = 0, [*WAYS, *DSTACK_WAYS]
        try:
            dstack.prepare()
            dstack.begin()
            took = laptop("whole").whole()
            print(f"up, a question, down: well; up takes {took:.1f} s", flush=True)
            for number in range(args.times):
                way, after = ways[number % len(ways)], chance.uniform(0.2, took)
                one = laptop(str(number))
                wrong = killed(one, way, after) if way in WAYS else told(one, dstack, way, after)
                if way == DSTACK_WAYS[2]:
                    wrong += ["its server runs on"] if one.far.serving() else []
                    dstack.detach(signal.SIGINT)
                    dstack.begin()
                print(f"{number + 1}: {way}, after {after:.2f} s: {'; '.join(wrong) or 'well'}", flush=True)
                well += not wrong
            dstack.stop()
        finally:
            dstack.close()
            vast.close()
    print(json.dumps({"times": args.times, "well": well, "up_seconds": round(took, 2)}))
    return 0 if well == args.times else 1


if __name__ == "__main__":
    sys.exit(main())
