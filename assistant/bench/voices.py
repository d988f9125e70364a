"""`assistant bench voices`: for each engine whose voice is here, on one core and on two: the first sound, the real-time
factor, memory, and how many words the bundled recogniser gets wrong.

Each is measured in a process of its own that may use only so many cores, so that nothing else is counted with it.
voices.txt holds a hundred sentences of ours, in the public domain, which nothing in this project was tuned on. They are
spelled as the recogniser spells (meter, harbor), so that only what was misheard counts.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from assistant.bench.result import Figure, Result
from assistant.bench.wer import wer
from assistant.concurrency.threads import cores
from assistant.config import Settings
from assistant.errors import AssistantError, UsageError
from assistant.settings import EngineInfo, named
from assistant.tts import ENGINES, SAMPLE_RATE, Tts, TtsSettings, choice, has_key

_TIMED = 20
"""Sentences whose time is taken; all are listened to."""
_MOST_WRONG = 6.0
"""% of the words, for the voice that `auto` takes."""


def sentences() -> list[str]:
    return Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()


def here(settings: TtsSettings, only: str | None = None) -> list[EngineInfo]:
    """The engines whose voice, as the settings name it, can speak now. Raises UsageError when ``only`` cannot."""
    found = [
        engine
        for engine in ([named(only, ENGINES)] if only else ENGINES)
        if not engine.missing() and has_key(engine, settings) and choice.is_here(engine, settings)
    ]
    if not found:
        raise UsageError(f"{only}: its voice is not on this machine; `assistant voices --engine {only}` tells more")
    return found


def run(settings: Settings, only: str | None = None, count: int = 100) -> Result:
    """``only``: one engine's name. ``count``: how many sentences are listened to. Raises AssistantError."""
    engines, texts = here(settings.tts, only), sentences()[:count]
    default = choice.chosen(TtsSettings())
    rows, details = [], []
    for engine in engines:
        key = choice.key(engine, settings.tts)
        for number in (1, 2) if cores() > 1 and not engine.leaves else (cores(),):
            listen = number != 1 or cores() == 1
            found = _in_a_process(engine.name, settings.tts, number, texts if listen else texts[:_TIMED], listen)
            where = key if engine.leaves else f"{key}, {number} {'core' if number == 1 else 'cores'}"
            rows += [
                Figure.of(f"{where}: first sound", "s", found["first"]),
                Figure.of(f"{where}: real-time factor", "s/s", found["factor"]),
            ]
            if listen:
                wrong = 100 * wer(texts, found["heard"])
                most = _MOST_WRONG if engine is default and not engine.leaves else None
                rows += [
                    Figure.single(f"{key}: words that the recogniser gets wrong", "%", len(texts), wrong, most),
                    Figure.single(f"{key}: memory", "MB", 1, found["memory"]),
                ]
            details.append({"voice": key, "cores": number, **found})
    return Result("voices", rows, {"voices": ", ".join(engine.name for engine in engines)}, details)


def _in_a_process(name: str, settings: TtsSettings, number: int, texts: Sequence[str], listen: bool) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, name, asdict(settings), number, list(texts), listen))
    process.start()
    theirs.close()
    try:
        found = ours.recv()
    except EOFError:
        raise AssistantError(
            f"{name}: its process ended before it had spoken; see `assistant say --engine {name}`"
        ) from None
    finally:
        process.join()
    if isinstance(found, str):
        raise AssistantError(found)
    return found


def _child(pipe: Any, name: str, settings: dict[str, Any], number: int, texts: list[str], listen: bool) -> None:
    if hasattr(os, "sched_setaffinity"):  # elsewhere all cores count
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:number]))
    try:
        pipe.send(_measure(named(name, ENGINES), TtsSettings(**settings), texts, listen))
    except AssistantError as error:
        pipe.send(str(error))


def _measure(engine: EngineInfo, settings: TtsSettings, texts: list[str], listen: bool) -> dict[str, Any]:
    import psutil

    process = psutil.Process()
    before = process.memory_info().rss
    voice = engine.imported().load(settings, lambda text: None)
    spoken = asyncio.run(_speak(voice, texts[:_TIMED]))
    memory = (process.memory_info().rss - before) / 1e6
    spoken += asyncio.run(_speak(voice, texts[_TIMED:])) if len(texts) > _TIMED else []
    voice.close()
    return {
        "name": voice.name,
        "first": [first for first, _, _ in spoken[:_TIMED]],
        "factor": [spent * SAMPLE_RATE / max(1, len(pcm)) for _, spent, pcm in spoken[:_TIMED]],
        "memory": memory,
        "heard": asyncio.run(_heard([pcm for _, _, pcm in spoken])) if listen else [],
        "said": texts if listen else [],
    }


async def _speak(voice: Tts, texts: Sequence[str]) -> list[tuple[float, float, np.ndarray]]:
    """(Seconds to the first sound, to the last, the sound) of each; one is spoken before, to warm the voice up."""
    spoken = []
    for text in ["Yes.", *texts]:
        began, first, pieces = time.perf_counter(), 0.0, []
        async with aclosing(voice.speak(text)) as chunks:
            async for chunk in chunks:
                first = first or time.perf_counter() - began
                pieces.append(chunk.pcm24k)
        spoken.append((first, time.perf_counter() - began, np.concatenate([*pieces, np.zeros(0, np.float32)])))
    return spoken[1:]


async def _heard(spoken: Sequence[np.ndarray]) -> list[str]:
    import soxr

    from assistant import stt
    from assistant.audio import SAMPLE_RATE as HEARD_RATE

    ears = stt.load(stt.SttSettings(engine="moonshine"), lambda text: None)
    silence = np.zeros(HEARD_RATE // 2, np.float32)
    try:
        return [
            (
                await ears.transcribe(np.concatenate([silence, soxr.resample(pcm, SAMPLE_RATE, HEARD_RATE), silence]))
            ).text
            for pcm in spoken
        ]
    finally:
        ears.close()
