"""The ways to use the assistant. Each mode puts microphone, speaker, engines and screen together and lets them run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace

from assistant import engines, events, knowledge, safety
from assistant.audio import Speaker
from assistant.concurrency.failures import explained, failure
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.journal import Journal
from assistant.llm import Llm, Message, why_no_tools
from assistant.models import reads
from assistant.modes.resumed import Resumption
from assistant.reply import prompt, speakable
from assistant.reply.commands import Equipment
from assistant.reply.guard import Guard
from assistant.retrieved import Knowledge
from assistant.safety import Policy
from assistant.screen import Screen, Steady
from assistant.skills.values import kept
from assistant.tts import prepare
from rag import words

_SERVERS = 10.0  # seconds that one question waits for servers of tools, most of which start within two

Beside = Callable[[events.Event, str], None]
"""One more that watches; gets the conversation's id in the journal, too."""


@dataclass
class Means:
    """What a conversation is held with: loaded once, for as many conversations as come, one at a time."""

    settings: Settings
    engines: Engines
    policy: Policy
    documents: Knowledge | None
    """Asked by every question, or only by the guard, see `only_unsure`."""
    equipment: Equipment | None = None
    """What commands are carried out with; None = no words are commands."""

    def conversation(
        self, speaker: Speaker, observe: events.Observer, leaves: Callable[[str], bool] = lambda words: False
    ) -> Conversation:
        """A new one, in which nothing was said yet; ``leaves``: see `Conversation`."""
        knows, guard = self._asked_always, self.guard()
        equipment = self.equipment and replace(self.equipment, documents=self.documents)
        return Conversation(self.settings, self.engines, speaker, self.policy, observe, knows, guard, leaves, equipment)

    def guard(self) -> Guard:
        return Guard(self.settings.guard, self.documents if only_unsure(self.settings) else None)

    @property
    def _asked_always(self) -> Knowledge | None:
        """The documents, where every question asks them."""
        return None if only_unsure(self.settings) else self.documents

    async def forget(self) -> None:
        """Make all of it drop what it keeps of the conversations until now."""
        await self.engines.forget()
        speakable.forget()
        kept.forget()
        words.forget()
        if self.documents:
            self.documents.forget()

    async def warm(self) -> None:
        """Let the language model read what every conversation begins with."""
        introduction = self._asked_always.introduction if self._asked_always else ""
        await self.engines.llm.warm([prompt.system(self.settings.llm.system_prompt, introduction)])

    def close(self) -> None:
        self.engines.close()
        if self.documents:
            self.documents.close()
        if self.equipment:
            self.equipment.close()


async def load(
    settings: Settings,
    notice: Callable[[str], None],
    typed: bool = False,
    heard: bool = True,
    observe: events.Observer = lambda event: None,
    skills: Collection[str] | None = None,
    hurried: bool = True,
) -> Means:
    """Load engines, documents and skills side by side; ``skills``: those that are wanted, None = all; ``hurried``: see
    `assistant.knowledge.load`; for the others see `assistant.engines.load`.

    Raises UsageError for a wrong policy file, and the first error of an engine.
    """
    from assistant.modes import equipment

    policy = safety.load(settings.safety, lambda: knowledge.question_embedder(settings.rag))
    loaded, documents, equipped = await asyncio.gather(
        engines.load(settings, notice, typed, heard, observe),
        load_documents(settings, notice, hurried),
        equipment.load(settings, notice, skills),
    )
    if documents is not None:
        await choose_wording(documents, settings, loaded.llm, notice)
    # Its rules are compiled before they are waited for.
    await asyncio.to_thread(speakable.speakable, "1", loaded.tts.language)
    prepare(loaded.tts, "")  # a cloud voice: its connection is open when the first answer needs it
    return Means(settings, loaded, policy, documents, equipped)


