"""What commands are carried out with, loaded beside the engines, and what rings while somebody talks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from assistant.audio import Speaker
from assistant.audio.tones import chime
from assistant.concurrency.failures import explained, failure
from assistant.concurrency.worker import Worker
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.folders import data_folder
from assistant.reply.commands import Equipment
from assistant.skills.ringing import Ringing, rung, was_missed

if TYPE_CHECKING:
    from assistant.skills.timekeeper import Entry

IN_KIOSK = frozenset({"clock", "sums", "units", "currencies", "documents", "talking"})
"""Skills that keep nothing of a visitor, and change nothing for the next one."""


async def load(
    settings: Settings, notice: Callable[[str], None], only: Collection[str] | None = None
) -> Equipment | None:
    """None where no skills are wanted; ``only``: see `Skills`. Without them the conversation goes on."""
    if not settings.skills.enabled:
        return None

    def equipped() -> Equipment:
        from assistant.skills import loaded
        from assistant.skills.timekeeper import Timekeeper

        folder = data_folder() / "skills"
        skills = loaded.load(settings.skills.path, only, told)
        return Equipment(skills, folder, Timekeeper(folder / "timers.json", notice=told))

    loop = asyncio.get_running_loop()

    def told(text: str) -> None:
        loop.call_soon_threadsafe(notice, text)

    worker = Worker("load-skills")
    try:
        return await worker.call(equipped)
    except BaseException as error:
        notice(f"{explained(failure(error), 'Loading the skills')}; the language model answers alone")
        return None
    finally:
        worker.close(0.0)


@asynccontextmanager
async def keeping_time(
    equipment: Equipment | None, talk: Conversation, speaker: Speaker, notice: Callable[[str], None]
) -> AsyncIterator[None]:
    """While it lasts, what was set rings in ``talk``, and what was missed is said."""
    if equipment is None:
        yield
        return
    keeper = equipment.timekeeper
    ringing = talk.steering.ringing = Ringing(
        lambda: chime(speaker, "alarm"), talk.announce, lambda: talk.state in ("hearing", "speaking")
    )

    async def ring(entry: Entry) -> None:
        await ringing.ring(entry, rung(entry))

    async def run() -> None:
        try:
            await keeper.run(ring)
        except BaseException as error:
            notice(f"{explained(failure(error), 'What rings timers')}; until the next start none will ring")

    if missed := keeper.missed():
        sentences = " ".join(was_missed(entry, datetime.now().astimezone()) for entry in missed)
        talk.announce(sentences, lambda: keeper.told(missed))
    running = asyncio.ensure_future(run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])
