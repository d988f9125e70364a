"""What is said where the language model has no answer: to an order, that it was not understood; to a statement, which
asks nothing, what a well-mannered listener says, a question back about what it tells of.

Nothing is made up and no feeling is claimed: the statement may be sad, glad, or misheard. English only.
"""

from __future__ import annotations

import re

from assistant.knowledge import is_question, language_of
from assistant.reply.sentences import whole_sentences
from rag.words import STOP_WORDS

NOT_UNDERSTOOD = "I did not understand what to do. Could you say it in other words?"

_ABOUT = (  # what it tells of
    "What more can you tell me about {}?",
    "I would like to hear more about {}.",
    "How did you come to speak of {}?",
    "What do you think of {} yourself?",
)
_OPEN = (
    "Would you like to tell me more about that?",
    "I am listening. Please go on.",
    "How did that come about?",
    "What makes you say so?",
    "And what do you think of it yourself?",
)
_FEWEST = 3  # words of a whole answer to a statement
_ENOUGH = re.compile(
    r"\d|\b(?:yes|no|yeah|okay|ok|sure|sorry|thanks?|hello|hi|goodbye|bye|welcome|correct|right|exactly|indeed|true|wrong"
    r"|great|good|fine|well|nice|wonderful|congratulations|noted|understood|done)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(  # small talk, too, which no document answers: "how are you today"
    r"\?\W*$|^\W*(?:(?:and|so|but|ok|okay|well|then)\W+)*(?:what|how|when|where|who|whose|which|why|can|could|may|should"
    r"|shall|will|would|do|does|did|is|are|am|was|were|has|have)\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"^\W*(?:(?:and|so|but|ok|okay|now|please|just|then)\W+)*(?:add|book|call|cancel|change|clear|close|create|cut|delete"
    r"|do|don't|drop|enter|erase|forget|get|give|go|keep|leave|let|lock|make|mark|move|mute|open|order|pause|play|put"
    r"|read|remember|remind|remove|reset|restart|resume|save|schedule|send|set|shut|skip|start|stop|switch|take|tell"
    r"|text|turn|undo|unlock|update|wake|wipe|write)\b",
    re.IGNORECASE,
)
_TELLS = re.compile(  # what has no verb may ask: "the capital of France"
    r"^\W*(?:(?:and|but|so|well|oh)\W+)*(?:(?:i|you|he|she|it|we|they)\W+\w+\W+\w+|(?:my|your|our|his|her|their)(?:\W+\w+){3})"
    r"|\b(?:is|are|was|were|has|had|have|would|might|said|[a-z]{3,}ed)\b",
    re.IGNORECASE,
)
_LONG = 4  # words that are no order, and may lack a verb that was misheard
_THING = re.compile(  # behind a preposition stands a thing, and no verb behind it
    r"\b(?:about|at|by|for|from|in|into|of|on|to|with) "
    r"(?P<thing>(?:the|this|that|these|those|my|your|his|her|our|their) [A-Za-z]+(?: [A-Za-z]+)?"
    r"|[A-Z][a-z]{3,}(?: [A-Z][a-z]+)?)"
    r"(?P<after>\W*$|\W+(?P<next>\w+))"
)
_TURNED = {"my": "your", "your": "my", "our": "your"}


def is_statement(words: str) -> bool:
    """Whether the user tells something and asks for nothing."""
    return _may_tell(words) and bool(_TELLS.search(words))


def is_bare(reply: str) -> bool:
    """Whether the whole ``reply`` to a statement is a mere exclamation ("Heavens.")."""
    return bool(whole_sentences(reply)) and len(reply.split()) < _FEWEST and not _ENOUGH.search(reply)


def reaction(words: str, turn: int) -> str:
    """What is said to ``words`` that the model has no answer to; never the same in two turns that follow each other.

    ``turn``: its number in the conversation.
    """
    if not (is_statement(words) or _may_tell(words) and len(words.split()) >= _LONG):
        return NOT_UNDERSTOOD
    if thing := _thing(words):
        return _ABOUT[turn % len(_ABOUT)].format(thing)
    return _OPEN[turn % len(_OPEN)]


def _may_tell(words: str) -> bool:
    return not is_question(words) and not _ASKS.search(words) and not _ORDER.match(words) and language_of(words) == "en"


def _thing(words: str) -> str:
    """The last thing that it tells of, as its listener names it; empty when none stands out."""
    found = ""
    for place in re.finditer(r"(?=\b(?:about|at|by|for|from|in|into|of|on|to|with) )", words):
        match = _THING.match(words, place.start())
        if match is None:
            continue
        goes_on = match["next"] and re.match(r" ", match["after"]) and match["next"].lower() not in STOP_WORDS
        first, *rest = match["thing"].split()
        if not goes_on and not STOP_WORDS & {word.lower() for word in rest}:
            found = " ".join([_TURNED.get(first, first), *rest])
    return found
