"""What is found in the user's documents, for whoever answers with it. What finds it is knowledge.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Spoken(Protocol):
    def spoken(self, language: str = "en") -> str:
        """``The user handbook says: the tank holds 4.2 litres.``"""


@dataclass(frozen=True)
class CitedPassage:
    """A passage that went into a prompt."""

    file: str
    title: str
    headings: tuple[str, ...]
    page: int
    """From 1; 0 where the format has no pages."""
    score: float
    """Comparable within one question only."""
    text: str

    def written(self) -> str:
        """``Otter 5 Service Manual › Hydraulics › Pump, p. 2``."""
        place = " › ".join([self.title, *self.headings])
        return f"{place}, p. {self.page}" if self.page else place


@dataclass(frozen=True)
class Retrieved:
    """What the documents say about a question."""

    question: str
    asked: bool = False
    """Whether it is a question that documents could answer: no greeting, thanks, statement or "how are you"."""
    text: str = ""
    """What is put before the question in the prompt; empty when the documents do not tell."""
    passages: tuple[CitedPassage, ...] = ()
    """Those in `text`, best first."""
    confidence: float | None = None
    """0 to 1: that the passages hold the answer; None when the documents could not be searched."""
    spoken: str = ""
    """``According to Otter 5 Service Manual, Pump, page 2``."""
    quote: Spoken | None = None
    """What the documents say about it in their own words, where these are the answer."""
    doubtful: bool = False
    """Whether it is not sure that `passages` answer: what is said out of them is said in doubt."""
    facts: str = ""
    """What the user told about it once, put before passages and question; see assistant/memory/."""

    @property
    def unknown(self) -> bool:
        """Whether the documents were asked and do not tell, nor does the user's memory."""
        return self.asked and self.confidence is not None and not self.passages and not self.facts

    def quoted(self, language: str) -> str:
        """``The user handbook says: the tank holds 4.2 litres.``; empty where nothing can be quoted."""
        return self.quote.spoken(language) if self.quote and self.passages and self.asked else ""

    @property
    def shown(self) -> str:
        """All that is put before the question."""
        return "\n\n".join(filter(None, [self.facts, self.text]))


class Knowledge(Protocol):
    introduction: str
    """What the system prompt must say about passages."""
    quotes: bool
    """Whether what is found is quoted, see assistant/models/reads.py: then the embedder helps to choose the line."""

    async def look_up(self, question: str, earlier: Sequence[str], kept: Retrieved | None) -> Retrieved:
        """Search for ``question``; ``earlier`` are the user's previous questions, oldest first.

        ``kept`` is what was found for the same question while it was half spoken: its text comes back unchanged, so
        that it need not be read again, unless the whole question finds something better. Never raises.
        """

    def known(self, text: str) -> set[str]:
        """The content words of ``text`` that stand in a document, as stems."""

    def forget(self) -> None:
        """Drop the last question."""

    def close(self) -> None: ...
