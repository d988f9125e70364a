"""What was said in a conversation, and what of it the language model is shown.

A language model imitates what it reads: after a few replies that an interruption cut in mid-sentence ("The beginning"),
it answers with such fragments, or with these very ones, and the bundled one does so after a single one now and then. So
of a turn that was cut only the sentences that were heard to their end are shown; all of it, where the words that follow
refer back to it ("go on", "what did you say?", "no, I meant the other one").
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.llm import Message
from assistant.memory import wording
from assistant.memory.facts import Fact
from assistant.reply import apology, prompt
from assistant.reply.sentences import trails_off, whole_sentences
from assistant.retrieved import Retrieved
from assistant.settings import MannersSettings
from assistant.turn import Turn

_FEW = 2  # in whichever language; "What do turtles eat?" has four and needs nothing that was said before
_BACK = re.compile(
    r"^\W*(?:no|not|nope|but|and|or|so|then|actually|sorry|i mean|i meant|continue|go on)\b"
    r"|\b(?:it|its|that|this|these|those|they|them|their|he|him|his|she|her|one|ones|there|again|more|else)\b"
    r"|\b(?:you said|you say|you were|keep going|what then|what next|happened next|happens next)\b",
    re.IGNORECASE,
)
_REMEMBERED = 1000  # exchanges; the oldest half goes then, long after it fell out of the model's context


@dataclass(frozen=True)
class Exchange:
    user: str
    heard: str
    """The words of the reply that were heard."""
    cut: bool
    """Whether an interruption, [llm] max_tokens, a full context or the model itself ended it in the middle."""
    command: bool = False
    """Whether a skill answered: a model that reads such replies believes that it can do such things itself."""
    refused: bool = False
    """Whether the policy answered: a model that reads that refuses what comes next, in the same words."""

    def messages(self) -> list[Message]:
        return [Message("user", self.user), *([Message("assistant", self.heard)] if self.heard else [])]

    @functools.cached_property
    def lasting(self) -> Exchange | None:
        """What is shown of it in the long run."""
        if self.command or self.refused:
            return None
        if not self.cut:
            return self
        heard = whole_sentences(self.heard)
        return Exchange(self.user, heard, False) if heard else None


class History:
    def __init__(self, system: Message) -> None:
        self._exchanges: list[Exchange] = []
        self.system = system
        self._asked_back = ""  # the sentence said to the turn before

    @property
    def messages(self) -> list[Message]:
        """The user's and the assistant's, oldest first, with all that was heard."""
        return [message for exchange in self._exchanges for message in exchange.messages()]

    def prompt(self, user: str, found: Retrieved | None = None) -> list[Message]:
        """What the model is asked when the user says ``user``."""
        return prompt.messages(self.system, self._shown(whole=refers_back(user)), user, found)

    def opening(self) -> list[Message]:
        """What every next prompt begins with."""
        return prompt.merged([self.system, *self._shown(whole=False)])

    def questions(self) -> list[str]:
        """What the user said, oldest first."""
        return [exchange.user for exchange in self._exchanges]

    def asking_back(self, manners: MannersSettings) -> str:
        """What is said to words that were hardly understood: not the same twice in a row."""
        again = manners.unsure_again and self._asked_back == manners.unsure
        self._asked_back = manners.unsure_again if again else manners.unsure
        return self._asked_back

    def remember(self, turn: Turn) -> None:
        """Add a turn that has ended; nothing of one that a small model would repeat for ever."""
        if turn.outcome != "unsure":
            self._asked_back = ""
        if turn.user and turn.outcome not in ("unsure", "unknown") and not turn.aside:
            heard = apology.without(turn.heard)
            cut = turn.cut or turn.outcome in ("interrupted", "failed") or heard != turn.heard or trails_off(heard)
            self._exchanges.append(Exchange(turn.user, heard, cut, bool(turn.skill), bool(turn.refused)))
        if len(self._exchanges) > _REMEMBERED:
            del self._exchanges[: _REMEMBERED // 2]

    def forget(self, facts: Sequence[Fact]) -> None:
        """Drop the exchanges in which one of ``facts`` was told or said."""
        self._exchanges = [
            exchange
            for exchange in self._exchanges
            if not any(wording.tells(text, fact.text) for text in (exchange.user, exchange.heard) for fact in facts)
        ]

    def _shown(self, whole: bool) -> list[Message]:
        """``whole``: whether the newest turn is shown with all that was heard."""
        shown = [exchange.lasting for exchange in self._exchanges]
        if whole and shown and not self._exchanges[-1].refused:
            shown[-1] = self._exchanges[-1]
        return [message for exchange in shown if exchange for message in exchange.messages()]


def refers_back(words: str) -> bool:
    """Whether the words may be understood only by what was said before. English, but for their number."""
    return is_few(words) or bool(_BACK.search(words))


def is_few(words: str) -> bool:
    """Whether the words are so few that they may be understood only by what was said before."""
    return len(words.split()) <= _FEW
