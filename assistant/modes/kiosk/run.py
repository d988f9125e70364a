"""The kiosk, put together: devices, engines, what begins a visit, what watches it, and signals."""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack

from assistant import events, modes
from assistant.concurrency import restarts
from assistant.concurrency.failures import Contained, explained, failure
from assistant.config import Settings
from assistant.modes import control, keys
from assistant.modes.equipment import IN_KIOSK
from assistant.modes.hands_free import load_vad, open_devices
from assistant.modes.kiosk.ear import Ear
from assistant.modes.kiosk.strict import strict
from assistant.modes.kiosk.visits import Visits
from assistant.modes.kiosk.watch import watching
from assistant.modes.reload import Reread, close_replaced, reloaded, told
from assistant.modes.signals import on_hangup
from assistant.screen import Screen, Steady
from assistant.wake import WakeWords

_INVITATIONS = {
    "wake_word": "a visit begins with {}",
    "open": "a visit begins when somebody speaks",
    "button": "a visit begins with the button, or with `assistant press`",
}
_AGAIN = 1.0  # seconds until the ear is opened again


async def run(settings: Settings, screen: Screen, reread: Reread) -> None:
    """Receive visitors until cancelled, whatever happens to devices and engines. ``reread``: what SIGHUP asks for.

    Raises UsageError for settings that a kiosk refuses, and what loading the engines raises.
    """
    settings = strict(settings)
    wake_words, screen = _wake_words(settings), Steady(screen)
    async with AsyncExitStack() as stack:
        watch = await stack.enter_async_context(watching(settings.kiosk, screen.note))

        observe = events.together(screen, watch)
        microphone, speaker = open_devices(settings, observe, wait=True)
        stack.callback(speaker.close)
        stack.callback(microphone.close)
        vad, means = await asyncio.gather(
            load_vad(settings), modes.load(settings, screen.note, observe=observe, skills=IN_KIOSK)
        )
        fed, hears = Contained("What watches the kiosk", screen.note), asyncio.Event()

        def captured() -> None:
            hears.set()
            fed(watch.fed)

        ear = Ear(microphone, captured)
        visits = Visits(means, ear, speaker, vad, wake_words, observe)
        stack.callback(lambda: visits.means.close())
        await means.warm()
        gc.collect()
        gc.freeze()  # what is loaded stays: collecting what a visit leaves need not look at it

        async def reload() -> None:
            watch.reloading()
            await _reload(visits, reread, screen, observe)
            watch.ready()

        stack.enter_context(on_hangup(reload))
        await stack.enter_async_context(control.serving(visits.command, screen.note))
        async with asyncio.TaskGroup() as group:
            if settings.push_to_talk.source not in ("auto", "terminal"):
                group.create_task(_keys(settings, visits, screen))
            group.create_task(visits.receive())
            watch.ready()
            restarts.ready("")  # what a visitor said before a crash is gone, as it should be
            group.create_task(_invite(settings, screen, hears))
            while True:
                try:
                    await ear.listen(visits.hear)
                except BaseException as error:
                    screen.note(explained(failure(error), "The microphone"))
                await asyncio.sleep(_AGAIN)


async def _invite(settings: Settings, screen: Screen, hears: asyncio.Event) -> None:
    """Once there is a microphone: until then the screen says that there is none."""
    await hears.wait()
    screen.note(f"The kiosk listens: {_INVITATIONS[settings.kiosk.begin].format(_spoken(settings))}")


def _spoken(settings: Settings) -> str:
    return " or ".join(f"“{word.strip().replace('_', ' ')}”" for word in settings.kiosk.wake_words.split(","))


def _wake_words(settings: Settings) -> WakeWords | None:
    return WakeWords(settings.kiosk) if settings.kiosk.begin == "wake_word" else None


async def _keys(settings: Settings, visits: Visits, screen: Screen) -> None:
    """The push-to-talk key is the kiosk's button."""
    async with keys.open_source(settings.push_to_talk, screen.note) as source:
        async for down in source.presses():
            if down and (refusal := visits.command("press")):
                screen.note(refusal)


async def _reload(visits: Visits, reread: Reread, screen: Screen, observe: events.Observer) -> None:
    old = visits.means
    try:
        settings = strict(reread())
        wake_words = visits.wake_words
        if (settings.kiosk.begin, settings.kiosk.wake_words, settings.kiosk.sensitivity) != (
            old.settings.kiosk.begin,
            old.settings.kiosk.wake_words,
            old.settings.kiosk.sensitivity,
        ):
            wake_words = _wake_words(settings)
        means = await reloaded(old, settings, screen.note, observe)
    except BaseException as error:
        screen.note(f"The settings stay as they were: {explained(failure(error), 'Reading them')}")
        return
    await visits.reconfigure(means)
    visits.wake_words = wake_words
    close_replaced(old, means)
    screen.note(told(old.settings, settings))
