"""`assistant bench endpoint`: one long conversation with an endpoint of 4,096 tokens of context that misbehaves in a
third of the turns, each time in another way. Is every turn answered or failed aloud, and does nothing grow?

Server, client and conversation are the real ones; recogniser, voice and speaker are scripted, and quick.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant import config, events, llm, safety
from assistant.audio import FRAME_SAMPLES
from assistant.bench.odd_endpoint import FULL, WAYS, OddEndpoint
from assistant.bench.result import Figure, Result
from assistant.bench.soak import FastSpeaker
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.engines.watched import WatchedLlm
from assistant.journal import Journal
from assistant.stt import Hypothesis, Transcript
from assistant.tts.silent import Silent

_QUESTION = "What did the gardener bring to the market on the morning of that long and rainy day, in number {}?"
_SPEED = 100.0  # times faster than life the speaker plays
_SPEECH, _SILENCE = 20, 200  # frames of a question, and at most after it
_TIMEOUT = 1.0  # seconds that the endpoint may take
_SLACK = 3.0  # seconds that all else of a turn may take on a busy machine
_DEAD = 30.0  # seconds without an end after which a turn is held to be dead
_MISBEHAVES = 3  # one turn in so many
_WHOLE = 1000  # times: all attempts of a turn
_SETTINGS = {
    "llm.engine": "openai",
    "llm.preset": "custom",
    "llm.model": "odd",
    "llm.max_tokens": 60,
    "llm.seed": 7,
    "tts.engine": "espeak",
    "manners.filler": "",
    "rag.enabled": False,
}


class Questions:
    """Microphone and recogniser in one: asks a question, waits for what comes of it, and sets the endpoint's ways."""

    conversation: Conversation
    """Set before it listens."""
    name = "scripted"

    def __init__(self, server: OddEndpoint, turns: int, ways: Sequence[str]) -> None:
        self._server, self._turns, self._chance = server, turns, random.Random(turns)
        self._ways = list(ways)
        self._number = 0
        self._listening = asyncio.Event()
        self.rows: list[dict] = []
        """One per question: the endpoint's way, whether it came to an end, seconds, outcome, what was heard, and what
        the process held then."""
        self._turn: dict = {}

    def observe(self, event: events.Event) -> None:
        match event:
            case events.TurnEnded(turn):
                self._turn = {"outcome": turn.outcome, "heard": turn.heard, "error": turn.error}
            case events.StateChanged("listening"):
                self._listening.set()

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        order: list[str] = []
        for number in range(1, self._turns + 1):
            self._number, way = number, ""
            if self._chance.randrange(_MISBEHAVES) == 0:
                order = order or self._chance.sample(self._ways, len(self._ways))
                way = order.pop()
            self._misbehave(way)
            self._turn, began = {}, time.monotonic()
            for level in (*[1.0] * _SPEECH, *[0.0] * _SILENCE):
                await asyncio.sleep(0 if level else 0.0005)
                self._listening.clear()
                yield np.full(FRAME_SAMPLES, level, np.float32)
                if not level and self.conversation.state in ("thinking", "speaking", "listening"):
                    break  # the user's end was noticed
            ended = await self._end(began)
            self._misbehave("")
            held = await asyncio.to_thread(_held)
            tasks = len(asyncio.all_tasks())
            self.rows.append(
                {"way": way, "ended": ended, "seconds": time.monotonic() - began, **self._turn, **held, "tasks": tasks}
            )

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        return Transcript(_QUESTION.format(self._number), 0.95)

    async def others(self, audio: np.ndarray) -> tuple[Hypothesis, ...]:
        return ()

    async def forget(self) -> None: ...

    def close(self) -> None: ...

    def _misbehave(self, way: str) -> None:
        self._server.fault = way if way == "refuses" else ""
        self._server.way, self._server.times = way, self._chance.choice((1, _WHOLE))

    async def _end(self, began: float) -> bool:
        while self.conversation.state != "listening" or not self._turn:
            self._listening.clear()
            try:
                await asyncio.wait_for(self._listening.wait(), max(0.0, began + _DEAD - time.monotonic()))
            except TimeoutError:
                return False
        return True


