"""Whether a voice that writes down what it says has said the sentence: word for word, however it is written.

No difference are case, punctuation, accents, contractions ("I'm", "I am"), numbers in words or digits ("three
forty-five", "3:45"), signs in words ("25%"), hyphens and abbreviations that are written apart. Number words are
English; in another language digits stand for any words.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

_WRITTEN = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"[’ʼ`]", "'"),
        (r"\.00\b|:00\b", ""),
        (r"([$€£¥₹])\s?(\d[\d.,]*)(\s(?:thousand|million|billion|trillion)\b)?", r"\2\3 \1 "),
        (r"(?<![\w.])[-−](?=\d)", " minus "),
        (r"\$", " dollar "),
        ("€", " euro "),
        ("£", " pound "),
        (r"%|\bper cent\b", " percent "),
        (r"°\s?c\b", " degree celsius "),
        (r"°\s?f\b", " degree fahrenheit "),
        ("°", " degree "),
        (r"&", " and "),
        (r"\+", " plus "),
        (r"=", " equals "),
        (r"[×*]", " times "),
        (r"\bcannot\b|\bcan't\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"\bshan't\b", "shall not"),
        (r"n't\b", " not"),
        (r"'re\b", " are"),
        (r"'ve\b", " have"),
        (r"'ll\b", " will"),
        (r"\bi'm\b", "i am"),
        (r"\blet's\b", "let us"),
        (r"\bgonna\b", "going to"),
        (r"\bwanna\b", "want to"),
        (r"\bgotta\b", "got to"),
        (r"(?<=\w)'([sd])\b", r" '\1"),
        (r"'(?![sd]\b)", ""),
        (r"\ba (?=hundred|thousand|million|billion|trillion)", "one "),
        (r"(?<=\d)(?:st|nd|rd|th)\b", ""),
    )
]
_TOKEN = re.compile(r"\d{1,30}|'[sd]|[^\W\d_]+")
_SHORT = {"'s": {"'s", "is", "has", "us", "does"}, "'d": {"'d", "would", "had", "did"}}
_SAME = {
    "okay": "ok",
    "mister": "mr",
    "doctor": "dr",
    "versus": "vs",
    "dollars": "dollar",
    "euros": "euro",
    "pounds": "pound",
    "degrees": "degree",
    "cents": "cent",
    "pence": "cent",
}
_UNITS = {"dollar", "euro", "pound", "percent", "degree"}
_BETWEEN = {"and", "point", "to", "through", "oclock", "cent"} | _UNITS  # inside a number or a pair of them
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINAL = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fifth": 5,
    "eighth": 8,
    "ninth": 9,
    "twelfth": 12,
    **{f"{word}th": value for value, word in enumerate(_SMALL) if value not in (1, 2, 3, 5, 8, 9, 12)},
    **{f"{word[:-1]}ieth": 10 * value for value, word in enumerate(_TENS)},
}
_VALUES = {
    **{word: value for value, word in enumerate(_SMALL)},
    **{word: 10 * value for value, word in enumerate(_TENS) if value > 1},
    **_ORDINAL,
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_HUGE = 10**30
_MANY = 5  # words that cannot be the beginning of what is still being said


def differs(sentence: str, said: str, so_far: bool = False) -> bool:
    """``so_far``: ``said`` is only the beginning, and may break off within a word."""
    if so_far:
        said = said.rpartition(" ")[0]
    wanted, spoken = _words(sentence), _words(said)
    for kind, begin, end, at, until in SequenceMatcher(None, wanted, spoken, autojunk=False).get_opcodes():
        if kind == "equal" or _equal(wanted[begin:end], spoken[at:until]):
            continue
        if so_far and until == len(spoken) and until - at < _MANY:
            continue
        return True
    return False


def _equal(wanted: list[str], spoken: list[str]) -> bool:
    if _joined(wanted) == _joined(spoken):
        return True
    for short, long in _SHORT.items():
        if short in wanted or short in spoken:
            wanted = [word for word in wanted if word not in long]
            spoken = [word for word in spoken if word not in long]
    if _joined(wanted) == _joined(spoken):
        return True
    return _is_foreign(wanted, spoken) or _is_foreign(spoken, wanted)


def _joined(words: list[str]) -> str:
    return "".join(words).replace("'", "")


def _is_foreign(digits: list[str], words: list[str]) -> bool:
    """Whether one side is a number in digits and the other one in the words of a language not known here."""
    if not words or not all(word.isdecimal() for word in digits) or any(word.isdecimal() for word in words):
        return False
    return bool(digits) and all(not word.isascii() or word not in _ENGLISH for word in words) and len(words) <= 6


_ENGLISH = frozenset(
    "a an the of to in on at is are am was were be been have has had do does did not no yes i you he she it we they me "
    "him her us them my your his its our their this that these those what which who when where why how and or but if "
    "so with from by for as can could will would shall should may might must name here there".split()
)


def _words(text: str) -> list[str]:
    """Words in one spelling; each run of numbers is one word of digits."""
    text = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )
    for pattern, replacement in _WRITTEN:
        text = pattern.sub(replacement, text)
    words = [_SAME.get(word, word) for word in _TOKEN.findall(text)]
    spelt: list[str] = []
    at = 0
    while at < len(words):
        if not _is_number(words[at]):
            spelt.append(words[at])
            at += 1
            continue
        end = at + 1
        while end < len(words):
            if _is_number(words[end]):
                end += 1
                continue
            gap = end
            while gap < len(words) and words[gap] in _BETWEEN and gap - end < 3:
                gap += 1
            if gap == end or gap == len(words) or not _is_number(words[gap]):
                break
            end = gap + 1
        run = words[at:end]
        spelt += [_digits(run), *sorted(_UNITS.intersection(run))]
        at = end
    return [word for word in spelt if word not in ("cent", "oclock")]


def _is_number(word: str) -> bool:
    return word.isdecimal() or word in _VALUES or word in _SCALES or word == "oh"


def _digits(run: list[str]) -> str:
    """``nineteen eighty four`` -> ``1984``, ``two thousand twenty six`` -> ``2026``, ``3 45`` -> ``345``."""
    parts: list[str] = []
    total: int | None = None
    room = 0  # a number below this one may still be added
    for word in run:
        if word == "and":
            continue
        value = 0 if word == "oh" else _VALUES.get(word)
        if word in _SCALES:
            scale = _SCALES[word]
            if total is None or total > _HUGE:
                total = int(parts.pop()) if parts else 1
            high, low = divmod(total, 1000)
            total, room = high * 1000 + low * scale, scale
        elif word.isdecimal():
            if total is not None:
                parts.append(str(total))
            parts.append(word)
            total, room = None, 0
        elif value is not None and total is not None and 0 < value < room:
            total += value
            room = 10 if value >= 20 and value % 10 == 0 else 0
        else:
            if total is not None:
                parts.append(str(total))
            total = value
            room = 10 if value is not None and value >= 20 else 0
    if total is not None:
        parts.append(str(total))
    return "".join(parts)
