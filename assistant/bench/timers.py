"""`assistant bench tools`, its timers: a program that keeps them (timer_child.py) is told to set, cancel and change
them at random, is ended, killed at any moment and started again, and its wall clock is set; then it is counted what
was lost, what rang twice, and how late each rang.
"""

from __future__ import annotations

import itertools
import json
import mmap
import random
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.bench.result import Figure, Result
from assistant.bench.timer_child import EPOCH
from assistant.skills.stored.machine_time import boot_clock

_LATE = 0.3  # seconds
_MIDDLE = 0.004  # seconds after which it is killed in the middle of what it was told
_JUMPS = (-3600.0, -60.0, -5.0, -0.7, 0.7, 5.0, 60.0, 3600.0)  # seconds by which the wall clock is set
_DAY = 86400.0
_EVENTS = {"set": 40, "cancel": 12, "change": 15, "jump": 12, "kill": 8, "kill in the middle": 8, "restart": 5}


@dataclass
class _Asked:
    """What is known of one that was set."""

    timer: bool
    repeats: bool = False
    due: float = 0.0
    """By the clock that it follows."""
    since: float = 0.0
    """From when on, by the steady clock, it was due then."""
    cancelled: float | None = None
    """When, by the steady clock."""
    sure: bool = True
    """False while it is not known whether a command took effect before the program was killed."""


@dataclass
class _Trial:
    folder: Path
    chance: random.Random
    longest: float
    pause: float
    asked: dict[str, _Asked] = field(default_factory=dict)
    offsets: list[tuple[float, float]] = field(default_factory=list)
    """When the wall clock was set, and to how many seconds more than the steady one."""
    starts: list[float] = field(default_factory=list)
    """When each program was ready, by the steady clock."""
    events: Counter[str] = field(default_factory=Counter)
    _program: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "assistant.bench.timer_child", str(self.folder)]
        self._program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self._answer()
        self.starts.append(boot_clock()[1])
        there = {row["name"]: row for row in ready["there"]}
        for name, one in self.asked.items():
            if not one.sure:
                one.sure = True
                if name not in there and not self.logged(name):
                    one.cancelled = ready["began"]
                if name in there:
                    self._learn(one, there[name], ready["began"])

    def play(self, events: int) -> None:
        self.set_clock(0.0)
        self.start()
        for _ in range(events):
            (event,) = self.chance.choices(list(_EVENTS), list(_EVENTS.values()))
            self.events[event] += 1
            match event:
                case "jump":
                    self.set_clock(self.chance.choice(_JUMPS) * self.chance.uniform(0.5, 1.0))
                case "kill":
                    self.kill()
                    self.start()
                case "restart":
                    self.end()
                    self.start()
                case "kill in the middle":
                    self.command(self.chance.choice(["set", "cancel", "change"]), killed=True)
                    self.start()
                case _:
                    self.command(event)
            time.sleep(self.chance.uniform(0.0, self.pause))
        time.sleep(self.longest + _LATE)
        self.set_clock(2 * _DAY)  # whatever is still to come, comes now
        time.sleep(2 * _LATE)
        self.end()
        self.start()  # the last that were missed are told
        self.end()

    def command(self, do: str, killed: bool = False) -> None:
        name = f"n{len(self.asked)}"
        if do != "set":
            if not self.asked:
                return
            name = self.chance.choice(list(self.asked)[-30:])
        one = self.asked.setdefault(name, _Asked(self.chance.random() < 0.6, sure=False))
        if do == "set":
            one.repeats = not one.timer and self.chance.random() < 0.2
        days = list(range(7)) if one.repeats else []
        kind = "timer" if one.timer else "alarm"
        seconds = self.chance.uniform(0.05, self.longest)
        self._send({"do": do, "name": name, "kind": kind, "seconds": seconds, "days": days})
        if killed:
            time.sleep(self.chance.uniform(0.0, _MIDDLE))
            self.kill()
            one.sure = False
            return
        answer = self._answer()
        one.sure = True
        if answer and do == "cancel":
            one.cancelled = answer["now"]
        elif answer:
            self._learn(one, answer, answer["now"])

    def _learn(self, one: _Asked, row: dict[str, Any], since: float) -> None:
        one.due = row["steady"] if row["steady"] is not None else row["due"]
        one.since = since

    def set_clock(self, by: float) -> None:
        offset = by + (self.offsets[-1][1] if self.offsets else 0.0)
        path = self.folder / "offset"
        if not path.exists():
            path.write_bytes(bytes(8))
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 8) as shared:
            shared[:8] = struct.pack("d", offset)
        self.offsets.append((boot_clock()[1], offset))

    def kill(self) -> None:
        assert self._program is not None
        self._program.kill()
        self._program.communicate()

    def end(self) -> None:
        assert self._program is not None
        self._program.communicate(timeout=60.0)

    def logged(self, name: str) -> bool:
        return any(row[1] == name for row in self.log())

    def log(self) -> list[list[Any]]:
        """What, name, when by the steady clock, for when."""
        path = self.folder / "log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def expected(self, one: _Asked, rang: float) -> float:
        """From when on it was due, by the steady clock, when it rang.

        An alarm's time may have passed before, if the clock was set back at once: nobody could have seen that.
        """
        if one.timer:
            return one.due
        places = sorted({one.since, *(at for at, _ in self.offsets if one.since < at < rang), rang})
        due: list[tuple[float, float]] = []
        for begin, end in itertools.pairwise(places):
            begin = max(begin, one.due - EPOCH - self._offset(begin))
            if due and due[-1][1] == begin:
                due[-1] = (due[-1][0], end)
            elif begin < end:
                due.append((begin, end))
        return next((begin for begin, end in due if end - begin > _LATE), due[-1][0] if due else rang)

    def detail(self, name: str, late: float, rang: float) -> dict[str, Any]:
        """``set``: by how many seconds the clock was set between the time it was due and the time it rang."""
        due = rang - late
        started = [rang - at for at in self.starts if at <= rang]
        moved = self._offset(rang) - self._offset(due)
        return {
            "name": name,
            "timer": self.asked[name].timer,
            "late": late,
            "set": moved,
            "running": min(started, default=0),
        }

    def _offset(self, at: float) -> float:
        return [offset for since, offset in self.offsets if since <= at][-1]

    def _send(self, command: dict[str, Any]) -> None:
        assert self._program is not None and self._program.stdin is not None
        self._program.stdin.write(json.dumps(command) + "\n")
        self._program.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        assert self._program is not None and self._program.stdout is not None
        return json.loads(self._program.stdout.readline())