async def choose_wording(documents: Knowledge, settings: Settings, llm: Llm, notice: Callable[[str], None]) -> None:
    """Whether ``llm`` words what the documents tell, or they are quoted. Never raises: it counts as reading where that
    could not be measured."""

    async def ask(messages: Sequence[Message]) -> str:
        async with aclosing(llm.reply(messages)) as pieces:
            return "".join([piece async for piece in pieces])

    try:
        await reads.decide(documents, settings, ask, notice)
    except BaseException as error:
        notice(explained(failure(error), "Measuring whether the language model reads passages"))


async def load_documents(settings: Settings, notice: Callable[[str], None], hurried: bool = True) -> Knowledge | None:
    """The documents, if they are asked at all; see `assistant.knowledge.load`."""
    asked = settings.rag.enabled or only_unsure(settings)
    return await knowledge.load(replace(settings.rag, enabled=asked), settings.llm, notice, hurried)


def only_unsure(settings: Settings) -> bool:
    """Whether the documents are asked only where the model is not sure of its own answer."""
    return settings.guard.when_unsure == "documents" and not settings.rag.enabled


def _has_tools(means: Means) -> bool:
    """Whether the language model can call tools of others, and there are some."""
    return bool(means.settings.mcp) and means.engines.llm.calls_tools


def propose(talk: Conversation, means: Means, journal: Journal, notice: Callable[[str], None]) -> None:
    """See proposing.py. What fails there is told, and no more."""
    from assistant.modes import proposing

    assert means.equipment is not None and means.equipment.memory is not None  # the caller asked
    try:
        proposing.propose(talk, means.equipment.memory, journal.path, journal.conversation)
    except BaseException as error:
        notice(explained(failure(error), "Proposing what to remember"))


@asynccontextmanager
async def conversation(
    settings: Settings,
    speaker: Speaker,
    screen: Screen,
    typed: bool = False,
    beside: Beside | None = None,
    heard: bool = True,
    reread: Callable[[], Settings] | None = None,
    lasts: bool = False,
) -> AsyncIterator[Conversation]:
    """Load engines and documents and hand out a conversation that screen and journal watch; then close all of them, and
    the speaker. ``reread``: reads the settings again when SIGHUP asks for it; ``lasts``: whether more than one question
    is answered, so that timers ring in it, and its documents are searched in a hurry.
    """
    from assistant.modes import equipment, reload, signals  # they need what stands above

    screen = Steady(screen)
    journal = Journal(settings.journal, screen.note)
    resumption = Resumption(journal, screen.note)

    others = [lambda event: beside(event, journal.conversation)] if beside else []
    observe = events.together(journal, screen, resumption, *others)
    means = await load(settings, screen.note, typed, heard, observe, hurried=lasts)
    if means.equipment:
        means = replace(
            means, equipment=replace(means.equipment, lasts=lasts, heard=heard, has_tools=_has_tools(means))
        )
    talk = means.conversation(speaker, observe)
    talk.commands.conversation = lambda: journal.conversation
    resumption.take_up(talk)

    tools = equipment.tools(settings, means.equipment, talk, screen.note)
    talk.equip(tools)
    if settings.mcp and (why := why_no_tools(means.engines.llm)):
        screen.note(why)

    async def hung_up() -> None:
        nonlocal means
        if reread is not None:
            means = await reload.reload_talk(talk, means, reread, screen.note, observe)

    try:
        with signals.on_hangup(hung_up) if reread else nullcontext():
            if lasts and means.equipment:
                async with equipment.in_use(means.equipment, talk, speaker, screen.note):
                    if settings.memory.extract and means.equipment.memory:
                        propose(talk, means, journal, screen.note)
                    yield talk
            else:
                if means.engines.llm.calls_tools:  # a conversation that lasts gets them while it goes on
                    await tools.ready(_SERVERS)
                yield talk
    finally:
        talk.speaker.close()
        means.close()
        await asyncio.to_thread(tools.close)
