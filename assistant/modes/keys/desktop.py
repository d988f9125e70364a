"""Keys wherever the focus is, on X11, macOS and Windows: pynput, in a process of its own (listen.py)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from assistant.errors import UsageError
from assistant.modes.keys.held import Held
from assistant.modes.keys.names import MODIFIERS, Chord, keys_of, pynput_names
from assistant.modes.keys.source import RETRY, Notice, Source, running
from assistant.settings.modes import PushToTalkSettings

_READY = 20.0  # seconds; far more than it takes on a busy machine


@asynccontextmanager
async def opened(chord: Chord, settings: PushToTalkSettings, source: Source, notice: Notice) -> AsyncIterator[None]:
    process = await _started(chord)
    if chord.typed:
        notice(f"The window that has the focus gets {chord} as well; a key such as f9 or ctrl+alt+space types nothing")
    async with running(_follow(process, chord, source, notice)):
        yield


async def _follow(process: Process, chord: Chord, source: Source, notice: Notice) -> None:
    """Feed the source, and start the process anew each time it ends."""
    try:
        while True:
            held = Held(chord)
            assert process.stdout
            async for line in process.stdout:
                sign, name = line[:1], line[1:].decode().strip()
                source.set(held.change(name, sign == b"+"))
            source.set(False)
            notice("What listens to the keyboard has ended; it is started again")
            await _end(process)
            process = await _restarted(chord, notice)
    finally:
        await _end(process)


async def _restarted(chord: Chord, notice: Notice) -> Process:
    attempt = 0
    while True:
        await asyncio.sleep(RETRY[min(attempt, len(RETRY) - 1)])
        with contextlib.suppress(UsageError):
            process = await _started(chord)
            notice(f"{chord} is heard again")
            return process
        attempt += 1


async def _started(chord: Chord) -> Process:
    wanted = {key: pynput_names(key) for key in (*MODIFIERS, *keys_of(chord.key))}
    if not wanted[keys_of(chord.key)[0]]:
        raise UsageError(f"the desktop's key presses have no {chord.key}: choose another [push_to_talk] key")
    alone = "-P"  # the modules beside it must not hide others of the same name
    program = [sys.executable, alone, str(Path(__file__).with_name("listen.py")), json.dumps(wanted)]
    try:
        process = await asyncio.create_subprocess_exec(*program, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    except OSError as error:
        raise UsageError(f"what listens to the keyboard cannot be started ({error}); try again later") from None
    assert process.stdout
    try:
        async with asyncio.timeout(_READY):
            answer, _, what = (await process.stdout.readline()).decode().strip().partition(" ")
    except TimeoutError:
        answer, what = "failed", f"it was not ready within {_READY:.0f} s"
    except asyncio.CancelledError:
        await _end(process)
        raise
    if answer == "ready":
        return process
    await _end(process)
    match answer:
        case "denied":
            raise UsageError(
                "macOS does not let this program watch the keyboard: allow the terminal (or what starts the "
                "assistant) under System Settings, Privacy & Security, Input Monitoring, and start again"
            )
        case "missing":
            raise UsageError(f"pynput has no key {what} on this system: choose another [push_to_talk] key")
    raise UsageError(f"pynput cannot listen to this desktop's keyboard ({what or 'it ended at once'})")


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
