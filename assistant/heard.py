"""What the listener heard of a reply: the one place where playback position becomes words."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.speakable import heard_prefix
from assistant.tts import SAMPLE_RATE, SpeechChunk

_CHARACTERS_PER_SECOND = 15.0  # of English speech, used only until a voice without word times has finished a sentence


@dataclass
class Sentence:
    """One sentence of a reply and where its sound lies in the speaker's sample count."""

    text: str
    """As the language model wrote it."""
    words: str
    """As it is read aloud."""
    start: int
    end: int = 0
    complete: bool = False
    marks: list[tuple[int, int]] = field(default_factory=list)
    """(sample position, characters of `words` wholly spoken by then), from voices that can tell."""

    def spoken(self, played: int) -> int:
        """Characters of `words` that were heard when ``played`` samples had left the speaker."""
        if self.complete and played >= self.end:
            return len(self.words)
        if self.marks:
            return max((characters for position, characters in self.marks if position <= played), default=0)
        seconds = max(0, played - self.start) / SAMPLE_RATE
        if self.complete and self.end > self.start:
            return int(len(self.words) * (played - self.start) / (self.end - self.start)) if seconds else 0
        return min(len(self.words), int(seconds * _CHARACTERS_PER_SECOND))


class Reply:
    """The reply to one revision of a turn, while it is written, spoken and heard."""

    def __init__(self) -> None:
        self.written = ""
        """All the language model has written."""
        self._sentences: list[Sentence] = []

    def begin(self, text: str, words: str, position: int) -> None:
        self._sentences.append(Sentence(text, words, position, position))

    def add(self, chunk: SpeechChunk) -> None:
        sentence = self._sentences[-1]
        sentence.end += len(chunk.pcm24k)
        if chunk.spoken is not None:
            sentence.marks.append((sentence.end, chunk.spoken))

    def complete(self) -> None:
        self._sentences[-1].complete = True

    def heard(self, played: int) -> str:
        """The words of the reply that had left the speaker when its sample count was ``played``."""
        parts = []
        for sentence in self._sentences:
            if played <= sentence.start and sentence.words:
                break
            parts.append(heard_prefix(sentence.text, sentence.words, sentence.spoken(played)))
        return " ".join(part for part in (part.strip() for part in parts) if part)
