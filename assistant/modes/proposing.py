"""Facts of the conversation before, proposed at the next start: remembered only when the user says yes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from assistant import journal
from assistant.conversation import Conversation
from assistant.llm import Llm
from assistant.memory import extract
from assistant.memory.facts import Fact, Memory
from assistant.skills import Action
from assistant.turn import Turn
from rag.atomic import write_text


async def propose(talk: Conversation, memory: Memory, path: Path, llm: Llm | None, now: str) -> None:
    """Ask about what was told in the last conversation of the journal at ``path`` but that of ``now``; once for each.

    Raises AssistantError.
    """
    told, turns = _last(path, now)
    seen = memory.path.with_suffix(".proposed")
    if not turns or seen.exists() and seen.read_text(encoding="utf-8").strip() == told:
        return
    facts = await extract.proposals(turns, memory, llm)
    write_text(seen, f"{told}\n", mode=0o600)
    if not facts:
        return

    async def remember() -> None:
        for fact in facts:
            memory.remember(Fact(fact, date.today(), told, turns[-1].id), memory.contradicted(fact))

    question = " ".join(extract.question(fact) for fact in facts)
    talk.propose(Action("I'll remember it.", remember, ask=question))


def _last(path: Path, now: str) -> tuple[str, list[Turn]]:
    last = ""
    for row in journal.read(path):
        if row["conversation"] != now:
            last = row["conversation"]
    return last, journal.turns(path, last) if last else []
