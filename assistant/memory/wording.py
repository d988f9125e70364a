"""The wording of facts: whom they speak of, and what of two facts cannot both be so. English."""

from __future__ import annotations

import re

from rag.words import content_words, words

_TO_YOU = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "we": "you", "us": "you",
    "our": "your", "ours": "yours", "ourselves": "yourselves", "i'm": "you're", "i've": "you've", "i'd": "you'd",
    "i'll": "you'll", "we're": "you're", "we've": "you've", "we'd": "you'd", "we'll": "you'll",
    "you": "me", "your": "my", "yours": "mine", "yourself": "myself", "you're": "I'm", "you've": "I've",
    "you'd": "I'd", "you'll": "I'll",
}  # fmt: skip
_AFTER_I = {"am": "are", "was": "were", "wasn't": "weren't"}
_AFTER_YOU = {"are": "am", "were": "was", "weren't": "wasn't"}
_VERBS = frozenset(
    "am are can can't could did didn't do does doesn't don't had has have is isn't may might must need needs never "
    "should shouldn't used want wants was wasn't were will won't would".split()
)
_STATED = re.compile(
    r"(?:(?:i|i'm|i've|i'd|i'll|we|we're|we've)\b(?! said\b).*\s\S"
    r"|.*\b(?:is|isn't|are|aren't|am|was|were|has|have|had|can|can't|cannot|will|won't|must|should|lives?|likes?|"
    r"loves?|hates?|works?|wants?|needs?|comes?|goes|runs?|plays?|prefers?|takes?|gets?|owes?|used|never|always|"
    r"\w\w+(?:ed|'s|'re))\b.*\s\S)",
    re.IGNORECASE,
)
_NO_STATEMENT = re.compile(
    r"\W*(?:to|me|him|us|them|when|how|what|who|where|why|if|whether|about|this|that|it)\b", re.IGNORECASE
)
_INSTRUCTION = re.compile(
    r"\W*(?:(?:you|please|always|never|now|just|simply|also|then|first|immediately)\W+)*"
    r"(?:(?:you|always|never|please|from now on|whenever|if|when) \w"
    r"|(?:ignore|disregard|forget|override|act|pretend|call|send|open|unlock|lock|delete|remove|erase|say|tell|reply|"
    r"answer|respond|repeat|reveal|print|run|execute|use|invoke|buy|order|pay|transfer|turn|switch|set|play|do|don't|"
    r"write|email|mail|post|share|follow|obey|stop|start|add|make|give|read|go|visit|must|should|will|shall)\b)"
    r"|.*\b(?:system prompt|(?:previous|prior|earlier|above|your) (?:instructions?|rules|orders)|tool calls?)\b",
    re.IGNORECASE,
)
_NO_SENTENCE = re.compile(r"\W*(?:to|me|him|us|them|if|whether|time|day|one|song|film|movie)\b", re.IGNORECASE)
_NAMED = r"(?:(?:is|are|was|were|'s|am|'m) (?:called|named)|goes by|(?:'s|s') (?:first |full )?name (?:is|'s)|name is)"
_MY = r"(?:(?:and|so|well|actually|no) )*(?P<subject>(?:my|our|the|his|her|their|i|we)\b[^,;]*?)"
_KEYS = tuple(
    (attribute, re.compile(pattern, re.IGNORECASE))
    for attribute, pattern in (
        ("name", rf"{_MY} ?{_NAMED} (?P<value>.+)"),
        ("name", r"(?P<value>[A-Z][\w'-]*(?: [A-Z][\w'-]*)*) is (?P<subject>(?:my|our) [\w' -]+)"),
        ("age", rf"{_MY}(?: (?:is|are|am|was)|'m|'s) (?P<value>[\w -]+?)(?: years?)?(?: old)?"),
        ("birth", rf"{_MY} (?:was|were) born (?P<value>.+)"),
        ("birth", rf"{_MY}(?:'s|s')? (?:birthday|date of birth) (?:is|was|'s) (?P<value>.+)"),
        ("home", rf"{_MY} (?:live|lives|moved) (?P<value>(?:in|at|on|to|with|near) .+)"),
        ("work", rf"{_MY} (?:work|works|job is) (?P<value>(?:as|at|for|in|a|an) .+)"),
        ("favourite", r"(?P<subject>(?:my|our|\w+'s) favou?rite [\w ]+?) (?:is|are) (?P<value>.+)"),
        ("is", rf"{_MY} (?:is|are|'s) (?P<value>[\w .:'-]+)"),
    )
)
_COLOURS = frozenset(
    "red orange yellow green blue purple violet pink brown black white grey gray silver golden beige "
    "turquoise teal".split()
)
_NUMBERS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand".split()
)
_SINGLE = frozenset(
    "number code password pin size address postcode height weight type group sign name phone email "
    "birthday anniversary seat deadline appointment password combination".split()
)
_PLACED = re.compile(r"(?:parked |kept |hidden |now )?(?:in|on|at|under|behind|next to|near|inside|above|below|by) .+")
_CORRECTION = re.compile(
    r"(?:it|that|this|he|she|they|(?:his|her|its|their|the) \w+)(?:'s|'re| is| was| are| were) "
    r"(?:called |named |really |actually )*(?P<value>.+)",
    re.IGNORECASE,
)
_COPULA = re.compile(
    r"(?P<before>.*?\b(?:(?:is|are|am|was|were) (?:called|named|born(?: (?:on|in))?)|is|are|am|was|were)|I'm) "
    r"(?P<value>.+)",
    re.IGNORECASE,
)


