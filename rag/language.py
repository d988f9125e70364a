"""Which language a text is in, and the terms by which it is found there: stems, or pairs of characters where no spaces
part the words. What is known of each language stands in languages.toml."""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.text import canonical

_SNOWBALL = {
    "en": "english",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "it": "italian",
    "pt": "portuguese",
    "nl": "dutch",
    "ru": "russian",
    "ar": "arabic",
    "hi": "hindi",
}
_SCRIPTS = {  # of languages that are alone in their script here; the first letters decide nothing, the most do
    "ja": "\u3040-\u30ff\uff66-\uff9f",
    "zh": "\u3400-\u9fff\uf900-\ufaff",
    "ko": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "th": "\u0e00-\u0e7f",
    "hi": "\u0900-\u097f",
    "ar": "\u0600-\u06ff\u0750-\u077f",
    "ru": "\u0400-\u04ff",
    "latin": "A-Za-z\u00aa-\u024f\u1e00-\u1eff",
}
LATIN = frozenset(_SNOWBALL) - set(_SCRIPTS)
"""The codes of the languages in Latin letters."""
_UNSPACED = frozenset({"ja", "zh", "ko", "th"})
_LETTERS = {name: re.compile(f"[{letters}]") for name, letters in _SCRIPTS.items()}
_MARKS = "".join(chr(code) for code in range(0x300, 0x1C00) if unicodedata.category(chr(code)) in ("Mn", "Mc"))
_WORD = re.compile(rf"[\w{_MARKS}]+")  # vowel signs of Hindi and other scripts of India are parts of words, too
_TIGHT = "".join(_SCRIPTS[name] for name in ("zh", "ko", "th")) + "々〆ー"
_KANA = "\u3040-\u30ff\uff66-\uff9f"
_RUN = re.compile(rf"[{_TIGHT}][{_TIGHT}{_MARKS}]*|[\u3040-\u309f]+|[\u30a0-\u30ff\uff66-\uff9f]+|[^{_TIGHT}{_KANA}]+")
_CONTRACTED = re.compile(r"(?<=[^\W\d_])(?:n['’]t|['’](?:m|re|ve|ll|d))\b", re.IGNORECASE)  # "don't": English alone
_GLUED = re.compile(r"(?<=\d)(?=[^\W\d])")  # "5kg"
_NONE: frozenset[str] = frozenset()
_BEGINNING = 2  # words: "since when"
_ENOUGH = 4000  # characters of a document that tell its language
_FOLDED = str.maketrans("أإآٱىةё", "ااااي" + "هе")


@dataclass(frozen=True)
class Language:
    code: str
    letters: str
    """Those that hint at it."""
    stop: frozenset[str]
    asked: frozenset[str]
    """Words of questions that an answer need not repeat; those of `kinds` are among them."""
    questions: frozenset[str]
    """Words with which questions begin."""
    talk: frozenset[str]
    """Words of mere conversation."""
    counting: frozenset[str]
    """Words behind which stands what is counted."""
    kinds: dict[str, frozenset[str]]
    """colour, money, number, time, person -> the words that ask for it."""
    answers: dict[str, frozenset[str]]
    """colour, money, number, time -> words one of which such an answer holds."""

    def stem(self, word: str) -> str:
        """Of a word as `words` gives it; for comparing only."""
        stemmer = _stemmer(self.code)
        stem = folded(stemmer.stemWord(word) if stemmer else word)
        if self.code == "ar":  # the consonants are the root: kitab and kutub are one word
            root = re.sub("[اويء]", "", stem)
            return root if len(root) > 2 else stem
        return stem


@functools.cache
def languages() -> dict[str, Language]:
    found = {}
    with (Path(__file__).parent / "languages.toml").open("rb") as file:
        for code, facts in tomllib.load(file).items():
            kinds = {kind: _list(words) for kind, words in facts["kinds"].items()}
            answers = {kind: _list(words) for kind, words in facts["answers"].items()}
            plain = {word.lstrip("^") for words in kinds.values() for word in words if "_" not in word}
            asked = _list(facts["asked"]) | plain
            names = ("stop", "questions", "talk", "counting")
            stop, questions, talk, counting = (_list(facts.get(name, "")) for name in names)
            letters = facts.get("letters", "")
            found[code] = Language(code, letters, stop, asked, questions, talk, counting, kinds, answers)
    return found


