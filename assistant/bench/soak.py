"""`assistant bench soak`: a thousand turns with the real engines in one process, faster than life: does it leak, stall,
or grow slower?"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np

from assistant import config, engines, events, safety
from assistant.audio import FRAME_SAMPLES, SAMPLE_RATE
from assistant.audio.vad import Vad
from assistant.bench.clips import Clip
from assistant.bench.result import Figure, Result, new_picture
from assistant.conversation import Conversation
from assistant.errors import AssistantError, EngineError
from assistant.journal import Journal, read
from assistant.llm import Llm, Message, Tool
from assistant.tts import SAMPLE_RATE as SPEECH_RATE

_SETTINGS = {"llm.max_tokens": 24, "stt.engine": "moonshine", "tts.engine": "espeak"}
_SPEED = 20.0  # how many times faster than life the speaker plays
_SILENCE = 100  # frames (2 s) after the user's words; more than any endpoint waits for
_LONGEST = 2.6  # seconds of a question
_NOISE = SAMPLE_RATE * 3 // 2  # samples of a noise
_DEAD = 30.0  # seconds without an end after which a turn is held to be dead
_EVENTS = {"nothing": 5, "barge-in": 2, "goes on": 1, "noise": 1, "hiccup": 1}
"""What happens during a turn -> how often, of ten."""


class FastSpeaker:
    """A Speaker (see assistant.audio) that plays ``speed`` times too fast, into nothing."""

    def __init__(self, speed: float = _SPEED) -> None:
        self._speed = speed
        self.written = 0
        self.started_at: float | None = None
        self._position, self._since, self._paused = 0, 0.0, False

    @property
    def played(self) -> int:
        if self._paused:
            return self._position
        return min(self.written, self._position + int((time.monotonic() - self._since) * SPEECH_RATE * self._speed))

    def write(self, pcm24k: np.ndarray) -> None:
        if self.played == self.written and not self._paused:
            self._position, self._since, self.started_at = self.written, time.monotonic(), time.monotonic()
        self.written += len(pcm24k)

    def chime(self, pcm24k: np.ndarray) -> None:
        pass

    def pause(self) -> None:
        self._position, self._paused = self.played, True

    def resume(self) -> None:
        if self._paused:
            self._since, self._paused = time.monotonic(), False

    def clear(self) -> None:
        self.written = self._position = self.played
        self._since, self._paused = time.monotonic(), False

    async def drained(self) -> None:
        while self.written > self.played:
            await asyncio.sleep(0.005)

    def close(self) -> None:
        pass


class HiccupingLlm:
    """A language model that fails at a given piece of its next reply, once."""

    def __init__(self, llm: Llm) -> None:
        self._llm = llm
        self.name = llm.name
        self.fail_after: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._llm, name)

    calls_tools = False

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[str, None]:
        fail_after, self.fail_after = self.fail_after, None
        count = 0
        async with aclosing(self._llm.reply(messages)) as pieces:
            async for piece in pieces:
                if count == fail_after:
                    raise EngineError("the soak test broke this reply; nothing is to be done")
                count += 1
                yield piece


class Script:
    """The microphone: asks a question, waits for what comes of it, and in between does what chance says."""

    conversation: Conversation
    """Set before it listens."""

    def __init__(
        self, speech: Sequence[np.ndarray], noises: Sequence[np.ndarray], turns: int, llm: HiccupingLlm
    ) -> None:
        self._speech = speech
        self._noises = noises
        self._turns = turns
        self._llm = llm
        self._chance = random.Random(1)
        self._ended = asyncio.Event()
        self._speaking = asyncio.Event()
        self.rows: list[dict] = []
        """One per question: what happened, whether it came to an end, seconds, MB, messages."""

    def observe(self, event: events.Event) -> None:
        match event:
            case events.TurnEnded():
                self._ended.set()
            case events.StateChanged("listening"):
                self._ended.set()
            case events.StateChanged("speaking"):
                self._speaking.set()

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        for number in range(self._turns):
            what = self._chance.choices(list(_EVENTS), list(_EVENTS.values()))[0]
            self._llm.fail_after = self._chance.randrange(12) if what == "hiccup" else None
            self._speaking.clear()
            self._ended.clear()
            began = time.monotonic()
            async for frame in self._say(self._chance.choice(self._speech)):
                yield frame
            if what in ("barge-in", "noise"):
                await self._during_the_reply()
            if what in ("barge-in", "goes on", "noise"):  # who goes on speaks before a reply is heard
                async for frame in self._say(self._chance.choice(self._noises if what == "noise" else self._speech)):
                    yield frame
            ended = await self._end()
            self.rows.append(
                {
                    "turn": number,
                    "event": what,
                    "ended": ended,
                    "seconds": time.monotonic() - began,
                    "memory": _memory(),
                    "history": len(self.conversation.history),
                }
            )

    async def _say(self, audio: np.ndarray) -> AsyncGenerator[np.ndarray, None]:
        for frame in audio[: len(audio) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES):
            await asyncio.sleep(0)
            yield frame
        for _ in range(_SILENCE):
            await asyncio.sleep(0.0005)  # as in life, the engines get time during the silence, only less
            yield np.zeros(FRAME_SAMPLES, np.float32)
            if self.conversation.state in ("listening", "thinking", "speaking"):
                return  # the user's end was noticed

    async def _during_the_reply(self) -> None:
        waiting = [asyncio.ensure_future(event.wait()) for event in (self._speaking, self._ended)]
        await asyncio.wait(waiting, timeout=_DEAD, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.sleep(self._chance.uniform(0.0, 0.1))

    async def _end(self) -> bool:
        """Wait until nothing of the question is under way any more; False when that never comes."""
        deadline = time.monotonic() + _DEAD
        while self.conversation.state != "listening":
            self._ended.clear()
            try:
                await asyncio.wait_for(self._ended.wait(), max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                return False
        return True

    def close(self) -> None:
        pass


def run(clips: Sequence[Clip], noises: Sequence[Clip], turns: int = 1000, settings: Sequence[str] = ()) -> Result:
    speech = [clip.audio() for clip in clips if clip.seconds <= _LONGEST and len(clip.text.split()) > 1]
    sounds = [clip.audio()[:_NOISE] for clip in noises if not clip.kind.startswith("babble")]
    if not speech or not sounds:
        raise AssistantError(f"the soak test needs speech under {_LONGEST:g} s and noises; name them with --data")
    with tempfile.TemporaryDirectory(prefix="assistant-soak-") as folder:
        chosen = dict(setting.split("=", 1) for setting in settings)
        flags = {**_SETTINGS, "journal.path": str(Path(folder) / "journal.jsonl"), **chosen}
        script, names = asyncio.run(_converse(config.load(None, flags).settings, speech, sounds, turns))
        journal = list(read(Path(folder) / "journal.jsonl"))
    return Result("soak", _rows(script.rows, journal), names, script.rows)


async def _converse(
    settings: config.Settings, speech: list[np.ndarray], sounds: list[np.ndarray], turns: int
) -> tuple[Script, dict[str, str]]:
    loaded = await engines.load(settings, lambda text: None)
    loaded.llm = HiccupingLlm(loaded.llm)
    script = Script(speech, sounds, turns, loaded.llm)
    journal = Journal(settings.journal, lambda text: None)

    def observe(event: events.Event) -> None:
        journal(event)
        script.observe(event)

    script.conversation = Conversation(settings, loaded, FastSpeaker(), safety.load(settings.safety), observe)
    try:
        await script.conversation.listen(script, Vad(settings.vad))
    finally:
        loaded.close()
    return script, loaded.names


def _rows(rows: list[dict], journal: list[dict]) -> list:
    warm = rows[len(rows) // 10 :]  # the first tenth fills caches, pools and the model's context
    tenth = max(1, len(warm) // 10)
    first, last = ([case["memory"] for case in part] for part in (warm[:tenth], warm[-tenth:]))
    growth = 100 * (float(np.median(last)) / float(np.median(first)) - 1)
    seconds = [case["seconds"] for case in warm if case["event"] == "nothing"]
    outcomes = [turn["outcome"] for turn in journal]
    silent = [turn for turn in journal if turn["user"] and turn["outcome"] != "nothing_said" and not turn["reply"]]
    return [
        Figure.of("turns asked", "count", [len(rows)]),
        Figure.of("turns in the journal", "count", [len(journal)]),
        *(Figure.of(f"of these {outcome}", "count", [outcomes.count(outcome)]) for outcome in sorted(set(outcomes))),
        Figure.of("dead turns", "count", [sum(not case["ended"] for case in rows)], most=0),
        Figure.of(
            "turns with words and without a reply or an interruption",
            "count",
            [sum(turn["outcome"] != "interrupted" for turn in silent)],
            most=0,
        ),
        Figure.of("memory growth after warm-up", "%", [growth], most=1.0),
        Figure.of("memory", "MB", [case["memory"] for case in warm]),
        Figure.of("messages in the history", "count", [rows[-1]["history"]]),
        Figure.of("seconds per plain turn", "s", seconds),
        Figure.of("the same, first tenth", "s", seconds[: max(1, len(seconds) // 10)]),
        Figure.of("the same, last tenth", "s", seconds[-max(1, len(seconds) // 10) :]),
    ]


def _memory() -> float:
    """Resident MB of this process."""
    import psutil

    return psutil.Process(os.getpid()).memory_info().rss / 1e6


def plot(result: Result, path: Path) -> None:
    """Memory and seconds of each turn as PNG; needs matplotlib. Raises UsageError when it is missing."""
    picture = new_picture((7, 5))
    memory, seconds = picture.subplots(2, sharex=True)
    memory.plot([case["memory"] for case in result.details])
    memory.set_ylabel("memory, MB")
    seconds.plot([case["seconds"] for case in result.details], ".", markersize=3)
    seconds.set_ylabel("seconds per turn")
    seconds.set_xlabel("turn")
    picture.savefig(path, dpi=120)
