"""A kiosk of scripted parts on virtual time: who says what when, and what came of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from assistant import config, events
from assistant.audio.files import WavSpeaker
from assistant.engines import Engines
from assistant.modes import Means
from assistant.modes.kiosk.ear import Ear
from assistant.modes.kiosk.strict import strict
from assistant.modes.kiosk.visits import Visits
from assistant.safety import Policy
from assistant.wake import Wake
from tests import virtual_clock
from tests.scripted import Say, ScriptedLlm, ScriptedMicrophone, ScriptedStt, ScriptedTts, is_speech

LEVEL = 1 / 128
WAKE_WORD = "okay nabu"


class ScriptedVad:
    onset = False

    def __call__(self, frame: np.ndarray) -> bool:
        return is_speech(frame)

    def reset(self) -> None: ...


class ScriptedWakeWords:
    """Hears a wake word 0.1 s after each of the ``says`` that begins with it."""

    def __init__(self, says: Sequence[Say]) -> None:
        self._words = [say.at + min(say.seconds, 0.7) + 0.1 for say in says if say.text.lower().startswith(WAKE_WORD)]

    def heard(self, frame: np.ndarray) -> Wake | None:
        if self._words and asyncio.get_running_loop().time() >= self._words[0]:
            self._words.pop(0)
            return Wake("okay_nabu", 0.9, 0.1, 1.0)
        return None

    def reset(self) -> None: ...


class ChimingSpeaker(WavSpeaker):
    def __init__(self) -> None:
        super().__init__()
        self.chimes: list[np.ndarray] = []

    def chime(self, pcm24k: np.ndarray) -> None:
        self.chimes.append(pcm24k)


@dataclass
class Scene:
    says: Sequence[Say]
    replies: Sequence[object] = ("I am fine.",)
    until: float = 45.0
    settings: dict[str, object] = field(default_factory=dict)
    starts: datetime = datetime(2026, 3, 2, 12, 0)
    """What the clock on the wall shows when the scene begins."""
    presses: Sequence[float] = ()
    stt: ScriptedStt | None = None
    tts: ScriptedTts = field(default_factory=ScriptedTts)
    on_event: Callable[[Scene, events.Event], None] | None = None
    events: list[tuple[float, events.Event]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """To the button's presses."""

    def play(self) -> Scene:
        virtual_clock.run(self._play())
        return self

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        settings = strict(config.load(None, {"journal.enabled": False, **self.settings}, {}).settings)
        self.stt = self.stt or ScriptedStt(self.says)
        self.llm = RememberingLlm(self.replies)
        self.speaker = ChimingSpeaker()
        means = Means(settings, Engines(self.stt, self.llm, self.tts), Policy(), None)
        self.ear = Ear(ScriptedMicrophone(self.says, self.until))
        self.visits = Visits(
            means,
            self.ear,
            self.speaker,
            ScriptedVad(),
            ScriptedWakeWords(self.says) if settings.kiosk.begin == "wake_word" else None,
            self._observe,
            lambda: self.starts + timedelta(seconds=loop.time()),
        )
        for press in self.presses:
            loop.call_later(press, lambda: self.answers.append(self.visits.command("press")))
        receiving = loop.create_task(self.visits.receive())
        await self.ear.listen(self.visits.hear)
        receiving.cancel()
        await asyncio.wait([receiving])
        if not receiving.cancelled():
            receiving.result()

    def _observe(self, event: events.Event) -> None:
        self.events.append((asyncio.get_running_loop().time(), event))
        if self.on_event:
            self.on_event(self, event)

    @property
    def turns(self) -> list[tuple[str, str]]:
        """(What was said, in lower case; what was heard of the reply), where there were words."""
        ended = [event.turn for _, event in self.events if isinstance(event, events.TurnEnded)]
        return [(turn.user.lower(), turn.heard) for turn in ended if turn.user]

    @property
    def left(self) -> list[tuple[float, str]]:
        return [(at, event.reason) for at, event in self.events if isinstance(event, events.Left)]

    @property
    def woken(self) -> list[tuple[float, str]]:
        return [(at, event.word) for at, event in self.events if isinstance(event, events.Woken)]

    @property
    def notices(self) -> list[str]:
        return [event.text for _, event in self.events if isinstance(event, events.Notice)]


class RememberingLlm(ScriptedLlm):
    """Counts how often it was made to forget, and keeps what was asked nevertheless, for the test."""

    forgotten = 0

    async def forget(self) -> None:
        self.forgotten += 1


def rows(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
