"""What a tip comes to, at the shares that are usual."""

from __future__ import annotations

from assistant.skills import Action, Command, Here, command
from assistant.skills.values.spoken_money import Money, amount
from assistant.skills.values.time_replies import listed

_SHARES = (10, 15, 20)  # percent

COMMANDS = (
    command(
        "sums.tip",
        "what 10, 15 and 20 percent of a bill are",
        "how (much|big|large|much of) [a] tip [(should|do|would|must|shall|can) (i|we|you)] [(leave|give|pay|add)] "
        "(on|for) [a bill of] {money} [bill]",
        "how much [(should|do|would|shall) (i|we|you)] [to] tip (on|for) [a bill of] {money} [bill]",
        "what [is|would be] [a] [(good|fair|usual|normal|right|reasonable|the)] tip [be] (on|for) [a bill of] {money} "
        "[bill]",
        "tip (on|for) [a bill of] {money}",
    ),
)


def run(asked: Command, here: Here) -> Action | None:
    bill = asked.values["money"]
    if not isinstance(bill, Money):
        return None
    shares = [f"{bill.currency.named(amount(bill.amount * share / 100))} at {share} percent" for share in _SHARES]
    return Action(f"That is {listed(shares)}.")
