"""What of the next words answers a question that was asked back in German, French, Spanish or Italian."""

from __future__ import annotations

from assistant.skills.words import languages, manners, wording

_THING, _TASK = 3, 10
"""Words at most."""


def declines(words: str, language: str) -> bool:
    """Whether they take back what was wanted, and say no more than that."""
    found = [" ".join(word.plain for word in each.words) for each in _readings(words, language)]
    return any(plain in languages.read(language).answers["never_mind"] for plain in found)


def answers(words: str, language: str) -> list[str]:
    """Without manners, and without the words that link it: "für zehn Minuten, bitte"."""
    given = [wording.said(each.words, commas=True) for each in _readings(words, language)]
    links = languages.read(language).answers["links"]
    bare = [text[len(link) + 1 :] for text in given for link in links if text.lower().startswith(f"{link} ")]
    return [text for text in dict.fromkeys((*bare, *given)) if text]


def may_be(answer: str, language: str, tasks: bool) -> bool:
    """Whether it is no sentence of a conversation: a thing, or something to do where that was asked for."""
    plain = [word.plain for word in wording.words(answer, language)]
    known = {*languages.read(language).answers["no_thing"].split()}
    if tasks:
        return 0 < len(plain) <= _TASK and plain[0] not in known
    return 0 < len(plain) <= _THING and known.isdisjoint(plain)


def not_wanted(language: str) -> str:
    """What is said when it is taken back."""
    return str(languages.read(language).answers["not_wanted"])


def _readings(words: str, language: str) -> list[manners.Reading]:
    return list(manners.readings(wording.words(words, language), (), language))
