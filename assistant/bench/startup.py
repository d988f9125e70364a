"""`assistant bench startup`: how long it takes until one can talk, and what it costs while nobody does."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from assistant.audio import files
from assistant.bench.program import Program, peak_memory
from assistant.bench.result import Figure, Result
from assistant.bench.virtual_card import VirtualCard

_HELPS, _STARTS, _IDLE_SECONDS = 10, 5, 20.0
_QUESTION = Path(__file__).parent.parent / "samples" / "question.wav"


def run() -> Result:
    helps = []
    for _ in range(_HELPS):
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "assistant", "--help"], check=True, capture_output=True)
        helps.append(time.monotonic() - began)
    starts, ends = [], []
    with VirtualCard() as card:
        for attempt in range(_STARTS + 1):
            with Program(card) as program:
                program.wait_for("state     listening")
                starts.append(time.monotonic() - program.started)
                if attempt < _STARTS:
                    ends.append(program.interrupt())
                    continue
                time.sleep(2.0)
                idle = _idle(program)
                card.play(files.read(_QUESTION))
                program.wait_for("turn      ")
                peak = peak_memory(program.process)
                engines = program.turns()[-1]["engines"]
    return Result(
        "startup",
        [
            Figure.of("assistant --help", "s", helps, p50=0.3),
            Figure.of("start to listening, first", "s", starts[:1]),
            Figure.of("start to listening, warm", "s", starts[1:], p50=3.0),
            Figure.of("Ctrl-C to the end", "s", ends, most=1.0),
            Figure.of("idle, of one core", "%", [idle], p50=3.0),
            Figure.of("peak memory, one turn answered", "MB", [peak], p50=700.0),
        ],
        engines,
    )


def _idle(program: Program) -> float:
    before = program.process.cpu_times()
    time.sleep(_IDLE_SECONDS)
    after = program.process.cpu_times()
    return 100 * (after.user + after.system - before.user - before.system) / _IDLE_SECONDS
