"""Remembered facts as a language model is shown them: before the question, few, and none that would command it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.memory import wording
from assistant.memory.facts import Fact, Memory
from rag.text import harmless

BUDGET = 60
"""Tokens of the prompt that facts may take, those around them included."""
_TOKEN = re.compile(r"\d|[^\W\d_]{1,4}|[^\w\s]|_")
_ANSWERED = 2
_FEW = 2  # words that mean too little to be compared


async def look_up(memory: Memory, question: str, kept: str = "") -> str:
    """The facts that ``question`` asks for, as text for the prompt; empty where it asks for none.

    ``kept`` is what was shown for the same question while it was half spoken: it comes back unchanged, so that it need
    not be read again, unless the whole question finds something better. Raises AssistantError.
    """
    found = memory.find(question)
    if memory.embed is not None and len(question.split()) > _FEW and not any(one.sure for one in found):
        vector = await asyncio.to_thread(memory.embed, question)
        found = memory.find(question, vector)
    facts = [one.fact for one in found if not wording.is_instruction(one.fact.text)]
    return kept if facts and _line(facts[0]) in kept.splitlines() else block(facts)


def sure(memory: Memory, question: str) -> list[Fact]:
    """The facts that are the whole answer to ``question``, one or two. Raises AssistantError."""
    return [found.fact for found in memory.find(question) if found.sure][:_ANSWERED]


def block(facts: Sequence[Fact]) -> str:
    """The first of ``facts`` that fit into `BUDGET`, each with the day it was told; the very first is cut to fit."""
    text = ""
    for number, fact in enumerate(facts, 1):
        longer = _framed(facts[:number])
        if tokens(longer) > BUDGET:
            return text or _cut(fact)
        text = longer
    return text


def _framed(facts: Sequence[Fact]) -> str:
    return "\n".join(map(_line, facts))


def _cut(fact: Fact) -> str:
    said = fact.text.split()
    fitting = (_framed([replace(fact, text=" ".join(said[:end]) + " …")]) for end in range(len(said), 0, -1))
    return next((text for text in fitting if tokens(text) <= BUDGET), "")


def tokens(text: str) -> int:
    """How many tokens ``text`` has at most, in English and by a vocabulary as small as the bundled model's."""
    return len(_TOKEN.findall(text)) + text.count("\n")


def _line(fact: Fact) -> str:
    # In the user's own voice: the bundled model answered 10 of 10 questions so, and 5 by "The user said on ...".
    return f"I told you on {fact.day.day} {fact.day:%B}: {harmless(fact.text)}."
