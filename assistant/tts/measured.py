"""How quick and how loud each voice is on this machine: measured once, kept in the user's data folder."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from assistant import __version__
from assistant.concurrency import threads
from assistant.errors import EngineError
from assistant.folders import data_folder
from assistant.tts import SAMPLE_RATE, Tts
from rag.atomic import write_text

FACTOR, FIRST = 0.6, 0.4
"""A voice keeps up whose real-time factor is no more than the one, and whose first sound comes within the other's
seconds: the language model needs the rest of the machine."""
_WARM, _SENTENCE = "Yes.", "The first train leaves at seven, and it is never late."
_PATIENCE = 1.0  # seconds; a voice that is not done by then takes too long to be waited for at a start
_TRIES = 3  # at one start each: what the machine did beside the first must not decide for good
_AGAIN = 24 * 3600.0  # seconds until what could not be fetched is asked for again


@dataclass(frozen=True)
class Measured:
    """What is known of one voice here; None = not yet."""

    first: float | None = None
    """Seconds to the first sound of a sentence."""
    factor: float | None = None
    """Real-time factor: seconds of work for one second of speech."""
    tries: int = 0
    """How often both were measured; the quickest counts."""
    gain: float | None = None
    """What its samples are to be multiplied with, see assistant/tts/loudness.py."""
    failed_at: float | None = None
    """When it could last not be fetched, in seconds since 1970."""

    def keeps_up(self) -> bool | None:
        """None as long as it is not known for good."""
        if self.first is None or self.factor is None:
            return None
        if self.factor <= FACTOR and self.first <= FIRST:
            return True
        return False if self.tries >= _TRIES else None


def known(voice: str) -> Measured:
    """``voice``: the engine's name and the voice's, e.g. ``espeak/en-us``."""
    entry = _read().get(_machine(), {}).get(voice, {})
    names = {field.name for field in fields(Measured)}
    return Measured(**{name: value for name, value in entry.items() if name in names and _is_number(value)})


def keep(voice: str, **found: Any) -> Measured:
    """Add what was ``found`` (fields of `Measured`) and return all that is known; a full disk only forgets it."""
    entry = replace(known(voice), **found)
    table = _read()
    machine = table.setdefault(_machine(), {})
    machine[voice] = {name: value for name, value in asdict(entry).items() if value is not None}
    with contextlib.suppress(OSError):
        write_text(data_folder() / "voices.json", json.dumps(table, indent=1))
    return entry


def speed(voice: str, engine: Tts) -> Measured:
    """Measure how quick ``engine`` is, at most `_PATIENCE` seconds long, and keep the best of all tries. Blocks.

    Raises EngineError when it cannot speak.
    """
    with ThreadPoolExecutor(1) as thread:  # the caller's may run an event loop already
        first, factor = thread.submit(lambda: asyncio.run(_speak(engine))).result()
    before = known(voice)
    return keep(
        voice,
        first=min(first, before.first or first),
        factor=min(factor, before.factor or factor),
        tries=before.tries + 1,
    )


def fetch_failed(voice: str) -> None:
    keep(voice, failed_at=time.time())


def may_fetch(voice: str) -> bool:
    """Whether it is time to try it: a hub that cannot be reached must not cost seconds at every start."""
    return time.time() - (known(voice).failed_at or 0.0) >= _AGAIN


async def _speak(engine: Tts) -> tuple[float, float]:
    samples, first, ended = 0, 0.0, False
    began = wall, work = time.perf_counter(), time.process_time()
    try:
        async with asyncio.timeout(_PATIENCE):
            async with aclosing(engine.speak(_WARM)) as chunks:
                async for _ in chunks:
                    pass
            began = wall, work = time.perf_counter(), time.process_time()
            async with aclosing(engine.speak(_SENTENCE)) as chunks:
                async for chunk in chunks:
                    first = first or _since(*began)
                    samples += len(chunk.pcm24k)
            ended = True
    except TimeoutError:
        pass
    spent = max(_since(wall, work), 1e-4)
    if not samples and ended:
        raise EngineError(f"{engine.name} gave no sound; choose another voice: assistant voices")
    if not samples and spent < _PATIENCE / 2:  # it hardly ran, so that nothing is known of it
        raise EngineError(
            f"{engine.name} made no sound within {_PATIENCE:g} s, as other programs keep this machine busy; "
            f"start again "
            "when they have less to do"
        )
    return first or spent, spent * SAMPLE_RATE / max(samples, SAMPLE_RATE / 10)


def _since(wall: float, work: float) -> float:
    """Seconds as on a quiet machine: neither those of other programs count, nor those of this one's other engines."""
    return min(time.perf_counter() - wall, time.process_time() - work)


def _machine() -> str:
    return f"{threads.processor()}, {threads.cores()} cores, version {__version__}"


def _read() -> dict[str, dict[str, dict[str, Any]]]:
    try:
        table = json.loads((data_folder() / "voices.json").read_text(encoding="utf-8"))
        return {machine: {voice: dict(entry) for voice, entry in voices.items()} for machine, voices in table.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
