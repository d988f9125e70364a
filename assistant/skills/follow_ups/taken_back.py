"""Words right after a command that correct it, or take it back: "no, fifteen", "I meant bread", "undo that".

A value takes the place of the one of its kind. Any other correction takes the command back and does it anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.errors import AssistantError
from assistant.skills import Action, Before, Command, Here, Impossible, command
from assistant.skills.asking import asking_back
from assistant.skills.asking.asking_back import Missing, Understood
from assistant.skills.follow_ups import references
from assistant.skills.values.list_words import SHOPPING, TASKS, items, list_name, stem, wares
from assistant.skills.words import corrections, wording
from assistant.skills.words.wording import Word

UNDO, ASK = "taken_back.undo", "taken_back.ask"
COMMANDS = (
    command(UNDO, "take back what was done last", "undo [(that|it|this|the last (thing|one|command))]"),
    command(ASK, "ask what is to be changed of what was done last"),
)

_KEPT = ("timer", "alarm", "reminder", "list")
_BY = frozenset(("timer.add", "timer.take"))
_VERBS = frozenset("set start make put add remind wake create cancel take remove give move change push".split())
_MEANT = re.compile(r"\b(?:mean|meant|said|should)\b")
_LONGEST_LIST = 4
_LONGEST_THING = 2
"""Words that name a thing where nothing says that one is meant."""
_TASK = Missing((), frozenset(), tasks=True)
_LONGEST_TASK = 3
"""Words of one that nothing introduces; longer ones may be talk."""
_LEAST_COMMAND = 3
"""Words; fewer may be misheard as a command."""
_SET_TO = frozenset(
    "timer.set timer.set_minutes timer.change timer.restart alarm.set alarm.set_hour alarm.set_after alarm.change "
    "reminder.set reminder.set_after reminder.change".split()
)
"""Commands that give a thing its time."""
_OPENING = re.compile(
    r"(?:(?:oh|well|er|um) )*(?P<sure>(?:(?:no|nope|sorry|oops|wait|actually|rather|i am sorry) )*"
    r"(?:(?:i|we) (?:mean|meant|said) |(?:that|it) should (?:be|have been) |rather )?)(?P<rest>.*)"
)
_UNDO = re.compile(
    r"(?:(?:oh|no|nope|sorry|wait|hang on|hold on|oops|please|actually|can you|could you) )*"
    r"(?:undo(?: (?:that|it|this|the last (?:thing|one|command)))?"
    r"|(?:i )?take (?:that|it) back|put (?:it|them|that|those|everything|all of (?:it|them)) back(?: on| again)*"
    r"|(?<=actually )no|(?<=no )actually(?: not)?)(?: please)?"
)
_WRONG = re.compile(
    r"(?:(?:oh|no|nope|sorry) )*"
    r"(?:that is (?:wrong|not right|not what i (?:said|meant|wanted))|not that(?: one)?|wrong"
    r"|you (?:set|did|changed|cancelled|canceled|added) the wrong (?:one|thing)"
    r"|i did not mean (?:that|it|to do that)|that is not what i asked(?: for| you)?)"
)
_LEAD = r"(?:(?:oh|no|nope|sorry|wait|hang on|hold on|oops|please|actually) )*"
_NOT_MEANT = re.compile(rf"{_LEAD}(?:i|we) did not mean (?:that|it|to do that|to)")
_DO_NOT = re.compile(
    rf"{_LEAD}(?:do not|never) (?:cancel|delete|remove|clear|stop|drop) (?:it|that|them|those)(?: yet)?"
)
_TAKES = re.compile(r"\.(?:cancel|cancel_all|remove|clear|delete|but)$")
_TAKE_BACK = re.compile(
    rf"{_LEAD}(?:yes|yeah|yep|yes please|undo|(?:(?:yes|yes please) )?"
    r"(?:(?:take|put) (?:it|that|them) back|(?:undo|cancel|delete|remove|forget|drop|scrap) (?:it|that|them)))"
    r"(?: please)?"
)
_SWAPPED = re.compile(
    r"(?:(?:oh|no|sorry|wait|actually),? )*(?:(?:make|change) (?:that|it)(?: to)? |i meant? |put )?"
    r"(?P<new>[\w' ]{1,40}?),? (?:instead of|rather than|not) (?:the )?(?P<old>[\w' ]{1,40})",
    re.IGNORECASE,
)
_INSTEAD_OF = re.compile(r"\bnot (?:the |any )?([^,]+)", re.IGNORECASE)
_NO_THING = frozenset(
    "fine good great cool nice perfect problem problems worries way idea right correct exactly need more nothing never "
    "forget lovely brilliant wonderful not anything everything just only course sure true really kidding".split()
)
"""What is said after "no" and names nothing."""


def run(asked: Command, here: Here) -> Action | None:
    if asked.name == ASK:
        return Action("Shall I take it back, or what shall I change?")
    undo = asked.values.get("undo")
    if undo is None:
        raise Impossible("I cannot take that back." if asked.values.get("done") else "There is nothing to take back.")

    async def do() -> str:
        return str(await undo())

    return Action("I took that back.", do)


def of_last(words: str, before: Before, understand: Understood, here: Here) -> tuple[Command, ...]:
    """What ``words`` change of what was done just before; none = they are about something else. Raises Impossible."""
    done = [one for one in before.done if one.name != UNDO]
    found = wording.words(words)
    plain = " ".join(word.plain for word in found)
    if len(done) == 1 and done[0].name == ASK and _TAKE_BACK.fullmatch(plain):
        return (Command(UNDO, {"undo": done[0].values["before"].undo, "done": True}, words),)
    if len(done) == 1 and done[0].name == ASK:
        return _corrected(f"I meant {words}", words, done[0].values["before"], understand, here)
    if not before.undo and _NOT_MEANT.fullmatch(plain):
        return (Command(UNDO, {"undo": None, "done": False}, words),)
    if len(done) == 1 and before.undo and _DO_NOT.fullmatch(plain) and _TAKES.search(done[0].name):
        return (Command(UNDO, {"undo": before.undo, "done": True}, words),)
    if _UNDO.fullmatch(plain):
        if before.undo or "undo" in plain or (done and "take" in plain):
            return (Command(UNDO, {"undo": before.undo, "done": bool(done)}, words),)
        return ()
    if len(done) != 1 or done[0].name.partition(".")[0] not in _KEPT or not before.undo:
        return ()
    if _WRONG.fullmatch(plain):
        return (Command(ASK, {"before": before}, words),)
    swapped = _SWAPPED.fullmatch(words.strip(" .!")) if done[0].name == "list.add" else None
    if swapped and (instead := _other_items(done[0], f"not {swapped['old']}", swapped["new"], understand)):
        return _anew(instead, before, words)
    rest = _rest(found)
    if rest and "?" not in words:
        return _corrected(words, wording.said(rest, commas=True), before, understand, here)
    return ()


def _rest(found: Sequence[Word]) -> list[Word]:
    """What is meant instead: "eight" of "no, eight", "not seven, eight" and "eight, not seven"."""
    plain = [word.plain for word in found]
    comma = next((at for at, word in enumerate(found[:-1]) if word.comma and plain[at] not in ("no", "sorry")), None)
    if comma is not None and "not" in plain[:comma] and plain.index("not") <= 1:
        return list(found[comma + 1 :])
    if comma is not None and plain[comma + 1] == "not":
        return list(found[: comma + 1])
    opening = _OPENING.fullmatch(" ".join(plain))
    if not opening or not opening["sure"]:
        return []
    return list(found[len(found) - len(opening["rest"].split()) :]) if opening["rest"] else []


def _corrected(words: str, rest: str, before: Before, understand: Understood, here: Here) -> tuple[Command, ...]:
    (last,) = [one for one in before.done if one.name != UNDO]
    again = _or_none(understand, rest)
    if last.name == "reminder.set" and last.values.get("task") and (task := _other_task(last, rest)):
        return _anew((replace(last, values={**last.values, "task": task}),), before, words)
    is_same = [one.name for one in again] == [last.name]
    if last.name in _BY:
        return _by_other(last, again or corrections.instead(last.words, rest, understand, here.now()), words)
    if again and not (is_same and len(rest.split()) < _LEAST_COMMAND):
        return _anew(again, before, words) if is_same and rest.split()[0].lower() in _VERBS else ()
    if last.name == "list.add" and wares(rest.lower()) is None and not _MEANT.search(words.lower()):
        return _asked(words, rest, before)
    if last.name in _SET_TO and (of_it := references.of_it(f"make it {rest}", (last,), understand, here)):
        return of_it
    if instead := _instead(last, words, rest, understand, here):
        return _anew(instead, before, words)
    return _asked(words, rest, before)


def _asked(words: str, rest: str, before: Before) -> tuple[Command, ...]:
    """The question what is wrong, where the words name a thing, and no more."""
    is_short = len(rest.split()) <= _LONGEST_THING or _MEANT.search(words.lower())
    return (Command(ASK, {"before": before}, words),) if is_short and _is_thing(rest) else ()


def _by_other(last: Command, found: tuple[Command, ...], words: str) -> tuple[Command, ...]:
    """So much more, or less, that it is as much as was meant."""
    was = last.values.get("duration")
    now = found[0].values.get("duration") if len(found) == 1 and found[0].name == last.name else None
    if not was or not now or was == now:
        return ()
    name = last.name if now > was else next(iter(_BY - {last.name}))
    return (Command(name, {**last.values, "duration": abs(now - was)}, f"{words} more timer"),)


def _anew(found: tuple[Command, ...], before: Before, words: str) -> tuple[Command, ...]:
    return (Command(UNDO, {"undo": before.undo}, words), *found)


def _instead(last: Command, words: str, rest: str, understand: Understood, here: Here) -> tuple[Command, ...]:
    """The command as it was meant."""
    if rest.lower().split()[-1] == "list" and len(rest.split()) <= _LONGEST_LIST:
        return corrections.instead(last.words, rest, understand, here.now())
    if not _is_thing(rest):
        return ()
    if last.name == "list.add":
        return _other_items(last, words, rest, understand)
    if last.name in ("timer.set", "alarm.set") and last.values.get("name"):
        return (replace(last, values={**last.values, "name": rest.lower()}),)
    return ()


def _other_items(last: Command, words: str, rest: str, understand: Understood) -> tuple[Command, ...]:
    name = list_name(str(last.values.get("list", "")) or SHOPPING)
    known = last.values.get("wares")
    were = list(known) if isinstance(known, tuple) else items(str(last.values.get("items", "")), name)
    named = _INSTEAD_OF.search(words)
    like = [thing for thing in were if named and stem(thing) & stem(named[1])]
    like = like or [thing for thing in were if stem(thing) & stem(rest)] or were
    if len(like) != 1:
        return ()
    things = [rest if thing == like[0] else thing for thing in were]
    return _or_none(understand, f"put {', '.join(things)} on the {name} list")


def _other_task(last: Command, rest: str) -> str:
    """ "call Anna" with "Julia" is "call Julia", with "buy stamps" it is that; empty = it is neither."""
    said, other = str(last.values["task"]).split(), rest.split()
    if _is_task(rest):
        return rest
    named = [at for at, word in enumerate(said) if at and word[:1].isupper()]
    if not named or not _is_thing(rest) or len(other) > 2 or not all(word[:1].isupper() for word in other):
        return ""
    return " ".join([*said[: named[-1]], *other, *said[named[-1] + 1 :]])


def _is_thing(rest: str) -> bool:
    plain = {word.plain for word in wording.words(rest)}
    return plain.isdisjoint(_NO_THING) and asking_back.may_be(rest, Missing((), frozenset()))


def _is_task(rest: str) -> bool:
    said = rest.split()
    return len(said) <= _LONGEST_TASK and said[0].lower() in TASKS and asking_back.may_be(rest, _TASK)


def _or_none(understand: Understood, words: str) -> tuple[Command, ...]:
    try:
        return understand(words)
    except (Impossible, AssistantError):
        return ()
