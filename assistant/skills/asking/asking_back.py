"""What a skill asks back, and which of the next words answer it: "For how long?", "Ten minutes."

An answer is never guessed: put where it was missing, it must make a command that the sentences know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from assistant.skills import Command, Impossible
from assistant.skills.asking import foreign_answers
from assistant.skills.values.list_words import TASKS
from assistant.skills.values.slots import IN_NO_NAME, KINDS, Understand
from assistant.skills.values.spoken_numbers import ordinal
from assistant.skills.words import manners, wording
from assistant.skills.words.languages.kinds import kinds

Understood = Callable[[str], tuple[Command, ...]]
"""A sentence -> the commands that it is. Raises Impossible."""


@dataclass(frozen=True)
class Missing:
    """A command lacks one value."""

    sentences: tuple[str, ...]
    """The command with a gap, "set a timer for {}"; the first that is understood with the answer in it counts."""
    names: frozenset[str]
    """What it may be understood as."""
    kinds: tuple[str, ...] = ()
    """What a plain answer is, see `KINDS`: it counts even if it might be a command as well. With none the answer is any
    few words that are no command and no sentence of a conversation."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """Values that are known already."""
    tasks: bool = False
    """Whether the answer may be something to do: "call the plumber"."""
    needs: str = ""
    """A slot that must be filled."""
    language: str = "en"
    """Of its sentences, and of what answers it."""


@dataclass(frozen=True)
class Which:
    """A command may mean one of several things."""

    choices: tuple[Command, ...]
    """In the order in which they were told."""
    find: Callable[[str], Sequence[int]]
    """Words -> which of them may be meant by these."""
    language: str = "en"


Question = Missing | Which

_NEVER_MIND = re.compile(
    r"(?:(?:oh|well|no|sorry|actually|ok|okay)\W+)*(?:never ?mind(?: (?:that|it))?|forget (?:it|that|about it)|nothing"
    r"|leave it|no|nope|cancel(?: (?:it|that))?|stop|no thanks|no thank you|none|none of them|neither|neither of them"
    r"|it does(?:n't| not) matter|does(?:n't| not) matter|do(?:n't| not) bother|(?:scratch|skip|drop) (?:it|that)"
    r"|not now)(?:\W+(?:then|please|thanks|thank you))?\W*",
    re.IGNORECASE,
)
_HESITATES = re.compile(
    r"(?:(?:um+|uh+|er+m?|hm+|well|so|oh|hang on|hold on|one moment|just a (?:moment|second|minute)|wait"
    r"|let me (?:think|see)|i(?:'m| am) (?:thinking|not sure)|(?:a|one) (?:second|moment)"
    r"|give me a (?:second|moment))\W*)+",
    re.IGNORECASE,
)
_ROUGHLY = re.compile(r"[- ]?ish\b|\b(?:like|around|about|roughly|say|maybe|probably)\b,?(?=\s+\w)", re.IGNORECASE)
_BEFORE = re.compile(
    r"^(?:(?:for|at|on|about|of|to|by|in|make it|make that|let us say|let's say|say|i mean|it is|it's|that is|that's"
    r"|i want|i'd like|i would like|put|add|call it)\s+)+",
    re.IGNORECASE,
)
_LITTLE = frozenset("the a an my that this one ones please for is it called named about with i mean to of on".split())
_ALL = re.compile(r"(?:all|both|every|each)(?: (?:of (?:them|these|those)|the )?(?:one|two|three|four)?)?\s*\w*")
_IN_NO_THING = IN_NO_NAME | frozenset(
    "yes yeah okay ok thanks thank hello hi hey sorry wait pardon stop good morning evening night goodbye bye me us my "
    "your our the a an all to now later maybe really play show open close turn sing start help read give "
    "convert".split()
)
"""What nobody calls a thing, but at its beginning: "toss the salad" asks for something else."""
_FIRST = frozenset("the a an my our your some more any also".split())
_THING, _OWN_THING = 3, 2
_TASK = 10
"""Words at most."""


def declines(words: str, language: str = "en") -> bool:
    """Whether they take back what was wanted, and say no more than that."""
    if language != "en":
        return foreign_answers.declines(words[:100], language)
    return _NEVER_MIND.fullmatch(words.strip()[:100]) is not None


def hesitates(words: str) -> bool:
    """Whether they are no answer yet: "um", "let me think"."""
    return _HESITATES.fullmatch(words.strip()[:60]) is not None


def plainly(question: Question, words: str, understand: Understood, now: datetime) -> tuple[Command, ...]:
    """What ``words`` make of it where they are nothing but an answer; none = they may be something else.

    Raises Impossible.
    """
    if isinstance(question, Which):
        return _chosen(question, words)
    answers = _answers(words, question.language)
    known = KINDS if question.language == "en" else kinds(question.language)
    if any(_is_of(known[kind], answer, now) for kind in question.kinds for answer in answers):
        return _whole(question, answers, understand)
    return ()


def perhaps(question: Question, words: str, understand: Understood) -> tuple[Command, ...]:
    """What ``words``, which are no command, make of it. Raises Impossible."""
    if isinstance(question, Which) or "?" in words:
        return ()
    answers = _answers(words, question.language)
    if question.language != "en":
        suited = [
            answer
            for answer in answers
            if question.kinds or foreign_answers.may_be(answer, question.language, question.tasks)
        ]
        return _whole(question, suited, understand)
    if not answers or wording.words(words)[0].plain in IN_NO_NAME | {"that", "this"}:
        return ()
    is_free = not question.kinds or "wares" in question.kinds
    if is_free and not all(may_be(part, question) for part in re.split(r",|\band\b", answers[-1])):
        return ()
    return _whole(question, answers, understand)


def may_be(answer: str, question: Missing) -> bool:
    """Whether it is no sentence of a conversation: a thing, or something to do where that was asked for."""
    plain = [word.plain for word in wording.words(answer)]
    if question.tasks and plain and (plain[0] in ("to", "about") or plain[0] in TASKS):
        return 1 < len(plain) <= _TASK and plain[1] not in IN_NO_NAME
    plain = [word.plain for word in wording.words(_BEFORE.sub("", answer.strip(), count=1))]
    most = _OWN_THING if plain[:1] and plain[0] in ("my", "our", "your") else _THING
    while plain and plain[0] in _FIRST:
        del plain[0]
    return 0 < len(plain) <= most and _IN_NO_THING.isdisjoint(plain) and (question.tasks or plain[0] not in TASKS)


def _answers(words: str, language: str) -> list[str]:
    """Without manners, and without the words that link it: "er, for ten minutes, please"."""
    if language != "en":
        return foreign_answers.answers(words, language)
    answer = wording.said(manners.bare(wording.words(words)).words, commas=True)
    bare = _BEFORE.sub("", answer, count=1)
    about = _BEFORE.sub("", " ".join(_ROUGHLY.sub(" ", answer).split()), count=1)
    whole = words.strip(" .!") if words.lower().startswith("next ") else ""  # which is no manners here
    return [text for text in dict.fromkeys((whole, bare, answer, about)) if text]


def _is_of(kind: Understand, answer: str, now: datetime) -> bool:
    try:
        return kind(answer.lower(), now) is not None
    except Impossible:  # it is, and cannot be
        return True


def _whole(question: Missing, answers: list[str], understand: Understood) -> tuple[Command, ...]:
    is_task = question.tasks and answers and answers[0].split()[0].lower() in TASKS
    for sentence in reversed(question.sentences) if is_task else question.sentences:
        for answer in answers:
            found = understand(sentence.replace("{}", answer, 1))
            if found and all(_fits(command, question, sentence) for command in found):
                return tuple(replace(one, values={**one.values, **question.given}) for one in found)
    return ()


def _fits(command: Command, question: Missing, sentence: str) -> bool:
    """Whether the answer filled the gap, and added nothing to a command that lacked a time or an amount."""
    if command.name not in question.names or (question.needs and not command.values.get(question.needs)):
        return False
    texts = [value for value in command.values.values() if isinstance(value, str)]
    return not question.kinds or "wares" in question.kinds or all(text.lower() in sentence.lower() for text in texts)


def _chosen(question: Which, words: str) -> tuple[Command, ...]:
    found = [word.plain for word in manners.bare(wording.words(words)).words]
    if _ALL.fullmatch(" ".join(found)):
        return question.choices
    said = [word for word in found if word not in _LITTLE]
    if len(said) == 1 and (place := _place(said[0], len(question.choices))) is not None:
        return (question.choices[place],)
    places = question.find(" ".join(said)) if said else ()
    return (question.choices[places[0]],) if len(places) == 1 else ()


def _place(word: str, count: int) -> int | None:
    """ "first" as 0."""
    if word in ("last", "latter"):
        return count - 1
    number = 1 if word == "former" else ordinal(word)
    return int(number) - 1 if number is not None and 1 <= number <= count else None
