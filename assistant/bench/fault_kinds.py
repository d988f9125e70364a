"""What can happen to a voice assistant: how it is done to the real program, and how it is undone."""

from __future__ import annotations

import contextlib
import glob
import json
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from assistant.bench import faulty
from assistant.bench.bad_endpoint import FAULTS, BadEndpoint
from assistant.bench.program import Program
from assistant.bench.virtual_card import Part, VirtualCard
from assistant.errors import AssistantError

_HOUR = 3600
_FAKE_TIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"
_BUSY = 4  # processes
_CUT_SHORT = 100  # bytes of the next line that still fit on the full disk


@dataclass
class Scene:
    card: VirtualCard
    program: Program
    endpoint: BadEndpoint
    folder: Path
    """Of the benchmark; holds what is ordered of `faulty`, and the clock."""
    chance: random.Random
    transcribe: Callable[[np.ndarray], str]
    """Mono float32 at 16 kHz -> words."""
    microphone: str = "mic"
    speaker: str = "speaker"
    busy: list[subprocess.Popen] = field(default_factory=list)

    @property
    def orders(self) -> Path:
        return self.folder / "orders.json"

    def processes(self) -> list[psutil.Process]:
        """The program's, the one that started the others first."""
        first = self.program.process
        return [first, *first.children(recursive=True)]

    def worker(self) -> psutil.Process:
        """The process that holds the models."""
        return max(self.processes(), key=lambda process: process.memory_info().rss)


def _nothing(scene: Scene) -> None:
    pass


@dataclass(frozen=True)
class Fault:
    strike: Callable[[Scene], None]
    mend: Callable[[Scene], None] = _nothing
    lasts: tuple[float, float] = (0.3, 1.5)
    """Seconds between the two."""
    most: float | None = None
    """Seconds until it must listen again: of a device after it is back, of a process after it died."""
    settings: tuple[str, ...] = ()
    moments: tuple[str, ...] = ("listening", "hearing", "answering")
    """When it strikes; what is ordered of an engine comes at its next call."""
    fake_time: bool = False
    per_program: int = 1000
    """Times that one program is to suffer it: five crashes within ten minutes end it, as they should."""

    aloud: bool = False
    """Whether the turn that suffers it must not pass in silence."""

    @property
    def device(self) -> bool:
        return self.most == _DEVICE

    @property
    def restarts(self) -> bool:
        return self.most == _RESTART


_DEVICE, _RESTART = 2.0, 10.0
_CRASHES = 4
_HEADSET: dict[Part, str] = {"microphone": "headset_mic", "speaker": "headset"}


def _lose(part: Part) -> Fault:
    return Fault(lambda scene: scene.card.lose(part), lambda scene: scene.card.bring_back(part), most=_DEVICE)


def _change(part: Part) -> Fault:
    def change(scene: Scene) -> None:
        now, first = (scene.microphone, "mic") if part == "microphone" else (scene.speaker, "speaker")
        name = _HEADSET[part] if now == first else first
        scene.card.change_default(part, name)
        setattr(scene, part, name)

    return Fault(change, most=_DEVICE)


def _engine(part: str, what: str) -> Fault:
    def strike(scene: Scene) -> None:
        faulty.order(scene.orders, part, what, scene.chance.randrange(6))

    crash: dict[str, Any] = {"most": _RESTART, "per_program": _CRASHES} if what == "crash" else {}
    return Fault(strike, moments=("listening", "hearing"), **crash)


def _endpoint(part: str) -> Fault:
    """Any of the ways in which a server misbehaves, another one each time."""
    asked = [0]

    def strike(scene: Scene) -> None:
        asked.append(scene.endpoint.requests)
        scene.endpoint.fault = scene.chance.choice(list(FAULTS))

    def mend(scene: Scene) -> None:
        """Once the turn has suffered it."""
        now = time.monotonic()
        if scene.endpoint.fault != "refuses":  # then nobody is there to count requests
            seconds_until(lambda: scene.endpoint.requests > asked[-1], now, lasting=0.0)
        seconds_until(lambda: scene.program.state == "listening", now, lasting=0.5)
        scene.endpoint.fault = ""

    llm = ("llm.engine=openai", "llm.preset=custom", "llm.base_url={url}", "llm.timeout=4")
    tts = ("tts.engine=openai", "tts.openai_base_url={url}", "tts.openai_model=tts-1", "tts.timeout=4")
    settings = llm if part == "llm" else tts
    return Fault(strike, mend, (4.0, 5.0), settings=settings, moments=("listening", "hearing"), aloud=True)


