"""What is said before words of which it is not sure that they answer, by language."""

from __future__ import annotations

_DOUBTS = {
    "de": "Vielleicht hilft das.",
    "fr": "Ceci aide peut-être.",
    "es": "Quizá esto ayude.",
    "it": "Forse questo aiuta.",
    "ru": "Может быть, это поможет.",
    "ar": "ربما يفيد هذا.",
    "zh": "这也许有帮助。",
    "ja": "参考になるかもしれません。",
    "hi": "शायद इससे मदद मिले।",
}


def doubt(language: str = "en") -> str:
    """``Perhaps this helps.``; English where the language has no sentence of its own."""
    return _DOUBTS.get(language[:2], "Perhaps this helps.")
