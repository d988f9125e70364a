"""What commands are carried out with, loaded beside the engines, and what rings while somebody talks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from assistant import knowledge
from assistant.audio import Speaker
from assistant.audio.tones import chime
from assistant.concurrency.failures import explained, failure
from assistant.concurrency.worker import Worker
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.folders import data_folder
from assistant.llm import gguf
from assistant.reply.commands import Equipment
from assistant.skills import as_tools
from assistant.skills.time.ringing import Ringing
from assistant.tools.toolbox import Tools

if TYPE_CHECKING:
    from assistant.skills.time.timekeeper import Entry

IN_KIOSK = frozenset("clock calendar_facts sums tips units currencies documents talking chance letters outside".split())
"""Skills that keep nothing of a visitor, and change nothing for the next one."""


async def load(
    settings: Settings, notice: Callable[[str], None], only: Collection[str] | None = None
) -> Equipment | None:
    """None where no skills are wanted; ``only``: see `Skills`. Without them the conversation goes on."""
    if not settings.skills.enabled:
        return None

    def equipped() -> Equipment:
        from assistant.memory import load as memory
        from assistant.skills import loaded
        from assistant.skills.time.timekeeper import Timekeeper

        folder = data_folder() / "skills"
        skills = loaded.load(settings.skills.path, only, told)
        keeps = None
        timers = "timers.json" if only is None else "none.json"  # a kiosk rings none, and must not keep others from it
        if only is None:
            keeps = memory.load(settings.memory, knowledge.question_embedder(settings.rag), told)
        keeper, stored = Timekeeper(folder / timers, notice=told), knowledge.is_stored(settings.rag)
        return Equipment(
            skills,
            folder,
            keeper,
            keeps,
            has_tools=bool(settings.mcp),
            stored=stored,
            only_english=gguf.is_bundled(settings.llm),
        )

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


def tools(settings: Settings, equipment: Equipment | None, talk: Conversation, notice: Callable[[str], None]) -> Tools:
    """What the language model may call in ``talk``: the skills, and the tools of [mcp.NAME]; servers start now."""
    loop = asyncio.get_running_loop()

    def told(text: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop ends
            loop.call_soon_threadsafe(notice, text)

    if equipment is None:
        found = Tools(settings.mcp, notice=told)
    else:
        skills = equipment.skills
        found = Tools(
            settings.mcp,
            as_tools.tools(skills, lambda: equipment.here(talk.steering, talk.turns, talk.commands.conversation())),
            as_tools.asking(skills),
            as_tools.reading(skills),
            told,
        )
    found.start()
    return found


@asynccontextmanager
async def in_use(
    equipment: Equipment, talk: Conversation, speaker: Speaker, notice: Callable[[str], None]
) -> AsyncIterator[None]:
    """While it lasts, what was set rings in ``talk``, and what was missed is said. The engines are loaded."""
    from assistant.skills import home
    from assistant.skills.numbers import units

    home.start()
    units.warm()
    keeper = equipment.timekeeper
    ringing = talk.steering.ringing = Ringing(
        lambda: chime(speaker, "alarm"), talk.announce, lambda: talk.state in ("hearing", "speaking")
    )

    async def ring(entry: Entry) -> None:
        await ringing.ring(entry, entry.sentence())

    async def run() -> None:
        try:
            await keeper.run(ring)
        except BaseException as error:
            notice(f"{explained(failure(error), 'What rings timers')}; until the next start none will ring")

    if missed := keeper.missed():
        talk.announce(" ".join(entry.missed_sentence() for entry in missed), lambda: keeper.told(missed))
    running = asyncio.ensure_future(run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])
