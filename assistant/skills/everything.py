"""Several things at once: "cancel everything", "cancel all timers but the first", "clear the list except the milk".

All of it can be taken back with the words right after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.skills import Action, Command, Here, Impossible, command
from assistant.skills.asking.asking_back import Missing
from assistant.skills.stored import list_files
from assistant.skills.stored.entries import Entry, Kind
from assistant.skills.stored.list_files import ListFile
from assistant.skills.time.meant import called, meant
from assistant.skills.values.list_words import SHOPPING, TO_DO, items, list_name
from assistant.skills.values.spoken_numbers import ordinal
from assistant.skills.values.time_replies import cancelled, counted, listed

_KINDS: tuple[Kind, ...] = ("timer", "alarm", "reminder")
_CANCEL = (
    "(cancel|stop|delete|remove|clear|drop|scrap|kill|end|turn off|switch off|get rid of|forget|take off|wipe|erase)"
)
_BUT = "(except|except for|but|apart from|other than|but not|excluding|bar|save for)"
_THE = "[the|my|our]"

COMMANDS = (
    command(
        "everything.cancel",
        "drop all timers, alarms and reminders",
        "(cancel|delete|clear) (everything|all of it|it all|the lot|all of them)",
        "(cancel|delete|remove|drop|clear|turn off|switch off|scrap|get rid of) (everything|all) (that is|that's|i have"
        "|i've|you have|we have) [(set|running|on|going|got)] [(set|running|on|going)]",
        "(cancel|delete|clear|drop|scrap|get rid of) everything you (have|have got|are doing|set)",
        destructive=True,
    ),
    command(
        "everything.stop",
        "silence what rings, or ask whether all timers, alarms and reminders are to be dropped",
        "(stop|end|kill|turn off|switch off|quit) (everything|all of it|it all|the lot)",
    ),
    command(
        "everything.but",
        "drop all timers, alarms, reminders or things on a list but those that are named",
        f"{_CANCEL} (all|every|everything|each|them all|all of them|all the others|the rest) [of] {_THE} "
        f"[(timers|alarms|reminders|timer|alarm|reminder)] {_BUT} {{kept}}",
        f"{_CANCEL} {_THE} (timers|alarms|reminders) {_BUT} {{kept}}",
        f"{_CANCEL} (all|everything|every thing|all the things|all things) (on|from|off) (the|my|our) [{{list}}] list "
        f"{_BUT} {{kept}}",
        f"(clear|empty|wipe) (the|my|our) [{{list}}] list {_BUT} [for] {{kept}}",
        f"take (all|everything) off (the|my|our) [{{list}}] list {_BUT} {{kept}}",
        f"(take|remove|cross) (all|everything|them all|all of them) off {_BUT} {{kept}}",
        f"{_CANCEL} (all|everything) {_BUT} {{kept}} (off|from) (the|my|our) [{{list}}] list",
        destructive=True,
    ),
)

_AGAIN = 'Say "undo that" if I should set it again.'
_SMALL = re.compile(r"^(?:(?:for|the|my|our|a|an|that)\s)+|\s(?:one|ones|timers?|alarms?|reminders?)$")


def run(asked: Command, here: Here) -> Action | None:
    there = here.timekeeper.entries()
    if asked.name == "everything.but":
        return _all_but(asked, here)
    if asked.name == "everything.stop":
        if here.timekeeper.ringing() or not there:
            return _silenced(here)
        return Action(do=lambda: _cancelled(there, here), ask=f"Shall I cancel {listed(_told(there))}?")
    if not there:
        raise Impossible("Nothing is set: no timer, no alarm and no reminder.")
    said = cancelled(_told(there))

    async def do() -> None:
        here.timekeeper.cancel(*here.timekeeper.entries())

    again = _AGAIN if len(there) == 1 else _AGAIN.replace("set it", "set them")
    return Action(f"{said} {again}" if here.lasts else said, do)


def _silenced(here: Here) -> Action:
    async def do() -> str:
        here.controls.stop()
        return ""

    return Action("", do, keep_history=False)


async def _cancelled(entries: Sequence[Entry], here: Here) -> str:
    here.timekeeper.cancel(*entries)
    return cancelled(_told(entries))


def _told(entries: Sequence[Entry]) -> list[str]:
    """ "the timer", "2 alarms", "the reminder"."""
    count = {kind: sum(entry.kind == kind for entry in entries) for kind in _KINDS}
    return [f"the {kind}" if many == 1 else counted(many, kind) for kind, many in count.items() if many]


def _all_but(asked: Command, here: Here) -> Action | None:
    kept, words = str(asked.values["kept"]).lower(), asked.words.lower()
    named = next((kind for kind in _KINDS if re.search(rf"\b{kind}s?\b", words)), None)
    if named is None and ("list" in asked.values or re.search(r"\blist\b", words)):
        return _rest_of_list(kept, list_name(str(asked.values.get("list", "")) or SHOPPING), here)
    if named is None and (name := _list_of(kept, here)) and not _called_so(kept, here):
        return _rest_of_list(kept, name, here)
    kinds = [named] if named else [kind for kind in _KINDS if here.timekeeper.entries(kind)]
    if len(kinds) > 1:
        kinds = [kind for kind in kinds if _chosen(kept, kind, here)]
    if len(kinds) != 1:
        return None
    there, keeps = here.timekeeper.entries(kinds[0]), _chosen(kept, kinds[0], here)
    if not there:
        raise Impossible(f"There is no {kinds[0]}.")
    if not keeps:
        raise Impossible(f"There is no such {kinds[0]}; I leave them all.")
    going = [entry for entry in there if entry not in keeps]
    if not going:
        return Action(f"There is no other {kinds[0]}.")
    names = [called(entry, here) for entry in going]

    async def do() -> None:
        here.timekeeper.cancel(*going)

    return Action(cancelled(names), do)


def _called_so(kept: str, here: Here) -> bool:
    return any(_chosen(kept, kind, here) for kind in _KINDS if here.timekeeper.entries(kind))


def _chosen(kept: str, kind: Kind, here: Here) -> list[Entry]:
    """Those that are named: "the first", "the pasta one", "the ten minute timer and the tea"."""
    there, found = here.timekeeper.entries(kind), []
    for part in re.split(r",|\band\b", kept):
        name = _plain(part)
        place = len(there) if name == "last" else ordinal(name)
        if place is not None:
            found += there[int(place) - 1 : int(place)]
            continue
        try:
            found += meant(Command("", {"name": name}, kind), here, kind) if name else []
        except Impossible:
            return []
    return found


def _plain(part: str) -> str:
    name = part.strip()
    while (shorter := _SMALL.sub("", name)) != name:
        name = shorter
    return name


def _list_of(kept: str, here: Here) -> str:
    """The list that has what is to be kept; empty = none."""
    folder = here.folder / "lists"
    names = dict.fromkeys((SHOPPING, TO_DO, *list_files.names(folder)))
    is_place = ordinal(_plain(kept)) is not None or _plain(kept) == "last"
    if is_place and not here.timekeeper.entries():
        return next((name for name in names if ListFile(folder, name).open_items()), "")
    return next((name for name in names if any(ListFile(folder, name).find(thing) for thing in items(kept))), "")


def _rest_of_list(kept: str, name: str, here: Here) -> Action:
    file = ListFile(here.folder / "lists", name)
    there = file.open_items()
    place = len(there) if _plain(kept) == "last" else ordinal(_plain(kept))
    stays = (
        there[int(place) - 1 : int(place)]
        if place is not None
        else [found for thing in items(kept) for found in file.find(thing)]
    )
    if not stays:
        again = Missing((f"clear the {name} list except {{}}",), frozenset({"everything.but"}))
        raise Impossible(f"There is no {kept} on your {name} list. What shall I leave on it?", again)
    going = [item for item in there if item not in stays]
    if not going:
        return Action(f"There is nothing else on your {name} list.")

    async def do() -> None:
        now = ListFile(here.folder / "lists", name)
        for item in going:
            now.remove(item)
        now.save()

    return Action(f"I took {listed(going)} off your {name} list.", do)
