"""What a listener wants of a printed line: no marks, no broken words, a voice that falls behind a heading."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from assistant.books.manuscript import Block

_SILENT = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]+")
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufff0-\uffff\ue000-\uf8ff\ud800-\udfff]+")
_BRACKETED = re.compile(r"[ \u00a0]?\[\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*\](?!\w)")
_RAISED = re.compile(
    r"(?:(?<=[^\W\d_]{3})|(?<=[.,;:!?…”’\"')»]))[¹²³⁰⁴-⁹]+(?![\w⁺⁻])|(?<=[\w.,;:!?…”’\"')»])[†‡]+(?!\w)"
)
_RAISES = re.compile("[¹²³⁰⁴-⁹†‡]")
_BULLET = re.compile(r"^\s*[•‣▪▸►◦●○■□❖✓]\s*")
_RULES = re.compile(r"[_=~*#•·‐-―—-]{4,}|[.…](?:\s?[.…]){3,}")
_ENDS = re.compile(r"[.!?…:;。！？।॥؟։።]['\"”’»›)\]」』]*$")
_BREAK = re.compile(r"(?:[-‐]\n[ \t]*|[\x02\ufffe]\s*)(?=[^\W\d_])")
_BEFORE, _BEHIND = re.compile(r"[^\W\d_]+$"), re.compile(r"[^\W\d_]+")
_HYPHEN = re.compile(r"[\x02\ufffe]\s*")  # how PDFium writes one that it takes for a line break's own
_SOFT = re.compile(r"\u00ad\s*\n\s*")
_WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")


def spoken(block: Block) -> str:
    """The block as one line for the voice; empty when nothing in it can be said."""
    text = clean(block.text)
    if not any(character.isalnum() for character in text):
        return ""
    return text if block.kind in ("text", "note") else sentence(text)


def clean(text: str) -> str:
    """Without what is there for the eye only: footnote marks, soft hyphens, ruled lines; white space folded."""
    text = _LIGATURES.sub(lambda letters: unicodedata.normalize("NFKC", letters[0]), _SILENT.sub("", text))
    text = unicodedata.normalize("NFC", _CONTROL.sub(" ", text))
    if _RAISES.search(text):
        text = _RAISED.sub("", text)
    text = _RULES.sub(" ", _BRACKETED.sub("", _BULLET.sub("", text)))
    return " ".join(text.split())


def sentence(text: str) -> str:
    """A heading, a list item or a caption with a full stop where it has none."""
    if not text or _ENDS.search(text):
        return text
    last = text[-1]
    return text.rstrip(",-–—") + (
        "。" if "\u3040" <= last <= "\u9fff" else "।" if "\u0900" <= last <= "\u097f" else "."
    )


class Joiner:
    """Puts words together again that a line's end has broken: the way the book itself writes them elsewhere."""

    def __init__(self, texts: Iterable[str]) -> None:
        texts = list(texts)
        self._known = Counter(word.lower() for text in texts for word in _WORD.findall(text))
        votes = Counter(self._hyphenated(*_halves(broken)) for text in texts for broken in _BREAK.finditer(text))
        self._otherwise = votes[True] > votes[False] + 1  # some books break at no other place than a hyphen of the word

    def paragraph(self, text: str) -> str:
        """Lines -> one line. ``some-\\nthing`` loses its hyphen unless the book writes the word with it."""
        return " ".join(_HYPHEN.sub("-", _BREAK.sub(self._join, _SOFT.sub("", text))).split())

    def _join(self, broken: re.Match[str]) -> str:
        first, second = _halves(broken)
        if not first:
            return broken[0]
        hyphenated = self._hyphenated(first, second)
        return "-" if hyphenated or hyphenated is None and self._otherwise else ""

    def _hyphenated(self, first: str, second: str) -> bool | None:
        """Whether the book writes the word with a hyphen; None when it does not have it elsewhere."""
        joined, apart = self._known[(first + second).lower()], self._known[f"{first}-{second}".lower()]
        return True if apart > joined or second[0].isupper() else False if joined else None


def _halves(broken: re.Match[str]) -> tuple[str, str]:
    """The letters before and behind a line's end."""
    first = _BEFORE.search(broken.string[max(0, broken.start() - 60) : broken.start()])
    second = _BEHIND.match(broken.string, broken.end())
    return first[0] if first else "", second[0] if second else ""
