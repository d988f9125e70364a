"""What the language model wrote -> the plain words a voice reads, and back: the text that belongs to the words heard.

Marks of Markdown and HTML vanish, code blocks and emoji are skipped, and what is written otherwise than it is said
(numbers, money, formulas, addresses) becomes words, see `assistant.spoken`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from assistant.spoken import Edit, edits

_LONGEST_WORD = 64  # ASCII characters without a space; longer is a hash, a token or encoded data
_NO_WORD = 1000  # characters without a space that are no hash or address any more, but text that has lost its spaces
_RUN = re.compile(rf"[!-~]{{{_LONGEST_WORD + 1},}}")
_LONGEST_CODE = 40  # characters of `inline code` that are worth hearing


def speakable(text: str, language: str = "en") -> str:
    """Plain words of ``language`` for a voice; empty when nothing in ``text`` is to be read aloud. Idempotent."""
    return _align(text, language).words


def passed_over(text: str) -> int:
    """How many characters of ``text`` are not read aloud though they may be words: those of text without spaces."""
    return sum(len(run) for word in text.split() if len(word) >= _NO_WORD for run in _RUN.findall(word))


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
        return self.edit(
            Edit(match.start(), match.end(), replacement if isinstance(replacement, str) else replacement(match))
            for match in pattern.finditer(self.words)
        )

    def edit(self, changes: Iterable[Edit]) -> _Aligned:
        """``changes`` come in order and do not overlap."""
        words: list[str] = []
        sources: list[tuple[int, int]] = []
        position = 0
        for change in changes:
            words += [self.words[position : change.start], change.words]
            sources += self.sources[position : change.start]
            if change.words:
                origin = self.sources[change.start : change.end]
                sources += [(origin[0][0], max(end for _, end in origin))] * len(change.words)
            position = change.end
        if not words:
            return self
        return _Aligned("".join([*words, self.words[position:]]), (*sources, *self.sources[position:]))


@lru_cache(maxsize=64)  # asked again several times a second while a sentence plays
def _align(text: str, language: str) -> _Aligned:
    aligned = _Aligned(text, tuple((position, position + 1) for position in range(len(text))))
    for _ in range(20):  # removing a mark may leave a new one ("a*_*b"): repeat until nothing changes
        before = aligned.words
        for pattern, replacement in _BLOCKS:
            aligned = aligned.replace(pattern, replacement)
        aligned = aligned.edit(edits(aligned.words, language))
        for pattern, replacement in _MARKS:
            aligned = aligned.replace(pattern, replacement)
        if aligned.words == before:
            break
    return aligned if any(character.isalnum() for character in aligned.words) else _Aligned("", ())


def forget() -> None:
    """Drop the texts that were made speakable last."""
    _align.cache_clear()


def _code(match: re.Match) -> str:
    code = match["code"].strip()
    return code if len(code) <= _LONGEST_CODE and "\n" not in code else ""


def _symbol(match: re.Match) -> str:
    """Emoji and other pictures, control and private characters are not read."""
    character = match.group()
    silent = unicodedata.category(character) in ("So", "Sk", "Cc", "Cs", "Co", "Cn") and character != "°"
    return " " if silent else character


_LINE = r"(?:^|(?<=[\n\r]))[^\S\n\r]*+"
_FIRST = (
    r"(?<!\s)"  # of a run of white space: looked for from each of its characters, a run costs the square of its length
)

_Rules = list[tuple[re.Pattern, str | Callable[[re.Match], str]]]


def _compiled(*rules: tuple[str, str | Callable[[re.Match], str]]) -> _Rules:
    return [(re.compile(pattern), new) for pattern, new in rules]


_BLOCKS = _compiled(  # what hides or frames text: it goes first, so that only what is to be read becomes words
    (r"(?s)(?P<fence>`{3,}|~{3,}).*?(?:(?P=fence)[`~]*|\Z)", " "),
    (r"<\|[^<>|\s]{1,40}\|>|\[/?INST\]|<</?SYS>>|</?s>", " "),  # control tokens of chat templates
    (r"(?s)<!--.*?(?:-->|\Z)", " "),
    (
        r"<(?P<address>(?:https?://|mailto:)[^<>\s]+|[^<>\s@]{1,64}@[^<>\s@]{1,255})>",
        lambda match: f" {match['address']} ",
    ),
    (r"(?i)<br\s*/?>|</(?:p|li|div|h\d|tr)>", "\n"),
    (r"</?[a-zA-Z][^<>]{0,500}>", ""),
    (r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});", lambda match: html.unescape(match.group())),
    (r"`+(?P<code>[^`]*)`+", _code),
    (r"\\(?=[*_#+~$%])", ""),  # Markdown's way to write a mark as such
    (r"!(?=\[)|\[\^?\d{1,3}\](?!\()", ""),  # citations and footnotes: [1], [^2]
    (r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+[\"'][^\"'\n]*[\"'])?\s*\)", ""),  # what a link points at
    (_LINE + r"(?=(?:[ :|]|-(?!--))*+---)[ :|-]++(?=$|[\n\r])", " "),  # the rule of a table, or across the page
    (_LINE + r"(?:(?:#{1,6}|[-*+•‣▪◦·]|>+)(?:\s+|$))+", " "),
    (_LINE + r"\[[ xX]\]\s", " "),  # the box of a to-do list
    (rf"(?a:(?<![\w/+=-])[\w/+=-]{{{_LONGEST_WORD + 1},}}(?![\w/+=-]))", " "),
)
_MARKS = _compiled(
    (r"(?i)\b(?:mailto:|[a-z][a-z0-9+.-]{1,10}://)(?:[^\s/@]{0,80}@)?", ""),
    (r"://", " "),
    (r"(?:(?<![^\S\n])[^\S\n]++)?\|[^\S\n]*+(?=\S)", ", "),
    (
        r"(?<![\\$\w])\$(?P<formula>(?=\S)[^$\n]{0,300}[\\^_={}][^$\n]{0,300}(?<=\S))\$(?![\d$])",
        lambda match: match["formula"],
    ),
    (
        r"(?<=[\w:])\\(?=\w)|(?<=\w)[_^](?=\w)|\\[()\[\]]|\$\$|\\(?:boxed|[fmh]box|framebox|text[a-z]{0,6}|emph|underline"
        r"|overline|operatorname|boldsymbol|math[a-z]{2,4}|[dt]?frac|sqrt|left|right)(?![a-z])",
        " ",
    ),
    (r"(?<=\d) ?\* ?(?=\d)", " × "),
    (r"<?[-=]+>", " "),
    (r"[*_`~#\[\]{}<>|\\^]", ""),
    (r"[^\x20-\x7e\w\s]|[\x00-\x08\x0e-\x1f\x7f]", _symbol),
    (r"(?<!\S)\u200d|\u200d(?!\S)|[\ufe00-\ufe0f\u200b\u2060\ufeff\U000e0020-\U000e007f\u20e3]", ""),  # parts of emoji
    (rf"(?a:(?<![!-~])[!-~]{{{_LONGEST_WORD + 1},}}(?![!-~]))", " "),
    (r"\(\s*+\)", " "),
    (r"(?<=[\w)\"”’])[^\S\n]*\n\s*(?=\S)", ", "),
    (_FIRST + r"\s++(?=[.,;:!?](?:\s|$))", ""),
    (r",(?:\s*+,)++|(?<=[.:;!?]),(?=\s|$)", lambda match: match.group()[:1] if match.group()[1:] else ""),
    (r"\s{2,}|[^\S ]", " "),
    (rf"^[\s,]++|{_FIRST}\s++$|(?<=\s),\s++", ""),
)
