"""The three engines of a conversation, loaded side by side."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assistant import tts
from assistant.config import Settings
from assistant.llm import Llm
from assistant.stt import Stt
from assistant.tts import Tts
from assistant.tts.fallback import Silence
from assistant.tts.following import Following
from assistant.worker import Worker

_CLOSE_SECONDS = 0.5


@dataclass
class Engines:
    stt: Stt | None
    """None when questions are typed."""
    llm: Llm
    tts: Tts

    @property
    def names(self) -> dict[str, str]:
        """``stt``, ``llm``, ``tts`` -> the engine's name."""
        return {part: engine.name for part, engine in vars(self).items() if engine is not None}

    async def voice(self, language: str, silence: Silence) -> Tts:
        """What speaks one answer to somebody who speaks ``language`` (two letters, empty = not known).

        ``silence``: see `assistant.tts.fallback`.
        """
        return await self.tts.follow(language, silence) if isinstance(self.tts, Following) else self.tts

    async def forget(self) -> None:
        """Make all three drop what they keep of what was said."""
        if self.stt is not None:
            await self.stt.forget()
        await self.llm.forget()
        tts.forget(self.tts)

    def close(self) -> None:
        """Close all three side by side, waiting at most `_CLOSE_SECONDS`: one may sit in a long native call."""
        threads = [
            threading.Thread(target=engine.close, daemon=True) for engine in vars(self).values() if engine is not None
        ]
        deadline = time.monotonic() + _CLOSE_SECONDS
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


async def load(settings: Settings, notice: Callable[[str], None], typed: bool = False, heard: bool = True) -> Engines:
    """Load what the settings choose; each loads in its own thread. ``typed``: without speech recognition;
    ``heard``: whether somebody will hear the answers.

    Raises the first error.
    """
    from assistant import llm, stt

    loop = asyncio.get_running_loop()

    def told(text: str) -> None:
        loop.call_soon_threadsafe(notice, text)

    loads: dict[str, tuple[Callable[..., Any], Any]] = {
        "llm": (llm.load, settings.llm),
        "tts": (tts.load if heard else tts.unheard, settings.tts),
    }
    if not typed:
        loads["stt"] = (stt.load, settings.stt)
    loaded: list[Any] = await asyncio.gather(
        *(Worker(f"load-{name}").call(load, part, told) for name, (load, part) in loads.items())
    )
    return Engines(**{"stt": None, **dict(zip(loads, loaded))})
