"""What the assistant does not answer: rules to be read and changed (policy.toml), and a classifier beside them.

docs/REFUSALS.md tells what is in scope, how it decides and how often it errs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.safety.rules import Category, Rules, read
from assistant.safety.text import normalised
from assistant.settings import SafetySettings

if TYPE_CHECKING:
    from assistant.safety.classifier import Classifier, Embed, Judgement

__all__ = ["SHIPPED", "Policy", "Refusal", "load", "normalised", "read"]

SHIPPED = Path(__file__).parent / "policy.toml"

_SURELY_HARMLESS = 0.2
"""A weak rule does not count for a question that the classifier thinks less harmful than this."""
_SAID_FROM = 0.9
"""How likely harm must be before a sentence of an answer is refused."""
_DOUBTFUL = 0.2
_SAID_AFTER_DOUBT = 0.5
"""The same two numbers when the question before it was doubtful, though not refused."""
_SURE = 0.9
"""How likely a language must be before it counts against what else is known of it."""
_FEW_WORDS, _FEW_WORDS_FROM = 3, 0.8


@dataclass(frozen=True)
class Refusal:
    category: str
    sentence: str
    by: str = "list"
    """Who decided: ``list`` or ``classifier``."""


@dataclass(frozen=True)
class Policy:
    """Looks at one text at a time and remembers nothing. Without rules and classifier it allows everything."""

    rules: Rules = Rules()
    classifier: Classifier | None = None
    refused_from: float = SafetySettings.refused_from
    embed: Embed | None = None

    def check_question(self, text: str, language: str = "") -> Refusal | None:
        """The refusal that is due when the user says ``text``, in their language (two-letter code, if it is known)."""
        judged = self._asked(text)
        language = language or (judged.language if judged else "")
        if category := self.rules.question(text):
            return _refusal(category, language, "list")
        if judged and judged.asks_to_help:
            return None
        if (not judged or judged.harm >= _SURELY_HARMLESS) and (category := self.rules.weak(text)):
            return _refusal(category, language, "list")
        if judged and judged.harm >= _bound(text, self.refused_from):
            return self._by_classifier(judged.category, language)
        return None

    def check_answer(self, sentence: str, before: str = "", question: str = "", language: str = "") -> Refusal | None:
        """The refusal to say instead when the language model, asked ``question``, says ``sentence``.

        ``before``: the sentence before it, or the first half of this one.
        """
        if category := self.rules.answer(f"{before} {sentence}"):
            return _refusal(category, language, "list")
        if self.classifier is None:
            return None
        asked = self._asked(question) if question else None
        doubtful = asked is not None and asked.harm >= _DOUBTFUL
        for text in (sentence, f"{before} {sentence}") if before else (sentence,):
            judged = self.classifier.judge(text, said=True)
            if judged.harm >= _bound(text, _SAID_AFTER_DOUBT if doubtful else _SAID_FROM):
                return self._by_classifier(judged.category, language or judged.language)
        return None

    def language(self, text: str) -> str:
        """The two-letter code of the language that ``text`` is in; empty = it is not sure, or does not know it."""
        judged = self._asked(text)
        return judged.language if judged and judged.sure >= _SURE else ""

    def besides(self, question: str, language: str = "") -> str:
        """What is said after the answer to somebody who asks how to help a person in need; else nothing."""
        judged = self._asked(question)
        if judged is None or not judged.asks_to_help:
            return ""
        said = [category.besides for category in self.rules.categories if category.besides]
        return said[0].get(language or judged.language, said[0].get("en", "")) if said else ""

    def _asked(self, question: str) -> Judgement | None:
        return self.classifier.judge(question, embed=self.embed) if self.classifier else None

    def _by_classifier(self, name: str, language: str) -> Refusal | None:
        category = next((category for category in self.rules.categories if category.name == name), None)
        return _refusal(category, language, "classifier") if category else None


def _bound(text: str, usual: float) -> float:
    """A few words tell a classifier little, and are mostly "I don't know" or "and then?"; the rules read them, too."""
    return max(usual, _FEW_WORDS_FROM) if len(text.split()) <= _FEW_WORDS else usual


def _refusal(category: Category, language: str, by: str) -> Refusal:
    return Refusal(category.name, category.sentences.get(language, category.sentence), by)


def load(settings: SafetySettings, embed: Callable[[], Embed | None] = lambda: None) -> Policy:
    """The policy that is shipped, or the user's own file, which alone decides then.

    ``embed`` is called when the classifier is used, and gives it a sentence embedder, if there is one.
    Raises UsageError when that file is missing or wrong.
    """
    if not settings.enabled:
        return Policy()
    if settings.policy:
        return Policy(read(Path(settings.policy).expanduser()))
    from assistant.safety import classifier

    return Policy(read(SHIPPED), classifier.shipped(), settings.refused_from, embed())
