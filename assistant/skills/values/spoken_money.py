"""Money as it is spoken: "twenty dollars", "five pounds fifty", "a hundred Swiss francs"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from assistant.skills.values.spoken_numbers import begins_number, digits, leading, rounded

_TABLE = """
EUR|euro|euros
USD|US dollar|US dollars|dollar|dollars|american dollar|american dollars|buck|bucks|greenback|greenbacks
GBP|British pound|British pounds|pound|pounds|pound sterling|pounds sterling|sterling|quid|english pound|english pounds
JPY|yen|yen|japanese yen
CHF|Swiss franc|Swiss francs|franc|francs
AUD|Australian dollar|Australian dollars|aussie dollar|aussie dollars
CAD|Canadian dollar|Canadian dollars
NZD|New Zealand dollar|New Zealand dollars|kiwi dollar|kiwi dollars
SGD|Singapore dollar|Singapore dollars
HKD|Hong Kong dollar|Hong Kong dollars
SEK|Swedish krona|Swedish kronor|swedish crown|swedish crowns|swedish kronas
NOK|Norwegian krone|Norwegian kroner|norwegian crown|norwegian crowns|norwegian kroners
DKK|Danish krone|Danish kroner|danish crown|danish crowns|danish kroners
ISK|Icelandic króna|Icelandic krónur|icelandic krona|icelandic kronas
CZK|Czech koruna|Czech korunas|koruna|korunas|czech crown|czech crowns
PLN|zloty|zlotys|polish zloty|polish zlotys|polish zloties|zloties|zlotych
HUF|forint|forints|hungarian forint|hungarian forints
RON|Romanian leu|Romanian lei
TRY|Turkish lira|Turkish lira|lira|liras|turkish liras
ILS|shekel|shekels|israeli shekel|israeli shekels
INR|Indian rupee|Indian rupees|rupee|rupees
CNY|yuan|yuan|chinese yuan|renminbi|yuans
KRW|won|won|korean won|south korean won
IDR|Indonesian rupiah|Indonesian rupiah|rupiah|rupiahs
MYR|ringgit|ringgit|malaysian ringgit|malaysian ringgits|ringgits
PHP|Philippine peso|Philippine pesos
THB|baht|baht|thai baht|bahts
ZAR|rand|rand|south african rand|rands
BRL|Brazilian real|Brazilian reais|brazilian reals|reais
MXN|Mexican peso|Mexican pesos|peso|pesos
RUB|Russian rouble|Russian roubles|rouble|roubles|ruble|rubles|russian ruble|russian rubles
UAH|hryvnia|hryvnias|ukrainian hryvnia
ARS|Argentine peso|Argentine pesos|argentinian peso|argentinian pesos
EGP|Egyptian pound|Egyptian pounds
AED|dirham|dirhams|emirati dirham|emirati dirhams
BTC|bitcoin|bitcoins
"""
_LANDS = {
    "american": "usd", "canadian": "cad", "australian": "aud", "aussie": "aud", "british": "gbp",
    "swiss": "chf", "indian": "inr",
}  # fmt: skip
"""Whose money is asked for by the land alone: "what is that in American?"."""
_SIGNS = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen", "₹": "rupees"}
_SIGN_FIRST = re.compile(r"([$€£¥₹])\s?(\d[\d,.]*)((?: (?:hundred|thousand|million|billion))?)")
_SIGN_LAST = re.compile(r"(?<=\d)\s?([$€£¥₹])")
_MOST_WITH_CENTS = 10**12
_CENTS = frozenset("cent cents pence penny p rappen".split())


@dataclass(frozen=True)
class Currency:
    code: str
    """ISO 4217's three letters."""
    one: str
    many: str

    def named(self, amount: str) -> str:
        return f"{amount} {self.one if amount == '1' else self.many}"


@dataclass(frozen=True)
class Money:
    amount: Decimal
    currency: Currency


_CURRENCIES: dict[str, Currency] = {}
for _row in _TABLE.strip().splitlines():
    _code, _one, _many, *_others = _row.split("|")
    for _name in (_code, _one, _many, *_others):
        _CURRENCIES[_name.lower()] = Currency(_code, _one, _many)
del _CURRENCIES["try"]  # a verb
for _land, _code in _LANDS.items():
    _CURRENCIES |= {_land: _CURRENCIES[_code], f"{_land} money": _CURRENCIES[_code]}
_MOST_WORDS = max(len(name.split()) for name in _CURRENCIES)


def currency(words: str, now: datetime | None = None) -> Currency | None:
    """``words``, in lower case, as the name of a currency."""
    return _CURRENCIES.get(words.removeprefix("the "))


def money(words: str, now: datetime | None = None) -> Money | None:
    """``words``, in lower case, as an amount of money; one, where none is named: "the dollar"."""
    if only := currency(words):
        return Money(Decimal(1), only)
    first = words.split(" ", 1)[0]
    if first not in ("a", "an") and not begins_number(first) and first[:1] not in _SIGNS:
        return None
    words = _SIGN_LAST.sub(lambda sign: f" {_SIGNS[sign[1]]}", words)
    words = _SIGN_FIRST.sub(lambda found: f"{found[2]}{found[3]} {_SIGNS[found[1]]}", words)
    tokens = words.replace("-", " ").split()
    found = leading(tokens)
    amount, at = found if found else (Decimal(1), 0)
    if at < len(tokens) and tokens[at] in ("a", "an"):  # "a dollar", "half a dollar"
        at += 1
    elif not found:
        return None
    for size in range(min(_MOST_WORDS, len(tokens) - at), 0, -1):
        if of := _CURRENCIES.get(" ".join(tokens[at : at + size])):
            cents = _cents(tokens[at + size :])
            return None if cents is None else Money(amount + cents, of)
    return None


def said(amount: Decimal, of: Currency, places: int = 2) -> str:
    """``20 euros``, ``17.9 euros``; what is less than a cent with three digits."""
    places = places if abs(amount) >= Decimal("0.01") else 2 - amount.adjusted()
    return of.named(digits(round(amount, places)))


def amount(value: Decimal) -> str:
    """As money is read: ``7.20``, ``84``, ``about 33.33``; what is less than a cent as any number."""
    near = round(value, 2)
    if not near or abs(value) >= _MOST_WITH_CENTS:
        return rounded(value)
    text = digits(near)
    if near != near.to_integral_value():
        text = f"{near:,.2f}".replace("-", "minus ")
    return text if near == value else f"about {text}"


def _cents(tokens: list[str]) -> Decimal | None:
    """What follows "five pounds": "fifty", "and 20 cents"."""
    if not tokens:
        return Decimal(0)
    rest = tokens[tokens[0] == "and" :]
    found = leading(rest)
    if found is None or not 1 <= found[0] < 100 or not set(rest[found[1] :]) <= _CENTS or len(rest) > found[1] + 1:
        return None
    return found[0] / 100
