"""Lines to learn from out of the skills' own templates, which hold many more words for the same thing."""

from __future__ import annotations

import importlib
import random
from collections.abc import Mapping, Sequence

from hassil.expression import Alternative, Expression, Group, ListReference, Permutation, TextChunk

from assistant.skills import SKILLS, Sentences
from assistant.skills.learned.model import NONE
from assistant.skills.learned.rewording import REWORDINGS
from assistant.skills.learned.samples import MARK, Sample, sample
from assistant.skills.words.templates import parsed

EACH = 60
"""Of a command."""
_OPTIONAL = 0.35
_SLOTS = {"wares": "items"}
_TOLD = """
she told me to {} | he always tells me to {} | do not {} | never {} | please don't {} | i would never {}
my mother used to {} | i forgot to {} yesterday | why should i {} | why do people {} | how do i {} | how do people {}
what happens if i {} | i already asked her to {} | yesterday i wanted to {} | he said he would {} | they never {}
is it bad to {} | the book says you should {} | it is silly to {} | i do not want to {} | i am not going to {}
i was about to {} but then i did not | some people {} every day | can robots {} | who taught you to {}
there is no need to {} | i dreamed that i had to {} | in the film they {} | we used to {} when i was small
my neighbor asked me to {} | i hate it when people {} | she wants me to {} | he wants me to {} all the time
do you ever {} | should i {} or not | i wonder why we {} | my phone can {} too | don't you dare {} | it takes ages to {}
"""
"""Around a command: it is told of, and not asked for."""
_WRAPPED = """
could you {} | i just got in so {} | hey {} would you | my hands are full, {} | i'm going out, {} | be a dear and {}
right then, {} | um, {} | {} because i'm tired | {}, i'm off to bed | {} before i forget | the baby's asleep so {}
if you wouldn't mind {} | it would be great if you {} | okay {} and be quick about it | i can't see a thing, {} love
so anyway, {} | {} for grandma | we've got guests coming, {} | {}, there's a good lad | i'm in a rush, {} mate
"""
_ASKED = frozenset("what which how when where who is are do does did have has why the my any i".split())


def from_templates(samples: Sequence[Sample], each: int = EACH, seed: int = 17) -> list[Sample]:
    """The same every time. Commands that are never reworded are kinds of their own."""
    chance = random.Random(seed)
    values: dict[tuple[str, str], list[str]] = {}
    for one in samples:
        for slot, begin, end in one.slots:
            text = " ".join(word.said for word in one.words[begin:end] if word.said)
            for key in ((one.kind, slot), ("", slot)):
                values.setdefault(key, []).append(text)
    kinds = {name: kind for kind, row in reversed(REWORDINGS.items()) for name in row.names}
    made = []
    for row in _rows():
        kind = kinds.get(row.name, row.name)
        lines: dict[str, None] = {}
        trees = [parsed(text, row.name)[0].expression for text in row.templates.get("en", ())]
        for _ in range(each * 3 if trees else 0):
            line = _said(chance.choice(trees), kind, values, chance)
            if line is not None and len(lines) < each:
                lines.setdefault(" ".join(line.split()))
        made += [sample(kind, line) for line in lines]
        made += [sample(NONE, _in(_TOLD, MARK.sub(r"\1", line), chance)) for line in list(lines)[::4] if _orders(line)]
    return made


def wrapped(samples: Sequence[Sample], seed: int = 17) -> list[Sample]:
    """Some of them with what people say around a command."""
    chance = random.Random(seed)
    chosen = [one for one in samples if one.kind != NONE and chance.random() < 0.3]
    return [sample(one.kind, _in(_WRAPPED, one.marked, chance)) for one in chosen]


def _in(frames: str, line: str, chance: random.Random) -> str:
    return chance.choice(" | ".join(frames.strip().splitlines()).split(" | ")).replace("{}", line)


def _orders(line: str) -> bool:
    words = line.split()
    return len(words) > 1 and words[0] not in _ASKED and not words[0].startswith("[")


def _rows() -> list[Sentences]:
    return [row for name in SKILLS for row in importlib.import_module(name).COMMANDS if row.name != "home"]


def _said(
    tree: Expression, kind: str, values: Mapping[tuple[str, str], Sequence[str]], chance: random.Random
) -> str | None:
    """None = it has a slot that no line fills."""
    match tree:
        case TextChunk():
            return tree.original_text
        case ListReference():
            slot = tree.slot_name if (kind, tree.slot_name) in values else tree.list_name
            slot = _SLOTS.get(slot, slot)
            known = values.get((kind, slot), () if kind in REWORDINGS else values.get(("", slot), ()))
            if not known:
                return None
            return f"[{chance.choice(known)}]({slot})" if kind in REWORDINGS else chance.choice(known)
        case Alternative(is_optional=True) if chance.random() > _OPTIONAL:
            return ""
        case Alternative():
            return _said(chance.choice(tree.items), kind, values, chance)
        case Permutation() | Group():
            parts = [_said(item, kind, values, chance) for item in tree.items]
            return None if None in parts else "".join(part for part in parts if part is not None)
    return None
