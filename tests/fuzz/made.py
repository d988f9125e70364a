"""Examples for volume: each is made from its number alone, so that the number is all that it takes to see it again.

Hypothesis, beside it, makes some hundred a second and finds the smallest example that fails; these come ten times as
fast.
"""

from __future__ import annotations

import random
from typing import Any

from tests.linear.shapes import REPEATED

_WORDS = (
    "It is old. How old? Anna Smith Dr. St. U.S. e.g. No. 5 and the bridge 1883 1,850 4.5 km/h $5 7 bar 10:30 3/4/2025 "
    "https://a.b/c?d=e ann@example.com sk-abcdef123456 /home/ann/a.txt C:\\a\\b.c +49-30-1234567 ::1 192.168.0.1 IV "
    "x^2 "
    "½ °C – — … 你好。 ñandú Straße naïve 👍🏽 **bold** [link](http://a) `code` <b>b</b> &amp; <think> </think> "
    "<|im_end|>"
).split(" ")
_SPACES = (" ", " ", " ", " ", "", "\n", "\n\n", "\t", "  ", "\r\n", "\u2028", "\u00a0")
_SCALARS = (
    None, True, False, 0, -1, 1 << 63, 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf"), "", "\x00", "\ud800",
    "\x1b[2J", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999-23:59", "a", [], {}, [None], {"": None},
)  # fmt: skip


class Made(random.Random):
    """A source of examples; see `random.Random` for what else it draws."""

    def text(self, most: int = 12) -> str:
        """Of up to ``most`` pieces: words, shapes that rules are slow on, any characters."""
        pieces = []
        for _ in range(self.randrange(most + 1)):
            match self.randrange(8):
                case 0:
                    pieces.append(self.choice(REPEATED) * self.choice((1, 2, 3, 5, 20)))
                case 1:
                    pieces.append("".join(chr(self._code()) for _ in range(self.randrange(6))))
                case _:
                    pieces.append(self.choice(_WORDS))
            pieces.append(self.choice(_SPACES))
        return "".join(pieces)

    def _code(self) -> int:
        return self.randrange(self.choice((0x80, 0x100, 0x800, 0x3000, 0x10000, 0x110000)))

    def cut(self, text: str) -> list[str]:
        """``text`` in pieces, as a language model writes them."""
        pieces, at = [], 0
        while at < len(text):
            size = self.choice((1, 2, 4, 9, 40))
            pieces.append(text[at : at + size])
            at += size
        return pieces

    def value(self, depth: int = 2) -> Any:
        """Any JSON value."""
        kind = self.randrange(6 if depth else 4)
        if kind < 3:
            return self.choice(_SCALARS)
        if kind == 3:
            return self.text(3)
        if kind == 4:
            return [self.value(depth - 1) for _ in range(self.randrange(3))]
        return {self.choice(("text", "message", "error", "", "a")): self.value(depth - 1) for _ in range(2)}

    def altered(self, original: Any) -> Any:
        """``original``, a JSON value, with something in it replaced by anything, or taken out."""
        if isinstance(original, dict) and original and self.randrange(8):
            changed = dict(original)
            for key in self.sample(list(original), self.randint(1, min(2, len(original)))):
                if self.randrange(6):
                    changed[key] = self.altered(original[key])
                else:
                    del changed[key]
            return changed
        if isinstance(original, list) and original and self.randrange(8):
            at = self.randrange(len(original))
            return [*original[:at], self.altered(original[at]), *original[at + 1 :]]
        return self.value()

    def damaged(self, original: bytes) -> bytes:
        """``original`` with some bytes changed, taken out, doubled or put in; cut, now and then."""
        data = bytearray(original)
        for _ in range(self.randint(1, 5)):
            at = self.randrange(len(data) + 1)
            match self.randrange(4):
                case 0:
                    data[at : at + 1] = self.randbytes(1)
                case 1:
                    del data[at : at + self.randint(1, 40)]
                case 2:
                    data[at:at] = data[at : at + self.randint(1, 40)]
                case 3:
                    data[at:at] = self.text(2).encode("utf-8", "surrogatepass")
        return bytes(data[: self.randrange(len(data) + 1)] if not self.randrange(4) else data)
