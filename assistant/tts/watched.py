"""A voice that is loaded anew when it hangs or breaks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from assistant.replaceable import Replaceable
from assistant.tts import SpeechChunk, Tts, forget, prepare

LEAST = 8.0  # seconds without sound that a voice of this machine may take in any case
_LONG = 40.0  # characters of which the first sound takes twice as long as of none


class WatchedVoice:
    """See `Tts`."""

    def __init__(self, load: Callable[[], Tts], notice: Callable[[str], None], least: float = LEAST) -> None:
        """Blocks. ``least``: seconds without sound that are allowed in any case. Raises what ``load`` raises."""
        self._voice = Replaceable(load, least, lambda works, text: notice(text) if text else None)
        assert self._voice.engine is not None  # it was loaded just now
        self.language = self._voice.engine.language

    @property
    def name(self) -> str:
        return self._voice.name

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        async with aclosing(self._voice.stream(lambda voice: voice.speak(text), 1 + len(text) / _LONG)) as chunks:
            async for chunk in chunks:
                yield chunk

    def prepare(self, text: str) -> None:
        """See `assistant.tts.prepare`."""
        if self._voice.engine is not None:
            prepare(self._voice.engine, text)

    def forget(self) -> None:
        """See `assistant.tts.forget`."""
        if self._voice.engine is not None:
            forget(self._voice.engine)

    def close(self) -> None:
        self._voice.close()