def _kill(scene: Scene) -> None:
    scene.worker().send_signal(signal.SIGKILL)


def _fill(scene: Scene) -> None:
    """No file may grow any more, as on a full disk; of the journal's next line a part still fits."""
    journal = scene.program.journal
    size = journal.stat().st_size if journal.exists() else 0
    _limit(scene, size + _CUT_SHORT)


def _limit(scene: Scene, size: int) -> None:
    """Of all its processes but those that confined themselves: nobody may lift their limit."""
    for process in scene.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.rlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY:
                process.rlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _jump(scene: Scene) -> None:
    set_clock(scene.folder, scene.chance.choice([-_HOUR, _HOUR]))


def set_clock(folder: Path, offset: int) -> None:
    """Seconds that the wall clock of the program is wrong; libfaketime looks there each time it is asked."""
    (folder / "clock.part").write_text(f"{offset:+d}\n")
    (folder / "clock.part").replace(folder / "clock")


def clock_environment(folder: Path) -> dict[str, str]:
    """Raises AssistantError when libfaketime is missing."""
    found = glob.glob(_FAKE_TIME)
    if not found:
        raise AssistantError(
            "the clock's fault needs libfaketime: apt-get install libfaketime, or leave it out by --only"
        )
    set_clock(folder, 0)
    return {
        "LD_PRELOAD": found[0],
        "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",  # as on a real machine
    }


def _signal(number: signal.Signals, scene: Scene) -> None:
    for process in scene.processes():
        process.send_signal(number)


def _starve(scene: Scene) -> None:
    scene.busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(_BUSY)]


def _relieve(scene: Scene) -> None:
    for process in scene.busy:
        process.kill()
        process.wait()
    scene.busy = []


KINDS: dict[str, Fault] = {
    "microphone removed": _lose("microphone"),
    "speaker removed": _lose("speaker"),
    "sound server killed": Fault(
        lambda scene: scene.card.kill_server(), lambda scene: scene.card.start_server(), most=_DEVICE
    ),
    "default microphone changed": _change("microphone"),
    "default speaker changed": _change("speaker"),
    **{
        f"{part} {what}s".replace("crashs", "crashes"): _engine(part, what)
        for part in ("stt", "llm", "tts")
        for what in ("raise", "hang", "crash")
    },
    "killed": Fault(_kill, most=_RESTART, per_program=_CRASHES),
    "llm endpoint": _endpoint("llm"),
    "tts endpoint": _endpoint("tts"),
    "disk full": Fault(_fill, lambda scene: _limit(scene, resource.RLIM_INFINITY), (3.0, 5.0)),
    "clock jumps": Fault(_jump, lambda scene: set_clock(scene.folder, 0), (3.0, 5.0), fake_time=True),
    "stopped for 10 s": Fault(partial(_signal, signal.SIGSTOP), partial(_signal, signal.SIGCONT), (10.0, 10.0)),
    "cpu starved": Fault(_starve, _relieve, (8.0, 10.0)),
}


def records(card: VirtualCard, device: str) -> bool:
    """Whether a program takes sound from the microphone of that name."""

    def listed(what: str) -> list[dict]:
        command = ["pactl", "--format=json", "list", what]
        done = subprocess.run(command, env=card.environment, capture_output=True, text=True)
        return json.loads(done.stdout or "[]") if done.returncode == 0 else []

    sources = {source["index"] for source in listed("sources") if source["name"] == f"{device}.monitor"}
    return any(output["source"] in sources and not output["corked"] for output in listed("source-outputs"))


def seconds_until(
    holds: Callable[[], bool], since: float, lasting: float = 1.0, patience: float = 20.0
) -> float | None:
    """From ``since`` (time.monotonic) until ``holds`` is true, and stays so for ``lasting`` seconds; None = never."""
    begun: float | None = None
    while time.monotonic() < since + patience:
        now = time.monotonic()
        begun = (begun or now) if holds() else None
        if begun is not None and now - begun >= lasting:
            return max(0.0, begun - since)
        time.sleep(0.03)
    return None
