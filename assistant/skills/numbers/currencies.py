"""Currencies, at a rate whose date is said: "how much is 20 dollars in euros". No network is asked."""

from __future__ import annotations

import functools
from datetime import date
from typing import TYPE_CHECKING

from assistant.skills import Action, Command, Here, Impossible, command
from assistant.skills.values.spoken_money import Currency, Money, said

if TYPE_CHECKING:
    from currency_converter import CurrencyConverter

_FRESH = 30  # days
_MONTHS = "January February March April May June July August September October November December".split()

COMMANDS = (
    command(
        "currencies.convert",
        "Converts an amount of money, such as 20 dollars, to another currency, at a rate of the European Central Bank.",
        "(how many|how much) {currency} (is|are|in|to|make|makes|for|do i get for|do you get for|would i get for) "
        "{money}",
        "(how many|how much) {currency} (can i get for|will i get for|do we get for|would be|are there in|is in) "
        "{money}",
        "(how many|how much) {currency} (can i buy with|do i need for|does|do|will|would) {money} "
        "[(make|be|get me|buy)]",
        "(how much|what) (is|are) {money} worth [(today|now|these days)] in {currency}",
        "(how much|what) (does|do|would) {money} cost in {currency}",
        "(exchange|conversion) rate [(for|from|of|between)] {money} [(to|and)] {currency}",
        "[(and|so|what about|how about|okay)] {money} (in|to|into|as|converted to) {currency} [please]",
        "{money} (is|are|makes|make) how (many|much) {currency}",
        "(what's|whats|what is|what are|what would|what does|how much is|how much are|how much would) {money} "
        "[(be|make|come to|equal|work out)] (in|to|into|as|converted to) {currency} [(now|today|these days)]",
        "[please] (convert|change|exchange|turn|translate|calculate) [me] {money} (to|into|in|for) {currency} "
        "[(please|for me)]",
        "(can|could|would|will) you [please] (convert|change|exchange|give me|tell me) [what] {money} [is] "
        "(to|into|in) {currency} [(please|for me)]",
        "(tell me|give me|i need|i want|i'd like) [what] {money} [(is|are)] [worth] (in|to) {currency} [please]",
        "(what's|whats|what is|tell me|give me) the (exchange|conversion|current) [exchange] rate "
        "(for|of|from|between) {money} (to|and|in|into|against) {currency}",
        "(what's|what is|how is) the {money} to {currency} [exchange] rate",
        "(what's|what is) the rate (for|of|from|between) {money} (to|and|in|into|against) {currency}",
        "(if i have|i have|i've got|it costs|that costs|the price is|they want) {money} "
        "(how much is that|what's that|what is that|how many is that) in {currency}",
        "(if i have|i have|i've got|it costs) {money} how (many|much) {currency} (is that|is it|do i get|would i get)",
        "in {currency} (what's|what is|how much is|how much are) {money}",
    ),
)


def run(asked: Command, here: Here) -> Action | None:
    given, wanted = asked.values.get("money"), asked.values.get("currency")
    if not isinstance(given, Money) or not isinstance(wanted, Currency):
        return None
    amount = said(given.amount, given.currency)
    if given.currency == wanted:
        return Action(f"That is {amount} already.")
    for one in (given.currency, wanted):
        if one.code not in (_rates().currencies or ()):
            raise Impossible(f"The European Central Bank gives no rate for {one.many}, so I cannot say.")
    value, day = _rates().convert(given.amount, given.currency.code, wanted.code), rates_date()
    old = (here.now().date() - day).days
    age = f" That rate is {old} days old." if old > _FRESH else ""
    verb, places = ("is", 4) if given.amount == 1 else ("are", 2)
    dated = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    turned = f"{amount} {verb} {said(value, wanted, places)}"
    return Action(f"At the European Central Bank's rate of {dated}, {turned}.{age}")


def rates_date() -> date:
    """The day of the rates."""
    return (_rates().bounds or {})["USD"].last_date


@functools.cache
def _rates() -> CurrencyConverter:
    from currency_converter import SINGLE_DAY_CURRENCY_FILE, CurrencyConverter

    return CurrencyConverter(SINGLE_DAY_CURRENCY_FILE, decimal=True)
