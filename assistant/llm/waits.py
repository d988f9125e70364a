"""How long a service asks to wait before it is asked again: each says it in a way of its own."""

from __future__ import annotations

import json
import math
import re
import time
from email.utils import parsedate_to_datetime
from typing import Any

_NUMBER = r"\d+(?:\.\d+)?"
_ASKED = re.compile(  # what Groq, OpenAI, Gemini and Azure write into their sentence; Google's RetryInfo beside it
    rf"retry(?: again)?(?: in| after) ((?:{_NUMBER} ?[hms][a-z]*,? ?)+)"
    rf"|try again (?:in|after) ((?:{_NUMBER} ?[hms][a-z]*,? ?)+)"
    rf"|retryDelay\W{{1,6}}({_NUMBER}s)",
    re.IGNORECASE,
)
_PART = re.compile(rf"({_NUMBER}) ?(ms|milli|h|m|s)", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "milli": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST = 30 * 86400.0  # seconds; who says more means never


def asked(error: Any) -> float | None:
    """Seconds from now that a refusal asks to wait; None when it does not say."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    found = (
        _number(headers.get("retry-after-ms"), 0.001)
        or _number(headers.get("retry-after"), 1.0)
        or _until(headers.get("retry-after"))
        or _said(f"{error} {_text(getattr(error, 'body', None))}")
    )
    return min(found, _LONGEST) if found else None


def in_words(seconds: float) -> str:
    """Rounded up: "20 seconds", "3 minutes", "2 hours"."""
    length, unit = next((of for of in ((3600, "hour"), (60, "minute")) if seconds > 1.5 * of[0]), (1, "second"))
    count = max(1, math.ceil(seconds / length))
    return f"{count} {unit}{'s' if count > 1 else ''}"


def _number(value: str | None, unit: float) -> float | None:
    try:
        found = float(value or "") * unit
    except ValueError:
        return None
    return found if 0.0 < found < math.inf else None


def _until(date: str | None) -> float | None:
    """Seconds from now to an HTTP date."""
    try:
        return max(0.0, parsedate_to_datetime(date or "").timestamp() - time.time())
    except (ValueError, OverflowError, TypeError):
        return None


def _said(text: str) -> float | None:
    match = _ASKED.search(text)
    said = _PART.findall(next(filter(None, match.groups()))) if match else []
    return sum(float(number) * _SECONDS[unit.lower()] for number, unit in said) or None


def _text(body: Any) -> str:
    try:
        return json.dumps(body)[:4000]
    except (TypeError, ValueError, RecursionError):
        return ""
