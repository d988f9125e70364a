"""What was said, as rules and classifier compare it."""

from __future__ import annotations

import re
import unicodedata


def normalised(text: str) -> str:
    """Lower case words with single spaces, without accents, apostrophes and punctuation ("I'm" -> "im")."""
    text = unicodedata.normalize("NFKD", text)
    text = "".join(character for character in text if not unicodedata.combining(character)).casefold()
    text = re.sub(r"['’`´]", "", text)
    text = " ".join(re.findall(r"[^\W_]+", text))
    return re.sub(r"\b(my|your|him|her|them) (self|selves)\b(?! harm)", r"\1\2", text)
