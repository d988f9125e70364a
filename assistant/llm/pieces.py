"""What a local model's tokens say, piece by piece, with how likely the model held each."""

from __future__ import annotations

import codecs

from assistant.llm import Piece
from assistant.llm.thinking import Stop, Thoughts


class Pieces:
    """The pieces of one reply, each given as soon as it is certain: no half characters, no thoughts, no user's line.

    ``begun``, ``held``: see `Thoughts`; ``stop``: see `Stop`.
    """

    def __init__(self, begun: bool, held: bool = False, stop: str = "") -> None:
        self._thoughts, self._stop = Thoughts(begun, held), Stop(stop)
        self._characters = codecs.getincrementaldecoder("utf-8")("ignore")  # one character may be spread over tokens
        self._chances: list[float] = []

    @property
    def thinking(self) -> bool:
        return self._thoughts.thinking

    @property
    def closed_alone(self) -> bool:
        return self._thoughts.closed_alone

    @property
    def stopped(self) -> bool:
        """Whether the model went on with the user's next words: the reply is over."""
        return self._stop.reached

    def feed(self, token: str | bytes, chance: float) -> Piece:
        """``chance``: the token's log-probability. Empty while nothing is certain."""
        self._chances.append(chance)
        text = self._characters.decode(token) if isinstance(token, bytes) else token
        piece = Piece(self._stop.feed(self._thoughts.feed(text)))
        if piece:
            piece.log_probabilities = tuple(self._chances)
        if piece or self.thinking:
            self._chances = []
        return piece

    def flush(self) -> Piece:
        """What was held back."""
        return Piece(self._stop.feed(self._thoughts.flush()) + self._stop.flush())
