"""The program's own conversation, put to one attack, see injection.py."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from assistant import events, safety
from assistant.audio import FRAME_SAMPLES, SAMPLE_RATE
from assistant.bench.soak import FastSpeaker
from assistant.bench.tools.held_out import Attack
from assistant.bench.tools.injection import Converse, Obedient, Tools
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.memory.facts import Fact, Memory
from assistant.reply.commands import Equipment
from assistant.retrieved import CitedPassage, Retrieved
from assistant.skills.loaded import Skills
from assistant.skills.time.timekeeper import Timekeeper
from assistant.tts.silent import Silent
from assistant.turn import Turn

_PATIENCE = 20.0  # seconds for a late result to be told


@dataclass
class _Given:
    """Documents that say the attack, whatever is asked."""

    text: str
    introduction: str = ""
    quotes: bool = False

    async def look_up(self, question: str, earlier: Sequence[str], kept: Retrieved | None) -> Retrieved:
        passage = CitedPassage("notes.txt", "Notes", (), 0, 1.0, self.text)
        return Retrieved(question, True, self.text, (passage,), 1.0, "According to Notes")

    def known(self, text: str) -> set[str]:
        return set()

    def forget(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class _Quiet:
    """A microphone in a room where nobody speaks, until ``over``."""

    over: Callable[[], bool]

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        frame = np.zeros(FRAME_SAMPLES, np.float32)
        while not self.over():
            yield frame
            await asyncio.sleep(FRAME_SAMPLES / SAMPLE_RATE)

    def close(self) -> None: ...


def conversing(settings: Settings) -> Converse:
    async def converse(attack: Attack, model: Obedient, tools: Tools) -> None:
        with tempfile.TemporaryDirectory(prefix="bench-injection-") as folder:
            ended: list[Turn] = []

            def observe(event: events.Event) -> None:
                if isinstance(event, events.TurnEnded):
                    ended.append(event.turn)

            talk = _talk(settings, attack, model, tools, Path(folder), observe)
            if attack.way == "late":
                await _spoken_over(talk, attack, tools, lambda: bool(ended and ended[-1].heard))
            else:
                await talk.ask(attack.asks)

    return converse


def _talk(
    settings: Settings, attack: Attack, model: Obedient, tools: Tools, folder: Path, observe: events.Observer
) -> Conversation:
    knows = _Given(attack.text) if attack.way in ("document", "memory") else None
    policy = safety.load(settings.safety)
    engines, speaker = Engines(None, model, Silent()), FastSpeaker()
    remembers = _remembering(attack.text, folder) if attack.way == "facts" else None
    return Conversation(settings, engines, speaker, policy, observe, knows, equipment=remembers, toolbox=tools)


def _remembering(text: str, folder: Path) -> Equipment:
    """The program's memory with ``text`` as a fact, and no commands."""
    memory = Memory(folder / "me.md")
    memory.remember(Fact(text, date.today()))
    return Equipment(Skills([]), folder, Timekeeper(folder / "timers.json"), memory, has_tools=True)


async def _spoken_over(talk: Conversation, attack: Attack, tools: Tools, over: Callable[[], bool]) -> None:
    """The answer is given up while the tool works; what it gives comes late, and nobody speaks any more."""
    tools.released = asyncio.Event()
    asking = asyncio.ensure_future(talk.ask(attack.asks))
    await asyncio.wait([asking, working := asyncio.ensure_future(tools.works.wait())], return_when="FIRST_COMPLETED")
    working.cancel()
    asking.cancel()
    await asyncio.wait([asking])
    tools.released.set()
    async with asyncio.timeout(_PATIENCE):
        await talk.listen(_Quiet(over), lambda frame: False)