def of(code: str) -> Language:
    return languages().get(code) or Language(code, "", _NONE, _NONE, _NONE, _NONE, _NONE, {}, {})


def detect(text: str, otherwise: str = "en") -> str:
    """The code of the language of ``text`` by its script and, of Latin letters, by its function words; ``otherwise``
    where they do not tell."""
    text = text[:_ENOUGH]
    looked = {"latin": _LETTERS["latin"]} if text.isascii() else _LETTERS
    counts = {name: len(pattern.findall(text)) for name, pattern in looked.items()}
    if counts.get("ja") and counts["ja"] * 12 >= counts["zh"]:  # Chinese characters with some kana
        counts["ja"] += counts.pop("zh")
    script = max(counts, key=lambda name: counts[name])
    if not counts[script]:
        return otherwise
    if script != "latin":
        return script
    scores: dict[str, float] = dict.fromkeys(sorted(LATIN), 0.0)
    text, scores["en"] = _CONTRACTED.subn(" ", text)  # of "'t" and "'m" French has its own
    for word, count in Counter(words(text)).items():
        speaking = _speaking().get(folded(word), ())
        for code in speaking:
            scores[code] += count / len(speaking)
    for letter, count in Counter(text.lower()).items():
        for code, language in languages().items():
            scores[code] = scores.get(code, 0.0) + 0.5 * count * (letter in language.letters)
    best = max(scores.values())
    leading = [code for code, score in scores.items() if score == best]
    return otherwise if not best or otherwise in leading else leading[0]


def surely_foreign(text: str) -> str:
    """The code of the language of ``text`` where it is surely not English: most of it in another script, or four and
    more words of which many more are function words of that language than of English; else empty."""
    found = detect(text)
    if found not in LATIN:
        return found if len(re.findall(r"[A-Za-z]", text)) * 2 < sum(map(str.isalpha, text)) else ""
    known = [_speaking().get(folded(word), ()) for word in set(words(text))]
    own, english = (sum(code in codes for codes in known) for code in (found, "en"))
    return found if found != "en" and len(text.split()) > 3 and own >= english + 2 and 3 * own >= len(known) else ""


@functools.cache
def _speaking() -> dict[str, list[str]]:
    """Function words -> the languages in Latin letters that have them."""
    found: dict[str, list[str]] = {}
    for code in sorted(LATIN):
        for word in of(code).stop | of(code).asked:
            found.setdefault(word, []).append(code)
    return found


def words(text: str) -> list[str]:
    """Canonical and in lower case; numbers and the parts of part numbers ("5-0210") count."""
    return _WORD.findall(canonical(text).lower())


def folded(word: str) -> str:
    """Without what writers leave out: accents on Latin letters, ё, the forms of alif, the dot of nukta."""
    if word.isascii():
        return word
    word = word.translate(_FOLDED).replace("ß", "ss").replace("\u093c", "")
    parts = unicodedata.normalize("NFD", word)
    if parts[:1] < "\u0250":
        return "".join(part for part in parts if not "\u0300" <= part <= "\u036f")
    return word


def runs(word: str) -> list[str]:
    """The word's stretches of one kind of script."""
    return _RUN.findall(word)


def tight(code: str) -> bool:
    """Whether the language is written without spaces."""
    return code in _UNSPACED


def unspaced(run: str) -> bool:
    """Whether the run's script puts no spaces between words."""
    return any(_LETTERS[name].match(run) for name in _UNSPACED)


def pairs(run: str) -> list[str]:
    """Each two neighbours of its characters."""
    return [run[at : at + 2] for at in range(len(run) - 1)]


