"""One visitor after the other: what begins a visit, and that it is forgotten when it is over, however it ended."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np

from assistant import events
from assistant.audio import FRAME_SECONDS, Speaker
from assistant.audio.tones import chime
from assistant.audio.vad import Vad
from assistant.concurrency.failures import Contained, explained, failure
from assistant.errors import AssistantError
from assistant.events import Reason
from assistant.journal import Journal
from assistant.modes import Means
from assistant.modes.control import Command
from assistant.modes.kiosk import quiet_hours
from assistant.modes.kiosk.ear import Ear, Heard, Replay
from assistant.modes.kiosk.visit import Visit
from assistant.safety.anonymise import anonymise
from assistant.turns.endpointing import Boundary, Endpointer
from assistant.wake import Wake
from assistant.wake.visitor import Visitor

_TRIES = 3  # to make the engines forget, until the program ends instead
_TRY_AGAIN = 1.0  # seconds


class Ears(Protocol):
    """What of `assistant.wake.WakeWords` is needed."""

    def heard(self, frame: np.ndarray) -> Wake | None: ...

    def reset(self) -> None: ...


@dataclass(frozen=True)
class _Beginning:
    word: str
    """The wake word's name, "speech" or "button"."""
    first: int
    """The frame with which it begins, as the ear counts."""


class Visits:
    """An ear's listener, see `hear`. Change `means` and `wake_words` between two visits, or with `reconfigure`."""

    def __init__(
        self,
        means: Means,
        ear: Ear,
        speaker: Speaker,
        vad: Vad,
        wake_words: Ears | None,
        observe: events.Observer,
        wall_clock: Callable[[], datetime] = datetime.now,
    ) -> None:
        """``wake_words``: None = nobody listens for one. ``means.settings`` as `strict` makes them."""
        self.wake_words = wake_words
        self._ear, self._speaker, self._vad, self._wall_clock = ear, speaker, vad, wall_clock
        self._observe = events.together(observe)
        self._heard = Contained("Listening for visitors", self._note)
        self._begun = asyncio.Event()
        self._beginning: _Beginning | None = None
        self._visit: Visit | None = None
        """None from when it is over, before it is forgotten."""
        self._take(means)

    def _take(self, means: Means) -> None:
        self.means, self._kiosk = means, means.settings.kiosk
        self._quiet = quiet_hours.read(self._kiosk.quiet_hours)
        self._opening = Endpointer(means.settings.endpointing)

    async def reconfigure(self, means: Means) -> None:
        """Take other settings and engines: between two turns of the visitor, or at once when nobody is there."""
        if self._visit is not None:
            await self._visit.reconfigure(means)
        self._take(means)

    # ---- what begins a visit ---------------------------------------------------------------------------------

    def hear(self, heard: Heard) -> None:
        """Each frame that the ear takes, in order."""
        self._heard(self._hear, heard)

    def _hear(self, heard: Heard) -> None:
        if self._visit is None and self._quiet.until(self._wall_clock()):
            return
        wake = self.wake_words.heard(heard.frame) if self.wake_words else None
        if self._visit is not None:
            if wake:
                self._visit.woken(wake.word)
        elif wake:
            self._begin(wake.word, wake.began)
        elif self._kiosk.begin == "open" and self._beginning is None:
            vad = self.means.settings.vad
            if self._opening.push(self._vad(heard.voice), vad.min_speech) is Boundary.START:
                self._begin("speech", vad.pre_roll + vad.min_speech)

    def command(self, command: Command) -> str:
        """What a button does, see `assistant.modes.control`."""
        visit = self._visit
        match command:
            case "release":
                pass  # a kiosk needs no holding
            case "stop":
                if visit is None:
                    return "nobody talks with the kiosk, so nothing is spoken"
                visit.conversation.interrupt()
            case _:
                if visit is not None:
                    visit.woken("button")
                elif end := self._quiet.until(self._wall_clock()):
                    return f"these are quiet hours, until {end:%H:%M}; see [kiosk] quiet_hours"
                else:
                    self._begin("button", 0.0)
        return ""

    def _begin(self, word: str, back: float) -> None:
        """With what was heard in the last ``back`` seconds, too."""
        if self._beginning is None:
            self._beginning = _Beginning(word, self._ear.frames - round(back / FRAME_SECONDS))
            self._begun.set()

    # ---- a visit ---------------------------------------------------------------------------------------------

    async def receive(self) -> None:
        """One visitor after the other until cancelled. Raises AssistantError when a visit cannot be forgotten."""
        while True:
            await self._begun.wait()
            beginning, self._beginning = self._beginning, None
            self._begun.clear()
            if beginning is not None:
                reason, turns = await self._held(beginning)
                await self._forget()
                self._observe(events.Left(reason, turns))

    async def _held(self, beginning: _Beginning) -> tuple[Reason, int]:
        """Hold a visit; whatever goes wrong in it ends it aloud, and no more than it. Returns how it ended, and the
        number of its turns.
        """
        settings = self.means.settings
        clean = settings.kiosk.journal != "as_configured"
        journal = Journal(settings.journal, self._note, _anonymous if clean else lambda row: row)
        observe = events.together(journal, self._observe)
        observe(events.Woken(beginning.word))
        reason: Reason = "failed"
        turns = 0
        try:
            self._visit = visit = self._begun_by(beginning, observe)
            visit.sound("listening")
            try:
                reason = await visit.hold(Replay(self._ear, beginning.first, self._vad))
            finally:
                turns = visit.turns
            self._visit = None  # who calls now is the next visitor
            await visit.part(reason)
        except BaseException as error:
            self._note(f"The visit ended early: {explained(failure(error), 'the visit')}")
            if self._kiosk.sounds:
                chime(self._speaker, "error")
        finally:
            self._visit = None
        return reason, turns

    def _begun_by(self, beginning: _Beginning, observe: events.Observer) -> Visit:
        word = "" if beginning.word in ("speech", "button") else beginning.word
        visitor = Visitor(self._ear.sound(beginning.first) if word else None)
        return Visit(self.means, self._speaker, observe, visitor, word, self._wall_clock)

    async def _forget(self) -> None:
        for again in range(_TRIES):
            try:
                self._vad.reset()
                self._opening.reset()
                self._ear.forget(self._beginning.first if self._beginning else self._ear.frames)
                await self.means.forget()
                break
            except BaseException as error:
                why = explained(failure(error), "the engine")
                if again == _TRIES - 1:
                    raise AssistantError(
                        f"what the visitor said cannot be forgotten ({why}), so the kiosk ends; start it again"
                    ) from None
                await asyncio.sleep(_TRY_AGAIN)
        gc.collect()  # a conversation's parts refer to each other
        try:
            await self.means.warm()
        except BaseException as error:
            self._note(explained(failure(error), "Reading ahead"))

    def _note(self, text: str) -> None:
        self._observe(events.Notice(text))


def _anonymous(row: dict) -> dict:
    return anonymise([row])[0]
