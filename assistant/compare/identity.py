"""What all arms of a comparison have in common: answers are comparable when it is the same.

Every setting counts but those named here: a new one counts until somebody has found that no answer depends on it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from assistant.compare.questions import Question, fingerprint
from assistant.config import Settings

_SPOKEN_ONLY = ("stt", "tts", "manners")
"""Sections that a typed question passes by."""
SECTIONS_WITHOUT_EFFECT = (
    "audio",
    "vad",
    "endpointing",
    "barge_in",
    "push_to_talk",
    "kiosk",
    "journal",
    "memory",
    "mcp",
)
"""A question is asked whole, without a microphone and tools, written down elsewhere, and brings its own facts."""
KEYS_WITHOUT_EFFECT = {
    "llm": ("engine", "model", "adapter", "preset", "base_url", "timeout"),  # an arm's own; of endpoints, which none is
    "rag": ("enabled", "path", "url", "collection"),  # the documents are part of the arm, see arms.fingerprint
    "manners": ("filler", "filler_after", "idle", "idle_after"),  # spoken beside an answer, not instead of it
}


def identity(
    settings: Settings, questions: Sequence[Question] = (), spoken: bool = False
) -> tuple[str, dict[str, Any]]:
    """A name for what all arms have in common, 8 hexadecimal digits, and that itself."""
    common: dict[str, Any] = {"questions": fingerprint(questions), "spoken": spoken}
    for section, keys in dataclasses.asdict(settings).items():
        if section not in SECTIONS_WITHOUT_EFFECT and (spoken or section not in _SPOKEN_ONLY):
            without = KEYS_WITHOUT_EFFECT.get(section, ())
            common[section] = {key: value for key, value in keys.items() if key not in without}
    text = json.dumps(common, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8], common
