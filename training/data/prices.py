"""What the known endpoints charge, to say before a job what it will cost."""

from __future__ import annotations

import re
from dataclasses import dataclass

AS_OF = "November 2026"


@dataclass(frozen=True)
class Price:
    tokens_in: float
    """US dollars per million tokens."""
    tokens_out: float

    def of(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1e6


FREE = Price(0.0, 0.0)
PRICES = {  # list prices, short prompts, nothing cached
    "gpt-6-luna": Price(0.10, 0.50),
    "gpt-6-sol": Price(2.00, 10.00),
    "gpt-6-astra": Price(10.00, 50.00),
    "gpt-6.1-terra": Price(1.00, 5.00),
    "gpt-5.6-luna": Price(0.20, 1.20),
    "gpt-5.6-terra": Price(2.00, 12.00),
    "gpt-5.4-mini": Price(0.75, 4.50),
    "grok-4.20-reasoning": Price(1.25, 2.50),
}


def find(model: str) -> Price | None:
    """None when the price is not known. A dated version costs what its model costs."""
    return PRICES.get(re.sub(r"-\d{4}-\d\d-\d\d$", "", model))


def tokens(text: str) -> int:
    """About; English has some four characters per token."""
    return len(text) // 4 + 1


def written(dollars: float) -> str:
    return "less than $0.01" if 0 < dollars < 0.01 else f"${dollars:.2f}"
