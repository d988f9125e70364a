"""Spelling a word and counting aloud, which small language models get wrong."""

from __future__ import annotations

import re
from decimal import Decimal

from assistant.skills import Action, Command, Here, Impossible, command
from assistant.skills.values.spoken_numbers import digits

_LONGEST = 30  # letters
_MOST = 50
_NO_WORD = frozenset("it that this them out you your my name i we".split())

COMMANDS = (
    command(
        "letters.spell",
        "spells a word",
        "(spell|spell out) [(me|for me)] [the word] {word} [for me]",
        "how (do you|do i|do we|would you|is) [it] (spell|write|spelled|spelt|written) [the word] {word}",
        "how is {word} (spelled|spelt|written)",
        "what is the spelling of {word}",
    ),
    command(
        "letters.count",
        "counts aloud to a number",
        "count [(up|for me|out loud|aloud)] [from (one|1)] to {number} [for me]",
        "count [(down|backwards)] from {number} [to (one|1|zero|0)]",
    ),
)


def run(asked: Command, here: Here) -> Action | None:
    if asked.name == "letters.spell":
        word = str(asked.values["word"]).strip(" .?!,'\"")
        if not re.fullmatch(r"[^\W\d_]+(?:['-][^\W\d_]+)*", word) or len(word) > _LONGEST or word in _NO_WORD:
            return None
        return Action(f"{', '.join(letter.upper() for letter in word if letter.isalpha())}.")
    number = asked.values["number"]
    if not isinstance(number, Decimal) or number != int(number):
        return None
    if not 2 <= number <= _MOST:
        raise Impossible(f"I count from 1 to {_MOST} at most.")
    row = range(1, int(number) + 1)
    is_down = re.search(r"\b(?:down|backwards|from)\b(?! (?:one|1)\b)", asked.words.lower())
    return Action(f"{', '.join(digits(Decimal(one)) for one in (reversed(row) if is_down else row))}.")
