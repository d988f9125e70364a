"""Commands in German, French, Spanish and Italian: Home Assistant's sentences for timers, lists, volume and the clock
(homeassistant.py), sentences of our own for the rest, and the replies, in a file per language.

Only what can be answered in the language itself is understood in it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant.skills import Command

SHORTEST = timedelta(seconds=1)
LANGUAGES = ("de", "fr", "es", "it")
ASKS = "ask."
"""How the names of commands begin that lack something, see foreign_asks.py."""


@dataclass(frozen=True)
class Language:
    """What the file of a language holds."""

    commands: dict[str, tuple[str, ...]]
    """Our command -> sentences, as in `assistant.skills.command`."""
    replies: dict[str, str]
    units: dict[str, tuple[int, str, str]]
    """second, minute, hour -> seconds, one, several."""
    halves: dict[str, int]
    """Half and quarter hours -> seconds."""
    words: dict[str, Any]
    sums: dict[str, list[str]]
    """What is done with numbers, in the English words for it -> what is said."""
    asks: dict[str, dict[str, Any]]
    """What is asked back, see foreign_asks.py."""
    answers: dict[str, Any]
    """The words of answers, see foreign_answers.py."""


@lru_cache
def read(language: str) -> Language:
    """``language``: one of `LANGUAGES`."""
    rows = tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))
    return Language(
        {name: tuple(sentences) for name, sentences in rows["commands"].items()},
        rows["replies"],
        {name: (seconds, *rows["units"][name]) for name, seconds in (("hour", 3600), ("minute", 60), ("second", 1))},
        rows["halves"],
        rows["words"],
        rows["sums"],
        rows["asks"],
        rows["answers"],
    )


def reply(command: Command, now: datetime) -> str:
    """What is said when it is done, in the command's language; empty = it has no words of its own there.

    ``now``: where the command asks for it.
    """
    if command.language not in LANGUAGES or command.name not in (known := read(command.language)).replies:
        return ""
    days, months = known.words["days"], known.words["months"]
    said = {slot: _said(value, known) for slot, value in command.values.items()}
    if "sum" in said:
        from assistant.skills.words.languages.sums import result  # it needs what stands here

        said["sum"] = result(command.values["sum"], command.language)
    if "task" in said:
        said["task"] = _linked(task(said["task"], command.language), command.words, known)
    if "items" in said and command.words:
        said["items"] = _with_article(said["items"], command.words, known)
    text = known.replies[command.name]
    if command.name == "clock.time" and now.hour == 1:
        text = known.words.get("time_of_one", text)
    if "name" not in said:
        text = text.replace(" {name}", "")
    return text.format(
        **dict.fromkeys(("items", "list", "number", "duration", "moment", "task", "sum"), "") | said,
        when=_when(command.values.get("moment"), known, now),
        time=f"{now.hour}:{now.minute:02}",
        day=days[now.weekday()],
        date=f"{now.day}{known.words['after_day']} {months[now.month - 1]}",
    )


def _with_article(items: str, words: str, known: Language) -> str:
    """As it was said, in "ajoute du pain à la liste" with "du"."""
    articles = "|".join(known.words["some"])
    found = re.search(rf"\b(?:{articles})?{re.escape(items)}\b", words, re.IGNORECASE)
    return found[0] if found else items


def not_done(language: str) -> str:
    """What is said where something cannot be done."""
    return str(read(language).words["not_done"])


def task(words: str, language: str) -> str:
    """What is to be done, without the words that link it: "daran, Mama anzurufen"."""
    links = read(language).words["links"] if language in LANGUAGES else ()
    bare = words.strip(" .?!,")
    for link in links:
        if bare.lower().startswith(link) and len(bare) > len(link):
            return bare[len(link) :].strip(" ,")
    return bare


def _linked(task: str, words: str, known: Language) -> str:
    """ "an den Müll", "daran, Mama anzurufen", where a word of the language links what is to be done."""
    if "linked" not in known.words:
        return task
    found = re.search(rf"\b(?P<link>daran,? dass|daran|dass|ans?),?\s+{re.escape(task)}", words, re.IGNORECASE)
    link = re.sub(",", "", found["link"].lower()) if found else ""
    if link == "an" and re.search(known.words["infinitive"], task):
        link = "daran"
    return known.words["linked"].get(link, ": {task}").format(task=task)


def _when(moment: Any, known: Language, now: datetime) -> str:
    """ "morgen um 8:00", "in 10 Minuten"."""
    if (after := getattr(moment, "after", None)) is not None:
        return f"{known.words['in'][0]} {_duration(after, known)}"
    if not isinstance(at := getattr(moment, "at", None), datetime):
        return ""
    day = f"{known.words['tomorrow'][0]} " if at.date() > now.date() else ""
    return f"{day}{known.words['at']} {_said(moment, known)}"


def _said(value: Any, known: Language) -> str:
    if isinstance(value, timedelta):
        return _duration(value, known)
    if isinstance(at := getattr(value, "at", None), datetime):
        return (
            known.words.get("full_hour", "{hour}:00").format(hour=at.hour)
            if at.minute == 0
            else f"{at.hour}:{at.minute:02}"
        )
    return str(value)


def length(duration: timedelta, language: str) -> str:
    """ "4 Minuten und 10 Sekunden"."""
    return _duration(duration, read(language))


def hint(text: str) -> str:
    """The one language whose own words for timers, lists and the like are in ``text``; empty = none or several."""
    said = set(re.findall(r"\w+", text.lower()))
    found = [language for language in LANGUAGES if said & set(read(language).words["own"])]
    return found[0] if len(found) == 1 else ""


def _duration(length: timedelta, known: Language) -> str:
    parts, left = [], int(length.total_seconds())
    for seconds, one, several in known.units.values():
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {one if count == 1 else several}")
    return f" {known.words['and']} ".join(parts)
