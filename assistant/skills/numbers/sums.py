"""Sums: "what's seventeen times twenty three", "20 percent off 45"."""

from __future__ import annotations

import ast
import operator
import re
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from math import factorial

from assistant.skills import Action, Command, Here, Impossible, command
from assistant.skills.values.spoken_money import amount, currency
from assistant.skills.values.spoken_numbers import digits, rounded
from assistant.skills.values.spoken_sums import Sum

_HIGHEST_FACTORIAL = 170
_HIGHEST_POWER = 999  # of ten; so no sum takes long

_ASKED = re.compile(r"\b(?:what|whats|how|make|makes|calculate|work out|figure out|compute)\b")

COMMANDS = (
    command(
        "sums.calculate",
        "Works out a sum, such as 17 times 23, 15 percent of 80, 20 percent off 45, the square root of 144, split 84 "
        "between 3.",
        "[and] {sum} [please]",
        "{sum} (equals|is|makes|gives) [what]",
        "[(and|so|now|okay|right|um|well|hey|quick|please tell me)] "
        "(what's|whats|what is|what are|what was|how much is|how much are|how many is|what does|what do) {sum} "
        "[(equal|make|makes|come to|give|be|equal to|add up to)] [then] [please]",
        "(what about|how about) {sum}",
        "(how much|what) (will|would|does|do) {sum} (be|make|come to|give me|give|cost)",
        "(what's|what is) [the] (answer|result) (to|of|for|when you) {sum}",
        "(how much|what) is left (if|when) (i|you|we) {sum}",
        "(how many times|how often) (does|do|will|would|can) {sum}",
        "[please] (calculate|compute|work out|figure out|solve|do the maths on) [me] [for me] [what] {sum} [is] "
        "[(please|for me|for me please)]",
        "(can|could|would|will) you [please] [quickly] [(calculate|compute|work out|figure out|tell me|give me|do)] "
        "[what] {sum} [(is|makes|comes to)] [(please|for me|for me please)]",
        "[please] (tell me|give me) [what] {sum} [(is|makes|equals|comes to)] [please]",
        "(i need|i want|i'd like|i would like|i have|let me|let's) to (know|work out|find out|calculate|figure out) "
        "[what] {sum} [(is|makes|comes to)]",
        "(i need|i want|i'd like|i would like) {sum}",
        "do you [happen to] know what {sum} (is|makes|comes to)",
        "(if|when) (i|you|we) {sum} [(what do i get|what do you get|what is it|what is that|what does that make)]",
        "(what|how much) (do|would|will) (i|you|we) (get|pay|have) (if|when) (i|you|we) {sum}",
        "what is it (if|when) (i|you|we) {sum}",
        "if {thing} (is|has|costs|gets) {sum} (what|how much) (do i pay|is that|is it|does it cost|will i pay|is left)",
        "how many {sum}",
        "how (do|would|should|can) (i|we) {sum}",
        "[if] (i|you|we) (have|had|start with) {sum} (how much|what|how many) (is left|are left|do i have left|is "
        "that)",
        "how much (tip|discount|tax|vat) (is|would be) {sum}",
    ),
)


def run(asked: Command, here: Here) -> Action | None:
    sum = asked.values.get("sum")
    if not isinstance(sum, Sum) or (sum.loose and not _ASKED.search(asked.words.lower())):
        return None
    return Action(f"{_capital(sum.said)} is {result(sum)}.")


def result(sum: Sum) -> str:
    """What it comes to, in words that the voice reads: "391", "about 33.33", "7.20 dollars". Raises Impossible."""
    value = worth(sum)
    if sum.unit and currency(sum.unit):
        return f"{amount(value)} {sum.unit}"
    return rounded(value) + (f" {sum.unit}" if sum.unit else "")


def worth(sum: Sum) -> Decimal:
    """What it comes to. Raises Impossible."""
    from simpleeval import DEFAULT_OPERATORS, InvalidExpression, SimpleEval

    names = {f"n{index}": value for index, value in enumerate(sum.numbers)}
    functions = {"root": _root, "cube_root": _cube_root, "factorial": _factorial, "abs": abs}
    evaluator = SimpleEval({**DEFAULT_OPERATORS, ast.Pow: operator.pow}, functions, names)
    try:
        with localcontext(prec=40, Emax=_HIGHEST_POWER):
            return Decimal(evaluator.eval(sum.formula))
    except (DivisionByZero, ZeroDivisionError):
        raise Impossible("Nothing can be divided by zero.") from None
    except (InvalidExpression, InvalidOperation, Overflow, ValueError, ArithmeticError) as error:
        if isinstance(error, InvalidOperation) and "/" in sum.formula and Decimal(0) in sum.numbers:
            raise Impossible("Nothing can be divided by zero.") from None
        raise Impossible(f"{_capital(sum.said)} is more than I can work out.") from None


def _root(value: Decimal) -> Decimal:
    if value < 0:
        raise Impossible(f"{_capital(rounded(value))} has no square root.")
    return value.sqrt()


def _cube_root(value: Decimal) -> Decimal:
    root = abs(value) ** (Decimal(1) / 3)
    near = Decimal(round(root))
    return (near if near**3 == abs(value) else root).copy_sign(value) if value else value


def _factorial(value: Decimal) -> Decimal:
    if value < 0 or value != value.to_integral_value():
        raise Impossible("Only whole numbers from 0 have a factorial.")
    if value > _HIGHEST_FACTORIAL:
        raise Impossible(f"{digits(value)} factorial is more than I can work out.")
    return Decimal(factorial(int(value)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
