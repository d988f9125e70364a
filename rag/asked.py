"""What a question asks for: of which kind its answer is, and what it surely is about."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from rag import kinds, language
from rag.words import STOP_WORDS, content_words, stem, words

_SAME = (
    "heavy weigh weight|loud noise sound|long length last duration|wide width|tall high height|deep depth|"
    "cost price pay fee charge money expensive euro dollar|hot warm temperature|cold cool temperature|fast speed quick|"
    "big size capacity hold|old age|far distance|phone telephone|buy purchase bought|guarantee warranty|"
    "start begin commence|end finish stop|allow permit may|forbid prohibit ban|need require|replace exchange change|"
    "litre liter|metre meter|colour color|mobile phone|send post sent|children child kid|switch turn|gas cylinder|"
    "error fault code|mean indicate|often interval every|until by|closed close shut|open opening|hire rent lease|"
    "kitchen cooking|dog dogs pet|car vehicle|doctor physician|repair mend fix|first initial|maximum most largest|"
    "bike bicycle|holiday vacation|employee staff worker|wage salary pay|go leave depart|picture photo photograph|"
    "make produce manufacture|made make|sell sold sale|found founded|sink sank sunk|write wrote written|"
    "begin began begun|give gave given|build built|lose lost loss|keep kept store|take took taken|drive drove driven|"
    "sing sang sung|swim swam|speak spoke spoken|break broke broken|choose chose chosen|hold held|teach taught|"
    "meet met meeting|send sent|tell told|win won|grow grew grown|know knew known|fall fell|steal stole stolen|"
    "die death dead|born birth|marry married wife husband|live life lives|film movie|include contain|"
    "get receive obtain|reach arrive|fizzy sparkling|stove hob|fridge refrigerator|lift elevator|internet online|"
    "wifi wireless|password passcode|five 5|two 2|three 3|four 4|six 6|seven 7|eight 8|nine 9|ten 10|gigahertz ghz"
)
_SEVERAL = re.compile(r"\band (?:what|which|when|where|who|how|why)\b", re.IGNORECASE)
_NAMED = re.compile(r"(?<!^)(?<![.!?] )\b(?:[A-Z][\w'’-]*|(?=\w*\d)[\w.-]*\w)")
_CODE = re.compile(r"[A-Za-z]*\d[A-Za-z\d.-]*")  # what names are like differs from language to language
_SENTENCE = re.compile(r"(?<=[?!.])\s+")
_COUNTED = re.compile(r"\bhow (?:many|much) (\w+)", re.IGNORECASE)
_OF_KIND = re.compile(r"\b(?:which|what) (?:(?:kind|sort|type) of )?(\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    holds: Callable[[str], bool] | None
    """Whether an answer of the kind that is asked stands in a text; None when it may be of any."""
    strict: bool
    """Whether a text without one is surely no answer."""
    spent: frozenset[str]
    """The words, as written, that only ask for the kind."""
    named: tuple[frozenset[str], ...]
    """The stems of each number, code and name (a capital inside the sentence): what an answer is surely about."""
    counted: str
    """What is counted, in lower case: "leaves" of "How many leaves"; empty of other questions."""
    chosen: str
    """Of which an answer is one: "bus" of "Which bus"."""
    several: bool
    """Whether it asks for more than one thing."""

    def fits(self, text: str) -> int:
        """1 of the kind, -1 not of the kind, 0 where no kind is asked for."""
        return 0 if self.holds is None else 1 if self.holds(text) else -1


@functools.lru_cache(64)
def asked(question: str, code: str = "en") -> Asked:
    """``code``: the question's language."""
    return _english(question) if code == "en" else _other(question, code)


def _other(question: str, code: str) -> Asked:
    wanted = sorted(language.kinds(question, code) & language.of(code).answers.keys())
    return Asked(
        (lambda text: all(language.answers(kind, text, code) for kind in wanted)) if wanted else None,
        True,
        frozenset(),
        tuple(filter(None, (frozenset(language.terms(name, code)) for name in _CODE.findall(question)))),
        _counted(question, code),
        "",
        False,
    )


def _counted(question: str, code: str) -> str:
    """The word behind "how many", unless it is one of any question ("сколько стоит", what does it cost)."""
    words, own = language.words(question), language.of(code)
    for word, *others in (words[at : at + 3] for at in range(len(words))):
        if language.folded(word) in own.counting:
            nouns = [other for other in others if language.folded(other) not in own.stop]
            return nouns[0] if nouns and language.folded(nouns[0]) not in own.asked else ""
    return ""


def _english(question: str) -> Asked:
    """Of several sentences the last one asks that names something ("And how much is that?" does not)."""
    sentences = reversed(_SENTENCE.split(question.strip()))
    last = next((one for one in sentences if language.subjects(one, "en")), question)
    small = last.lower()
    kind = kinds.of(last)
    spent = kind.asking.search(small) if kind else None
    english = 3 * sum(word in STOP_WORDS for word in words(question)) >= len(words(question))
    named = tuple(frozenset(content_words(name)) for name in _NAMED.findall(question)) if english else ()
    return Asked(
        kind.holds if kind else None,
        kind is not None and kind.strict,
        frozenset(words(spent.group())) if spent else frozenset(),
        tuple(name for name in named if name),
        _noun(_COUNTED, small),
        _noun(_OF_KIND, small),
        _SEVERAL.search(last) is not None,
    )


def alike(word: str) -> frozenset[str]:
    """The stems of the words that mean the same, its own not among them."""
    return _alike().get(stem(word), frozenset()) - {stem(word)}


def _noun(pattern: re.Pattern[str], question: str) -> str:
    found = pattern.search(question)
    return found.group(1) if found and found.group(1) not in STOP_WORDS else ""


@functools.cache
def _alike() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for group in _SAME.split("|"):
        stems = frozenset(stem(word) for word in group.split())
        for one in stems:
            found[one] = found.get(one, frozenset()) | stems
    return found
