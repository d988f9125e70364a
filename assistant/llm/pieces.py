"""What a local model's tokens say, piece by piece, with how likely the model held each."""

from __future__ import annotations

import codecs

from assistant.llm import Piece
from assistant.llm.thinking import Thoughts


class Pieces:
    """The pieces of one reply, each given as soon as it is certain: no half characters, no thoughts.

    ``begun``: see `Thoughts`.
    """

    def __init__(self, begun: bool) -> None:
        self._thoughts = Thoughts(begun)
        self._characters = codecs.getincrementaldecoder("utf-8")("ignore")  # one character may be spread over tokens
        self._chances: list[float] = []

    @property
    def thinking(self) -> bool:
        return self._thoughts.thinking

    def feed(self, token: str | bytes, chance: float) -> Piece:
        """``chance``: the token's log-probability. Empty while nothing is certain."""
        self._chances.append(chance)
        piece = Piece(self._thoughts.feed(self._characters.decode(token) if isinstance(token, bytes) else token))
        if piece:
            piece.log_probabilities = tuple(self._chances)
        if piece or self.thinking:
            self._chances = []
        return piece

    def flush(self) -> Piece:
        """What was held back."""
        return Piece(self._thoughts.flush())
