"""What timers and lists are asked, and why something cannot be done, said in German, French, Spanish and Italian."""

from __future__ import annotations

from assistant.skills import Command, Here
from assistant.skills.stored.list_files import ListFile
from assistant.skills.values.list_words import items
from assistant.skills.words import languages

TELLS = ("timer.ask", "list.read")
"""Commands whose answer is made here."""


def told(command: Command, here: Here) -> str:
    """The answer to one of `TELLS`. Raises AssistantError."""
    known = languages.read(command.language)
    if command.name == "list.read":
        there = ListFile(here.folder / "lists", "shopping").open_items()
        joined = f" {known.words['and']} ".join([", ".join(there[:-1]), there[-1]] if len(there) > 1 else there)
        return str(known.words["on_list"]).format(items=joined) if there else str(known.words["list_empty"])
    running = here.timekeeper.entries("timer")
    said = [
        known.words["left"].format(
            name=entry.name,
            left=languages.length(max(here.timekeeper.left(entry), languages.SHORTEST), command.language),
        )
        for entry in running
    ]
    return " ".join(" ".join(text.split()).replace(" .", ".") for text in said) or str(known.words["no_timer"])


def lacks(command: Command, here: Here) -> bool:
    """Whether nothing that is to be taken off the list is on it."""
    if command.name != "list.remove":
        return False
    there = ListFile(here.folder / "lists", "shopping")
    return not any(there.find(thing) for thing in items(str(command.values["items"]), "shopping", command.language))


def not_done(command: Command, here: Here) -> str:
    """Why it is not done."""
    known = languages.read(command.language).words
    match command.name.partition("."):
        case "timer", _, _:
            count = len(here.timekeeper.entries("timer"))
            return str(known["no_timer"] if not count else known["which_timer"] if count > 1 else known["not_done"])
        case "list", _, "remove":
            return str(known["not_on_list"])
    return languages.not_done(command.language)
