"""What is said out of passages of which it is not sure that they answer: the doubt comes first, and a model that says
itself that they do not is believed."""

from __future__ import annotations

import re

from assistant.knowledge import doubt
from assistant.turn import Turn

ABSTAINING = re.compile(
    r"\b(?:i|we)(?: do not| don'?t| cannot| can'?t| could not| couldn'?t|(?: a|')m not|(?: a|')re not) (?:\w+ )?"
    r"(?:know|sure|certain|aware|able|have|tell|find|answer|provide|help|say|access)\b"
    r"|\bi(?: ha|')ve no (?:idea|information|knowledge|access|data)\b|\bno idea\b"
    r"|\b(?:documents?|passages?|text|manual|handbook|information)\b[^.!?]{0,40}\b(?:do(?:es)? not|don'?t|doesn'?t|"
    r"is not|isn'?t|are not|aren'?t) (?:\w+ )?(?:tell|say|mention|state|contain|include|provide|specif\w*|available|"
    r"given|mentioned|provided|stated)"
    r"|\b(?:is|are|was|were) (?:not (?:\w+ )?(?:known|mentioned|specified|stated)|unknown)\b"
    r"|\b(?:is|are|was|were) not (?:\w+ )?(?:available|provided|given)\W*$"
    r"|\bthere is no (?:information|mention|data|answer)\b|\bnot enough information\b|\bno information\b"
    r"|\bas an? (?:ai|chatbot|language model|assistant)\b[^.!?]*\b(?:not|cannot|can'?t|don'?t)\b",
    re.IGNORECASE,
)
"""A sentence that says that the answer is not known."""
_NOT_THERE = re.compile(
    r"\bnot (?:\w+ )?(?:in|from|by) (?:the|these|any of the) (?:passage|document|text)", re.IGNORECASE
)
_FOREIGN = re.compile(
    r"\b(?:nicht|keine?\w*|nichts)\b[^.!?]{0,40}\b(?:angegeben|genannt|erwähnt|weiß|informationen|angaben?)\b"
    r"|\bweiß (?:ich |es )?nicht\b|\bsteht\b[^.!?]{0,30}\bnicht (?:in|im)\b"
    r"|\b(?:ne|n['’])\s?\w+[^.!?]{0,20}\bpas\b[^.!?]{0,40}\b(?:indiqué|mentionné|précisé|passages?|documents?|textes?)\b"
    r"|\bne (?:le )?sais pas\b|\bno (?:lo )?sé\b|\bnon (?:lo )?so\b"
    r"|\bno (?:se )?(?:indica|menciona|especifica|dice)\w*\b"
    r"|\bnon (?:è|viene|si) (?:\w+ )?(?:indicat|menzionat|specifica|dice)",
    re.IGNORECASE,
)


def declines(sentence: str) -> bool:
    """Whether a reply that begins so says that the passages do not tell, or that it does not know."""
    return any(pattern.search(sentence.replace("’", "'")) for pattern in (ABSTAINING, _NOT_THERE, _FOREIGN))


def of(turn: Turn, first: str) -> str:
    """What is said before a reply whose first words are ``first``; empty where it needs none. Notes it in the turn
    where the reply says itself that nothing was found."""
    if turn.found is None or not turn.found.doubtful or turn.outcome or turn.error:
        return ""
    if declines(first):
        turn.outcome = "unknown"
        return ""
    return doubt(turn.language)
