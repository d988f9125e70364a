"""Which rows say the same, or nearly: exact Jaccard similarity of their words, quick enough for 50,000 rows.

Candidates are found by prefix filtering (Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007): sets whose Jaccard
similarity is at least t share k of their n - ceil(t n) + k rarest words. Nothing is missed, unlike with MinHash.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, combinations

from training.rows import Row

NEAR = 0.8
"""Rows whose words have this Jaccard similarity say nearly the same. The arithmetic below has it as 4/5."""

_FREQUENT = 400  # a word in more rows than that finds nothing alone, only together with two others
_WORD = re.compile(r"\w+")
_ALONE = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # written without spaces between words


def words(text: str) -> list[str]:
    """In lower case, without punctuation; letters of scripts that put no spaces between words count as words."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(_ALONE.sub(r" \g<0> ", text)) or text.split()


def question(row: Row) -> tuple[str, ...]:
    """The words of all that comes before the answer, but for the system prompt, with "" after each message: equal when
    the same is asked."""
    return tuple(
        word
        for message in row.messages[:-1]
        if message["role"] != "system"
        for word in (*words(message["content"]), "")
    )


def similarity(one: Iterable[str], other: Iterable[str]) -> float:
    """Jaccard: shared words / all words."""
    one, other = set(one), set(other)
    return len(one & other) / len(one | other) if one or other else 1.0


def numbers(row_words: Iterable[str]) -> tuple[str, ...]:
    """Those words that hold a digit, sorted."""
    return tuple(sorted(word for word in row_words if not word.isalpha() and any(map(str.isdigit, word))))


def groups(
    rows: Sequence[Row], same_question: bool = False, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[list[int]]:
    """Indices of rows that nearly repeat one another, also over several steps; each row is in exactly one group.

    Two rows nearly repeat one another when the words of question and answer together are alike (`NEAR`), those of the
    question alone, too, unless the answer's words are the same, and all numbers in them are the same: "12 plus 30" and
    "12 plus 31" teach two things, and so do answers that share a set phrase. With ``same_question``, rows that ask the
    same are in one group, too, whatever the answers.
    """
    parents = list(range(len(rows)))

    def find(index: int) -> int:
        while parents[index] != index:
            parents[index] = index = parents[parents[index]]
        return index

    distinct: dict[tuple, int] = {}
    asked: dict[tuple, int] = {}
    for index, row in enumerate(rows):
        before, answer = question(row), words(row.answer)
        marked = frozenset(["?" + word for word in before if word] + ["=" + word for word in answer])
        parents[find(index)] = find(distinct.setdefault((marked, numbers((*before, *answer))), index))
        if same_question:
            parents[find(index)] = find(asked.setdefault(before, index))
    for one, other in _alike(distinct, lambda one, other: find(one) == find(other), progress):
        parents[find(other)] = find(one)
    found = defaultdict(list)
    for index in range(len(rows)):
        found[find(index)].append(index)
    return sorted(found.values())


def _one_subject(one: frozenset[str], other: frozenset[str]) -> bool:
    asked, asked_too = ({word for word in marked if word[0] == "?"} for marked in (one, other))
    return similarity(asked, asked_too) >= NEAR or one - asked == other - asked_too


def _alike(
    distinct: dict[tuple, int], known: Callable[[int, int], bool], progress: Callable[[int, int], None]
) -> Iterator[tuple[int, int]]:
    """Pairs of indices whose sets are alike and whose second key is equal; no pair that is ``known`` by then."""
    counts = Counter(word for marked, _ in distinct for word in marked)
    order = sorted(counts, key=lambda word: (counts[word], word))
    rank = {word: number for number, word in enumerate(order)}
    frequent = sum(count <= _FREQUENT for count in counts.values())  # the first rank that is
    sets = [
        (sorted(rank[word] for word in marked), key, index, marked)
        for (marked, key), index in distinct.items()
        if len(marked) > 3
    ]  # shorter ones are alike only when they are the same
    sets.sort(key=lambda entry: len(entry[0]))
    members = [frozenset(entry[0]) for entry in sets]
    postings: dict[tuple, list[int]] = defaultdict(list)
    for number, (ranks, key, index, marked) in enumerate(sets):
        if number % 1000 == 0:
            progress(number, len(sets))
        size = len(ranks)
        shortest = (4 * size + 4) // 5  # of the sets that can be alike; also the words that must be shared with them
        looked_up = ranks[: size - shortest + 3]
        triples = combinations([rank for rank in looked_up if rank >= frequent], 3)
        candidates = {other for part in chain(looked_up, triples) for other in postings.get((part, key), ())}
        for other in sorted(candidates):
            smaller = len(members[other])
            if (
                smaller >= shortest
                and 9 * len(members[number] & members[other]) >= 4 * (size + smaller)
                and not known(index, sets[other][2])
                and _one_subject(marked, sets[other][3])
            ):
                yield index, sets[other][2]
        rare = ranks[: size - (8 * size + 8) // 9 + 3]
        many = [rank for rank in rare if rank >= frequent]
        stored: Sequence[int | tuple[int, ...]] = rare
        if len(many) < 10:  # else the triples would be too many to keep
            stored = [*rare[: len(rare) - len(many)], *combinations(many, 3)]
        for part in stored:
            postings[(part, key)].append(number)
    progress(len(sets), len(sets))
