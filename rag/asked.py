"""What a question asks for: of which kind its answer is, and what it surely is about. English."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from rag import kinds, language
from rag.kinds import Kind
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
_SENTENCE = re.compile(r"(?<=[?!.])\s+")
_COUNTED = re.compile(r"\bhow (?:many|much) (\w+)", re.IGNORECASE)
_OF_KIND = re.compile(r"\b(?:which|what) (?:(?:kind|sort|type) of )?(\w+)", re.IGNORECASE)
_FORMS = {
    "count": re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE),
    "whether": re.compile(
        r"^\W*(?:can|could|may|must|should|shall|will|would|do|does|did|is|are|was|were|has|have|am)\b", re.IGNORECASE
    ),
    "who": re.compile(r"\bwho(?:m|se)?\b", re.IGNORECASE),
    "which": re.compile(r"\b(?:which|what)\b", re.IGNORECASE),
}


@dataclass(frozen=True)
class Asked:
    kind: Kind | None
    """None when the answer may be of any."""
    spent: frozenset[str]
    """The words, as written, that only ask for the kind."""
    named: tuple[frozenset[str], ...]
    """The stems of each number, code and name (a capital inside the sentence): what an answer is surely about."""
    counted: str
    """What is counted, in lower case: "leaves" of "How many leaves"; empty of other questions."""
    chosen: str
    """Of which an answer is one: "bus" of "Which bus"."""
    form: str
    """count, whether, who, which or how."""
    several: bool
    """Whether it asks for more than one thing."""

    def fits(self, text: str) -> int:
        """1 of the kind, -1 not of the kind, 0 where no kind is asked for."""
        return 0 if self.kind is None else 1 if self.kind.holds(text) else -1


@functools.lru_cache(64)
def asked(question: str) -> Asked:
    """Of several sentences the last one asks that names something ("And how much is that?" does not)."""
    sentences = reversed(_SENTENCE.split(question.strip()))
    last = next((one for one in sentences if language.subjects(one, "en")), question)
    small = last.lower()
    kind = kinds.of(last)
    spent = kind.asking.search(small) if kind else None
    english = 3 * sum(word in STOP_WORDS for word in words(question)) >= len(words(question))
    named = tuple(frozenset(content_words(name)) for name in _NAMED.findall(question)) if english else ()
    form = next((name for name, pattern in _FORMS.items() if pattern.search(last)), "how")
    return Asked(
        kind,
        frozenset(words(spent.group())) if spent else frozenset(),
        tuple(name for name in named if name),
        _noun(_COUNTED, small),
        _noun(_OF_KIND, small),
        form,
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
