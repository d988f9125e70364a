"""A machine on which every system command is a script that writes down how it was called."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_REAL = (
    "bash",
    "sh",
    "cat",
    "dirname",
    "tr",
    "sed",
    "grep",
    "ls",
    "rm",
    "env",
    "make",
    "mkdir",
    "cp",
    "expand",
    "cksum",
)
PYTHON = r"""
case "$*" in
    *version_info*) exit ${TOO_OLD:-0} ;;
    *ensurepip*) exit ${NO_VENV:-0} ;;
    *portaudio*) exit ${NO_PORTAUDIO:-0} ;;
    *llama_cpp*) [ ! -e llama-broken ] && exit 0; rm llama-broken; exit 132 ;;
    "-m venv"*)
        mkdir -p .venv/bin
        cp "$0" .venv/bin/python
        echo "command = python -m venv $PWD/.venv" >.venv/pyvenv.cfg
        ;;
    "-m pip"*voice.txt*) exit ${NO_VOICE:-0} ;;
    "-m pip"*install*) echo "CMAKE_ARGS=$CMAKE_ARGS" >>calls; exit ${PIP_FAILS:-0} ;;
esac
"""


PROJECT = r"pip .*install --no-deps --no-build-isolation -e \.$"


def locked(*names: str) -> str:
    """The call that installs what these of .ci/lock/ name."""
    files = " ".join(f"-r .ci/lock/{name}.txt" for name in names)
    return rf"pip .*install --no-deps --no-build-isolation --require-hashes {re.escape(files)}$"


@dataclass
class Machine:
    """A pretended Linux machine: only the commands in ``bin`` exist on it."""

    repo: Path
    bin: Path

    def command(self, name: str, script: str = "") -> None:
        path = self.bin / name
        path.write_text(f'#!/bin/sh\n[ -d "$LOG" ] && echo "{name} $*" >>"$LOG/calls"\n{script}\n', encoding="utf-8")
        path.chmod(0o755)

    def has_no(self, *names: str) -> None:
        for name in names:
            (self.bin / name).unlink()

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.bin), "LOG": str(self.repo), "HOME": str(self.repo), **variables}
        return subprocess.run(
            [shutil.which(command[0], path=str(self.bin)), *command[1:]],
            cwd=self.repo,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def set_up(self, what: str = "talk", **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run("bash", ".ci/setup", what, **variables)

    def calls(self, pattern: str) -> list[str]:
        log = self.repo / "calls"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [line for line in lines if re.search(pattern, line)]

    def forget_calls(self) -> None:
        (self.repo / "calls").unlink()


def pretended(tmp_path: Path) -> Machine:
    """Everything is there that talking needs; the user is not root and has no sudo."""
    repo, bin = tmp_path / "a repo", tmp_path / "bin"
    repo.mkdir()
    bin.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, repo)
    shutil.copytree(ROOT / ".ci", repo / ".ci")
    for name in _REAL:
        (bin / name).symlink_to(shutil.which(name))
    machine = Machine(repo, bin)
    for name, script in {
        "uname": "echo Linux",
        "id": "echo 1000",
        "g++": "",
        "apt-get": "",
        "python3": PYTHON,
        "pactl": "",
        "pulseaudio": "",
        "pipewire-pulse": "",
    }.items():
        machine.command(name, script)
    return machine
