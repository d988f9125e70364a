"""What the cloud voice costs: counted per day in a small file, and bounded by [tts] budget."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assistant.errors import EngineError
from assistant.folders import data_folder
from rag.atomic import replacing

_KEPT = 400  # days
_ONE = threading.Lock()  # counts at a time: each reads the file and writes it


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens."""

    text: float
    cached: float
    """Of the text, what the service still knows from the request before."""
    written: float
    """The transcript."""
    audio: float


# developers.openai.com/api/docs/models, November 2026; a name stands for all that begin with it.
_REALTIME = {
    "gpt-realtime-2.1-mini": Price(0.6, 0.06, 2.4, 20.0),
    "gpt-realtime-mini": Price(0.6, 0.06, 2.4, 20.0),
    "gpt-realtime-1.5": Price(4.0, 0.4, 16.0, 64.0),
    "gpt-realtime": Price(4.0, 0.4, 24.0, 64.0),
}
_TOKENS_PER_SECOND, _LETTERS_PER_TOKEN = 20, 4  # of sound, and of text
_DEAREST = Price(4.0, 0.4, 24.0, 64.0)
# Per million characters; gpt-4o-mini-tts is paid by the minute ($0.015), which has about 950 of them.
_SPEECH = {"tts-1-hd": 30.0, "tts-1": 15.0, "gpt-4o-mini-tts": 16.0}


def realtime_price(model: str, usage: Any) -> float:
    """US dollars; ``usage``: openai.types.realtime.RealtimeResponseUsage. An unknown model is taken for the dearest."""
    price = next((_REALTIME[name] for name in _REALTIME if model.startswith(name)), _DEAREST)
    given, made = usage.input_token_details, usage.output_token_details
    cached = (given and given.cached_tokens) or 0
    audio = (made and made.audio_tokens) or 0
    written = max(0, (usage.output_tokens or 0) - audio)
    text = max(0, (usage.input_tokens or 0) - cached)
    return (text * price.text + cached * price.cached + written * price.written + audio * price.audio) / 1e6


def speech_price(model: str, characters: int) -> float:
    """US dollars for /v1/audio/speech at OpenAI. An unknown model is taken for the dearest."""
    rate = next((_SPEECH[name] for name in _SPEECH if model.startswith(name)), max(_SPEECH.values()))
    return characters * rate / 1e6


def expected(model: str, characters: int, seconds: float) -> float | None:
    """US dollars for ``seconds`` of sound, before they are asked for; None for a model without a price here."""
    if (rate := next((_SPEECH[name] for name in _SPEECH if model.startswith(name)), None)) is not None:
        return characters * rate / 1e6
    price = next((_REALTIME[name] for name in _REALTIME if model.startswith(name)), None)
    if price is None:
        return None
    letters = characters / _LETTERS_PER_TOKEN
    return (letters * (price.text + price.written) + seconds * _TOKENS_PER_SECOND * price.audio) / 1e6


class Spending:
    """Per day: ``usd``, ``sentences``, ``characters``, ``input_tokens`` and ``output_tokens``; it never raises but in
    `check`. What cannot be written is told once through ``notice`` and counted in memory.
    """

    def __init__(
        self,
        budget: float,
        notice: Callable[[str], None],
        today: Callable[[], date] = date.today,
        path: Path | None = None,
    ) -> None:
        self._budget, self._notice, self._today = budget, notice, today
        self.path = path or data_folder() / "voice-spending.json"
        self._days: dict[str, dict[str, float]] = {}
        self._told = False

    def check(self) -> None:
        """Raises EngineError when the day's budget is spent."""
        if self._budget > 0 and (spent := self.spent()) >= self._budget:
            raise EngineError(
                f"cloud voice: today's ${spent:.2f} reach the ${self._budget:g} of [tts] budget; it speaks again "
                "tomorrow, or when the budget is raised"
            )

    def spent(self) -> float:
        """US dollars, today."""
        return self._read().get(self._today().isoformat(), {}).get("usd", 0.0)

    def add(self, usd: float, **counts: int) -> None:
        """From any thread."""
        with _ONE:
            self._add(usd, counts)

    def _add(self, usd: float, counts: Mapping[str, int]) -> None:
        days = self._read()
        day = days.setdefault(self._today().isoformat(), {})
        for name, amount in {"usd": usd, **counts}.items():
            day[name] = round(day.get(name, 0) + amount, 8)
        self._days = dict(sorted(days.items())[-_KEPT:])
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self.path, mode=0o600, durable=False) as part:  # a slow disk must not hold up the sound
                part.write_text(json.dumps(self._days, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            self._tell(f"{self.path}: cannot be written ({error.strerror or error}); free some space")

    def _read(self) -> dict[str, dict[str, float]]:
        """All days; another process may have added to them."""
        if self._told:  # the file is not what is true
            return self._days
        try:
            days = json.loads(self.path.read_text(encoding="utf-8"))
            return {str(day): {str(name): float(value) for name, value in row.items()} for day, row in days.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, TypeError) as error:
            self._tell(f"{self.path}: cannot be read ({type(error).__name__}); delete it")
            return self._days

    def _tell(self, trouble: str) -> None:
        if not self._told:
            self._notice(f"{trouble}; until then the cost of the cloud voice is counted for this run alone")
        self._told = True