def run(
    turns: int = 500,
    settings: Sequence[str] = (),
    context: int = 4096,
    ways: Sequence[str] = (*WAYS, *FULL, "refuses"),
    timeout: float = _TIMEOUT,
) -> Result:
    """``ways``: in which the endpoint misbehaves; ``timeout``: seconds that it may take."""
    with OddEndpoint(context) as server, tempfile.TemporaryDirectory(prefix="assistant-endpoint-") as folder:
        journal = Path(folder) / "journal.jsonl"
        given = {**_SETTINGS, "llm.base_url": server.url, "llm.timeout": timeout, "journal.path": str(journal)}
        chosen = config.load(None, {**given, **dict(setting.split("=", 1) for setting in settings)}, {}).settings
        questions = asyncio.run(_converse(chosen, Questions(server, turns, ways)))
        lines = journal.read_bytes().split(b"\n")
        return Result(
            "endpoint",
            _rows(questions.rows, lines, server, timeout),
            {"llm": "odd"},
            [{**case, "heard": case.get("heard", "")[-200:]} for case in questions.rows],
        )


async def _converse(settings: config.Settings, questions: Questions) -> Questions:
    engine: Any = await asyncio.to_thread(
        WatchedLlm,
        lambda: llm.load(settings.llm, lambda text: None),
        lambda works, text: None,
        settings.llm.timeout + 5.0,
    )
    journal = Journal(settings.journal, lambda text: None)
    questions.conversation = Conversation(
        settings,
        Engines(questions, engine, Silent()),
        FastSpeaker(_SPEED),
        safety.load(settings.safety),
        events.together(journal, questions.observe),
    )
    await questions.conversation.listen(questions, lambda frame: bool(frame[0]))
    return questions


def _held() -> dict[str, float]:
    """Resident MB, threads and descriptors of this process."""
    import psutil

    process = psutil.Process(os.getpid())
    return {
        "memory": process.memory_info().rss / 1e6,
        "threads": threading.active_count(),
        "descriptors": process.num_fds() if hasattr(process, "num_fds") else 0,
    }


def _rows(rows: list[dict], lines: list[bytes], server: OddEndpoint, timeout: float) -> list[Figure]:
    growth = {name: _growth(rows, name) for name in ("memory", "threads", "descriptors", "tasks")}
    warm = rows[_warmed_up(rows) :]
    odd = [case for case in rows if case["way"]]
    aloud = [case.get("outcome") == "answered" and case["heard"] or "Sorry, " in case.get("heard", "") for case in rows]
    well = [case.get("outcome") == "answered" for case in rows if not case["way"]]
    answered = sum(case.get("outcome") == "answered" for case in odd)
    return [
        Figure.single("turns asked", "count", len(rows), len(rows)),
        Figure.single("turns in which the endpoint misbehaved", "count", len(odd), len(odd)),
        Figure.single("ways in which it did", "count", len(odd), len({case["way"] for case in odd})),
        Figure.single("of these turns answered", "count", len(odd), answered),
        Figure.single("dead turns", "count", len(rows), sum(not case["ended"] for case in rows), most=0),
        Figure.single("turns neither answered nor failed aloud", "count", len(rows), aloud.count(False), most=0),
        Figure.single("turns answered where it behaved", "%", len(well), 100 * sum(well) / max(1, len(well)), least=99),
        Figure.of("seconds of a turn", "s", [case["seconds"] for case in rows], most=2 * timeout + _SLACK),
        Figure.of("tokens of a prompt", "count", server.asked, most=server.context),
        Figure.single("prompts that did not fit", "count", len(rows), server.refused),
        Figure.single(
            "whole lines in the journal", "count", len(rows), sum(_is_whole(line) for line in lines), least=len(rows)
        ),
        Figure.single("memory growth", "MB", len(warm), growth["memory"], most=max(5.0, 0.02 * warm[0]["memory"])),
        Figure.single("more threads at the end", "count", len(warm), growth["threads"], most=1),
        Figure.single("more descriptors at the end", "count", len(warm), growth["descriptors"], most=1),
        Figure.single("more tasks at the end", "count", len(warm), growth["tasks"], most=0),
    ]


def _growth(rows: list[dict], name: str) -> float:
    """Of what a turn is noted to hold: between the first and the last tenth, by their medians, once all is warm."""
    warm = rows[_warmed_up(rows) :]
    tenth = max(1, len(warm) // 10)
    first, last = ([case[name] for case in part] for part in (warm[:tenth], warm[-tenth:]))
    return float(np.median(last) - np.median(first))


def _warmed_up(rows: list[dict]) -> int:
    """How many turns fill caches and pools: a tenth at least, and until each way was seen once, but two thirds at most.

    From the first "endless line" on the allocator keeps some 11 MB. They are no leak: `malloc_trim` gives them back,
    and the next one takes them again.
    """
    seen: dict[str, int] = {}
    for number, case in enumerate(rows):
        seen.setdefault(case["way"], number)
    return min(max(len(rows) // 10, *(number + 1 for number in seen.values())), len(rows) * 2 // 3)


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