def to_you(text: str) -> str:
    """What the user says of themselves, as it is said to them: "I am" -> "you are", and "you" -> "I" or "me"."""
    told: list[str] = []
    parts = re.split(r"([A-Za-z]+(?:['’][A-Za-z]+)?)", text)
    before = ""
    for place in range(1, len(parts), 2):
        word = parts[place].replace("’", "'").lower()
        after = parts[place + 2].lower() if place + 2 < len(parts) else ""
        if word == "you" and (place == 1 or after in _VERBS):
            said = "I"
        elif before in ("i", "we") and word in _AFTER_I:
            said = _AFTER_I[word]
        elif before == "you" and told and told[-2] == "I" and word in _AFTER_YOU:
            said = _AFTER_YOU[word]
        else:
            said = _TO_YOU.get(word, parts[place])
        told += [said, parts[place + 1]]
        before = word
    return parts[0] + "".join(told)


def spoken(fact: str) -> str:
    """``fact`` as a sentence that is said to the user: "Your sister is called Anna."."""
    said = to_you(fact)
    return f"{said[:1].upper()}{said[1:]}."


def is_statement(text: str) -> bool:
    """Whether ``text`` says something, and is no thing to do ("to buy milk"), question or mere name."""
    return not _NO_STATEMENT.match(text) and bool(_STATED.match(text)) and "?" not in text


def is_instruction(text: str) -> bool:
    """Whether ``text``, or a sentence in it, tells the assistant what to do: no model is to read that as a fact."""
    return any(_INSTRUCTION.match(part) for part in re.split(r"[.:;!?,]\s*|\band\b|\bthen\b", text))


def may_be_told(text: str) -> bool:
    """The same, where "that" before it says that a sentence follows."""
    return not _NO_SENTENCE.match(text) and len(text.split()) > 2 and "?" not in text


def same(fact: str, other: str) -> bool:
    """Whether two facts say the same in the same words, but for small ones."""
    return words(fact) == words(other) or (
        bool(content_words(fact))
        and sorted(set(content_words(fact))) == sorted(set(content_words(other)))
        and ("not" in words(fact)) == ("not" in words(other))
    )


def holds(fact: str, topic: str) -> bool:
    """Whether ``fact`` has all the words of ``topic`` that count."""
    asked = set(content_words(topic)) - {"about"}
    return bool(asked) and asked <= set(content_words(fact))


def tells(text: str, fact: str) -> bool:
    """Whether ``text`` gives away ``fact``: all its words that count, or a name or number of it."""
    marks = re.findall(r"(?<!^)\b(?:[A-Z][\w'-]+|\d[\w.:/-]{2,})", fact)
    return holds(text, fact) or any(re.search(rf"\b{re.escape(mark)}(?!\w)", text) for mark in marks)


def topic(text: str) -> tuple[str, ...] | None:
    """What a fact tells the only value of; two with the same cannot both be so. None where there may be many: "I like
    tea"."""
    for attribute, pattern in _KEYS:
        if found := pattern.fullmatch(text.strip(" .!")):
            value = found["value"].lower()
            subject = _subject(found["subject"])
            kind = _kind(subject, value) if attribute == "is" else attribute
            if attribute == "age" and not (set(words(value)) <= _NUMBERS or value.isdigit()):
                continue
            if kind is not None:
                return (kind, *subject)
    return None


def corrected(fact: str, words: str) -> str | None:
    """``fact`` with the value that ``words`` ("it is Anne") give instead; None when they do not say one."""
    told, value = _COPULA.fullmatch(fact), _CORRECTION.fullmatch(words.strip(" .!"))
    if told is None:
        return None
    if value is not None:
        return f"{told['before']} {value['value']}"
    return f"{told['before']} {words.strip(' .!')}" if len(words.split()) <= 3 else None


def _subject(text: str) -> tuple[str, ...]:
    said = re.sub(r"(?:'s|s')(?= |$)", "", text.lower())
    return tuple(sorted(set(content_words(re.sub(r"\b(?:i|we|me)\b", "myself", said))) or {"myself"}))


def _kind(subject: tuple[str, ...], value: str) -> str | None:
    """What ``value`` is, where a subject has only one of that kind."""
    said = words(value)
    if not said:
        return None
    if set(said) <= _COLOURS | {"dark", "light", "bright"}:
        return "colour"
    if {word for word in _SINGLE if content_words(word)[0] in subject}:
        return "value"
    return "place" if _PLACED.fullmatch(value) else None
