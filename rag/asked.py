"""What a question asks for: the words that an answer should hold, and of which kind the answer is. English."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from rag.units import NUMBER_WORDS, UNITS, unit_of
from rag.words import STOP_WORDS, content_words, stem, words

_NUMBER = re.compile(r"[$€£]?\d[\d.,:]*|[$€£%°]\w?|[^\W\d_]+(?:\(a\))?", re.IGNORECASE)
_SAME = (
    "heavy weigh weight|loud noise sound|long length last duration|wide width|tall high height|deep depth|"
    "cost price pay fee charge money expensive euro dollar|hot warm temperature|cold cool temperature|fast speed quick|"
    "big size capacity hold|old age|far distance|phone telephone|buy purchase|guarantee warranty|"
    "start begin commence|end finish stop|allow permit may|forbid prohibit|need require|replace exchange change|"
    "litre liter|metre meter|colour color|phone telephone|mobile phone|send post|children child|switch turn|"
    "error fault code|mean indicate|often interval every|until by|closed close shut|open opening|"
    "kitchen cooking|dog dogs pet|car vehicle|doctor physician|repair mend fix|first initial|maximum most largest"
)
_GENERAL = frozenset(
    stem(word)
    for word in "many much long often far soon quickly large big small high low heavy wide hot cold old loud deep mean "
    "allowed may must need want know get make use put happen say tell does done thing kind sort possible possibly work "
    "colour color price cost pay weight size time day date hour year name person people one way please there according "
    "what which when where who how why take let should go come month see anyone somebody someone anything "
    "something".split()
)
_COLOURS = frozenset(
    "red green blue yellow white black grey gray orange violet purple pink brown silver gold golden beige turquoise "
    "cream crimson scarlet navy teal".split()
)
_DAYS = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april june july august september "
    "october november december noon midnight morning afternoon evening weekday weekend spring summer autumn winter "
    "daily weekly monthly yearly annually christmas easter today tomorrow".split()
)
_AMOUNTS: tuple[tuple[str, frozenset[str]], ...] = (
    (r"\bhow heavy|\bweigh|\bhow many (?:kilo|gram)", frozenset({"g"})),
    (r"\bhow (?:wide|tall|high|deep|far|thick|broad)\b|\bdistance\b", frozenset({"m"})),
    (r"\bhow long\b", frozenset({"m", "s", "month"})),
    (r"\bhow (?:often|soon|quickly|old)\b|\bafter how many (?:day|week|month|year)", frozenset({"s", "month"})),
    (r"\bhow many (?:second|minute|hour|day|week)", frozenset({"s"})),
    (r"\bhow (?:hot|cold|warm)\b|\btemperature\b|\bhow many degrees", frozenset({"c", "f"})),
    (r"\bcosts?\b|\bpric|\bpay\b|\bfee\b|\bhow much (?:is|are|money)\b|\bexpensive\b", frozenset({"$", "€", "£"})),
    (r"\bhow loud\b|\bnoise\b", frozenset({"db"})),
    (r"\bpressure\b", frozenset({"bar"})),
    (r"\bhow many (?:litre|liter)", frozenset({"l"})),
    (r"\bhow big\b|\bhow large\b|\bsize\b|\bcapacity\b", frozenset({"l", "m", "byte", "g"})),
    (r"\btorque\b", frozenset({"nm"})),
)  # fmt: skip
_SEVERAL = re.compile(r"\band (?:what|which|when|where|who|how|why)\b", re.IGNORECASE)
_NAMED = re.compile(r"(?<!^)(?<![.!?] )\b(?:[A-Z][\w'’-]*|(?=\w*\d)[\w.-]*\w)")
_NAMES = re.compile(r"(?<=[\w,;)] )(?:[A-Z][\w'’-]+)(?: (?:[A-Z][\w'’-]+|van|von|de|da|of))*")


@dataclass(frozen=True)
class Asked:
    groups: tuple[tuple[str, ...], ...]
    """For each content word of the question its stem, and those that mean the same; words of any question that only
    tell the kind of answer are left out where others remain."""
    general: frozenset[str]
    """Those left out."""
    named: tuple[frozenset[str], ...]
    """The stems of each number, code and name (a capital inside the sentence): what an answer is surely about. Empty
    of questions that are not English: German writes every noun so."""
    several: bool
    """Whether it asks for more than one thing."""
    kind: Callable[[str], bool] | None
    """Whether a text holds an answer of the kind; None when any text may."""

    def fits(self, text: str) -> float:
        """1 of the kind, -1 not of the kind, 0 where no kind is asked for."""
        return 0.0 if self.kind is None else 1.0 if self.kind(text) else -1.0


def asked(question: str) -> Asked:
    plain = re.sub(r"['’](?:s|re|ll|ve|d|m|t)\b", " ", question)
    all_words = list(dict.fromkeys(stem(word) for word in words(plain) if word not in STOP_WORDS))
    special = [word for word in all_words if word not in _GENERAL] or all_words
    english = 3 * sum(word in STOP_WORDS for word in words(question)) >= len(words(question))
    named = tuple(frozenset(content_words(name)) for name in _NAMED.findall(question)) if english else ()
    groups = tuple((word, *sorted(_alike().get(word, set()) - {word})) for word in special)
    left = set(all_words) - set(special)
    general = frozenset(left.union(*(_alike().get(word, set()) for word in left)))
    return Asked(groups, general, named, _SEVERAL.search(question) is not None, _kind(question.lower()))


@functools.cache
def _alike() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for group in _SAME.split("|"):
        stems = {stem(word) for word in group.split()}
        for one in stems:
            found[one] = found.get(one, set()) | stems
    return found


def _kind(question: str) -> Callable[[str], bool] | None:
    for pattern, kinds in _AMOUNTS:
        if re.search(pattern, question):
            return lambda text: bool(kinds & amounts(text))
    if re.search(r"\bmeans?\b|\bmeaning\b", question):
        return lambda text: bool(re.search(r"\bmean(?:s|ing|t)?\b|\bstands? for\b|\bindicates?\b", text.lower()))
    if re.search(r"\bhow (?:many|much)\b", question):
        return has_number
    if re.search(
        r"\bwhen\b|\bwhat time\b|\b(?:which|what) months?\b|\bwhat day\b|\bwhich day\b|\bat which time\b|\buntil\b",
        question,
    ):
        return is_time
    if re.search(r"\bwho(?:m|se)?\b", question):
        return lambda text: bool(_NAMES.search(text)) or bool(re.search(r"\b(?:user|service|owner|member)s?\b", text))
    if re.search(r"\b(?:what|which) colou?rs?\b", question):
        return lambda text: bool(_COLOURS & set(words(text)))
    return None


def has_number(text: str) -> bool:
    return bool(re.search(r"\d", text)) or bool(NUMBER_WORDS.keys() - {"one"} & set(words(text)))


def is_time(text: str) -> bool:
    return (
        bool(_DAYS & set(words(text)))
        or bool({"s", "month"} & amounts(text))
        or bool(re.search(r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2} ?[ap]\.?m\b|\b(?:1[5-9]|20)\d\d\b|o'clock", text.lower()))
    )


def amounts(text: str) -> set[str]:
    """The kinds (see `rag.units`) of the quantities in a text."""
    tokens = _NUMBER.findall(re.sub(r"(?<=\d)(?=[a-z%°])", " ", text.lower().replace("×", " ")))
    found = set()
    for token, after in zip(tokens, [*tokens[1:], ""]):
        if token[:1] in "$€£":
            found.add(token[:1])
        elif token[:1].isdigit() or token in NUMBER_WORDS:
            if unit := unit_of(after):
                found.add(UNITS[unit][0])
    for pattern, kind in (
        (r"euros?\b|€|\beur\b|price", "€"),
        (r"dollar", "$"),
        (r"\bpounds?\b|£", "£"),
        (r"°c|degrees", "c"),
    ):
        if re.search(pattern, text.lower()) and re.search(r"\d", text):
            found.add(kind)
    return found
