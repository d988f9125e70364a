"""The confidence guard: what the model is not sure of is not spoken as fact, nor what the passages contradict.

How sure the model is, is the geometric mean of its tokens' probabilities in what it has written when the first sentence
is to be spoken: nothing waits for it; of an answer out of passages, the geometric mean of that and the documents' own
confidence, as in `assistant compare report`. `threshold` finds the bound below which it is better not to answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from assistant.knowledge import is_question
from assistant.llm import Message
from assistant.reply import prompt
from assistant.reply.contradiction import contradicted
from assistant.reply.sentences import OPENERS
from assistant.retrieved import Knowledge
from assistant.settings import GuardSettings
from assistant.turn import Turn


class Guard:
    def __init__(self, settings: GuardSettings, documents: Knowledge | None = None) -> None:
        """``documents``: where to look when the model is unsure and was not given passages; see [guard] when_unsure."""
        self.settings = settings
        self._documents = documents

    def is_sure(self, log_probabilities: Sequence[float], turn: Turn) -> bool:
        """Whether the answer that began with these tokens may be spoken as fact; notes how sure the model is."""
        turn.sureness = mean_probability(log_probabilities)
        found = turn.found
        if turn.sureness is not None and found and found.passages and found.confidence is not None:
            turn.sureness = math.sqrt(turn.sureness * found.confidence)
        return (
            self.settings.when_unsure == "answer"
            or turn.sureness is None
            or turn.sureness >= self.settings.below
            or not is_question(turn.user)
        )

    def hedges(self, turn: Turn) -> bool:
        """Whether an unsure answer is spoken behind the hedge; with `documents`, those are that come out of
        passages.
        """
        match self.settings.when_unsure:
            case "hedge":
                return True
            case "documents":
                return bool(turn.found and turn.found.text)
        return False

    async def look_up(self, turn: Turn, messages: Sequence[Message]) -> list[Message] | None:
        """The messages with passages before the question, None when the documents do not tell, or not more than they
        told already.
        """
        if self._documents is None or (turn.found and turn.found.text):
            return None
        earlier = [message.content for message in messages[:-1] if message.role == "user"]
        turn.found = await self._documents.look_up(turn.user, earlier, None)
        if not turn.found.text:
            return None
        return prompt.with_passages(messages, turn.found.text, self._documents.introduction)

    def correction(self, sentence: str, turn: Turn, earlier: str) -> str | None:
        """What is said instead of a sentence that the passages contradict; None when they do not.

        ``earlier``: what was said before in this conversation.
        """
        found = turn.found
        if not self.settings.contradictions or found is None or not found.passages:
            return None
        said = contradicted(sentence, [passage.text for passage in found.passages], turn.user, earlier)
        return f"{self.settings.correction} {_aloud(said)}".strip() if said else None

    def hedged(self, sentence: str) -> str:
        """``It was built in 1883.`` -> ``I am not sure, but it was built in 1883.``"""
        if not self.settings.hedge:
            return sentence
        word = sentence.split(" ", 1)[0]
        if word.lower() in OPENERS and word != "I":  # other capitals may be names
            sentence = sentence[:1].lower() + sentence[1:]
        return f"{self.settings.hedge} {sentence}"


def mean_probability(log_probabilities: Sequence[float]) -> float | None:
    """Geometric mean, 0 to 1; None without tokens."""
    return math.exp(sum(log_probabilities) / len(log_probabilities)) if log_probabilities else None


def threshold(confidences: Sequence[float], right: Sequence[bool], wrong_costs: float = 1.0) -> float:
    """The confidence below which "I do not know" is better than the answer, on questions like these; 0 = always answer.

    A right answer counts 1, a wrong one ``-wrong_costs``, none 0. Between the best bound's neighbours it lies in the
    middle; of equally good bounds the lowest is taken: it answers most.
    """
    ranked = sorted(zip(confidences, right, strict=True), reverse=True)
    best, best_gain, gain = len(ranked), -math.inf, 0.0
    gains = [0.0]
    for _, is_right in ranked:
        gain += 1.0 if is_right else -wrong_costs
        gains.append(gain)
    for answered in range(len(ranked), -1, -1):
        tied = 0 < answered < len(ranked) and ranked[answered - 1][0] == ranked[answered][0]
        if not tied and gains[answered] > best_gain:
            best, best_gain = answered, gains[answered]
    if best == len(ranked):
        return 0.0
    return (ranked[best][0] + ranked[best - 1][0]) / 2 if best else min(1.0, math.nextafter(ranked[0][0], 2.0))


def _aloud(passage: str) -> str:
    """A sentence of a document, its table's lines and marks taken out."""
    cells = [cell.strip(" *_#-") for cell in passage.split("|")]
    return ", ".join(cell for cell in cells if cell)
