"""Chance: a coin, dice, a number, one of several things."""

from __future__ import annotations

import random
import re
from decimal import Decimal

from assistant.skills import Action, Command, Here, Impossible, command
from assistant.skills.values.list_words import as_said
from assistant.skills.values.spoken_numbers import digits, number

_MOST_DICE = 20
_MOST_CHOICES = 20
_LONGEST_CHOICE = 6  # words
_OR = re.compile(r",\s*(?:and\s|or\s)?|\s(?:and|or)\s", re.IGNORECASE)
_ONLY_OR = re.compile(r",\s*(?:or\s)?|\sor\s", re.IGNORECASE)
_SOFT = "[(please|can you|could you|would you|will you|i want you to|i'd like you to|i need you to)] [please]"
_END = "[(please|for me|will you|would you|again|now|then|thanks|thank you)]"

COMMANDS = (
    command(
        "talking.coin", "Tosses a coin.",
        f"{_SOFT} (flip|toss|throw|spin) (a|the|me a) coin {_END}",
        f"[(give me)] (heads or tails|coin flip|coin toss) {_END}",
    ),
    command(
        "talking.dice", "Rolls dice.",
        f"{_SOFT} (roll|throw|cast) (a|the|me a|one) (die|dice) {_END}",
        f"{_SOFT} (roll|throw|cast) [me] {{number}} (dice|die) {_END}",
        f"{_SOFT} (roll|throw|cast) (a|the|me a) {{sides}} sided (die|dice) {_END}",
    ),
    command(
        "talking.random", "Picks a number at random.",
        f"{_SOFT} (pick|choose|give me|think of|tell me|say|generate|name|i need) (a|any|some|me a) [random] number "
        "(between|from) {low} (and|to) {high}",
        f"{_SOFT} (pick|choose|give me|say|generate|name) (a|me a) random number {_END}",
        "random number [(between|from) {low} (and|to) {high}]",
    ),
    command(
        "talking.choose", "Chooses one of several things at random.",
        f"{_SOFT} (choose|pick|decide|select) [for me] [one] [out] (between|from|among|of) {{choices}} {_END}",
        f"{_SOFT} help me (choose|decide|pick) (between|from) {{choices}}",
        f"{_SOFT} (choose|pick|decide|select) [one] [for me] {{choices}} {_END}",
        "you (choose|pick|decide) [(between|from)] {choices}",
    ),
)  # fmt: skip


def run(asked: Command, here: Here) -> Action | None:
    match asked.name:
        case "talking.coin":
            return Action(random.choice(("Heads.", "Tails.")))
        case "talking.dice":
            return Action(_dice(asked))
        case "talking.random":
            return _random_number(asked)
        case _:
            return _choice(asked)


def _choice(asked: Command) -> Action | None:
    text = as_said(str(asked.values["choices"]), asked.words)
    is_row = re.search(r"\b(?:between|from|among|of)\s+\W*" + re.escape(text), asked.words, re.IGNORECASE)
    if not is_row and not re.search(r"\bor\b", text):
        return None  # "pick up milk and eggs"
    choices = [choice.strip() for choice in (_OR if is_row else _ONLY_OR).split(text) if choice.strip()]
    if not 2 <= len(choices) <= _MOST_CHOICES or any(len(choice.split()) > _LONGEST_CHOICE for choice in choices):
        return None
    chosen = random.choice(choices)
    return Action(f"{chosen[:1].upper()}{chosen[1:]}.")


def _dice(asked: Command) -> str:
    count = asked.values.get("number", Decimal(1))
    sides = number(str(asked.values.get("sides", "six")).lower())
    if sides is None or sides != int(sides) or not 2 <= sides <= 1000:
        raise Impossible("A die has from 2 to 1000 sides.")
    if not isinstance(count, Decimal) or count != int(count) or not 1 <= count <= _MOST_DICE:
        raise Impossible(f"I have from 1 to {_MOST_DICE} dice.")
    rolled = [random.randint(1, int(sides)) for _ in range(int(count))]
    if len(rolled) == 1:
        return f"{rolled[0]}."
    return f"{', '.join(map(str, rolled[:-1]))} and {rolled[-1]}: {sum(rolled)} in all."


def _random_number(asked: Command) -> Action | None:
    low = number(str(asked.values.get("low", "1")).lower())
    high = number(str(asked.values.get("high", "100")).lower())
    if low is None or high is None or low != int(low) or high != int(high):
        return None
    return Action(f"{digits(Decimal(random.randint(*sorted((int(low), int(high))))))}.")
