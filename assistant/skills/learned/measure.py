"""How well lines are understood that were kept apart: `python -m assistant.skills.learned.train --validate`."""

from __future__ import annotations

import importlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from assistant.skills import SKILLS, Command, Impossible
from assistant.skills.home import plain as home
from assistant.skills.learned import Learned, rewording
from assistant.skills.learned.model import NONE
from assistant.skills.learned.rewording import Plain
from assistant.skills.learned.samples import Sample
from assistant.skills.words.matching import Matcher

_NOW = datetime(2026, 12, 2, 15, 20).astimezone()


def report(weights: Mapping[str, np.ndarray], samples: Sequence[Sample]) -> str:
    learned = Learned(weights)
    matcher = Matcher(row for name in SKILLS for row in importlib.import_module(name).COMMANDS)
    counts: Counter[str] = Counter()
    seconds = []
    for one in samples:
        kept = "nothing" if one.kind == NONE else "command"
        counts[kept] += 1
        if _matched(matcher, one.text) or home.request(one.text, "en"):
            counts[f"{kept}, matched by a template"] += 1
            continue
        start = time.process_time()
        meant = list(learned.plainly(one.text, _NOW))
        seconds.append(time.process_time() - start)
        done = _done(matcher, meant)
        right = one.kind != NONE and done and done == _done(matcher, _wanted(one))
        if done:
            counts[f"{kept}, {'rightly' if right else 'wrongly'} reworded"] += 1
    lines = [f"{name}: {count}" for name, count in sorted(counts.items())]
    return "\n".join([*lines, f"CPU: median {1000 * np.median(seconds):.1f} ms, p95 {_p95(seconds):.1f} ms"])


def _p95(seconds: Sequence[float]) -> float:
    return 1000 * float(np.percentile(seconds, 95))


def _wanted(one: Sample) -> list[Plain]:
    """What the line's own marks say."""
    stretches = {slot: (begin, end) for slot, begin, end in one.slots}
    slots = rewording.filled(one.kind, one.words, stretches)
    return list(rewording.plainly(one.kind, slots, rewording.is_thing(one.words, stretches.get("task"))))


def _done(matcher: Matcher, meant: Sequence[Plain]) -> str:
    """The command and its values; of the home, which has no names here, the words. Empty = none."""
    for plain in meant:
        if "home" in plain.names:
            return plain.words
        found = _matched(matcher, plain.words)
        if found and all(command.name in plain.names for command in found):
            return repr([(command.name, dict(command.values)) for command in found])
    return ""


def _matched(matcher: Matcher, words: str) -> tuple[Command, ...]:
    try:
        return matcher.understood(words, _NOW)
    except Impossible:
        return ()
