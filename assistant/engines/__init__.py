"""The three engines of a conversation, loaded side by side."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from assistant import events, tts
from assistant.concurrency import arenas
from assistant.concurrency.worker import Worker
from assistant.config import Settings
from assistant.engines.watched import SPEAKING, THINKING, WatchedLlm, WatchedStt, WatchedTts
from assistant.llm import Llm
from assistant.settings import named
from assistant.stt import Stt
from assistant.tts import Tts
from assistant.tts.fallback import Silence
from assistant.tts.following import Following

Part = Literal["stt", "llm", "tts"]
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

        ``silence``: see `assistant.tts.fallback`. Raises EngineError.
        """
        return await self.tts.follow(language, silence) if isinstance(self.tts, (Following, WatchedTts)) else self.tts

    async def forget(self) -> None:
        """Make all three drop what they keep of what was said. Raises EngineError."""
        if self.stt is not None:
            await self.stt.forget()
        await self.llm.forget()
        tts.forget(self.tts)

    def close(self) -> None:
        """Close all three, see `close`."""
        close(*(engine for engine in vars(self).values() if engine is not None))


def close(*engines: Any) -> None:
    """Close them side by side, waiting at most `_CLOSE_SECONDS`: one may sit in a long native call."""
    threads = [threading.Thread(target=engine.close, daemon=True) for engine in engines]
    deadline = time.monotonic() + _CLOSE_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


async def load(
    settings: Settings,
    notice: Callable[[str], None],
    typed: bool = False,
    heard: bool = True,
    observe: events.Observer = lambda event: None,
) -> Engines:
    """Load what the settings choose; each loads in its own thread. ``typed``: without speech recognition; ``heard``:
    whether somebody will hear the answers; ``observe`` is told `Health` of the engines later on.

    Raises the first error.
    """
    arenas.share()
    parts: list[Part] = ["llm", "tts"] if typed else ["llm", "tts", "stt"]
    loaded = await asyncio.gather(*(load_part(part, settings, notice, observe, heard) for part in parts))
    return Engines(**{"stt": None, **dict(zip(parts, loaded))})


async def load_part(
    part: Part, settings: Settings, notice: Callable[[str], None], observe: events.Observer, heard: bool = True
) -> Any:
    """One of the three, see `load`."""
    from assistant import llm, stt

    loop = asyncio.get_running_loop()

    def told(text: str) -> None:
        loop.call_soon_threadsafe(notice, text)

    def tell(works: bool, text: str) -> None:
        observe(events.Health(part, works, text))

    def watched() -> WatchedStt | WatchedLlm | WatchedTts:
        match part:
            case "stt":
                return WatchedStt(lambda: stt.load(settings.stt, told), tell)
            case "llm":
                # An endpoint keeps its own time, and is replaced when it does not.
                elsewhere = bool(named(settings.llm.engine, llm.ENGINES).leaves)
                least = THINKING + (settings.llm.timeout if elsewhere else 0.0)
                return WatchedLlm(lambda: llm.load(settings.llm, told), tell, least)
            case "tts":
                voice = tts.load if heard else tts.unheard
                return WatchedTts(lambda: voice(settings.tts, told), tell, SPEAKING + settings.tts.timeout)

    worker = Worker(f"load-{part}")
    try:
        return await worker.call(watched)
    finally:
        worker.close(0.0)
