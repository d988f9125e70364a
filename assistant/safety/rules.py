"""The rules of policy.toml, or of a file of the user's own: read, checked, and applied to one text at a time."""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.safety.text import normalised

_GAP = r"(?: \w+){0,6}?"  # what "..." in a rule stands for: up to six words
_LIST = re.compile(r"\{([a-z_]+)\}")
_FORMS = re.compile(r"(?:[a-z]+|\([a-z]+(?:\|[a-z]+)*\))~")
_LIST_USE = re.compile(r"\{([a-z_]+)\}([?*]|\{0)?")
_RULES = ("question", "weak", "answer", "both", "unless", "answer_unless")
_CATEGORY_KEYS = ("name", "sentence", "sentences", "besides", *_RULES)


@dataclass(frozen=True)
class Rule:
    pattern: str
    needs: frozenset[str]
    """Lists of which some entry must be in the text; looking for these first makes a check quick, and most rules are
    never compiled."""

    def compiled(self) -> re.Pattern[str]:
        return _compiled(self.pattern)


@dataclass(frozen=True)
class Category:
    name: str
    sentence: str
    sentences: Mapping[str, str]
    """Two-letter code of a language -> the sentence in it."""
    besides: Mapping[str, str]
    """The same for what is said after the answer to somebody who asks how to help a person in need."""
    question: tuple[Rule, ...]
    weak: tuple[Rule, ...]
    answer: tuple[Rule, ...]
    unless: tuple[Rule, ...]
    answer_unless: tuple[Rule, ...]


