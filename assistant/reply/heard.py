"""What the listener heard of a reply: the one place where playback position becomes words."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from assistant.reply.speakable import heard_prefix
from assistant.tts import CHARACTERS_PER_SECOND, SAMPLE_RATE, SpeechChunk


@dataclass
class SpokenSentence:
    """One sentence of a reply and where its sound lies in the speaker's sample count."""

    text: str
    """As the language model wrote it."""
    words: str
    """As it is read aloud."""
    language: str
    """Of ``words``."""
    start: int
    end: int = 0
    complete: bool = False
    marks: list[tuple[int, int]] = field(default_factory=list)
    """(sample position, characters of `words` wholly spoken by then), from voices that can tell."""
    said: str | None = None
    """What the voice said up to `end`, when it was not `words`."""

    def spoken(self, played: int) -> int:
        """Characters of `words` that were heard when ``played`` samples had left the speaker.

        Between two marks it is interpolated; whoever cuts at whole words gets exactly the marked ones.
        """
        points = [(self.start, 0), *self.marks]
        if self.complete and points[-1][0] < self.end:
            points.append((self.end, len(self.words)))
        position, characters = points[-1]
        if played < position:
            return int(np.interp(played, [at for at, _ in points], [count for _, count in points]))
        if self.complete or self.marks:
            return len(self.words) if self.complete else characters
        sounded = min(played, self.end) - self.start  # another sound may follow where the voice broke off
        return min(len(self.words), int(sounded / SAMPLE_RATE * CHARACTERS_PER_SECOND))

    def heard(self, played: int) -> str | None:
        """The words that were heard; None when not even the first one was."""
        spoken = self.spoken(played)
        if played < self.start or (not spoken and self.words):
            return None
        if self.said is None:
            return heard_prefix(self.text, self.words, spoken, self.language).strip()
        count = int(np.interp(played, [self.start, max(self.end, self.start + 1)], [0, len(self.said)]))
        return self.said[:count] if count == len(self.said) else self.said[: count + 1].rpartition(" ")[0]


class SpokenReply:
    """The reply to one revision of a turn, while it is written, spoken and heard."""

    def __init__(self) -> None:
        self.written = ""
        """All the language model has written."""
        self._sentences: list[SpokenSentence] = []

    def begin(self, text: str, words: str, language: str, position: int) -> None:
        self._sentences.append(SpokenSentence(text, words, language, position, position))

    def add(self, chunk: SpeechChunk) -> None:
        sentence = self._sentences[-1]
        sentence.end += len(chunk.pcm24k)
        if chunk.spoken is not None:
            sentence.marks.append((sentence.end, chunk.spoken))
        sentence.said = chunk.said

    def complete(self) -> None:
        self._sentences[-1].complete = True

    def heard(self, played: int) -> str:
        """The words of the reply that had left the speaker when its sample count was ``played``.

        As long as what is spoken is what was written, this is the beginning of `written`, with its own white space:
        the language model finds its very tokens again.
        """
        parts = []
        for sentence in self._sentences:
            if (words := sentence.heard(played)) is None:
                break
            parts.append(words)
        return _beginning(self.written, "".join("".join(parts).split())) or " ".join(part for part in parts if part)

    def differences(self, played: int) -> list[tuple[str, str]]:
        """(Sentence, what the voice said instead), of all that had begun when the speaker's count was ``played``."""
        return [(part.text, part.said) for part in self._sentences if part.said is not None and played > part.start]


def _beginning(text: str, letters: str) -> str:
    """The part of ``text`` whose characters without white space are ``letters``; empty when it does not begin so."""
    position = 0
    for letter in letters:
        while text[position : position + 1].isspace():
            position += 1
        if text[position : position + 1] != letter:
            return ""
        position += 1
    return text[:position].lstrip()
