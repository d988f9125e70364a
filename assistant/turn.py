"""What one turn is: what the user said, what was answered, what of it was heard, and when everything happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from assistant.retrieved import CitedPassage, Retrieved

Outcome = Literal["", "answered", "interrupted", "refused", "unsure", "unknown", "nothing_said", "goodbye", "failed"]


@dataclass(frozen=True)
class Revision:
    """One transcript of the turn that was taken for final; a later one replaces it when the user goes on speaking."""

    number: int
    text: str
    confidence: float | None
    at: float
    """Seconds of the event loop's monotonic clock."""


@dataclass
class Turn:
    id: int
    """1, 2, 3 ... within one conversation."""
    user: str = ""
    """The final transcript, or the typed question."""
    reply: str = ""
    """All that the language model wrote."""
    heard: str = ""
    """The words of the reply that left the speaker."""
    cut: bool = False
    """Whether [llm] max_tokens or a full context ended the reply in the middle."""
    outcome: Outcome = ""
    found: Retrieved | None = None
    """What the user's documents say about it; None when they were not asked."""
    sureness: float | None = None
    """How sure the model is of the reply, 0 to 1 (see assistant/reply/guard.py); None when the engine cannot tell."""
    guarded: str = ""
    """What the guard did with the reply: ``hedged``, ``looked_up``, ``withheld`` or ``corrected``."""
    refused: str = ""
    """Category of the policy, and in brackets who decided: "fraud (classifier)", "weapons (list, the answer)"."""
    skill: str = ""
    """The command that the words were; empty = none, the language model answered."""
    aside: bool = False
    """Whether nothing later refers to it, as to "say that again"."""
    language: str = ""
    """Two-letter code of what the user speaks; empty = nobody detected it."""
    voice_differs: list[tuple[str, str]] = field(default_factory=list)
    """(Sentence, what the voice said instead), of what was heard."""
    error: str | None = None
    """The sentence that was shown when an engine failed."""
    revisions: list[Revision] = field(default_factory=list)
    engines: dict[str, str] = field(default_factory=dict)
    """``stt``, ``llm``, ``tts`` -> the engine's name."""
    timings: dict[str, float] = field(default_factory=dict)
    """Stage -> seconds of the event loop's monotonic clock. Stages: speech_start, speech_end, soft_endpoint,
    hard_endpoint, stt_done, llm_first_token, first_sentence, tts_first_audio, first_sound, reply_end."""
    frames: list[np.ndarray] = field(default_factory=list, repr=False)
    """The user's audio, frames of 20 ms at 16 kHz."""

    @property
    def revision(self) -> int:
        return len(self.revisions)

    def paused(self, at: float, silence: float) -> None:
        """The user may have finished, ``silence`` seconds ago."""
        for stage in ("stt_done", "llm_first_token", "first_sentence", "tts_first_audio"):
            self.timings.pop(stage, None)  # of a revision that is void
        self.timings |= {"soft_endpoint": at, "speech_end": at - silence}

    def revise(self, text: str, confidence: float | None, at: float) -> None:
        """Take another transcript for final; what came of the revision before is void."""
        self.revisions.append(Revision(self.revision + 1, text, confidence, at))
        self.user = text
        self.outcome, self.sureness, self.guarded, self.cut, self.error = "", None, "", False, None
        self.refused, self.skill, self.aside = "", "", False

    def refuse(self, category: str, by: str) -> None:
        self.outcome, self.refused = "refused", f"{category} ({by})"

    @property
    def passages(self) -> tuple[CitedPassage, ...]:
        """The passages that the reply was written from."""
        return self.found.passages if self.found and self.outcome in ("answered", "interrupted") else ()

    @property
    def doubtful(self) -> bool:
        """Whether it was said that they may not answer."""
        return bool(self.passages) and self.found is not None and self.found.doubtful
