"""What a spoken command may change in the conversation, see `assistant.skills.Controls`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.engines import Engines
from assistant.llm import Message
from assistant.skills.time.ringing import Ringing
from assistant.tts.pace import QUICKEST, SLOWEST, Pace


@dataclass
class Steering:
    engines: Callable[[], Engines]
    history: Callable[[], list[Message]]
    pace: Pace = field(default_factory=Pace)
    ringing: Ringing | None = None
    asleep: bool = False
    """Whether nothing is answered until it is woken."""
    over: bool = False
    """Whether the user took their leave."""
    asleep_told: bool = False
    """Whether the user was shown how it is woken, since it sleeps."""
    audible_before: float = 0.5
    """The volume before it was muted."""
    spoken_language: str = ""
    """Two letters; empty = the user's."""

    def last_reply(self) -> str:
        return self._last("assistant")

    def last_words(self) -> str:
        return self._last("user")

    def told(self) -> list[str]:
        return [message.content for message in self.history() if message.role == "user"]

    def volume(self, factor: float | None = None) -> float:
        if factor is not None:
            self.audible_before = self.audible()
            self.pace.volume = min(1.0, max(0.0, factor))
        return self.pace.volume

    def audible(self) -> float:
        return self.pace.volume or self.audible_before

    def rate(self, factor: float | None = None) -> float:
        if factor is not None:
            self.pace.rate = min(QUICKEST, max(SLOWEST, factor))
        return self.pace.rate

    async def language(self, code: str) -> bool:
        voice = await self.engines().voice(code, _at_once)
        if code and voice.language != code:
            return False
        self.spoken_language = code
        return True

    def sleep(self) -> None:
        self.asleep = True

    def goodbye(self) -> None:
        self.asleep = self.over = True

    def wake(self) -> None:
        self.asleep = self.over = self.asleep_told = False

    def stop(self) -> bool:
        return self.ringing is not None and self.ringing.stop()

    def _last(self, role: str) -> str:
        return next((message.content for message in reversed(self.history()) if message.role == role), "")


async def _at_once() -> None:
    """See `assistant.tts.fallback.Silence`."""
