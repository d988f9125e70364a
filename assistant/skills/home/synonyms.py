"""What a home calls otherwise than who speaks: its "curtains" are somebody's drapes. English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

_GROUPS = tuple(
    tuple(row.split("|"))
    for row in """
curtains|drapes
curtain|drape
blinds|blind|shades|window shades
television|tv|telly
light|lamp
lights|lamps
heating|radiator|thermostat|heater
stereo|hi-fi|hifi|speakers|speaker|sound system|music
living room|lounge|sitting room|front room
bathroom|toilet|loo|washroom|restroom
hall|hallway|corridor|passage|landing
study|office
coffee machine|coffee maker|espresso machine
vacuum|hoover|vacuum cleaner|robot vacuum
garden|backyard|back yard
ceiling light|main light|big light|overhead light
""".strip().splitlines()
)
_ALL = re.compile(
    rf"\b(?:{'|'.join(sorted((name for row in _GROUPS for name in row), key=len, reverse=True))})\b", re.IGNORECASE
)
_MOST = 2
"""Words of one request that are called otherwise."""


def instead(words: str) -> Iterator[str]:
    """``words`` with one of its things, or two, under their other names."""
    yield from dict.fromkeys(_with_others(words))


def _with_others(words: str) -> Iterator[str]:
    found = list(_ALL.finditer(words))[:_MOST]
    others = [
        words[: match.start()] + other + words[match.end() :] for match in found for other in _named_like(match[0])
    ]
    yield from others
    if len(found) > 1:
        first, second = found
        between, rest = words[first.end() : second.start()], words[second.end() :]
        for one, other in product(_named_like(first[0]), _named_like(second[0])):
            yield words[: first.start()] + one + between + other + rest


def _named_like(name: str) -> list[str]:
    return [other for row in _GROUPS if name.lower() in row for other in row if other != name.lower()]
