"""The arena's votes: an append-only file, and the table that follows from it.

A line of JSON per vote: ``time``, ``question``, ``first`` and ``second`` (the arms' names, in the order they were
shown), ``keys`` (theirs, change with the arms' files, see arms.fingerprint), ``answers``, ``vote`` (``first``,
``second``, ``tie``, ``both bad``; ``same`` when both said the same and nobody was asked), ``spoken`` (whether they were
heard). Which arm was which is told only after the last vote of a session, so all votes are blind.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

from assistant import journal
from assistant.compare.ratings import Gap, Rating, Ratings, Vote, rate
from assistant.compare.statistics import Interval
from assistant.errors import AssistantError
from assistant.secrets import redact

SCORES = {"first": 1.0, "second": 0.0, "tie": 0.5, "both bad": 0.5, "same": 0.5}
_FAR = 10_000  # votes; whoever needs more is not told a number
_WORDS = {
    "first": "first former",
    "second": "second latter",
    "tie": "tie tide draw equal equally same neither difference",
    "both bad": "bad",
    "quit": "quit exit",
}
_ALONE = {
    "1": "first",
    "one": "first",
    "a": "first",
    "f": "first",
    "2": "second",
    "two": "second",
    "b": "second",
    "s": "second",
    "t": "tie",
    "q": "quit",
    "stop": "quit",
}
"""What means so only when nothing else is said ("the second one")."""
_AROUND = frozenset("the it its is was number answer answered".split())
_BOTH = {"both bad": "bad mad mag mud bat bag bed", "tie": f"{_WORDS['tie']} good fine great right"}
"""What comes with "both". Mad, and a tide, are how speech recognition heard them."""


@dataclass(frozen=True)
class Cast:
    question: str
    first: str
    second: str
    keys: tuple[str, str]
    answers: tuple[str, str]
    vote: str
    spoken: bool = False


def meant(words: str) -> str | None:
    """A key of `SCORES` or ``quit``, from what was typed or said; None when it is not one of them."""
    found = ["".join(letter for letter in word if letter.isalnum()) for word in words.lower().split()]
    said = [word for word in found if word not in _AROUND] or found
    if len(said) == 1 and said[0] in _ALONE:
        return _ALONE[said[0]]
    hits = [choice for choice, known in _WORDS.items() if set(said) & set(known.split())]
    if "both" in said and not {"first", "second"} & set(hits):
        return next((choice for choice, known in _BOTH.items() if set(said) & set(known.split())), None)
    if "both bad" in hits and not {"first", "second"} & set(hits):
        return "both bad"
    return hits[0] if len(hits) == 1 else None


def append(path: Path, cast: Cast) -> None:
    """On its way to the disk before this returns. Raises AssistantError."""
    row = {
        "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        **asdict(cast),
        "question": redact(cast.question),
        "answers": [redact(answer) for answer in cast.answers],
    }
    try:
        os.close(journal.append(path, [json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")]))
    except OSError as error:
        raise AssistantError(
            f"{path}: the vote cannot be written ({error.strerror or error}); free some space, or "
            "choose another --votes"
        ) from None


def read(path: Path) -> Iterator[Cast]:
    """Oldest first; torn and foreign lines are left out. Raises AssistantError when the file cannot be read."""
    try:
        for row in journal.lines(path):
            try:
                cast = Cast(
                    row["question"],
                    str(row["first"]),
                    str(row["second"]),
                    tuple(row["keys"]),
                    tuple(row["answers"]),
                    str(row["vote"]),
                    bool(row["spoken"]),
                )
            except (KeyError, TypeError):
                continue
            if cast.vote in SCORES and len(cast.keys) == 2 and cast.first != cast.second:
                yield cast
    except OSError as error:
        raise AssistantError(f"{path}: the votes cannot be read ({error.strerror}); check its permissions") from None


def forget(path: Path) -> None:
    """Take all questions and answers out of the file; the votes stay and count. Raises OSError."""
    from rag.output import PRIVATE, write_text

    casts = [row | {"question": "", "answers": ["", ""]} for row in journal.lines(path)]
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in casts), PRIVATE)


@dataclass(frozen=True)
class Standing:
    ratings: Ratings | None
    """None with fewer than two arms."""
    votes: int
    both_bad: int
    outdated: int
    """Votes on arms whose model was another one then; they do not count."""


def standing(casts: Iterable[Cast], seed: int = 0) -> Standing:
    casts = list(casts)
    newest: dict[str, str] = {}
    for cast in casts:
        newest |= {cast.first: cast.keys[0], cast.second: cast.keys[1]}
    counted = [cast for cast in casts if (newest[cast.first], newest[cast.second]) == cast.keys]
    votes = [Vote(cast.first, cast.second, SCORES[cast.vote]) for cast in counted]
    arms = list(dict.fromkeys(name for cast in counted for name in (cast.first, cast.second)))
    return Standing(
        rate(sorted(arms), votes, seed) if len(arms) > 1 else None,
        len(counted),
        sum(cast.vote == "both bad" for cast in counted),
        len(casts) - len(counted),
    )


def table(standing: Standing) -> str:
    """Plain text for people."""
    if standing.ratings is None:
        return "There are no votes yet."
    bad = f', {standing.both_bad} of them "both bad" (counted as ties)' if standing.both_bad else ""
    old = f"; {standing.outdated} older ones on other models do not count" if standing.outdated else ""
    lines = [
        f"{_count(standing.votes, 'blind vote')}{bad}{old}. Points as in chess (400 = ten to one), 95 % intervals:"
    ]
    width = max(len(rating.arm) for rating in standing.ratings.arms)
    lines += [_rating(rating, width) for rating in standing.ratings.arms]
    lines += [_gap(gap) for gap in standing.ratings.gaps]
    return "\n".join(lines)


def _rating(rating: Rating, width: int) -> str:
    return f"  {rating.arm:{width}}  {_points(rating.points)}, {_count(rating.votes, 'vote')}"


def _gap(gap: Gap) -> str:
    apart, pair = _points(gap.points), f"{gap.better} or {gap.worse}"
    if gap.more == 0:
        return f"{gap.better} is better than {gap.worse}: {apart}."
    if gap.more is None or gap.more > _FAR:
        left = "they look equal so far, and nobody can tell how many more votes would decide"
    else:
        more = _count(gap.more, "more vote")
        left = f"about {more} between them would decide, if they are as far apart as it looks now"
    return f"{pair}: not decided, {apart}; {left}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _points(interval: Interval) -> str:
    return f"{interval.mean:+.0f} points ({interval.low:+.0f} to {interval.high:+.0f})"


def next_pair(arms: Sequence[str], casts: Iterable[Cast], chance: random.Random) -> tuple[str, str]:
    """Two arms in random order; of all pairs one that has the fewest votes."""
    counts: Counter[Any] = Counter(frozenset((cast.first, cast.second)) for cast in casts)
    pairs = list(combinations(arms, 2))
    fewest = min(counts[frozenset(pair)] for pair in pairs)
    pair = list(chance.choice([pair for pair in pairs if counts[frozenset(pair)] == fewest]))
    chance.shuffle(pair)
    return pair[0], pair[1]
