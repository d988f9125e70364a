"""The grammar of spoken sums: "12 plus 30 minus 4", "the square root of 144", "20 percent off 45"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from assistant.skills.values.spoken_money import amount, currency
from assistant.skills.values.spoken_numbers import begins_number, digits, leading, ordinal
from assistant.skills.values.spoken_units import unit

_LONGEST = 24  # characters of a number in digits
_DEEPEST = 20  # sums within sums
_BINARY = {
    "plus": "+",
    "add": "+",
    "minus": "-",
    "less": "-",
    "times": "*",
    "x": "*",
    "over": "/",
    "mod": "%",
    "modulo": "%",
}
_HUNDREDS = frozenset(map(Decimal, (*range(1, 10), 19, 20)))
"""Numbers after which one of two digits goes on: "six forty", "nineteen eighty four"."""
_BY = {"multiplied": "*", "divided": "/"}
MULTIPLES = {"twice": 2, "double": 2, "triple": 3}
TIMES_TABLE = {
    word: value + 1
    for value, word in enumerate("ones twos threes fours fives sixes sevens eights nines tens elevens twelves".split())
}
_TIPS = frozenset("tip tipping leave leaving gratuity".split())
_TAXES = "tip|vat|gst|hst|sales tax|tax|service charge|service|gratuity|commission|interest|duty|deposit|discount"
_SIGN_WORDS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by", "%": "modulo"}


@dataclass(frozen=True)
class Part:
    formula: str
    said: str
    is_percent: bool = False
    is_sum: bool = True
    """Not a mere number."""


class Terms:
    """Recursive descent over the words. A method that cannot read what it is named after gives None."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._numbers: list[Decimal] = []
        self._unit = ""

    def _chain(self) -> Part | None:
        """Terms with plus and minus between them."""
        self._depth += 1
        left = self._term() if self._depth <= _DEEPEST else None
        while left is not None:
            start = self._at
            sign = "-" if self._words("take", "away") else _BINARY.get(self._here(), "")
            if sign not in ("+", "-") or self._here(1) == "than":
                break
            self._at += self._at == start
            right = self._term()
            if right is None:
                self._at = start
                break
            left = self._on(left, right, _SIGN_WORDS[sign]) if sign == "+" else self._off(left, right)
        self._depth -= 1
        return left

    def _term(self) -> Part | None:
        """Factors with times and divided by between them."""
        left = self._factor()
        if left and not left.is_sum and (many := TIMES_TABLE.get(self._here())):
            self._at += 1
            left = Part(f"{left.formula}*{many}", f"{left.said} times {many}")
        while left is not None:
            start = self._at
            sign = _BINARY.get(self._here(), "")
            if sign in ("*", "/", "%"):
                self._at += 1
            elif (sign := _BY.get(self._here(), "")) and self._here(1) == "by":
                self._at += 2
            else:
                break
            right = self._factor()
            if right is None:
                self._at = start
                break
            left = Part(f"{left.formula}{sign}({right.formula})", f"{left.said} {_SIGN_WORDS[sign]} {right.said}")
        return left

    def _factor(self) -> Part | None:
        self._depth += 1
        part = self._plain() if self._depth <= _DEEPEST else None
        while part is not None:
            start = self._at
            if self._words("squared"):
                part = Part(f"({part.formula})**2", f"{part.said} squared")
            elif self._words("cubed"):
                part = Part(f"({part.formula})**3", f"{part.said} cubed")
            elif self._words("factorial"):
                part = Part(f"factorial({part.formula})", f"{part.said} factorial")
            elif self._raised():
                power = self._power()
                if power is None:
                    self._at = start
                    break
                part = Part(f"({part.formula})**({power.formula})", f"{part.said} to the power of {power.said}")
            elif not part.is_sum and self._either("percent|per cent"):
                part = self._percent(part)
            else:
                break
        self._depth -= 1
        return part

    def _raised(self) -> bool:
        if self._either("raised to the power of|to the power of|to the power"):
            return True
        is_power = ordinal(self._here(2)) is not None or begins_number(self._here(2))
        return is_power and self._words("to", "the")

    def _currency(self) -> str:
        """``pounds`` after a number; empty where none stands."""
        for size in (2, 1):
            words = " ".join(self._tokens[self._at : self._at + size])
            if size <= len(self._tokens) - self._at and currency(words):
                self._at += size
                return words
        return ""

    def _measure(self) -> str:
        """``grams`` after that of which a share is asked for, with a space before it: the share is in grams, too."""
        if self._unit or not unit(self._here()):
            return ""
        self._unit = self._here()
        self._at += 1
        return f" {self._unit}"

    def _power(self) -> Part | None:
        value = ordinal(self._here())
        if value is None:
            return self._factor()
        self._at += 1
        self._words("power")
        return self._number(Decimal(value))

    def _percent(self, number: Part) -> Part:
        """``15 percent``, ``15 percent of 80``, ``a 15 percent tip on 48``."""
        start = self._at
        share = f"{number.said} percent"
        self._either(_TAXES)
        if self._either("of|on") and (whole := self._factor()):
            return Part(f"({number.formula})/100*({whole.formula})", f"{share} of {whole.said}{self._measure()}")
        self._at = start
        if self._either("off of|off|discount on"):
            if whole := self._factor():
                return Part(f"(1-({number.formula})/100)*({whole.formula})", f"{share} off {whole.said}")
        self._at = start
        return Part(number.formula, share, is_percent=True, is_sum=False)

    def _plain(self) -> Part | None:
        """A number, or what stands before one: ``the square root of``, ``half of``, ``twice``."""
        start, count = self._at, len(self._numbers)
        if self._words("("):
            part = self._chain()
            return part if self._words(")") else None
        if self._either("minus|negative"):
            if part := self._plain():
                return Part(f"(-{part.formula})", f"minus {part.said}", is_sum=part.is_sum)
        self._reset(start, count)
        article = self._either("the|a")
        for words, function in (("square root", "root"), ("cube root", "cube_root"), ("factorial", "factorial")):
            if self._words(*words.split()) and self._words("of") and (part := self._factor()):
                return Part(f"{function}({part.formula})", f"the {words} of {part.said}")
            self._at = start + article
        for words, power in (("square of", 2), ("cube of", 3)):
            if self._words(*words.split()) and (part := self._factor()):
                return Part(f"({part.formula})**{power}", f"{part.said} {'squared' if power == 2 else 'cubed'}")
            self._at = start + article
        if row := self._row():
            return row
        self._reset(start, count)
        if multiple := MULTIPLES.get(self._here()):
            self._at += 1
            if part := self._factor():
                return Part(f"{multiple}*({part.formula})", f"{'triple' if multiple == 3 else 'twice'} {part.said}")
        self._reset(start, count)
        found = leading(self._tokens[self._at :])
        if found is None and article and self._words("a"):
            found = leading(self._tokens[self._at :])
        if found is None:
            self._reset(start, count)
            return None
        found = self._with_next(*found)
        words = " ".join(self._tokens[start : self._at + found[1]])
        self._at += found[1]
        part = self._number(found[0])
        if len(part.said) > _LONGEST:
            part = replace(part, said=words)  # "two thirds"
        if money := self._currency():
            part = replace(part, said=f"{amount(found[0]) if found[1] == 1 else part.said} {money}")
            self._unit = money
        if 0 < found[0] < 1 and self._words("of") and (whole := self._factor()):
            share = " ".join(self._tokens[start : start + found[1]])
            return Part(f"{part.formula}*({whole.formula})", f"{share} of {whole.said}{self._measure()}")
        return part

    def _with_next(self, value: Decimal, taken: int) -> tuple[Decimal, int]:
        """``six forty``: 640, as people say prices and years; of a bill, ``sixty two fifty`` is 62.50."""
        rest = leading(self._tokens[self._at + taken :]) if self._tokens[self._at].isalpha() else None
        if rest is None or not 10 <= rest[0] < 100 or rest[0] % 1:
            return value, taken
        if value in _HUNDREDS:
            return value * 100 + rest[0], taken + rest[1]
        is_bill = 10 <= value < 100 and not value % 1 and not _TIPS.isdisjoint(self._tokens)
        return (value + rest[0] / 100, taken + rest[1]) if is_bill else (value, taken)

    def _row(self) -> Part | None:
        """``sum of 3, 4 and 5``, ``difference between 7 and 4``, ``remainder of 17 divided by 5``."""
        if self._words("remainder"):
            self._words("of") or self._words("when", "you", "divide") or self._words("when")
            part = self._both(
                "by|divided by|is divided by", "{0}%{1}", "the remainder of {0} divided by {1}", plain=True
            )
            return part
        for names, sign, word in (("sum|total", "+", "plus"), ("product", "*", "times"), ("difference", "-", "minus")):
            if self._either(names):
                first = self._factor() if self._either("of|between") else None
                parts = first and self._rest_of_row(first)
                if not parts:
                    return None
                if sign == "-":
                    return Part(
                        f"abs({parts[0].formula}-({parts[1].formula}))",
                        f"the difference between {parts[0].said} and {parts[1].said}",
                    )
                return joined(parts, sign, word)
        if self._either("average of|mean of") and (first := self._factor()):
            if parts := self._rest_of_row(first):
                said = ", ".join(part.said for part in parts[:-1])
                total = "+".join(part.formula for part in parts)
                return Part(f"({total})/{len(parts)}", f"the average of {said} and {parts[-1].said}")
        return None

    def _rest_of_row(self, first: Part) -> list[Part] | None:
        """At least two: ``3, 4 and 5``."""
        parts = [first]
        while self._either("and|plus") or begins_number(self._here()):
            part = self._factor()
            if part is None:
                return None
            parts.append(part)
        return parts if len(parts) > 1 else None

    def _both(self, between: str, formula: str, said: str, plain: bool = False) -> Part | None:
        first = self._plain() if plain else self._chain()
        if first is None or not self._either(between):
            return None
        second = self._plain() if plain else self._chain()
        if second is None:
            return None
        return Part(formula.format(f"({first.formula})", f"({second.formula})"), said.format(first.said, second.said))

    def _on(self, left: Part, right: Part, word: str) -> Part:
        said = f"{left.said} {word} {right.said}"
        if right.is_percent:
            return Part(f"({left.formula})*(1+({right.formula})/100)", said)
        return Part(f"({left.formula}+{right.formula})", said)

    def _off(self, left: Part, right: Part) -> Part:
        said = f"{left.said} minus {right.said}"
        if right.is_percent:
            return Part(f"({left.formula})*(1-({right.formula})/100)", said)
        return Part(f"({left.formula}-{right.formula})", said)

    def _number(self, value: Decimal) -> Part:
        self._numbers.append(value)
        return Part(f"n{len(self._numbers) - 1}", digits(value), is_sum=False)

    def _here(self, later: int = 0) -> str:
        return self._tokens[self._at + later] if self._at + later < len(self._tokens) else ""

    def _words(self, *words: str) -> bool:
        """Whether these come next; they are taken then."""
        taken = tuple(self._tokens[self._at : self._at + len(words)]) == words
        self._at += len(words) * taken
        return taken

    def _either(self, phrases: str) -> bool:
        """Whether one of these comes next: "vat|sales tax"."""
        return any(self._words(*phrase.split()) for phrase in phrases.split("|"))

    def _reset(self, at: int, count: int = 0) -> None:
        self._at = at
        del self._numbers[count:]
        if at == 0:
            self._depth, self._unit = 0, ""


def joined(parts: list[Part], sign: str, word: str) -> Part:
    return Part("(" + sign.join(part.formula for part in parts) + ")", f" {word} ".join(part.said for part in parts))
