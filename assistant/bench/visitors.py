"""`assistant bench visitors`: hundreds of visitors of one kiosk in one process, faster than life, with the real engines
and the real wake word. Each begins by the wake word, asks for the secret word, tells their own, asks something, and
leaves. Is any turn missed, does anything grow, does anything of an earlier visitor come up again?
"""

from __future__ import annotations

import asyncio
import functools
import gc
import random
import re
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soxr

from assistant import config, events, modes
from assistant.audio import FRAME_SAMPLES, SAMPLE_RATE
from assistant.bench.result import Figure, Result, new_picture
from assistant.bench.soak import FastSpeaker
from assistant.errors import AssistantError
from assistant.journal import read
from assistant.llm import Llm, Message, Tool
from assistant.modes.hands_free import load_vad
from assistant.modes.kiosk.ear import Ear
from assistant.modes.kiosk.strict import strict
from assistant.modes.kiosk.visits import Visits
from assistant.tts import SAMPLE_RATE as SPEECH_RATE
from assistant.tts import TtsSettings
from assistant.tts.espeak import Espeak
from assistant.wake import WakeWords

_VOICE = "en-gb"  # wakes it, and is understood; the kiosk's own too: there is one espeak in a process
_SETTINGS = {
    "llm.max_tokens": 16,
    "stt.engine": "moonshine",
    "tts.engine": "espeak",
    "tts.espeak_voice": _VOICE,
    "kiosk.wake_words": "okay_nabu",
}
_WAKE_WORD = "Okay Nabu."
_TURNS = 3  # of each visitor
_PROBE, _GOODBYE = "What is the secret word?", "Goodbye."
_QUESTIONS = ("How many legs does a spider have?", "What is the capital of France?", "Why is the sky blue?")
_ADJECTIVES = (
    "purple golden silver yellow frozen hungry gentle ancient wooden broken secret little happy lonely clever".split()
)
_NOUNS = (
    "giraffe candle window garden mountain dragon pencil blanket hammer island cookie ladder rocket tiger violin "
    "basket bottle camel carpet dolphin engine feather forest guitar helmet jacket kitchen lemon magnet monkey "
    "needle onion pepper pirate planet rabbit ribbon saddle spider teapot tractor turtle valley walnut whistle"
).split()
_SILENCE = 100  # frames (2 s) after the words; more than any endpoint waits for
_BREATH = 0.15  # seconds between wake word and question of those who ask in one breath
_CALLS = 4  # times that a visitor calls before they give up
_DEAD = 30.0  # seconds without an end after which a turn is held to be dead
_LOUD = 0.3  # peak of a visitor's voice


class Overheard:
    """A language model whose prompts and replies are searched for what earlier visitors said."""

    def __init__(self, llm: Llm) -> None:
        self._llm = llm
        self.secrets: set[tuple[str, str]] = set()
        """Of earlier visitors."""
        self.leaks: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._llm, name)

    calls_tools = False

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[str, None]:
        for message in messages:
            self._search(message.content)
        written = ""
        async with aclosing(self._llm.reply(messages)) as pieces:
            async for piece in pieces:
                written += piece
                yield piece
        self._search(written)

    def _search(self, text: str) -> None:
        if self.secrets.intersection(_pairs(text)):
            self.leaks.append(text)


def _pairs(text: str) -> set[tuple[str, str]]:
    words = re.findall(r"[a-z]+", text.lower())
    return set(zip(words, words[1:]))