def terms(text: str, code: str) -> list[str]:
    """What of a document's text is indexed: stems without stop words; of scripts without spaces each character and
    each pair of neighbours."""
    language = of(code)
    found = []
    for word in words(text):
        if word.isascii() or not any(unspaced(run) for run in runs(word)):
            if term := _term(word, code):
                found.append(term)
            continue
        for run in runs(word):
            found += [*run, *pairs(run)] if unspaced(run) else [language.stem(run)]
    return found


@functools.lru_cache(1 << 16)
def _term(word: str, code: str) -> str:
    language = of(code)
    return "" if folded(word) in language.stop else language.stem(word)


def forget() -> None:
    """Drop what is kept of words that were looked at."""
    _term.cache_clear()


@functools.cache
def _parting(code: str) -> re.Pattern[str]:
    """What stands between the parts of a question that say what it is about, where no spaces do."""
    language = of(code)
    entries = sorted(language.stop | language.asked, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, entries)) or "(?!)")


def subjects(text: str, code: str, every: bool = False) -> list[str]:
    """The words of a question that an answer must be about, as written (lower case); of scripts without spaces the
    stretches between the words that any question holds. ``every``: with the words for what is asked."""
    language = of(code)
    found = []
    for word in words(text):
        for run in runs(word):
            if unspaced(run):
                found += [part for part in _parting(code).split(run) if part]
            elif folded(run) not in language.stop and (every or folded(run) not in language.asked):
                found.append(run)
    return found


def kinds(text: str, code: str) -> set[str]:
    """What a question asks for, by its words: colour, money, number, time, person."""
    if code in _UNSPACED:
        whole = canonical(text)
        return {kind for kind, asking in of(code).kinds.items() if any(word in whole for word in asking)}
    tokens = [folded(word) for word in words(text)]
    phrases = {*tokens, *(f"^{word}" for word in tokens[:_BEGINNING]), *map("_".join, zip(tokens, tokens[1:]))}
    return {kind for kind, asking in of(code).kinds.items() if phrases & asking}


def asks(text: str, code: str) -> bool:
    """Whether it is a question about something: no greeting, thanks or "how are you"."""
    language = of(code)
    said = re.sub(r"[\W_]+$", "", canonical(text))
    marked = re.search(r"[?؟]\W*$", canonical(text)) is not None
    if code in _UNSPACED:
        put = marked or any(word in (said[-3:] if word == "か" else said) for word in language.questions)
        for word in sorted(language.talk, key=len, reverse=True):
            said = said.replace(word, " ")
        return put and bool(subjects(said, code))
    asking = words(said) if code == "hi" else words(said)[: _BEGINNING + 1]
    put = marked or any(folded(word) in language.questions for word in asking)
    return put and any(folded(word) not in language.talk and len(word) > 1 for word in subjects(said, code, every=True))


def answers(kind: str, text: str, code: str) -> bool:
    """Whether a sentence of a document holds an answer of that kind; True where that cannot be told."""
    holding = of(code).answers.get(kind)
    if holding is None:
        return True
    if kind in ("number", "time") and any(letter.isdigit() for letter in text):
        return True
    plain = canonical(text).lower()
    if code in _UNSPACED:
        return any(word in plain for word in holding)
    if kind == "money" and any(unicodedata.category(letter) == "Sc" for letter in plain):
        return True
    said = words(_GLUED.sub(" ", plain))
    tokens = {folded(word) for word in said} | {of(code).stem(word) for word in said}
    if any(not sign.isalnum() and sign in plain for sign in holding):
        return True
    return bool(holding & tokens) or (kind == "time" and bool(of(code).answers["number"] & tokens))


def sentences(text: str) -> list[str]:
    """Sentences, and rows of tables."""
    return [part for part in re.split(r"(?<=[.!?।؟])\s+|(?<=[。！？])|\n", text) if part.strip()]


def _list(text: str) -> frozenset[str]:
    return frozenset(folded(word) for word in canonical(text).lower().split())


@functools.cache
def _stemmer(code: str) -> Any:
    import Stemmer

    # Nothing is kept of the words: `_term` does that, and can be told to forget.
    return Stemmer.Stemmer(_SNOWBALL[code], 0) if code in _SNOWBALL else None
