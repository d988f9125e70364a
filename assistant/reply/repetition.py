"""A small model falls into repeating what it said before: "A group of ten." to every question after the first.

Or into one form: 'The word "sad" is a noun.', 'The word "dog" is a noun.' It is recognised by its first words,
or by those that its question does not name, and asked for again without the conversation that it imitates, also where
the words refer back to it ("Is it far away?"): the next answers are then about it again. One that comes even so is the
model's own.

What was told it, or was not understood, comes back as it was said ("Cancel everything."), or with a word left out or
misread. A reply that holds nothing but the user's words is none: see `assistant.reply.reaction` for what is said then.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from assistant.knowledge import is_question
from assistant.llm import Message
from assistant.reply.history import is_few
from assistant.reply.sentences import whole_sentences
from rag.words import STOP_WORDS

_FEWEST = 5  # words of half a sentence, below which two replies may well begin alike ("The capital of ...")
_FEWEST_NEAR, _NEAR = 7, 0.85  # words; the share of them from which on two beginnings are the same
_GAP = "_"
_QUOTED = re.compile(r"[\"\u201c][^\"\u201d]{1,60}[\"\u201d]")
_AGAIN = re.compile(r"\b(?:again|repeat|sure|you (?:say|said)|go on|keep going|continue)\b", re.IGNORECASE)

_FEWEST_COPIED = 3  # words of the user's, of which not all come back; "Tea." may be a choice
_LONGEST_COPIED = 60  # words
_FILLING = frozenset("a an the of to that is are was were it and".split())  # what a copy may add
_ALIKE = 0.6  # of the letters; from here on a word is a misreading of another
_LONG_WORD, _LONGEST_WORD = 6, 30  # letters; short words are alike by chance
_MAY_BE_SAID = re.compile(
    r"^\W*(?:hello|hi|hey|good (?:morning|evening|afternoon|night|day|bye)|bye|see you|thanks?|happy|merry|nice to)\b"
    r"|^\W*(?:yes|no|yeah|ok|okay|sure|cheers|amen|welcome)\W*$"
    r"|\b(?:say|repeat|spell|pronounce|translate|after me|which|or|sing|read|choose|pick)\b"
    r"|\b(?:correct|rewrite|rephrase|complete|finish|shorten|summari[sz]e|sentence|word)\b",
    re.IGNORECASE,
)
_ASKS_FOR = re.compile(r"^\W*(?:what|who|where|when)\b", re.IGNORECASE)  # something that the question does not name
_TURNED = {"your": "my", "you": "i", "me": "i", "mine": "yours", "are": "am"}


def repeats(unit: str, question: str, messages: Sequence[Message]) -> bool:
    """Whether a reply that begins with ``unit`` only repeats one of those in ``messages``, given to another question.

    The last of ``messages`` asks ``question``; one that asks for what was said may be answered with it.
    """
    spoken, asked = _words(unit), _words(question)
    if is_few(question) or _AGAIN.search(question) or not spoken or len(spoken) < _FEWEST and not whole_sentences(unit):
        return False
    form = _form(unit, asked)
    return any(
        answer.role == "assistant"
        and (said := _words(before.content)) != asked
        and (
            _nearly(spoken, _words(answer.content)[: len(spoken)], asked)
            or _GAP in form
            and _form(answer.content, said)[: len(form)] == form
        )
        for before, answer in itertools.pairwise(messages[1:-1])
    )


def _nearly(spoken: Sequence[str], other: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether a reply begins as the ``other`` did but for a few words, none of which its own question names."""
    if spoken == other:
        return True
    if not _FEWEST_NEAR <= len(spoken) <= _LONGEST_COPIED or set(spoken) & set(asked) - set(other):
        return False
    return difflib.SequenceMatcher(None, spoken, other, autojunk=False).ratio() >= _NEAR


def echoes(sentence: str, said: str) -> bool:
    """Whether a reply's first ``sentence`` is what the user said, word for word, but for "my" and "your"; what was no
    question also with words left out or misread, as long as none is new ("Poland is the capital of Poland." neither).
    """
    if not _may_echo(said):
        return False
    spoken, words = _turned(sentence), _turned(said)
    if spoken == words:
        return True
    most = 2 * len(set(spoken) - _FILLING) >= len(set(words) - _FILLING)  # "Ten minutes it is." holds few of them
    if most and len(spoken) >= _FEWEST_COPIED and _adds_nothing(sentence, said):
        return True
    named = set(words) | _FILLING
    return bool(_ASKS_FOR.match(said) and whole_sentences(sentence)) and len(words) > 2 and set(spoken) <= named


async def joined(units: AsyncGenerator[str, None], said: str) -> AsyncGenerator[str, None]:
    """A reply's units, the first ones as one for as long as they may become the echo of what the user said."""
    held: str | None = ""
    async with aclosing(units):
        async for unit in units:
            if held is not None:
                unit, held = f"{held} {unit}".lstrip(), None
                if _may_become_echo(unit, said):
                    held = unit
                    continue
            yield unit
    if held:
        yield held


def _may_become_echo(beginning: str, said: str) -> bool:
    if not _may_echo(said) or whole_sentences(beginning):
        return False
    begun = _turned(beginning)
    return begun == _turned(said)[: len(begun)] or _adds_nothing(beginning, said)


def _adds_nothing(sentence: str, said: str) -> bool:
    """Whether it holds words of what the user stated only; a question about them is one of its own."""
    spoken, words = _turned(sentence), _turned(said)
    if max(len(spoken), len(words)) > _LONGEST_COPIED or is_question(said) or sentence.rstrip().endswith("?"):
        return False
    return all(word in words or word in _FILLING or _misread(word, words) for word in spoken)


def _misread(word: str, words: Sequence[str]) -> bool:
    return _LONG_WORD <= len(word) <= _LONGEST_WORD and bool(difflib.get_close_matches(word, words, n=1, cutoff=_ALIKE))


def _may_echo(said: str) -> bool:
    return bool(_words(said)) and not _MAY_BE_SAID.search(said)


def without_conversation(messages: Sequence[Message]) -> list[Message]:
    """The system prompt, the last question, and what tools gave for it, if they did."""
    asked = max((place for place, one in enumerate(messages) if one.role == "user"), default=len(messages) - 1)
    return [messages[0], *messages[asked:]]


def _form(text: str, asked: Sequence[str]) -> list[str]:
    """The words of a reply, with gaps for what is quoted and for what its question names."""
    named = set(asked) - STOP_WORDS
    return [_GAP if word in named else word for word in _words(_QUOTED.sub(f" {_GAP} ", text))]


def _turned(text: str) -> list[str]:
    return [_TURNED.get(word, word) for word in _words(text)]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