class Script:
    """The microphone, and who stands before it."""

    def __init__(self, visitors: int, overheard: Overheard) -> None:
        chance = random.Random(1)
        self._chance = chance
        self._secrets = chance.sample([(one, two) for one in _ADJECTIVES for two in _NOUNS], visitors)
        self._overheard = overheard
        self._voice = Espeak(TtsSettings(espeak_voice=_VOICE))
        self._happened = asyncio.Event()
        self._state, self._visiting = "listening", False
        self._turns: list[str] = []  # the words of this visitor's turns so far
        self.rows: list[dict] = []
        """One per visitor."""

    def observe(self, event: events.Event) -> None:
        match event:
            case events.TurnEnded(turn) if turn.user:
                self._turns.append(turn.user)
            case events.StateChanged(state):
                self._state = state
            case events.Woken():
                self._visiting = True
            case events.Left():
                self._visiting = False
        self._happened.set()

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        for number, secret in enumerate(self._secrets):
            began = time.monotonic()
            row: dict[str, Any] = {"visitor": number, "calls": 0, "missed": 0, "secret": " ".join(secret)}
            self._turns.clear()
            one_breath = self._chance.random() < 0.5
            words = [_PROBE, f"My secret word is {' '.join(secret)}.", self._chance.choice(_QUESTIONS)]
            async for frame in self._call(row, words[0] if one_breath else ""):
                yield frame
            if self._visiting:
                for text in words[1:] if one_breath else words:
                    async for frame in self._ask(row, text):
                        yield frame
                async for frame in self._leave():
                    yield frame
            row["heard_as"] = list(self._turns)
            row["told"] = secret in _pairs(" ".join(self._turns))
            row["left"] = not self._visiting
            self._overheard.secrets.update({secret} if row["told"] else ())
            row |= {"seconds": time.monotonic() - began, **_resources(), "leaks": len(self._overheard.leaks)}
            self.rows.append(row)

    async def _call(self, row: dict, question: str) -> AsyncGenerator[np.ndarray, None]:
        """Say the wake word, with a question in the same breath or without, until somebody listens."""
        while not self._visiting and row["calls"] < _CALLS:
            row["calls"] += 1
            call = await self._said(_WAKE_WORD)
            if question:
                breath = np.zeros(round(_BREATH * SAMPLE_RATE), np.float32)
                call = np.concatenate([call, breath, await self._said(question)])
            async for frame in self._spoken(call):
                yield frame
        if question and self._visiting:
            row["missed"] += not await self._until(lambda: len(self._turns) == 1 and self._state == "listening")

    async def _ask(self, row: dict, text: str) -> AsyncGenerator[np.ndarray, None]:
        before = len(self._turns)
        async for frame in self._spoken(await self._said(text)):
            yield frame
        row["missed"] += not await self._until(lambda: len(self._turns) > before and self._state == "listening")

    async def _leave(self) -> AsyncGenerator[np.ndarray, None]:
        """Say goodbye; who is not understood stays silent until the kiosk ends it."""
        async for frame in self._spoken(await self._said(_GOODBYE)):
            yield frame
        await self._until(lambda: not self._visiting or self._state == "listening")
        begun = time.monotonic()
        while self._visiting and time.monotonic() < begun + _DEAD:
            await asyncio.sleep(0.001)
            yield np.zeros(FRAME_SAMPLES, np.float32)

    async def _spoken(self, audio: np.ndarray) -> AsyncGenerator[np.ndarray, None]:
        """``audio``, then silence until its end was noticed."""
        for frame in audio[: len(audio) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES):
            await asyncio.sleep(0.0005)
            yield frame
        for _ in range(_SILENCE):
            await asyncio.sleep(0.0005)
            yield np.zeros(FRAME_SAMPLES, np.float32)
            if self._visiting and self._state in ("thinking", "speaking"):
                return

    async def _until(self, holds: Any) -> bool:
        """Wait until nothing of a turn is under way any more; False when that never comes."""
        deadline = time.monotonic() + _DEAD
        while not holds():
            self._happened.clear()
            try:
                await asyncio.wait_for(self._happened.wait(), max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                return False
        return True

    async def _said(self, text: str) -> np.ndarray:
        chunks = [chunk.pcm24k async for chunk in self._voice.speak(text)]
        audio = soxr.resample(np.concatenate(chunks), SPEECH_RATE, SAMPLE_RATE)
        return (audio * (_LOUD / np.abs(audio).max())).astype(np.float32)

    def close(self) -> None:
        self._voice.close()


def run(turns: int = 2000, settings: Sequence[str] = ()) -> Result:
    visitors = -(-turns // _TURNS)
    if not 10 <= visitors <= len(_ADJECTIVES) * len(_NOUNS):
        raise AssistantError(
            f"--turns {turns}: {_TURNS * 10} to {_TURNS * len(_ADJECTIVES) * len(_NOUNS)} can be asked"
        )
    with tempfile.TemporaryDirectory(prefix="assistant-visitors-") as folder:
        journal = Path(folder) / "journal.jsonl"
        chosen = dict(setting.split("=", 1) for setting in settings)
        flags = {**_SETTINGS, "journal.path": str(journal), **chosen}
        script, names, notes = asyncio.run(_receive(strict(config.load(None, flags).settings), visitors))
        written = [row for row in read(journal) if row["user"]]
    return Result("visitors", _rows(script.rows, written), names, [*script.rows, {"notes": notes[:20]}])


async def _receive(settings: config.Settings, visitors: int) -> tuple[Script, dict[str, str], list[str]]:
    notes: list[str] = []
    vad, means = await asyncio.gather(load_vad(settings), modes.load(settings, notes.append))
    overheard = Overheard(means.engines.llm)
    means.engines.llm = overheard
    script = Script(visitors, overheard)

    def observe(event: events.Event) -> None:
        if isinstance(event, events.Notice):
            notes.append(event.text)
        script.observe(event)

    ear = Ear(script)
    visits = Visits(means, ear, FastSpeaker(), vad, WakeWords(settings.kiosk), observe)
    await means.warm()
    gc.collect()
    gc.freeze()  # as the kiosk does
    receiving = asyncio.create_task(visits.receive())
    try:
        await ear.listen(visits.hear)
    finally:
        receiving.cancel()
        means.close()
        script.close()
    return script, means.engines.names, notes


@functools.cache
def _process() -> psutil.Process:
    return psutil.Process()


def _resources() -> dict[str, float]:
    return {
        "memory": _process().memory_info().rss / 1e6,
        "threads": threading.active_count(),
        "descriptors": _process().num_fds(),
    }


def _rows(rows: list[dict], written: list[dict]) -> list[Figure]:
    came = [row for row in rows if row["calls"] < _CALLS or row["heard_as"]]
    warm = rows[len(rows) // 10 :]  # the first tenth fills caches, pools and the model's context
    tenth = max(1, len(warm) // 10)

    def change(key: str) -> float:
        first, last = (float(np.median([row[key] for row in part])) for part in (warm[:tenth], warm[-tenth:]))
        return last - first

    memory = float(np.median([row["memory"] for row in warm[:tenth]]))
    turns = sum(len(row["heard_as"]) for row in rows)
    return [
        Figure.of("visitors", "count", [len(came)]),
        Figure.of("visitors whom no call woke it for", "count", [len(rows) - len(came)], most=0),
        Figure.of("calls until it listened", "count", [row["calls"] for row in came]),
        Figure.of("turns", "count", [turns]),
        Figure.of("turns missed", "count", [sum(row["missed"] for row in rows)], most=0),
        Figure.of("turns not in the journal", "count", [max(0, turns - len(written))], most=0),
        Figure.of("visitors who could not leave", "count", [sum(not row["left"] for row in rows)], most=0),
        Figure.of("secrets understood", "count", [sum(row["told"] for row in rows)]),
        Figure.of("words of earlier visitors in prompts and replies", "count", [rows[-1]["leaks"]], most=0),
        Figure.of("memory growth after warm-up", "%", [100 * change("memory") / memory], most=2.0),
        Figure.of("memory", "MB", [row["memory"] for row in warm]),
        Figure.of("threads more after warm-up", "count", [change("threads")], most=0),
        Figure.of("descriptors more after warm-up", "count", [change("descriptors")], most=0),
        Figure.of("seconds per visitor", "s", [row["seconds"] for row in warm]),
    ]


def plot(result: Result, path: Path) -> None:
    """Memory, threads and descriptors by visitor as PNG. Raises UsageError when matplotlib is missing."""
    rows = [case for case in result.details if "visitor" in case]
    picture = new_picture((7, 6))
    for axes, key in zip(picture.subplots(3, sharex=True), ("memory", "threads", "descriptors")):
        axes.plot([row[key] for row in rows])
        axes.set_ylabel("memory, MB" if key == "memory" else key)
    axes.set_xlabel("visitor")
    picture.savefig(path, dpi=120)
