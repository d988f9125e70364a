"""Lists: shopping, to-do, and any other by its name: "put milk, eggs and bread on the shopping list"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import AssistantError
from assistant.skills import Action, Command, Here, Impossible
from assistant.skills.asking.asking_back import Missing, Which
from assistant.skills.lists.list_sentences import COMMANDS
from assistant.skills.stored import list_files
from assistant.skills.stored.list_files import ListFile
from assistant.skills.values.list_words import ORDERED, SHOPPING, TO_DO, as_said, is_pronoun, items, list_name, stem

__all__ = ["COMMANDS", "run"]

_IF_THERE = re.compile(r"\b(?:done|finished) with\b|\btake away\b")
_MOST_READ = 25  # items
_TASKS = re.compile(r"\b(?:to[- ]?do|tasks?|chores?|errands)\b")

_WITH_A_GAP = {
    "list.add": "put {{}} on the {0}",
    "list.remove": "take {{}} off the {0}",
    "list.tick": "tick {{}} off the {0}",
    "list.has": "is {{}} on the {0}",
}


@dataclass(frozen=True)
class _Asked:
    file: ListFile
    things: list[str]
    """What is put on it, or looked for; empty = nothing was named."""
    command: Command


def run(asked: Command, here: Here) -> Action | None:
    try:
        return _action(asked, here.folder / "lists")
    except AssistantError as error:
        raise Impossible(f"{_capital(str(error))}.") from None


def _action(asked: Command, folder: Path) -> Action | None:
    if asked.name == "list.names":
        return Action(_names(list_files.names(folder)))
    named = asked.values.get("list") or (TO_DO if _TASKS.search(asked.words.lower()) else "")
    wares = asked.values.get("wares")
    text = as_said(str(asked.values.get("items", "")), asked.words)
    name = list_name(str(named or SHOPPING))
    chosen = asked.values.get("things")
    known = chosen or wares
    things = list(known) if isinstance(known, tuple) else items(text, name, asked.language)
    if unclear := next((thing for thing in things if is_pronoun(thing)), ""):
        raise Impossible(f"What do you mean by {unclear}?", _missing(asked.name, name))
    if _IF_THERE.search(asked.words.lower()) and not any(
        ListFile(folder, name).find(thing) for name in _all_names(folder) for thing in things
    ):
        return None  # "I am done with the world", "take away the rice"
    if not named and asked.name in ("list.has", "list.remove", "list.tick"):
        name = _where(things, folder)

    def opened() -> _Asked:
        return _Asked(ListFile(folder, name), things, asked)

    match asked.name:
        case "list.read":
            return Action(_read(opened().file))
        case "list.count":
            return Action(_count(opened().file))
        case "list.last":
            return Action(_last(opened().file))
        case "list.has":
            return Action(_has(opened()))
        case "list.what":
            return Action(f"What shall I put on {_your(opened().file)}?", asks_back=_missing("list.add", name))
        case "list.called":
            names = Missing(("make a {} list", "make a list called {}"), frozenset({"list.create"}))
            return Action("What shall I call it?", asks_back=names)
        case "list.add" if ORDERED.search(asked.words.lower()):
            return None
        case "list.add":
            return _change(opened, _add)
        case "list.remove":
            return _change(opened, _remove)
        case "list.tick":
            if isinstance(wares, tuple) and not any(opened().file.find(thing) for thing in things):
                return None  # told, and no list knows of it
            return _change(opened, _tick)
        case "list.clear":
            return _change(opened, _clear)
        case "list.create":
            return _change(opened, _create)
        case "list.delete":
            return _delete(opened().file)
    return None


def _missing(command: str, name: str) -> Missing:
    """What the command is for, on the list of that name."""
    sentence = _WITH_A_GAP[command].format(f"{name} list".strip())
    return Missing((sentence,), frozenset({command}), ("wares",) if name == SHOPPING else (), tasks=name == TO_DO)


def _all_names(folder: Path) -> list[str]:
    return [SHOPPING, TO_DO, *list_files.names(folder)]


def _where(things: Sequence[str], folder: Path) -> str:
    """The list that has one of them, where none was named."""
    names = _all_names(folder)
    return next((name for name in names if any(ListFile(folder, name).find(thing) for thing in things)), SHOPPING)


def _change(opened: Callable[[], _Asked], change: Callable[[_Asked], str]) -> Action:
    """What will be said is known before; it is done, and read anew, when it is sure."""
    expected = change(opened())

    async def do() -> str | None:
        asked = opened()
        said = change(asked)
        asked.file.save()
        return said if said != expected else None

    return Action(expected, do)


def _add(asked: _Asked) -> str:
    if not asked.things:
        text = f"What shall I put on {_your(asked.file)}?"
        raise Impossible(text, _missing(asked.command.name, asked.file.name))
    new = [thing for thing in asked.things if asked.file.add(thing)]
    known = [thing for thing in asked.things if thing not in new]
    said = [f"I put {row(new)} on {_your(asked.file)}."] if new else []
    if known:
        there = "there" if new else f"on {_your(asked.file)}"
        said.append(f"{_capital(row(known))} {_be(known, 'was' if new else 'is')} {there} already.")
    return " ".join(said)


def _remove(asked: _Asked) -> str:
    return _each(asked, asked.file.remove, "I took {0} off {1}.")


def _tick(asked: _Asked) -> str:
    return _each(asked, asked.file.tick, "{0} on {1} {2} ticked off.")


def _each(asked: _Asked, change: Callable[[str], None], sentence: str) -> str:
    if not asked.things:
        text = f"Which thing on {_your(asked.file)} do you mean?"
        raise Impossible(text, _missing(asked.command.name, asked.file.name))
    found: list[str] = []
    missing: list[str] = []
    for place, thing in enumerate(asked.things):
        several = asked.file.find(thing)
        if len(several) > 1:
            text = f"On {_your(asked.file)} are {row(several)}. Which one do you mean?"
            raise Impossible(text, _which(asked, place, several))
        (found if several else missing).append(several[0] if several else thing)
    for text in found:
        change(text)
    said = [_capital(sentence.format(row(found), _your(asked.file), _be(found, "is")))] if found else []
    if missing:
        said.append(f"There {_be(missing, 'is')} no {row(missing, 'or')} on {_your(asked.file)}.")
    return " ".join(said)


def _which(asked: _Asked, place: int, several: Sequence[str]) -> Which:
    """Of ``several`` that the thing at that place may be."""

    def chosen(text: str) -> Command:
        things = (*asked.things[:place], text, *asked.things[place + 1 :])
        return replace(asked.command, values={**asked.command.values, "things": things, "list": asked.file.name})

    def find(words: str) -> list[int]:
        return [at for at, text in enumerate(several) if stem(words) and stem(words) <= stem(text)]

    return Which(tuple(map(chosen, several)), find)


def _clear(asked: _Asked) -> str:
    count = len(asked.file.open_items())
    asked.file.clear()
    if not count:
        return f"{_capital(_your(asked.file))} is empty already."
    return f"{_capital(_your(asked.file))} is empty now; {_things(count)} {'was' if count == 1 else 'were'} on it."


def _create(asked: _Asked) -> str:
    if asked.file.is_there:
        return f"There is a {asked.file.name} list already, with {_things(len(asked.file.open_items()))} on it."
    return f"I made a {asked.file.name} list. It is empty."


def _delete(one: ListFile) -> Action:
    if not one.is_there:
        raise Impossible(f"There is no {one.name} list.")

    async def do() -> str | None:
        one.delete()
        return None

    return Action(f"I deleted {_your(one)}, with {_things(len(one.open_items()))} on it.", do)


def _read(one: ListFile) -> str:
    things = one.open_items()
    if not things:
        return f"{_capital(_your(one))} is empty." if one.is_there else f"There is nothing on {_your(one)}."
    more = len(things) - _MOST_READ
    shown = [*things[:_MOST_READ], f"{more} more"] if more > 0 else things
    return f"On {_your(one)} {_be(shown, 'is')} {row(shown)}."


def _last(one: ListFile) -> str:
    things = one.open_items()
    return f"The last thing on {_your(one)} is {things[-1]}." if things else f"There is nothing on {_your(one)}."


def _count(one: ListFile) -> str:
    count = len(one.open_items())
    return f"There {'are' if count > 1 else 'is'} {_things(count)} on {_your(one)}."


def _has(asked: _Asked) -> str:
    said = []
    for thing in asked.things:
        if found := asked.file.find(thing):
            said.append(f"Yes, {row(found)} {_be(found, 'is')} on {_your(asked.file)}.")
        elif asked.file.is_done(thing):
            said.append(f"No, {thing} on {_your(asked.file)} {_be([thing], 'is')} ticked off.")
        else:
            said.append(f"No, there {_be([thing], 'is')} no {thing} on {_your(asked.file)}.")
    return " ".join(said)


def _names(names: Sequence[str]) -> str:
    if not names:
        return "You have no lists yet."
    return f"You have one list: {names[0]}." if len(names) == 1 else f"You have {len(names)} lists: {row(names)}."


def row(things: Sequence[str], last: str = "and") -> str:
    """``milk, eggs and bread``."""
    return f" {last} ".join(filter(None, (", ".join(things[:-1]), things[-1])))


def _be(things: Sequence[str], verb: str) -> str:
    many = len(things) > 1 or re.search(r"[^s]s$", things[0])
    return {"is": "are", "was": "were"}[verb] if many else verb


def _things(count: int) -> str:
    return "nothing" if count == 0 else "1 thing" if count == 1 else f"{count} things"


def _your(one: ListFile) -> str:
    return f"your {one.name} list" if one.name else "your list"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
