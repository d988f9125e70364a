"""The ways to use the assistant. Each mode puts microphone, speaker, engines and screen together and lets them run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from assistant import engines, events, knowledge, safety
from assistant.audio import Speaker
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.journal import Journal
from assistant.modes.resumed import Resumption
from assistant.reply.guard import Guard
from assistant.reply.speakable import speakable
from assistant.screen import Screen

Beside = Callable[[events.Event, str], None]
"""One more that watches; gets the conversation's id in the journal, too."""


@asynccontextmanager
async def conversation(
    settings: Settings,
    speaker: Speaker,
    screen: Screen,
    typed: bool = False,
    beside: Beside | None = None,
    heard: bool = True,
) -> AsyncIterator[Conversation]:
    """Load engines and documents and hand out a conversation that screen and journal watch; then close all of them, and
    the speaker.
    """
    policy = safety.load(settings.safety)
    journal = Journal(settings.journal, screen.note)
    resumption = Resumption(journal, screen.note)

    def observe(event: events.Event) -> None:
        journal(event)
        screen(event)
        resumption(event)
        if beside:
            beside(event, journal.conversation)

    when_unsure = settings.guard.when_unsure == "documents" and not settings.rag.enabled
    loaded, documents = await asyncio.gather(
        engines.load(settings, screen.note, typed, heard, observe),
        knowledge.load(replace(settings.rag, enabled=settings.rag.enabled or when_unsure), settings.llm, screen.note),
    )
    await asyncio.to_thread(speakable, "1", loaded.tts.language)  # its rules are compiled before they are waited for
    guard = Guard(settings.guard, documents if when_unsure else None)
    talk = Conversation(settings, loaded, speaker, policy, observe, None if when_unsure else documents, guard)
    resumption.take_up(talk)
    try:
        yield talk
    finally:
        talk.speaker.close()
        loaded.close()
        if documents:
            documents.close()
