"""What a speech recogniser makes of a text: slips to learn from."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

_NEAR = str.maketrans("bpdtgkszfvcmnaeiou", "pbtdkgzsvfknmeieuo")
_LITTLE = (
    "a an the to of in on at for my his her your some is are do does can could i you it that with and without".split()
)

Slips = dict[str, list[str]]
"""A word -> what is heard instead."""


def read(folder: Path) -> Slips:
    """Those written by hand, and those that sound alike."""
    slips: Slips = {}
    for name in ("slips.toml", "sounds.toml"):
        for word, heard in tomllib.loads((folder / name).read_text(encoding="utf-8"))["slips"].items():
            slips.setdefault(word, []).extend(heard)
    return slips


def misheard(text: str, chance: random.Random, slips: Slips) -> str:
    """One or two slips of a recogniser in ``text``: words that sound alike, letters, words split or joined."""
    words = text.split()
    alike = [at for at, word in enumerate(words) if word in slips]
    for _ in range(chance.choice((1, 1, 2, 2, 3))):
        at = chance.randrange(len(words))
        if alike and chance.random() < 0.7:
            at = chance.choice(alike)
            words[at] = chance.choice(slips.get(words[at], [words[at]]))
            continue
        little = [index for index, word in enumerate(words) if word in _LITTLE]
        if little and chance.random() < 0.4:
            words[chance.choice(little)] = "" if chance.random() < 0.5 else chance.choice(_LITTLE)
            continue
        long = [index for index, word in enumerate(words) if len(word) > 3]
        at = chance.choice(long) if long else at
        words[at] = _slipped(words[at], chance)
        if chance.random() < 0.2 and at + 1 < len(words):
            words[at : at + 2] = [words[at] + words[at + 1]]
            break
    return " ".join(" ".join(words).split())


def _slipped(word: str, chance: random.Random) -> str:
    if len(word) < 3:
        return word
    at = chance.randrange(1, len(word))
    match chance.randrange(5):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return f"{word[:at]} {word[at:]}"
        case 2:
            return word[:at] + word[at - 1] + word[at:]
        case 3:
            return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
        case _:
            return word[: at - 1] + word[at - 1].translate(_NEAR) + word[at:]
