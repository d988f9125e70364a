"""Words as templates are matched with them, next to what was said: contractions, spelling and signs made one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from assistant.skills.values.kept import kept

MOST_WORDS = 60
"""Of what is said; no command is longer, and what follows is not looked at."""
_LONGEST_WORD = 40
MOST_CHARACTERS = MOST_WORDS * _LONGEST_WORD


@dataclass(frozen=True)
class Word:
    plain: str
    """Lower case, in the spelling of the templates."""
    said: str
    """As it was said, less the punctuation; empty where one word is matched as several: "what's" as "what", "is"."""
    comma: bool = False
    """Whether a comma followed."""


_CURRENCIES = {"€": "euros", "$": "dollars", "£": "pounds"}
_SIGNS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"[’‘`´]"), "'"),
    (re.compile(r"[€$£]\s?(\d[\d,.]*\d|\d)"), lambda found: f"{found[1]} {_CURRENCIES[found[0][0]]}"),
    (re.compile(r"(?<=\d)\s?[€$£]"), lambda found: f" {_CURRENCIES[found[0][-1]]}"),
    (re.compile(r"%"), " percent "),
    (re.compile(r"\s\+\s|(?<=\d)\+(?=\d)"), " plus "),
    (re.compile(r"(?<=\d)\s?[x×*]\s?(?=\d)"), " times "),
    (re.compile(r"\s?÷\s?|(?<=\d)\s/\s(?=\d)"), " divided by "),
    (re.compile(r"(?<=\d)\s[-–−]\s(?=\d)"), " minus "),
    (re.compile(r"(?<![\w.)])[-−](?=\d)"), " minus "),
    (re.compile(r"°\s?c\b", re.IGNORECASE), " degrees celsius"),
    (re.compile(r"°\s?f\b", re.IGNORECASE), " degrees fahrenheit"),
    (re.compile(r"°"), " degrees "),
    (re.compile(r"&"), " and "),
    (re.compile(r"\b([ap])\.\s?m\b\.?", re.IGNORECASE), r"\1m"),
    (re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])"), " "),
    (re.compile(r"[^\w\s'.,:%/-]|_"), " "),
)
_ENDS = ".,:;/'-"
_SEVERAL = {
    "let's": "let us",
    "lets": "let us",
    "whats": "what is",
    "hows": "how is",
    "wheres": "where is",
    "whos": "who is",
    "dont": "do not",
    "im": "i am",
    "ive": "i have",
    "cannot": "can not",
    "dinnae": "do not",
    "dinna": "do not",
    "cannae": "can not",
    "can't": "can not",
    "won't": "will not",
    "gimme": "give me",
    "lemme": "let me",
    "wanna": "want to",
    "gonna": "going to",
    "todo": "to do",
    "todos": "to dos",
}
_IS = frozenset("what who where when how which why that this it there here he she everything".split())
_SHORT = {"n't": "not", "'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would"}
_SAME = {
    "an": "a",
    "ok": "okay",
    "tae": "to",
    "gie": "give",
    "whit": "what",
    "aff": "off",
    "doon": "down",
    "oot": "out",
    "noo": "now",
    "gan": "go",
    "ye": "you",
    "youse": "you",
    "yer": "your",
    "til": "until",
    "till": "until",
    "tv": "television",
    "telly": "television",
    "grey": "gray",
    "programme": "program",
    "programmes": "programs",
    "cancelled": "canceled",
    "cancelling": "canceling",
    "cheque": "check",
    **{
        str(number): word
        for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
    },
}
_OURS = re.compile(r"(?<=[a-z]{2})our(?=s?$|ed$|ing$|ite$|ites$|ful$)")
_LIKE_COLOUR = ("colo", "favo", "harbo", "neighbo", "labo", "humo", "odo", "flavo", "vapo", "rumo")
_METRES = re.compile(r"(met|lit|cent|theat|fib)re(s?)$")


@kept(2048)
def _plain(word: str, language: str) -> tuple[str, ...]:
    word = word.lower()
    if language != "en":
        return (word,)
    if word in _SEVERAL:
        return tuple(_SEVERAL[word].split())
    if word.endswith("'s") and word[:-2] in _IS:
        return (word[:-2], "is")
    for ending, whole in _SHORT.items():
        if word.endswith(ending) and len(word) > len(ending):
            return (word[: -len(ending)], whole)
    return (_spelling(word),)


def _spelling(word: str) -> str:
    if word in _SAME:
        return _SAME[word]
    if word.startswith(_LIKE_COLOUR):
        return _OURS.sub("or", word)
    return _METRES.sub(r"\1er\2", word)


_SANTA = re.compile(r"\s*santa\s(?!claus)(?=\S+\s\S)", re.IGNORECASE)


def words(text: str, language: str = "en") -> list[Word]:
    """At most `MOST_WORDS`."""
    text = text[:MOST_CHARACTERS]
    if language == "en":
        text = _SANTA.sub("set a ", text, count=1) if _SANTA.match(text) else text  # what recognisers hear of it
    for sign, instead in _SIGNS:
        text = sign.sub(instead, text)
    found: list[Word] = []
    for piece in text.split():
        said = piece.strip(_ENDS) if not re.fullmatch(r"-\d.*", piece) else piece.rstrip(_ENDS)
        if said and (plain := _plain(said[:_LONGEST_WORD], language)):
            apart = plain[-1] in ("do", "dos")  # a to-do list is no contraction
            found += [
                Word(part, part if apart else "" if at else said, piece.endswith(",") and at == len(plain) - 1)
                for at, part in enumerate(plain)
            ]
        if len(found) >= MOST_WORDS:
            break
    return found[:MOST_WORDS]


def said(found: list[Word], commas: bool = False) -> str:
    """``commas``: with those between the words."""
    text = " ".join(word.said + "," * (commas and word.comma) for word in found if word.said)
    return text.removesuffix(",")


_TEMPLATE_WORD = re.compile(r"(\{[^{}]*\}|<[^<>]*>)|(?<![\w'}])'s\b|[^\W_]+(?:'[^\W_]+)*")


def template(text: str, language: str = "en") -> str:
    """A sentence template in the same spelling."""
    if language != "en":
        return re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", " ", text)

    def plain(found: re.Match[str]) -> str:
        if found[1]:
            return found[0]
        return " is" if found[0] == "'s" else " ".join(_plain(found[0], language))

    text = re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", " ", text.replace("’", "'"))
    return _TEMPLATE_WORD.sub(plain, text)