@dataclass(frozen=True)
class Rules:
    categories: tuple[Category, ...] = ()
    lists: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    def question(self, text: str) -> Category | None:
        """The first category with a rule for what the user says."""
        return self._first(text, lambda category: category.question, lambda category: category.unless)

    def weak(self, text: str) -> Category | None:
        """The same, by the rules that catch harmless questions, too."""
        return self._first(text, lambda category: category.weak, lambda category: category.unless)

    def answer(self, text: str) -> Category | None:
        """The same, for what the language model says."""
        return self._first(
            text, lambda category: category.answer, lambda category: category.unless + category.answer_unless
        )

    def _first(
        self, text: str, rules: Callable[[Category], tuple[Rule, ...]], unless: Callable[[Category], tuple[Rule, ...]]
    ) -> Category | None:
        plain = normalised(text)
        present = {name for name, words in self.lists.items() if words.search(plain)}
        for category in self.categories:
            possible = [rule for rule in rules(category) if rule.needs <= present]
            if not any(rule.compiled().search(plain) for rule in possible):
                continue
            harmless = plain
            for rule in unless(category):
                if rule.needs <= present:
                    harmless = rule.compiled().sub("|", harmless)
            if any(rule.compiled().search(harmless) for rule in possible):
                return category
        return None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def read(path: Path) -> Rules:
    """A policy file; see policy.toml for its form. Raises UsageError that names the category and the rule."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(
            f"{path}: the safety policy cannot be read ({error.strerror}); correct [safety] policy"
        ) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: the safety policy is not valid TOML ({error}); correct that line") from None
    _known(path, "the policy", document, ("words", "category"))
    lists = _words(path, document.get("words", {}))
    categories = document.get("category", [])
    if not isinstance(categories, list) or not categories or not all(isinstance(entry, dict) for entry in categories):
        raise UsageError(
            f"{path}: the safety policy has no [[category]]; to switch it off, set [safety] enabled = false"
        )
    return Rules(
        tuple(_category(path, entry, lists) for entry in categories),
        {name: re.compile(_whole(words)) for name, words in lists.items()},
    )


def _category(path: Path, entry: dict[str, Any], lists: dict[str, str]) -> Category:
    name, sentence = entry.get("name"), entry.get("sentence")
    if not isinstance(name, str) or not name.strip():
        raise UsageError(f'{path}: a [[category]] has no name; add name = "..."')
    where = f"category {name!r}"
    _known(path, where, entry, _CATEGORY_KEYS)
    if not isinstance(sentence, str) or not sentence.strip():
        raise UsageError(f'{path}: {where} has no sentence to say; add sentence = "..."')
    rules = {
        part: tuple(
            _rule(path, f"{where}, {part}", rule, lists)
            for rule in _strings(path, f"{where}, {part}", entry.get(part, []))
        )
        for part in _RULES
    }
    if not rules["question"] + rules["weak"] + rules["answer"] + rules["both"]:
        raise UsageError(f"{path}: {where} has no rules; add question, answer or both = [ ... ]")
    return Category(
        name,
        sentence.strip(),
        _by_language(path, f"{where}, sentences", entry.get("sentences", {})),
        _by_language(path, f"{where}, besides", entry.get("besides", {})),
        rules["question"] + rules["both"],
        rules["weak"],
        rules["answer"] + rules["both"],
        rules["unless"],
        rules["answer_unless"],
    )


def _by_language(path: Path, where: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(
        re.fullmatch("[a-z]{2}", code) and isinstance(text, str) and text.strip() for code, text in value.items()
    ):
        raise UsageError(f'{path}: {where} must hold a text for each language, e.g. {{ de = "..." }}')
    return {code: text.strip() for code, text in value.items()}


def _words(path: Path, entries: Any) -> dict[str, str]:
    if not isinstance(entries, dict):
        raise UsageError(f"{path}: words must be a section, written [words]")
    lists: dict[str, str] = {}
    for name, words in entries.items():
        alternatives = [
            _expanded(path, f"[words] {name}", word, lists) for word in _strings(path, f"[words] {name}", words)
        ]
        lists[name] = f"(?:{'|'.join(alternatives)})"
    return lists


def _rule(path: Path, where: str, rule: str, lists: dict[str, str]) -> Rule:
    _expanded(path, where, rule, dict.fromkeys(lists, "(?:x)"))  # with short lists: the syntax is checked at once
    pattern = _whole(_expanded(path, where, rule, lists, check=False))
    if re.search(_whole(_expanded(path, where, rule, dict.fromkeys(lists, "(?:x)"), check=False)), "| |"):
        raise UsageError(f"{path}: {where}: {rule!r} matches the empty text, so it would refuse everything; correct it")
    return Rule(pattern, _needs(rule))


def _needs(rule: str) -> frozenset[str]:
    """The lists that stand in ``rule`` itself, not in a group that may be missing or be one of several."""
    outer = rule
    while (inner := re.sub(r"\([^()]*\)", "", outer)) != outer:
        outer = inner
    used = () if "|" in outer else _LIST_USE.findall(outer)
    return frozenset(name for name, optional in used if not optional)


def _whole(pattern: str) -> str:
    return rf"(?<!\w)(?:{pattern})(?!\w)"


def _forms(word: str) -> str:
    """``kill`` -> kill, kills, killed, killing; ``strangle``, ``stab`` and ``bury`` as they are spelled."""
    if word.endswith("e"):
        return f"{word[:-1]}(?:e|es|ed|ing)"
    if re.search("[^aeiou]y$", word):
        return f"{word[:-1]}(?:y|ies|ied|ying)"
    return f"{word}(?:e?s|{word[-1]}?(?:ed|ing))?"


def _expanded(path: Path, where: str, rule: str, lists: dict[str, str], check: bool = True) -> str:
    """A rule or a word as a regular expression: lists filled in, "..." made a gap, "~" the forms of a word."""

    def words_of(match: re.Match[str]) -> str:
        if match[1] not in lists:
            close = difflib.get_close_matches(match[1], lists, n=1)
            hint = f"did you mean {{{close[0]}}}?" if close else "define it above in [words]"
            raise UsageError(f"{path}: {where}: {rule!r} uses the unknown list {match[0]}; {hint}")
        return lists[match[1]]

    if re.search(r"(?<!\\)[A-Z]|['’]", rule):
        raise UsageError(
            f"{path}: {where}: {rule!r} can never match: what is said is compared in lower case and "
            "without apostrophes, so write i and im, not I and I'm"
        )
    pattern = rule.replace(" ... ", f"{_GAP} ")
    if "..." in pattern:
        raise UsageError(f"{path}: {where}: {rule!r}: write ... between two words, with a space on both sides")
    pattern = _FORMS.sub(lambda match: f"(?:{'|'.join(map(_forms, match[0].strip('()~').split('|')))})", pattern)
    if "~" in pattern:
        raise UsageError(
            f"{path}: {where}: {rule!r}: write ~ after a word, kill~, or after words in brackets, (kill|hurt)~"
        )
    pattern = _LIST.sub(words_of, pattern)
    try:
        if check:
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(f"{path}: {where}: {rule!r} is not a valid pattern ({error}); correct it") from None
    return pattern


def _strings(path: Path, where: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise UsageError(f'{path}: {where} must be a list of texts, e.g. ["...", "..."]')
    return value


def _known(path: Path, where: str, table: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            raise UsageError(
                f"{path}: {where}: {key} is not known; "
                + (f"did you mean {close[0]}?" if close else f"known are: {', '.join(known)}")
            )
