"""The bundled model tells things: sentences for training/told.txt, by `python -m assistant.safety.tell 2000 >> FILE`.

Nobody asks or wants anything in them. Read what comes before you keep it: a small model writes what it likes.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

from assistant import llm
from assistant.llm import LlmSettings, Message

_FORMS = """a page of my diary about {}; a letter to my sister about {}; a short story in the first person about {};
    the talk of two old friends about {}; a fairy tale about {}; a report in a local newspaper about {}; a scene of
    a novel of the nineteenth century about {}; what a grandmother tells her grandchildren about {}; a quarrel
    between husband and wife about {}; gossip among neighbours about {}; the thoughts of a tired man about {}; a
    chapter of a family history about {}; a message to a friend about {}; a chat at the breakfast table about {}; a
    witness's account of {}; a review of a film about {}; what a child told her teacher about {}; a speech at a
    wedding about {}"""
_SUBJECTS = """a wedding; a lost dog; a long journey by train; an uncle who never wrote; the first day at school; a
    broken window; a dinner that went wrong; a visit to the dentist; a secret that everybody knew; a proud young
    man; the old house by the river; a football match; a sick child; a new job; rain in August; a stolen bicycle; a
    party; two sisters; a letter that came too late; the neighbours' music; a bad night; a walk in the snow; a cake;
    moving to another town; a promise; a misunderstanding; the fishing trip; a funeral; an inheritance; a ball; a
    jealous friend; growing old; a farm; the war that was over; a market day; a car that would not start; the
    doctor; a ghost; an apology; the sea; money; a garden; the last day of the holidays; a boss who shouts; a baby;
    the man upstairs; a concert; an exam; a storm; a marriage that nobody expected; losing the way; the king and his
    daughter; a headache; a game of cards; a shop that closes; Christmas; a broken heart; a hospital; a good book;
    the bus"""
_LONGEST, _SHORTEST = 40, 4  # words of a sentence that is kept


def listed(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split(";")]


async def told(seed: int) -> AsyncIterator[str]:
    """Sentences without end, each once."""
    seen: set[str] = set()
    chance = random.Random(seed)
    engine = llm.load(replace(LlmSettings(), temperature=0.8, max_tokens=200, seed=seed), lambda notice: None)
    pairs = list(itertools.product(listed(_FORMS), listed(_SUBJECTS)))
    for form, subject in chance.sample(pairs, len(pairs)):
        asked = f"Write {form.format(subject)}. Write plain sentences, no list and no heading."
        text = "".join([piece async for piece in engine.reply([Message("user", asked)])])
        for sentence in re.split(r"(?<=[.!?])[\"'”]?\s+", text)[:-1]:  # the last one is mostly cut
            sentence = " ".join(sentence.split()).strip(" \"'“”*")
            if _SHORTEST <= len(sentence.split()) <= _LONGEST and sentence not in seen:
                seen.add(sentence)
                yield sentence


async def _main(count: int, seed: int) -> None:
    number = 0
    async for sentence in told(seed):
        print(sentence, flush=True)
        number += 1
        if number == count:
            return


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
