"""How people wrap a command: what stands at its ends and asks for nothing, and questions put indirectly."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.skills.words import languages
from assistant.skills.words.wording import Word, words

_NAMES = ("assistant", "computer", "alexa", "siri", "google", "jarvis", "nabu")
_BEFORE = """
please | pretty please | hey | hi | hi there | hello | okay | right | all right | alright | well | so | now | now then
and | and then | also | then | next | first | oh | ah | um | umm | uh | er | erm | hmm | mm | yes | yeah | yes please
yep | sure | no wait | no sorry | wait | sorry | excuse me | listen | by the way | actually | just | quickly | kindly
maybe | perhaps | dear | my dear | love | mate | darling | buddy | one more thing | could you | can you | would you
will you | you could | you can go ahead and | if you could
if you would | if you do not mind | if possible | do you think you could | do you think you can | would you be able to
are you able to | is it possible to | would it be possible to | is it possible for you to | i would like you to
i want you to | i need you to | i would love you to | i would like it if you could | i would love it if you could
i would appreciate it if you could | i would appreciate it if you would | i would be grateful if you could
i would be glad if you could | it would be great if you could | it would be nice if you could
i was wondering if you could
i wonder if you could | i was hoping you could | i am going to need you to | be so kind as to | be so kind and
would you be so kind as to | would you be so good as to | be a dear and | be a love and | do me a favor and
do us a favor and | go ahead and | why do you not | make sure to | be sure to | make sure you | see if you can
can i ask you to | could i ask you to | may i ask you to | you know what | can help me | can you help me | help me to
please to | yo | och | ach | aye | babe | righto | sweetheart | howay | bro | ooh | listen up | oi
while i remember | before i forget | while i think of it | while i am at it | right so | right then
"""
_AFTER = """
please | pretty please | if you please | thanks | thank you | thank you very much | thank you so much | thanks a lot
thanks so much | many thanks | thanks in advance | thank you kindly | and thank you | and thanks | cheers | ta
for me
for me please | for us | will you | would you | could you | can you | would you please | could you please
can you please
will you please | now | right now | right away | straight away | at once | immediately | quickly | real quick | quick
as soon as possible | if you can | if you could | if you would | if you will | if you do not mind | if you like
if that is okay | if that is all right | if it is okay | if possible | if it is not too much trouble | when you can
when you get a chance | when you get a moment | when you have a moment | when you are ready | okay | mate | love
dear
my dear | sweetie | luv | boss | would ya | will ya | will ye
my dear | darling | buddy | my friend | then | actually | um | umm | uh | er | erm | hmm | already | as well | too
or not | lah | innit | pal | sweetheart | babe | bro | dude | i beg | i beg you | i beg of you
i would say | would that be possible | there is a dear | there is a good boy | there is a love | you know | all right
"""
_WISHES = """
i would like to | i would love to | i want to | i need to | i would like | i want | i need | let me | let us
can i | could i | may i | might i | can we | could we | can i have | could i have | may i have | can i get
"""
_GERUND = "would you mind | do you mind | would you ever mind | how about | what about"
_ASKING = """
tell me | do you know | do you happen to know | would you happen to know | would you know | i would like to know
i want to know | i wonder | i am wondering | i was wondering | let me know | any idea | have you any idea
do you have any idea | have you got any idea | can you say | say | please tell me | remind me | show me | find out
check
can you tell me | could you tell me | can you let me know
"""
_QUESTION = frozenset("what how when which who where".split())
_SAYS = frozenset("say saying says said tell telling told write and to a the for of my with".split())
_FILLERS = frozenset("um umm uh er erm hmm mm please kindly like just".split())
_REPORTS = (
    ("asks",),
    ("wonders",),
    ("is", "asking"),
    ("wants", "to", "know"),
    ("want", "to", "know"),
    ("keeps", "asking"),
)
_LONGEST_REPORT = 6  # words
_VERBS = frozenset("is are was were will does do did have has can".split())
_SUBJECTS = frozenset("it there that they i we you".split())


_Table = dict[int, frozenset[tuple[str, ...]]]
"""Phrases by their number of words."""


def _table(text: str) -> _Table:
    phrases = [tuple(phrase.split()) for line in text.strip().splitlines() for phrase in line.split(" | ")]
    sizes = {len(phrase) for phrase in phrases}
    return {size: frozenset(phrase for phrase in phrases if len(phrase) == size) for size in sizes}


_START = _table(_BEFORE + "\n" + " | ".join(_NAMES))
_END = _table(_AFTER + "\n" + " | ".join(_NAMES))
_MINDING, _INDIRECT, _WISHING = _table(_GERUND), _table(_ASKING), _table(_WISHES)


def _reported(found: Sequence[Word]) -> int:
    """How many words say that somebody asks what follows: "Leo wants to know how"."""
    plain = [word.plain for word in found[: _LONGEST_REPORT + 1]]
    for size in range(2, len(plain)):
        if plain[size] in _QUESTION and any(tuple(plain[size - len(said) : size]) == said for said in _REPORTS):
            return size
    return 0


def _opening(found: Sequence[Word], table: _Table) -> int:
    """How many words at the start are one of its phrases, the longest."""
    plain = [word.plain for word in found[: max(table, default=0)]]
    return next((size for size in sorted(table, reverse=True) if tuple(plain[:size]) in table[size]), 0)


def _closing(found: Sequence[Word], table: _Table = _END) -> int:
    for size in sorted(table, reverse=True):
        if len(found) >= size and tuple(word.plain for word in found[-size:]) in table[size]:
            before = found[-size - 1].plain if len(found) > size else ""
            return 0 if before in _SAYS else size
    return 0


@dataclass(frozen=True)
class Reading:
    words: list[Word]
    wish: bool = False
    """Said as one's own wish: "I want to go to sleep" asks for nothing, "I want to set a timer for 5 minutes" does."""


