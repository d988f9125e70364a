"""Questions that go on from the answer before: "and times 2?", "half of that", "and the day after?"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from assistant.skills import Command, Here, Impossible
from assistant.skills.numbers.sums import worth
from assistant.skills.values.cities import zone_of
from assistant.skills.values.list_words import TASKS
from assistant.skills.values.slots import KINDS
from assistant.skills.values.spoken_money import Money, amount, currency
from assistant.skills.values.spoken_numbers import digits
from assistant.skills.values.spoken_sums import Sum
from assistant.skills.values.spoken_time import Moment
from assistant.skills.values.spoken_units import Quantity
from assistant.skills.words import manners, wording

Understand = Callable[[str], tuple[Command, ...]]

_LONGEST = 14  # words
_SUM, _MONEY, _UNITS = "sums.calculate", "currencies.convert", "units.convert"
_LEAD = re.compile(
    r"(?:(?:and|then|now|so|okay|but|what|whats|is|how|about|if|i|you|we|much|make|it) )*?"
    r"(?P<rest>(?:plus|minus|times|multiplied by|divided by|over|less|to the power of|squared|cubed|take away)\b.*)"
)
_OF_IT = re.compile(
    r"(?:(?:and|then|now|so|okay|but|what|whats|what is|how much|how much is|can you|please|just) )*"
    r"(?P<rest>.*\b(?:that|it|the result|the answer)\b.*)"
)
_IT = re.compile(r"\b(?:that|it|the result|the answer)\b")
_VERBS = {"double": "twice {}", "halve": "half of {}", "triple": "3 times {}", "square": "{} squared",
          "cube": "{} cubed", "quarter": "a quarter of {}"}  # fmt: skip
_ORDERS = re.compile(r"(?P<verb>double|halve|triple|square|cube|quarter) (?:that|it)")
_SHARE = re.compile(
    r"(?:and )?(?:what is |what about |how about )?(?P<share>half|a third|a quarter|twice|double)(?: then)?"
)
_ADD = re.compile(r"(?:and )?(?:add|subtract|take away|take) (?P<value>[\w. ]+?)(?: more)?")
_IN = re.compile(
    r"(?:and |but |what is |what about |how much is |convert |now )*(?:(?:that|it|this) )?"
    r"(?:in|to|into) (?P<unit>[\w ]+)"
)
_COUNTS = ("clock.until", "clock.since")
_OTHER = re.compile(r"(?:and|what about|how about) (?:(?P<link>until|since|to|before) )?(?P<day>[\w ]+)")
_OTHER_DAY = re.compile(r"\s(?:until|till|til|to|before|since|ago was)\s.*", re.IGNORECASE)
_DAY = re.compile(r"(?:and|what about|how about) (?:on )?(?P<day>[\w ]+)")
_THERE = re.compile(r"(?:and|what about|how about)(?: (?:in|over in))? (?P<place>[\w ]+)")
_ONE_FOR = re.compile(
    r"(?:and|also)(?: (?:also|please))?(?: (?:one|another|another one|a second one))(?: for)? (?P<what>.+)"
)
_MORE = re.compile(r"(?:and|also|and also|then|and then) (?P<what>.+)", re.IGNORECASE)
_ARTICLES = frozenset("the my our his her a an".split())
_KINDS = ("timer.", "alarm.", "reminder.")
_SET = frozenset("timer.set timer.set_minutes timer.set_until alarm.set alarm.set_hour reminder.set".split())
_DAYS = re.compile(
    r"(?:and |then |what about |what is |what day is |how about |what was )*(?:the |one |a )?"
    r"(?P<what>day|one|week)? ?(?P<where>after|before|later|earlier)(?: that)?"
)


def built_on(words: str, done: tuple[Command, ...], understand: Understand, here: Here) -> tuple[Command, ...]:
    """What ``words`` ask of the answer to ``done``; none = nothing. Raises Impossible."""
    if len(done) != 1:
        return ()
    found = wording.words(words)
    if len(found) > _LONGEST:
        return ()
    whole = " ".join(word.plain for word in found)
    text = " ".join(word.plain for word in manners.bare(found).words)
    (last,) = done
    if last.name in ("clock.day_of", "clock.date"):
        return _next_day(whole, last, here) or _other_day(whole, here)
    if last.name == "clock.time_in" and (there := _THERE.fullmatch(whole)) and zone_of(there["place"]):
        return _only(understand(f"what time is it in {there['place']}"), "clock.time_in")
    if last.name.startswith(_KINDS) and (one := _ONE_FOR.fullmatch(" ".join(word.said for word in found).lower())):
        return _another(one["what"], last.name.partition(".")[0], understand)
    if last.name == "reminder.set" and (more := _MORE.fullmatch(" ".join(word.said for word in found if word.said))):
        return _reminder_too(more["what"], str(last.values.get("task", "")), understand) or _task_too(
            more["what"], last, understand
        )
    if last.name in _COUNTS and (other := _OTHER.fullmatch(whole)):
        return _only(understand(_OTHER_DAY.sub(f" {other['link'] or 'until'} {other['day']}", last.words)), last.name)
    if last.name in (_UNITS, _MONEY) and (unit := _IN.fullmatch(whole)):
        return _only(understand(f"{_given(last)} in {unit['unit']}"), last.name)
    if last.name == _SUM and isinstance(last.values.get("sum"), Sum):
        return _of_sum(text, whole, last.values["sum"], understand)
    return ()


def _other_day(text: str, here: Here) -> tuple[Command, ...]:
    """ "and tomorrow?"."""
    named = _DAY.fullmatch(text)
    day = KINDS["moment"](named["day"], here.now()) if named else None
    if not isinstance(day, Moment) or not day.has_date or day.has_time:
        return ()
    return (Command("clock.day_of", {"moment": day}, f"what day is {text}"),)


def _another(what: str, kind: str, understand: Understand) -> tuple[Command, ...]:
    """ "and one for the pasta, nine minutes"."""
    sentences = {
        "timer": (f"set a timer for {what}",),
        "alarm": (f"set an alarm for {what}",),
        "reminder": (f"remind me about {what}", f"remind me {what}"),
    }[kind]
    found = (understand(sentence) for sentence in sentences)
    return next((commands for commands in found if commands and all(one.name in _SET for one in commands)), ())


def _reminder_too(what: str, task: str, understand: Understand) -> tuple[Command, ...]:
    """ "and the water tablet at noon", after "take the other tablet": it is to be taken as well."""
    verb, _, rest = task.partition(" ")
    said, first = what.lower().split(), what.split()[0].lower()
    is_like = set(rest.lower().split()) & set(said) - _ARTICLES or (" to " in rest and "to" in said[1:3])
    if first in TASKS or first == "to":
        sentence = f"remind me to {what.removeprefix('to ')}"
    elif verb.lower() in TASKS and is_like:
        sentence = f"remind me to {verb} {what}"
    elif first in _ARTICLES:
        sentence = f"remind me about {what}"
    else:
        return ()
    found = _only(understand(sentence), "reminder.set")
    return found if found and {"moment", "days"} & found[0].values.keys() else ()


def _task_too(what: str, last: Command, understand: Understand) -> tuple[Command, ...]:
    """ "and email the tutor": at the same time."""
    timed = {slot: last.values[slot] for slot in ("moment", "days") if slot in last.values}
    task = what.removeprefix("to ")
    if not timed or task.partition(" ")[0].lower() not in TASKS or len(task.split()) < 2:
        return ()
    if any(not one.name.startswith("outside.") for one in understand(what)):
        return ()
    return (Command("reminder.set", {"task": task, **timed}, what),)


def _given(last: Command) -> str:
    """What was converted, in words."""
    quantity, money = last.values.get("quantity"), last.values.get("money")
    if isinstance(quantity, Quantity):
        return quantity.said
    return money.currency.named(amount(money.amount)) if isinstance(money, Money) else ""


def _of_sum(text: str, whole: str, sum: Sum, understand: Understand) -> tuple[Command, ...]:
    value = worth(sum)
    if (unit := _IN.fullmatch(whole)) and currency(unit["unit"]):
        if not currency(sum.unit):
            raise Impossible(
                f"Of which currency? Say, for example: {digits(round(value, 2))} dollars in {unit['unit']}."
            )
        return _only(understand(f"{amount(value).removeprefix('about ')} {sum.unit} in {unit['unit']}"), _MONEY)
    near = digits(round(value, 4)).replace(",", "")
    with_unit = f"{near} {sum.unit}" if currency(sum.unit) else near
    if order := _ORDERS.fullmatch(text):
        sentence = _VERBS[order["verb"]].format(with_unit)
    elif share := _SHARE.fullmatch(whole):
        sentence = (
            f"{share['share']} of {with_unit}" if share["share"] not in ("twice", "double") else f"twice {with_unit}"
        )
    elif lead := _LEAD.fullmatch(whole):
        sentence = f"{with_unit} {lead['rest']}"
    elif (it := _OF_IT.fullmatch(text)) and len(_IT.findall(text)) == 1:
        sentence = _IT.sub(with_unit, it["rest"])
    elif added := _ADD.fullmatch(text):
        sentence = f"{with_unit} {'plus' if text.removeprefix('and ').startswith('add') else 'minus'} {added['value']}"
    else:
        return ()
    return tuple(_exactly(command, near, value) for command in _only(understand(f"what is {sentence}"), _SUM))


def _only(found: tuple[Command, ...], name: str) -> tuple[Command, ...]:
    return found if [command.name for command in found] == [name] else ()


def _exactly(command: Command, near: str, value: Decimal) -> Command:
    """With the result itself, where it was said less exactly: a third of 100 times 3 is 100."""
    sum = command.values["sum"]
    numbers = tuple(value if number == Decimal(near.replace("minus ", "-")) else number for number in sum.numbers)
    return replace(command, values={**command.values, "sum": replace(sum, numbers=numbers)})


def _next_day(text: str, last: Command, here: Here) -> tuple[Command, ...]:
    found = _DAYS.fullmatch(text)
    if not found or not (found["what"] or found["where"] in ("after", "before")):
        return ()
    moment = last.values.get("moment")
    at = moment.at if isinstance(moment, Moment) else here.now()
    step = (7 if found["what"] == "week" else 1) * (-1 if found["where"] in ("before", "earlier") else 1)
    day = Moment(at + timedelta(days=step), has_date=True, has_time=False)
    return (Command("clock.day_of", {"moment": day}, "what day is that"),)
