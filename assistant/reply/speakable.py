"""What the language model wrote -> the plain words a voice reads, and back: the text that belongs to the words heard.

Marks of Markdown, HTML and LaTeX vanish, code blocks and emoji are skipped, addresses are said as people say them
("example dot com"). Numbers, dates and abbreviations stay as they are: the voices read them well themselves.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_LONGEST_WORD = 64  # ASCII characters without a space; longer is a hash, a token or encoded data
_LONGEST_CODE = 40  # characters of `inline code` that are worth hearing

_CURRENCIES = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen", "₹": "rupees"}
_SIGNS = {
    "×": "times",
    "÷": "divided by",
    "≈": "about",
    "≠": "is not",
    "≤": "at most",
    "≥": "at least",
    "→": "to",
    "⇒": "so",
    "←": "from",
    "√": "root of",
    "∞": "infinity",
    "π": "pi",
}


def speakable(text: str, language: str = "en") -> str:
    """Plain words of ``language`` for a voice; empty when nothing in ``text`` is to be read aloud. Idempotent."""
    return _align(text, language).words


def heard_prefix(text: str, words: str, spoken: int, language: str = "en") -> str:
    """The part of ``text`` whose words lie within the first ``spoken`` characters of ``words``.

    ``words`` are `speakable(text, language)`.

    Cut after a whole word; grows with ``spoken``, from "" at 0 to all of ``text`` at ``len(words)``.
    """
    if spoken >= len(words):
        return text
    aligned = _align(text, language)
    while spoken > 0:
        if aligned.words[spoken : spoken + 1].isspace() and not aligned.words[spoken - 1].isspace():
            following, end = aligned.sources[spoken + 1], aligned.sources[spoken - 1][1]
            if following[0] >= end:  # else both words stand for one thing in the text, "dollars" in "5 dollars" = "$5"
                marks = re.split(r"\s", text[end : following[0]], maxsplit=1)[0]  # such as the closing ** or ](address)
                return text[: end + len(marks)]
        spoken -= 1
    return ""


@dataclass(frozen=True)
class _Aligned:
    words: str
    sources: tuple[tuple[int, int], ...]
    """For each character of ``words`` the (start, end) of the text that it stands for."""

    def replace(self, pattern: re.Pattern, replacement: str | Callable[[re.Match], str]) -> _Aligned:
        words: list[str] = []
        sources: list[tuple[int, int]] = []
        position = 0
        for match in pattern.finditer(self.words):
            new = replacement if isinstance(replacement, str) else replacement(match)
            words += [self.words[position : match.start()], new]
            sources += self.sources[position : match.start()]
            if new:
                origin = self.sources[match.start() : match.end()]
                sources += [(origin[0][0], max(end for _, end in origin))] * len(new)
            position = match.end()
        if not words:
            return self
        return _Aligned("".join([*words, self.words[position:]]), (*sources, *self.sources[position:]))


@lru_cache(maxsize=64)  # asked again several times a second while a sentence plays
def _align(text: str, language: str) -> _Aligned:
    aligned = _Aligned(text, tuple((position, position + 1) for position in range(len(text))))
    for _ in range(20):  # removing a mark may leave a new one ("a*_*b"): repeat until nothing changes
        before = aligned.words
        for pattern, replacement in _RULES:
            aligned = aligned.replace(pattern, replacement)
        if aligned.words == before:
            break
    return aligned if any(character.isalnum() for character in aligned.words) else _Aligned("", ())


def _address(match: re.Match) -> str:
    return " " + match["host"].removeprefix("www.").replace(".", " dot ") + " "


def _email(match: re.Match) -> str:
    return (
        " "
        + re.sub(r"[._+%-]+", lambda mark: {".": " dot ", "-": " dash "}.get(mark[0][0], " "), match["name"])
        + " at "
        + match["host"].replace(".", " dot ")
        + " "
    )


def _code(match: re.Match) -> str:
    code = match["code"].strip()
    return code if len(code) <= _LONGEST_CODE and "\n" not in code else ""


def _formula(match: re.Match) -> str:
    formula = next(group for group in match.groups() if group is not None).strip()
    return f" {formula} " if formula.isalnum() and len(formula) <= 3 else " a formula "


def _money(match: re.Match) -> str:
    amount, unit = match["amount"] + (match["scale"] or ""), _CURRENCIES[match["sign"]]
    return f"{amount} {unit.removesuffix('s') if amount == '1' else unit}"


def _symbol(match: re.Match) -> str:
    """Emoji and other pictures, control and private characters are not read."""
    character = match.group()
    if character in _SIGNS:
        return f" {_SIGNS[character]} "
    silent = unicodedata.category(character) in ("So", "Sk", "Cc", "Cs", "Co", "Cn") and character != "°"
    return " " if silent else character


_LINE = r"(?:^|(?<=[\n\r]))[^\S\n]*"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"

_ADDRESS_END = r"(?:[/?#][^\s<>\"”)\]]*[^\s<>\"”)\].,;:!?'’*_`]|[/?#])?"

_RULES: list[tuple[re.Pattern, str | Callable[[re.Match], str]]] = [
    (re.compile(pattern), new)
    for pattern, new in (
        (r"(?s)(?P<fence>`{3,}|~{3,}).*?(?:(?P=fence)[`~]*|\Z)", " "),
        (r"<\|[^<>|\s]{1,40}\|>|\[/?INST\]|<</?SYS>>|</?s>", " "),  # control tokens of chat templates
        (r"(?s)<!--.*?(?:-->|\Z)", " "),
        (r"<(?P<address>(?:https?://|mailto:)[^<>\s]+)>", lambda match: f" {match['address']} "),
        (r"(?i)<br\s*/?>|</(?:p|li|div|h\d|tr)>", "\n"),
        (r"</?[a-zA-Z][^<>]{0,500}>", ""),
        (r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});", lambda match: html.unescape(match.group())),
        (r"(?s)\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\\((.+?)\\\)", _formula),
        (r"(?<![\\$\w])\$((?=\S)[^$\n]*[\\^_={}][^$\n]*(?<=\S)|[a-zA-Z]{1,3})\$(?![\d$])", _formula),
        (r"\\[a-zA-Z]+(?:\{[^{}]*\})+", " a formula "),
        (r"`+(?P<code>[^`]*)`+", _code),
        (r"!(?=\[)|\[\^?\d{1,3}\](?!\()", ""),  # citations and footnotes: [1], [^2]
        (r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+[\"'][^\"'\n]*[\"'])?\s*\)", ""),  # what a link points at
        (r"(?:mailto:)?\b(?P<name>[a-zA-Z0-9][\w.+%-]*)@(?P<host>" + _LABEL + r"(?:\." + _LABEL + r")+)", _email),
        (
            r"(?i)\b[a-z][a-z0-9+.-]{1,10}://(?:[^\s/@]*@)?(?P<host>"
            + _LABEL
            + r"(?:\."
            + _LABEL
            + r")*)(?::\d+)?"
            + _ADDRESS_END,
            _address,
        ),
        (r"(?i)\bwww\.(?P<host>" + _LABEL + r"(?:\." + _LABEL + r")+)" + _ADDRESS_END, _address),
        (r"(?i)\b[a-z][a-z0-9+.-]{1,10}://\S*", " a link "),
        (r"://", " "),
        (_LINE + r"\|?[ :|-]*-{3,}[ :|-]*(?=$|[\n\r])", " "),  # the rule of a table, or across the page
        (_LINE + r"(?:(?:#{1,6}|[-*+•‣▪◦·]|>+)(?:\s+|$))+", " "),
        (_LINE + r"\[[ xX]\]\s", " "),  # the box of a to-do list
        (r"[^\S\n]*\|[^\S\n]*(?=\S)", ", "),
        (
            r"(?P<sign>[$€£¥₹])\s?(?P<amount>\d+(?:,\d{3})*(?:\.\d+)?)"
            r"(?P<scale> (?:thousand|million|billion|trillion)\b)?",
            _money,
        ),
        (
            r"(?P<number>\d)\s?°\s?(?P<unit>[CF])\b",
            lambda match: f"{match['number']} degrees {'Celsius' if match['unit'] == 'C' else 'Fahrenheit'}",
        ),
        (r"(?<=\d)\s?[*]\s?(?=\d)", " times "),
        (r"(?<=\w)\s?\^\s?(?=[\w({])", " to the power of "),
        (r"(?<!\w)~\s?(?=\d)", "about "),
        (r"#(?=\d)", "number "),
        (r"(?<=\b[CF])#", " sharp"),
        (r"(?<=[\w:])\\(?=\w)|(?<=\w)_(?=\w)", " "),
        (r"(?:<?[-=]+>)", " to "),
        (r"(?<=\w)\s?<=\s?(?=\w)", " at most "),
        (r"(?<=\w)\s?>=\s?(?=\w)", " at least "),
        (r"(?<=\w) < (?=\w)", " less than "),
        (r"(?<=\w) > (?=\w)", " greater than "),
        (r"[*_`~#\[\]{}<>|\\^]", ""),
        (r"[^\x20-\x7e\w\s]|[\x00-\x08\x0e-\x1f\x7f]", _symbol),
        (
            r"(?<!\S)\u200d|\u200d(?!\S)|[\ufe00-\ufe0f\u200b\u2060\ufeff\U000e0020-\U000e007f\u20e3]",
            "",
        ),  # parts of emoji
        (rf"(?a:(?<![!-~])[!-~]{{{_LONGEST_WORD + 1},}}(?![!-~]))", " "),
        (r"\(\s*\)", " "),
        (r"(?<=[\w)\"”’])[^\S\n]*\n\s*(?=\S)", ", "),
        (r"\s+(?=[.,;:!?](?:\s|$))", ""),
        (r",(?:\s*,)+|(?<=[.:;!?]),(?=\s|$)", lambda match: match.group()[:1] if match.group()[1:] else ""),
        (r"\s{2,}|[^\S ]", " "),
        (r"^[\s,]+|\s+$|(?<=\s),\s+", ""),
    )
]