def readings(found: list[Word], stems: Container[str] = (), language: str = "en") -> Iterator[Reading]:
    """The words without what is wrapped around them, as they are, and as a question put directly; the likeliest first.

    ``stems``: words that a command may begin with, for "would you mind turning".
    """
    if language != "en":
        yield from _foreign(found, language)
        return
    start, wish = _begun(found, stems)
    both, end = _ended(start), _ended(found)
    less = start[: len(start) - _closing(start)]  # "do not talk so quick, dear"
    given = [Reading(both, wish), Reading(found), Reading(start, wish), Reading(end), Reading(less, wish)]
    for wrapped in (found, start):
        if size := _opening(wrapped, _INDIRECT) or _reported(wrapped):
            given += map(Reading, _direct(_ended(wrapped[size:])))
    seen: set[tuple[Word, ...]] = set()
    for reading in given:
        if reading.words and (key := tuple(reading.words)) not in seen:
            seen.add(key)
            yield reading


def _foreign(found: list[Word], language: str) -> Iterator[Reading]:
    start, end = _tables(language)
    bare = found
    while size := _opening(bare, start):
        bare = bare[size:]
    while size := _closing(bare, end):
        bare = bare[:-size]
    for reading in (bare, found) if len(bare) < len(found) else (found,):
        if reading:
            yield Reading(reading)


@lru_cache
def _tables(language: str) -> tuple[_Table, _Table]:
    if language not in languages.LANGUAGES:
        return {}, {}
    known = languages.read(language).words
    return _table(" | ".join(known["before"])), _table(" | ".join(known["after"]))


def bare(found: list[Word], stems: Container[str] = ()) -> Reading:
    """Without what is wrapped around them."""
    start, wish = _begun(found, stems)
    return Reading(_ended(start), wish)


def _begun(found: list[Word], stems: Container[str]) -> tuple[list[Word], bool]:
    wish = False
    while True:
        if size := _opening(found, _MINDING):
            found = _imperative(found[size:], stems)
        elif size := _opening(found, _START):
            found = found[size:]
        elif size := _opening(found, _WISHING):
            found, wish = found[size:], True
        else:
            return found, wish


def _ended(found: list[Word]) -> list[Word]:
    while size := _closing(found):
        found = found[:-size]
    return found


def without_fillers(found: list[Word]) -> list[Word]:
    return [word for word in found if word.plain not in _FILLERS]


def _imperative(found: list[Word], stems: Container[str]) -> list[Word]:
    """ "turning off the light" as "turn off the light"."""
    verb = found[0].plain if found else ""
    if not verb.endswith("ing"):
        return found
    stem = verb[:-3]
    for base in (stem, stem + "e", stem[:-1]):
        if base in stems:
            return [*words(base), *found[1:]]
    return found


def _direct(asked: list[Word]) -> list[list[Word]]:
    """ "what time it is" as "what time is it"."""
    plain = [word.plain for word in asked]
    if not plain or plain[0] not in _QUESTION:
        return [asked]
    orders = [asked]
    for at in range(1, len(plain) - 1):
        if plain[at] in _SUBJECTS and plain[at + 1] in _VERBS and plain[at - 1] not in _VERBS:
            orders.append([*asked[:at], asked[at + 1], asked[at], *asked[at + 2 :]])
        if plain[at] in _SUBJECTS and plain[at - 1] not in _VERBS:
            orders.append([*asked[:at], Word("do", ""), *asked[at:]])
    verb = next((at for at in range(len(plain) - 1, 1, -1) if plain[at] in _VERBS), 0)
    if verb:
        rest = [*asked[:verb], *asked[verb + 1 :]]
        orders += [[*rest[:at], asked[verb], *rest[at:]] for at in (1, 2, 3) if at < len(rest)]
    return orders[:8]
