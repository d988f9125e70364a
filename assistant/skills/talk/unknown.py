"""Questions about oneself whose answer nobody told: a language model would make one up. English."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.memory import wording as facts
from assistant.memory.facts import Fact
from assistant.memory.recall import Recall, mentioned
from assistant.skills import Here
from assistant.skills.words import manners, wording

SAID = "I do not know that; you have not told me."
_MOST_WORDS = 16
_PERSON = (
    r"(?:(?:older|elder|younger|little|big|best|oldest|youngest) )?(?:sister|brother|sibling|mother|mum"
    r"|mummy|mom|father"
    r"|dad|daddy|parent|wife|husband|spouse|partner|girlfriend|boyfriend|son|daughter|child|children|kid"
    r"|baby|grandmother"
    r"|grandfather|grandma|grandpa|granny|gran|nan|grandson|granddaughter|grandchild|uncle|aunt|auntie|cousin|nephew"
    r"|niece|(?:mother|father|brother|sister|son|daughter) in law|friend|boss|manager|colleague|neighbor|landlord"
    r"|landlady|doctor|gp|dentist|teacher|vet|hairdresser|lawyer|accountant|dog|cat|pet|horse|rabbit|hamster|parrot"
    r"|flatmate|roommate|fiance|fiancee|ex)s?"
)
_ATTRIBUTE = (
    r"(?:(?:first|last|middle|full|maiden|real|sur|nick) ?)?name|age|birthday|birth ?date|date of birth|birthplace"
    r"|(?:home |postal |email |work )?address|(?:tele|mobile |cell |work |home )?phone(?: number)?|mobile(?: number)?"
    r"|number|job|profession|occupation|(?:shoe|dress|ring|shirt|hat) size|height|weight|blood (?:type|group)"
    r"|(?:wedding )?anniversary|favorite (?:(?!(?:is|are|was|were)\b)\w+ ?){1,3}"
    r"|allerg(?:y|ies)|nickname|eye color|hair color"
)
_KEPT = (
    r"(?:(?!(?:is|are|was|were|has|have)\b)\w+ ){0,2}"
    r"(?:pin|password|passcode|code|combination|number plate|license plate|licence plate|registration"
    r"|account number|seat|seat number|flight number|room number|passport number|locker number|locker)"
)
_EVENT = (
    r"(?:(?:\w+ )?(?:appointment|interview|exam|test|flight|holiday|vacation|trip|concert|party|deadline|graduation"
    r"|checkup|wedding|anniversary|birthday)|due date)"
)
_OWN = r"(?:my|our)"
_OF = rf"{_OWN} (?:(?:{_PERSON}(?:'s|s')? )?(?:{_ATTRIBUTE})|{_KEPT})"
_THING = r"(?!(?:nearest|closest|local|next|best|place|mind) ?)\w[\w']*(?: [\w']+){0,2}"
_BODY = (
    r"(?:heart|liver|kidneys?|appendix|spleen|stomach|lungs?|brain|pancreas|gall ?bladder|bladder|thyroid"
    r"|tonsils?|femur"
    r"|tibia|fibula|collarbone|shin|sinus(?:es)?|prostate|uterus|ovaries|diaphragm|intestines?|colon|sternum"
    r"|biceps|ulna"
    r"|triceps|quads?|hamstrings?|ribs?|spine|blood|urine|pee|poo|poop|stool|sense of \w+|soul|vagus nerve)"
)
_RELATIVES = (
    r"(?:children|kids|brothers|sisters|siblings|sons|daughters|grandchildren|cousins|nieces|nephews|uncles|aunts|pets"
    r"|cats|dogs|cars|bikes)"
)
_WHEN = r"(?:yesterday|today|this \w+|last \w+|on \w+|at the weekend|the other day)"
_ASKED = re.compile(
    r"(?:(?:and|so|but|okay|well|hey) )*"
    r"(?:(?:do you (?:know|remember|recall)|can you (?:tell me|remember)|tell me|say|remind me|i forgot|i "
    r"have forgotten) )?"
    r"(?:"
    rf"what (?:is|was|are|were) {_OF}|what {_OF} (?:is|was|are|were)|{_OF}"
    rf"|what (?:is|are|was|were) {_OWN} {_PERSON} called|what {_OWN} {_PERSON} (?:is|are) called"
    rf"|who (?:is|are|was) {_OWN} {_PERSON}|who {_OWN} {_PERSON} (?:is|are|was)|who (?:am i|i am)"
    r"|what (?:am i|i am) called|how (?:old|tall) (?:am i|i am)|how much do i weigh"
    r"|where (?:do )?i (?:live|work|come from|go to school|study)|(?:when|where) (?:was i|i was) born"
    r"|what (?:do )?i do for (?:a living|work)|what (?:am i|i am) allergic to|am i allergic to \w+(?: \w+)?"
    r"|what (?:do )?i (?:like|love|hate)(?: best| most| to (?:eat|drink|read|do))?"
    r"|(?:what|which) \w+ do i (?:drive|ride|own|play|support|speak|prefer|like(?: best| most)?)"
    rf"|how many {_RELATIVES} (?:do i have|i have|have i got)|do i have (?:any )?(?:allergies|{_RELATIVES})"
    rf"|when (?:is|are|was) {_OWN} (?:{_PERSON}(?:'s|s')? )?{_EVENT}|when {_OWN} (?:{_PERSON}(?:'s|s')? "
    rf")?{_EVENT} (?:is|was)"
    rf"|where (?:is|are|was|were) {_OWN} (?P<thing>{_THING})|where {_OWN} (?P<other>{_THING}) (?:is|are|was|were)"
    r"|where (?:did )?i (?:put|leave|left|park|parked|hide|hid|store|stored|keep|kept) [\w' ]{1,40}"
    r"|where have i (?:put|left|parked|hidden|stored) [\w' ]{1,40}|where do i keep [\w' ]{1,40}"
    rf"|what (?:color|make|brand|size|breed|model|(?:kind|sort|type) of \w+) (?:is|are) {_OWN} (?P<colored>{_THING})"
    rf"|how (?:old|tall) (?:is|are) {_OWN} (?:{_PERSON}|house|car|bike)"
    rf"|what did i (?:have|eat|cook|drink|buy|do|dream|wear|watch|read|say)(?: for \w+)? {_WHEN}"
    r")(?: (?:again|now|please|then|these days|called))*"
)
_NAMES_ONESELF = re.compile(
    r"\b(?:[Ii]'m|[Ii] am|[Tt]his is) [A-Z]|\b(?:[Cc]all me|[Mm]y name)\b|^(?:i'm|i am|this is) \w+$"
)
"""With a capital letter, where the words have any: "I'm bored" tells no name."""
_NAME_ASKED = re.compile(r"\b(?:my name|who am i|who i am|am i called|i am called)\b", re.IGNORECASE)
_TOLD = re.compile(r"\W*(?:my|our|i|i'm|i've|we|we're|we've)\b", re.IGNORECASE)


def said_of(words: str, here: Here) -> str:
    """What is said to ``words``, which no skill understands; empty = they may be known, or ask for something else.

    Raises AssistantError.
    """
    if here.has_tools or here.documents is not None or not asks_of_oneself(words):
        return ""
    if here.memory is not None and here.memory.facts():
        vector = here.memory.embed(words) if here.memory.embed else None
        if here.memory.find(words, vector):
            return ""
    told = [text for text in here.controls.told() if facts.is_statement(text)]
    if answer := _told_before(words, told, here):
        return answer
    names = bool(_NAME_ASKED.search(words))
    return "" if any(mentioned(words, text) or names and _NAMES_ONESELF.search(text) for text in told) else SAID


def _told_before(words: str, told: Sequence[str], here: Here) -> str:
    """What the user told in this conversation, where it is surely the answer; of two that contradict, the later."""
    kept: list[str] = []
    for text in (text.strip(" .!") for text in told if _TOLD.match(text)):
        about = facts.topic(text)
        kept = [*(other for other in kept if about is None or facts.topic(other) != about), text]
    found = Recall([Fact(text, here.now().date()) for text in kept]).find(words)
    return next((facts.spoken(one.fact.text) for one in found if one.sure), "")


def asks_of_oneself(words: str) -> bool:
    """Whether only who was told can know: "where is my car?", and not "where is my liver?"."""
    found = manners.bare(wording.words(words)).words
    if not 2 <= len(found) <= _MOST_WORDS:
        return False
    asked = _ASKED.fullmatch(" ".join(word.plain for word in found))
    if asked is None:
        return False
    thing = asked["thing"] or asked["other"] or asked["colored"]
    return not (thing and re.search(rf"\b{_BODY}$", thing))
