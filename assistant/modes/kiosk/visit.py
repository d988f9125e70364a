"""One visitor's conversation: how it is held, what begins and ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import numpy as np

from assistant import events
from assistant.audio import FRAME_SECONDS, Speaker
from assistant.audio.tones import Tone, chime, tone
from assistant.engines import Engines
from assistant.events import Reason
from assistant.modes import Means
from assistant.modes.kiosk import quiet_hours
from assistant.modes.kiosk.ear import Replay
from assistant.modes.kiosk.farewell import is_farewell
from assistant.stt import Hypothesis, Stt, Transcript
from assistant.tts import SAMPLE_RATE
from assistant.wake.strip import without
from assistant.wake.visitor import Visitor

_SOFTLY = 1.0  # seconds of speech that go on being the visitor's though they are softer: nobody stresses every word
_LOOK = 0.1  # seconds between two looks at the clock
_GREET_AFTER = 0.7  # seconds: who asks in the same breath as the wake word is not greeted
_LONG = 1.5  # seconds of thinking until a tone tells that it goes on, and between two of them
_PARTING = 15.0  # seconds that a goodbye may take


class Visit:
    def __init__(
        self,
        means: Means,
        speaker: Speaker,
        observe: events.Observer,
        visitor: Visitor,
        word: str = "",
        wall_clock: Callable[[], datetime] = datetime.now,
    ) -> None:
        """``word``: the wake word that was said; empty = none was."""
        self.turns = 0
        """With words that were answered."""
        self._word = word
        self._speaker, self._observe, self._visitor, self._wall_clock = speaker, observe, visitor, wall_clock
        self._take(means)
        self.conversation = replace(means, engines=self._engines(means)).conversation(
            speaker, events.together(self._note, observe), is_farewell
        )
        self._thinking_told = self._still_speaks = 0.0
        self._greeted = not self._kiosk.greeting
        self._greeting: asyncio.Task[None] | None = None
        self._said_goodbye = False

    async def hold(self, replay: Replay) -> Reason:
        """Converse until it is over; returns why. Nothing more is heard then. Raises what the conversation raises."""
        self._began = asyncio.get_running_loop().time()

        def is_speech(frame: np.ndarray) -> bool:
            speech = replay.is_speech(frame)
            if self._visitor.heard(frame, speech) or replay.was_before:
                self._still_speaks = _SOFTLY
            self._still_speaks -= FRAME_SECONDS
            return speech and self._still_speaks > 0

        try:
            async with asyncio.TaskGroup() as group:
                talk = group.create_task(self.conversation.listen(replay, is_speech, replay.is_onset))
                while (reason := self._over()) is None:
                    self._accompany(group)
                    await asyncio.sleep(_LOOK)
                talk.cancel()
                if self._greeting is not None:
                    self._greeting.cancel()
        finally:
            self._speaker.clear()
        return reason

    async def part(self, reason: Reason) -> None:
        """Say goodbye. Raises DeviceError."""
        if reason == "quiet hours":
            return
        async with asyncio.timeout(_PARTING):
            if self._kiosk.goodbye:
                await self.conversation.say(self._kiosk.goodbye)
            else:
                self.sound("bye")
                await asyncio.sleep(len(tone("bye")) / SAMPLE_RATE)

    def woken(self, word: str) -> None:
        """The wake word was said again, or the button was pressed: a reply ends, whoever spoke is heard."""
        self._word = word
        if self._speaker.written > self._speaker.played or self.conversation.state in ("thinking", "speaking"):
            self._observe(events.Woken(word))
            self.conversation.interrupt()
            self.sound("listening")

    def sound(self, name: Tone) -> None:
        if self._kiosk.sounds:
            chime(self._speaker, name)

    async def reconfigure(self, means: Means) -> None:
        """Between two turns take other settings and engines."""
        await self.conversation.reconfigure(means.settings, self._engines(means), means.policy, means.guard())
        self._take(means)

    def _take(self, means: Means) -> None:
        self._kiosk, self._filler = means.settings.kiosk, means.settings.manners.filler
        self._quiet = quiet_hours.read(self._kiosk.quiet_hours)

    def _engines(self, means: Means) -> Engines:
        assert means.engines.stt is not None  # nobody types here
        return replace(means.engines, stt=_WithoutWakeWord(means.engines.stt, lambda: self._word))

    def _over(self) -> Reason | None:
        if self._said_goodbye:
            return "goodbye"
        if asyncio.get_running_loop().time() - self._began >= self._kiosk.longest:
            return "longest"
        if self._quiet.until(self._wall_clock()):
            return "quiet hours"
        if self.conversation.state == "listening" and self._visitor.silent >= self._kiosk.silence:
            return "silence"
        return None

    def _accompany(self, group: asyncio.TaskGroup) -> None:
        """What is said and sounded beside the turns: the greeting, and that it still thinks."""
        now = asyncio.get_running_loop().time()
        if not self._greeted and self.conversation.state == "listening" and now - self._began >= _GREET_AFTER:
            self._greeted = True
            self._greeting = group.create_task(self.conversation.say(self._kiosk.greeting))
        if self.conversation.state != "thinking":
            self._thinking_told = now
        elif now - self._thinking_told >= _LONG and not self._filler:
            self._thinking_told = now
            self.sound("thinking")

    def _note(self, event: events.Event) -> None:
        if isinstance(event, events.TurnEnded):
            turn = event.turn
            if turn.user and turn.outcome not in ("nothing_said", "unsure"):
                self.turns += 1
                self._greeted = True
                self._visitor.answered()
            else:
                self._visitor.ignored()
            self._said_goodbye = self._said_goodbye or turn.outcome == "goodbye"
            if turn.error and not turn.heard:
                self.sound("error")


class _WithoutWakeWord:
    """Speech recognition that leaves out the wake word before a question. See `Stt`."""

    def __init__(self, stt: Stt, word: Callable[[], str]) -> None:
        self._stt, self._word = stt, word
        self.name = stt.name

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        found, word = await self._stt.transcribe(audio, partial), self._word()
        if not word:
            return found
        other = found.other and replace(found.other, text=without(found.other.text, word))
        return replace(found, text=without(found.text, word), other=other)

    async def others(self, audio: np.ndarray) -> tuple[Hypothesis, ...]:
        found, word = await self._stt.others(audio), self._word()
        return tuple(replace(one, text=without(one.text, word)) for one in found) if word else found

    async def forget(self) -> None:
        await self._stt.forget()

    def close(self) -> None:
        self._stt.close()
