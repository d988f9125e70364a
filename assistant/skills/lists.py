"""Lists: shopping, to-do, and any other by its name: "put milk, eggs and bread on the shopping list"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import AssistantError
from assistant.skills import Action, Command, Here, Impossible, command, list_files
from assistant.skills.asking_back import Missing, Which
from assistant.skills.list_files import ListFile
from assistant.skills.list_words import ORDERED, SHOPPING, TO_DO, as_said, is_pronoun, items, list_name, stem

_MOST_READ = 25  # items
_TASKS = re.compile(r"\b(?:to[- ]?do|tasks?|chores?|errands)\b")

_LIST = "([(my|the|our|a|that|this)] {list} list|[(my|the|our|a|that|this)] list)"
_ADD = "(add|put|stick|pop|chuck|write|note|jot|get|whack|throw|place|set|list|include|bung|enter|append)"
_ON = "(on|to|onto|on to|in|into|down on|up on|down in)"
_OFF = "(off|from|out of|off of|off from)"
_SOFT = "[(please|can you|could you|would you|will you|i want to|i need to|i'd like to|let's|also|just)] [please]"
_END = "[(please|would you|will you|for me|could you|too|as well|also|again|thanks|thank you)]"
_PLAIN = "(shopping list|grocery list|to do list|to-do list)"
_OUT_OF = "(out of|low on|running low on|running out of|run out of|short of|short on|ran out of|got no)"

COMMANDS = (
    command(
        "list.add",
        "Puts things on the shopping list, the to-do list or any other list.",
        f"{_SOFT} {_ADD} {{items}} {_ON} {_LIST} {_END}",
        f"{_SOFT} {_ADD} {_ON} {_LIST} {{items}}",
        f"(i want|i need|i'd like|we need|i would like) {{items}} (on|added to|put on) {_LIST} {_END}",
        f"{{items}} (goes|should go|has to go|needs to go|needs to be|must go|belongs) {_ON} {_LIST} {_END}",
        "(new|another) (item|entry|thing) (on|for) (my|the|our) {list} list {items}",
        "(add|put) {wares} (shopping list|grocery list)",
        f"{{wares}} (on|onto) {_LIST} please",
        f"{_PLAIN} (add|put on|put) {{items}}",
        "(new|another) (task|to do|chore|errand) {items}",
        f"{_SOFT} {_ADD} {{wares}} (on|to) (my|the|our) shopping {_END}",
        f"{_SOFT} {_ADD} {{wares}} [down] (on there|for the shop|for shopping) {_END}",
        "[make a] note [that] (we|i) need {wares}",
        f"{_SOFT} (add|put|note|write) (a|another|the) (task|todo|to do|chore|errand) [to] {{items}}",
        f"{_SOFT} (remember to|don't forget to|remind us to) (buy|get|pick up) {{wares}} {_END}",
        f"(we|i) (need|have|ought|should|must|have got|want) [to] (buy|get|pick up|order|stock up on) {{wares}} {_END}",
        f"we (need|want|could do with|could use|should have|have no|have got no) {{wares}} {_END}",
        "(we're|we are|i'm|i am|we|i|we've|we have|i've) [(nearly|almost|just|about|all)] "
        f"{_OUT_OF} {{wares}} [(again|now)]",
        "(we're|we are|i'm|i am|we've|we have|i've) [(nearly|almost|just|about|all)] "
        f"{_OUT_OF} {{wares}} [and] [please] (put|add|pop|stick) (it|them|some|that) on {_LIST}",
        "(there's|there is|there are) (no|hardly any|no more|almost no) {wares} (left|in the house|in the fridge)",
        "(we don't have|we haven't got|there isn't|there aren't) any {wares} [left]",
        "(the|our) {wares} (is|are) (gone|finished|empty|all gone|nearly gone|used up|running low|running out)",
        f"{_SOFT} (buy|order|pick up) {{wares}} {_END}",
        "(don't let me forget|don't forget|remember) [the] {wares}",
        "add {wares} [please]",
    ),
    command(
        "list.what",
        "Asks what is to be put on a list.",
        f"{_SOFT} (add|put|write) {_ON} {_LIST}",
        f"{_SOFT} (add|put|write) (something|things|some things|a thing|an item|another thing|another item) {_ON} "
        f"{_LIST} {_END}",
    ),
    command(
        "list.called",
        "Asks how a new list is to be called.",
        f"{_SOFT} (make|create|start|begin) [(me|us)] (a|another|a new) list {_END}",
    ),
    command(
        "list.read",
        "Says what is on a list.",
        "(what's|whats|what is|what are|what do i have|what have i got|what do we have|what have we got|what stands) "
        f"[(left|still|written|all|else)] (on|in) {_LIST} [(now|today|so far|at the moment|please|for today)]",
        f"{_SOFT} (read|show|tell|give|list|say) [(me|us)] [(out|back)] [(what's on|what is on)] {_LIST} "
        "[(to me|aloud|out loud|please|out|back|for me|again)]",
        f"(let me hear|let's hear|i want to hear|i'd like to hear|go through|run me through) {_LIST} [please]",
        "(my|the|our) {list} list [please]",
        "what (do|should|must) (we|i) [still] (need|have|want) to (buy|get) [(today|at the shop|from the shop)]",
        "what (do|should|must) (we|i) [still] (need|get|buy) (from|at) the (shop|shops|store|supermarket)",
        "what (do|should) i [still] (have|need) to do [today]",
        "(what's|what is) (left|still) to (do|buy)",
        f"what (things|items|tasks|chores|errands) (are|do i have|have i got) (on|in) {_LIST}",
        f"what did (i|we) (put|write) on {_LIST}",
        f"[(is|was) there] anything [(left|else)] on {_LIST}",
        f"do (i|we) have anything [left] on {_LIST}",
    ),
    command(
        "list.has",
        "Says whether something is on a list.",
        f"(is|are) there [(any|some|a|an|already|still)] {{items}} on {_LIST} [(already|yet|now|please)]",
        f"(is|are) [(the|my)] {{items}} [(already|still)] on {_LIST} [(already|yet|now)]",
        "(do|did|have|has) (i|we|you) [(already|ever)] (have|put|add|got|added|written|write|include) "
        f"[(any|the|some)] {{items}} [(down|already)] (on|to) {_LIST} [(already|yet)]",
        f"(check|see|look) (if|whether) [(the|there's|there is)] {{items}} is on {_LIST}",
        f"does {_LIST} (have|include|contain) {{items}}",
        "(is|are) {wares} on (there|it) [(already|yet)]",
    ),
    command(
        "list.count",
        "Says how many things are on a list.",
        "how many (things|items|tasks|entries|chores|points) (are|are there|do i have|have i got|do we have) "
        f"[left] (on|in) {_LIST}",
        "how (long|full|big) is (my|the|our) {list} list [(now|by now)]",
        "(is|are) (my|the|our) {list} list (empty|long|finished|done)",
    ),
    command(
        "list.last",
        "Says what was put on a list last.",
        f"what (was|is) the last (thing|item) [(i|we)] [(put|added|wrote)] [down] (on|to|in) {_LIST}",
        f"what did (i|we) (last put|put last|add last|last add) (on|to) {_LIST}",
    ),
    command(
        "list.remove",
        "Takes things off a list.",
        f"{_SOFT} (take|remove|delete|scratch|strike|drop|get|cut|erase|wipe) {{items}} {_OFF} {_LIST} {_END}",
        f"{_SOFT} (take|remove|delete|scratch|strike|drop) {{wares}} (off|again|off again) {_END}",
        f"(i|we) (don't|do not) (need|want) {{items}} on {_LIST} [(any more|anymore|after all)]",
        "(i|we) (don't|do not|no longer) need [any] [more] [the] {wares} [(any more|anymore|after all)]",
        f"{{items}} can (come|go) off {_LIST}",
        f"{_SOFT} (forget|skip|lose) {{items}} on {_LIST} {_END}",
    ),
    command(
        "list.tick",
        "Ticks things off a list, as done or bought.",
        f"{_SOFT} (tick|check|cross|mark) [off] {{items}} [off] (on|from|off) {_LIST} {_END}",
        f"{_SOFT} tick off {{items}} {_END}",
        f"{_SOFT} (check|cross) off {{wares}} {_END}",
        f"{_SOFT} (tick|cross) {{items}} off {_END}",
        f"{_SOFT} mark {{items}} as (done|bought|finished|complete|completed) {_END}",
        "(i|we) [(have|just|already|have just|have already)] (got|bought|picked up) {wares} [now]",
        "(i've|we've) [(just|already)] (got|bought|picked up) {wares} [now]",
        "got {wares}",
        "{wares} (is|are) (bought|done|in the basket|in the trolley|in the cart)",
    ),
    command(
        "list.clear",
        "Takes everything off a list.",
        f"{_SOFT} (start|begin) {_LIST} (from scratch|over|again|anew|afresh) {_END}",
        f"{_SOFT} (clear|empty|wipe|reset|clean|flush|blank) [(out|off|up)] [(everything on|all of)] {_LIST} {_END}",
        f"{_SOFT} (delete|remove|take|erase|clear|scratch|wipe) (everything|all|all items|all the items|all of it) "
        f"(on|from|off|in) {_LIST} {_END}",
        destructive=True,
    ),
    command(
        "list.create",
        "Begins a list.",
        f"{_SOFT} (make|create|start|begin|open|set up) [(me|us)] (a|an|another|a new) {{list}} list {_END}",
        f"{_SOFT} (make|create|start|begin|open|set up) [(me|us)] (a|a new) list (called|named|for|for my) {{list}}",
        "new list (called|named|for) {list}",
    ),
    command(
        "list.delete",
        "Deletes a list with all that is on it.",
        f"{_SOFT} (delete|remove|throw away|get rid of|bin|scrap|trash) (my|the|our|that) [whole] {{list}} list {_END}",
        destructive=True,
    ),
    command(
        "list.names",
        "Says which lists there are.",
        "(what|which|how many) lists (do i have|have i got|are there|do we have|do you have|do you keep|exist)",
        "(tell me|show me|read me|name) [all] [of] (my|the|all|our) lists",
    ),
)

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


def _where(things: Sequence[str], folder: Path) -> str:
    """The list that has one of them, where none was named."""
    names = [SHOPPING, TO_DO, *list_files.names(folder)]
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
