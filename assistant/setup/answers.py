"""What may be answered; without imports, since `assistant --help` shows it."""

from __future__ import annotations

LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "français",
    "es": "español",
    "it": "italiano",
    "pt": "português",
    "nl": "Nederlands",
}
PACES = {"quick": 0.7, "balanced": 1.5, "good": 3.0}
"""How good against how quick: at most so many seconds from your last word to the first spoken one."""