def run(events: int = 1000, longest: float = 5.0, pause: float = 0.15, seed: int = 17) -> Result:
    """``longest``: seconds that a timer runs, or until an alarm; ``pause``: seconds between two events, at most."""
    with tempfile.TemporaryDirectory() as folder:
        trial = _Trial(Path(folder), random.Random(seed), longest, pause)
        trial.play(events)
        log = trial.log()
    rang = Counter((name, due) for what, name, _, due in log if what == "rang")
    once = {name for name, one in trial.asked.items() if not one.repeats}
    times = Counter(name for what, name, _, _ in log if what == "rang" and name in once)
    told = {name for what, name, _, _ in log if what == "told"}
    heard = told | {name for name, _ in rang}
    due = [name for name, one in trial.asked.items() if one.cancelled is None]
    first = {name: at for what, name, at, _ in reversed(log) if what == "rang"}
    late = {
        name: first[name] - trial.expected(trial.asked[name], first[name])
        for name in due
        if name in first and name in once
    }
    gone = {name: one.cancelled for name, one in trial.asked.items() if one.cancelled is not None}
    details = [trial.detail(name, seconds, first[name]) for name, seconds in late.items()]
    return Result(
        "timers",
        [
            Figure.single("lost", "count", len(due), sum(name not in heard for name in due), most=0),
            Figure.single(
                "rang twice",
                "count",
                len(rang),
                sum(count - 1 for count in times.values()) + sum(rang[one] > 1 for one in rang if one[0] not in once),
                most=0,
            ),
            Figure.single(
                "heard though cancelled",
                "count",
                len(gone),
                sum(what in ("rang", "told") and at > gone.get(name, at) for what, name, at, _ in log),
                most=0,
            ),
            Figure.of("late", "s", list(late.values()), most=_LATE),
            Figure.single("missed while it was down, and told", "count", len(due), len(told - set(first))),
            Figure.single("killed while it rang, and told", "count", len(rang), len(told & set(first) & once)),
            Figure.single("notices", "count", len(log), sum(row[0] == "notice" for row in log), most=0),
            *(Figure.single(event, "count", events, count) for event, count in sorted(trial.events.items())),
        ],
        details=details,
    )
