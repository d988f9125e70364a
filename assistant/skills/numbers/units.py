"""Units: "how many ounces in 200 grams", "what's 72 fahrenheit in celsius"."""

from __future__ import annotations

import functools
import threading
from decimal import Decimal
from typing import Any

from assistant.skills import Action, Command, Here, Impossible, command
from assistant.skills.values import spoken_units
from assistant.skills.values.spoken_numbers import rounded
from assistant.skills.values.spoken_units import Quantity, Unit

_TEMPERATURES = {
    "degree_Celsius": "degree_Fahrenheit",
    "degree_Fahrenheit": "degree_Celsius",
    "kelvin": "degree_Celsius",
}
_EXACT = 12  # digits of a float that count

COMMANDS = (
    command(
        "units.convert",
        "Converts a quantity, such as 200 grams, 5 miles, 72 degrees fahrenheit or half a litre, to another unit.",
        "(how many|how much) {unit} (is|are|in|to|make|makes|equal|equals|go in|go into|fit in|fit into|for) [the] "
        "{quantity}",
        "(how many|how much) {unit} (are in|are there in|is in|is there in|would be in|will|does|do|can) {quantity} "
        "[(make|be|have|hold|give|come to|equal|contain|take)]",
        "(how many|how much) {unit} (do i get|do you get|do i need|have i got|do we need|is it) (for|from|out of|in) "
        "{quantity}",
        "how many {unit} (have|has) {quantity} [got]",
        "[(and|so|what about|how about|okay)] {quantity} (in|to|into|as|converted to|converted into) {unit} [please]",
        "{quantity} (is|are|makes|make|equals) how (many|much) {unit}",
        "(what's|whats|what is|what are|what would|what does|what do|how much is|how much are) {quantity} "
        "[(be|equal|make|come out|work out)] (in|to|into|as|converted to|converted into|expressed in) {unit}",
        "how (hot|warm|cold|long|far|heavy|fast|tall|big|high|wide|deep|large|quick) (is|are|would be) {quantity} in "
        "{unit}",
        "[please] (convert|change|turn|translate|express|calculate|put) [me] {quantity} (to|into|in|as|from) {unit} "
        "[(please|for me)]",
        "(can|could|would|will) you [please] (convert|change|turn|translate|express|give me|tell me) [what] {quantity} "
        "[is] (to|into|in|as) {unit} [(please|for me)]",
        "(tell me|give me|i need|i want|i'd like|show me) [what] {quantity} [(is|are)] (in|to|as) {unit} [please]",
        "(i have|i've got|it says|the recipe says|the recipe wants|it is|it's|i am|i'm|i weigh|she weighs|he weighs) "
        "{quantity} [tall] (what's|what is|how much is|how many is) that in {unit}",
        "(the recipe says|it says|i have|i've got|that's) {quantity} how many {unit} is (that|it)",
        "(do you know|tell me|i wonder|can you tell me) how (many|much) {unit} {quantity} (is|are|makes|has|make)",
        "(do you know|tell me|can you tell me) how (many|much) {unit} (is|are|are there|there are) [in] {quantity}",
        "how (much|long) (does|do|would) {quantity} (weigh|measure|hold|last) in {unit}",
        "{unit} in {quantity}",
        "[(what's|what is|how much is|convert)] {quantity} of {stuff} (in|to|into) {unit}",
        "how many {unit} (is|are|are in|are there in|in) {quantity} of {stuff}",
        "(from|convert from) {quantity} (to|into) {unit}",
        "in {unit} (what is|what's|how much is|how many is) {quantity}",
    ),
)


def run(asked: Command, here: Here) -> Action | None:
    given, wanted = asked.values.get("quantity"), asked.values.get("unit")
    if not isinstance(given, Quantity) or not isinstance(wanted, Unit):
        return None
    given, wanted = _meant(given, wanted)
    if given.unit == wanted:
        return Action(f"That is {given.said} already.")
    value = _converted(given, wanted)
    verb = "is" if abs(given.amount) <= 1 or wanted.pint in _TEMPERATURES else "are"
    return Action(f"{given.said[:1].upper()}{given.said[1:]} {verb} {wanted.named(rounded(value))}.")


def warm() -> None:
    """Load the units in a thread of their own: it takes some 0.6 s of computing, once."""
    global _loading
    if _loading is None:
        _loading = threading.Thread(target=_registry, name="units", daemon=True)
        _loading.start()


_loading: threading.Thread | None = None
_once = threading.Lock()
spoken_units.heard.append(warm)


def _meant(given: Quantity, wanted: Unit) -> tuple[Quantity, Unit]:
    """Degrees are those that are not asked for, ounces of a volume are fluid, and miles of a speed are an hour's."""
    if given.unit.pint == "degree" and wanted.pint in _TEMPERATURES:
        of = _unit(_TEMPERATURES[wanted.pint])
        amount = given.said.rpartition(" ")[0]
        return Quantity(given.amount, of, f"{amount} {of.many}"), wanted
    litre, registry = "litre", _registry()
    volume, liquid = (registry.Unit(unit.pint).is_compatible_with(litre) for unit in (given.unit, wanted))
    if "/hour" in given.unit.pint and wanted.pint in ("mile", "kilometre"):
        return given, _unit(f"{wanted.pint}/hour")
    if volume and wanted.pint == "ounce":
        return given, _unit("fluid_ounce")
    if liquid and given.unit.pint == "ounce":
        of = _unit("fluid_ounce")
        return Quantity(given.amount, of, of.named(given.said.rpartition(" ")[0])), wanted
    return given, wanted


def _unit(pint: str) -> Unit:
    return next(unit for unit in spoken_units.units() if unit.pint == pint)


def _converted(given: Quantity, wanted: Unit) -> Decimal:
    """Raises Impossible."""
    from pint import DimensionalityError

    registry = _registry()
    quantity = registry.Quantity(float(given.amount), given.unit.pint)
    if given.unit.pint in _TEMPERATURES and quantity.to("kelvin").magnitude < 0:
        raise Impossible(f"Nothing can be as cold as {given.said}.")
    try:
        value = quantity.to(wanted.pint).magnitude
    except DimensionalityError:
        many = given.unit.many
        raise Impossible(f"{many[:1].upper()}{many[1:]} cannot be turned into {wanted.many}.") from None
    return Decimal(f"{value:.{_EXACT}g}")


def _registry() -> Any:
    with _once:
        return _load()


@functools.cache
def _load() -> Any:
    from pint import UnitRegistry

    return UnitRegistry()
