"""The language model as the assistant speaks with it: what `probe`, `make` and the export's parity gate ask."""

from __future__ import annotations

from typing import Protocol

from training.rows import Messages


class LiveReply(Protocol):
    @property
    def text(self) -> str: ...

    @property
    def prompt(self) -> tuple[int, ...]:
        """The prompt's token ids, as the live chat renders them."""

    @property
    def tokens(self) -> tuple[int, ...]:
        """The reply's token ids, with the one that ended it."""

    @property
    def log_probabilities(self) -> tuple[float, ...]:
        """Of each of them."""

    @property
    def finished(self) -> bool:
        """Whether the model ended its turn itself; False when max_tokens cut it."""


class LiveModel(Protocol):
    name: str

    def answer(self, messages: Messages, temperature: float = 0.0, seed: int = 0, max_tokens: int = 200) -> LiveReply:
        """Blocks; 10 to 80 tokens a second on a small machine."""

    def log_probabilities(self, messages: Messages, reply: str) -> list[float]:
        """Of each token of ``reply``, were it the answer, and that the turn ends after it."""

    def close(self) -> None: ...
