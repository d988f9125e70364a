"""The ways to use the assistant. Each mode puts microphone, speaker, engines and screen together and lets them run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assistant import engines, events, knowledge, safety
from assistant.audio import Speaker
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.journal import Journal
from assistant.screen import Screen


@asynccontextmanager
async def conversation(settings: Settings, speaker: Speaker, screen: Screen,
                       typed: bool = False) -> AsyncIterator[Conversation]:
    """Load engines and documents and hand out a conversation that screen and journal watch; closes them and the speaker."""
    policy = safety.load(settings.safety)
    journal = Journal(settings.journal, screen.note)

    def observe(event: events.Event) -> None:
        journal(event)
        screen(event)

    loaded, documents = await asyncio.gather(engines.load(settings, screen.note, typed),
                                             knowledge.load(settings.rag, settings.llm, screen.note))
    talk = Conversation(settings, loaded, speaker, policy, observe, documents)
    try:
        yield talk
    finally:
        talk.speaker.close()
        loaded.close()
        if documents:
            documents.close()
