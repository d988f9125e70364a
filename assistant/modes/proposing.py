"""Facts of the conversation before, proposed at the next start: remembered only when the user says yes."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

from assistant import journal
from assistant.conversation import Conversation
from assistant.memory import extract
from assistant.memory.facts import Fact, Memory
from assistant.skills import Action
from assistant.turn import Turn
from rag.atomic import write_text


def propose(talk: Conversation, memory: Memory, path: Path, now: str) -> None:
    """Ask about what was told in the last conversation of the journal at ``path`` but that of ``now``; once for each.

    Raises AssistantError.
    """
    told, day, turns = _last(path, now)
    seen = memory.path.with_suffix(".proposed")
    if not turns or seen.exists() and seen.read_text(encoding="utf-8").strip() == told:
        return
    facts = extract.proposals(turns, memory)
    write_text(seen, f"{told}\n", mode=0o600)
    if not facts:
        return

    async def remember() -> None:
        for fact, turn in facts.items():
            memory.remember(Fact(fact, day, told, turn), memory.contradicted(fact))

    question = " ".join(extract.question(fact) for fact in facts)
    talk.propose(Action("I'll remember it.", remember, ask=question))


def _last(path: Path, now: str) -> tuple[str, date, list[Turn]]:
    last, day = "", date.today()
    for row in journal.read(path):
        if row.get("conversation", now) != now:
            last = row["conversation"]
            with suppress(ValueError):  # what somebody edited
                day = date.fromisoformat(row.get("time", "")[:10])
    return last, day, journal.turns(path, last) if last else []
