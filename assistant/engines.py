"""The three engines of a conversation, loaded side by side."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from assistant.config import Settings
from assistant.llm import Llm
from assistant.stt import Stt
from assistant.tts import Tts
from assistant.worker import Worker

_CLOSE_SECONDS = 0.5


@dataclass
class Engines:
    stt: Stt
    llm: Llm
    tts: Tts

    def close(self) -> None:
        """Close all three side by side, waiting at most `_CLOSE_SECONDS`: one may sit in a long native call."""
        threads = [threading.Thread(target=engine.close, daemon=True) for engine in (self.stt, self.llm, self.tts)]
        deadline = time.monotonic() + _CLOSE_SECONDS
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


async def load(settings: Settings, notice: Callable[[str], None]) -> Engines:
    """Load what the settings choose; each loads in its own thread. Raises the first error."""
    from assistant import llm, stt, tts

    loop = asyncio.get_running_loop()

    def say(text: str) -> None:
        loop.call_soon_threadsafe(notice, text)

    loads = [(stt.load, settings.stt), (llm.load, settings.llm), (tts.load, settings.tts)]
    return Engines(*await asyncio.gather(*(Worker(f"load-{position}").call(load, part, say)
                                           for position, (load, part) in enumerate(loads))))
