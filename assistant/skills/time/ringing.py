"""Timers, alarms and reminders are rung aloud: a tone and their name, until somebody stops them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from assistant.skills.stored.entries import Entry
from assistant.skills.words.assent import says_enough

_EVERY = 2.0  # seconds between two tones
_NAMED = 12.0  # seconds between two times that its name is said
_LONGEST = 120.0  # seconds; then it counts as missed


class Ringing:
    def __init__(self, tone: Callable[[], None], announce: Callable[[str], None], busy: Callable[[], bool]) -> None:
        """``tone`` sounds at once; ``announce`` says a sentence as soon as nobody speaks; ``busy``: whether somebody
        speaks, so that a tone would disturb."""
        self._tone, self._announce, self._busy = tone, announce, busy
        self._stopped: dict[str, asyncio.Event] = {}

    async def ring(self, entry: Entry, sentence: str) -> bool:
        """Until it is stopped; False = nobody did, and it gave up."""
        stopped = self._stopped.setdefault(entry.id, asyncio.Event())
        loop = asyncio.get_running_loop()
        began = loop.time()
        named = began - _NAMED
        self._tone()  # also into somebody's words: it is due now
        try:
            while loop.time() - began < _LONGEST:
                if not self._busy() and loop.time() > began:
                    self._tone()
                if not self._busy() and loop.time() - named >= _NAMED:
                    named = loop.time()
                    self._announce(sentence)
                try:
                    async with asyncio.timeout(_EVERY):
                        await stopped.wait()
                    return True
                except TimeoutError:
                    pass
            return False
        finally:
            self._stopped.pop(entry.id, None)

    def stop(self) -> bool:
        """All that rings; False = nothing did."""
        for stopped in (rings := list(self._stopped.values())):
            stopped.set()
        return bool(rings)

    def heard(self, words: str) -> bool:
        """Whether something rings, and these words stopped it."""
        return bool(self._stopped) and says_enough(words) and self.stop()
