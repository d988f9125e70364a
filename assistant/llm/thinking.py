"""What a reasoning model thinks aloud before it answers is not for the ear."""

from __future__ import annotations

import re

_PAIRS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<details", "</details>"),
    ("<seed:think>", "</seed:think>"),
    ("<longcat_think>", "</longcat_think>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<think ", "</think>"),  # with attributes
    ("[THINK]", "[/THINK]"),  # Magistral
    ("◁think▷", "◁/think▷"),  # Kimi
    ("<|START_THINKING|>", "<|END_THINKING|>"),  # Command
    ("<|channel>", "<channel|>"),  # Gemma 4
    ("<unused94>", "<unused95>"),  # MedGemma
    ("<|begin_of_thought|>", "<|end_of_thought|>"),  # Open Thoughts
    ("<|inner_prefix|>", "<|inner_suffix|>"),  # Apertus
    ("<|think|>", "<|content|>"),  # Solar
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),  # gpt-oss, "harmony"
    ("<|channel|>commentary<|message|>", "<|channel|>final<|message|>"),
)
_UNSPOKEN = (
    "<|start|>assistant",
    "<|end|>",
    "<|return|>",
    "<|START_RESPONSE|>",
    "<|END_RESPONSE|>",
    "<|begin_of_solution|>",
    "<|end_of_solution|>",
    *("<answer>", "</answer>", "<response>", "</response>", "<output>", "</output>"),
    "<|begin|>assistant",
)
_UNSAID = frozenset(mark.lower() for mark in _UNSPOKEN)
OPENINGS = tuple(opening for opening, _ in _PAIRS)
_CLOSINGS = frozenset(closing.lower() for _, closing in _PAIRS)
_MARKS = sorted({*OPENINGS, *(closing for _, closing in _PAIRS), *_UNSPOKEN}, key=len, reverse=True)
_MARK = re.compile("|".join(map(re.escape, _MARKS)), re.IGNORECASE)
_BEGUN_MARK = re.compile(
    "|".join(
        rf"{re.escape(begun)}\Z"
        for begun in sorted({mark[:length] for mark in _MARKS for length in range(1, len(mark) + 1)}, key=len)[::-1]
    ),
    re.IGNORECASE,
)
_ACROSS = max(map(len, _MARKS)) - 1  # characters that may be the beginning of a mark
_PART = re.compile(r"<[^<>]*>|\[/?THINK\]|◁/?think▷")
TOKENS = frozenset(part for mark in _MARKS for part in _PART.findall(mark))
"""What of the marks may be a control token of a model's vocabulary."""
# How thoughts begin, and answers seldom do.
_ALOUD = (
    *("okay, so the user", "okay, the user", "okay, so i ", "okay, i need", "okay, let me", "okay, let's", "okay, so "),
    *("alright, so ", "alright, the user", "alright, let", "hmm", "the user ", "user asks", "user wants"),
    *("let me think", "let's think", "we need to", "i need to", "first, i need"),
)


class Thoughts:
    """Takes thoughts out of a reply that comes in pieces, and the white space before its first word.

    ``begun``: the reply begins within a thought, because the chat template has opened it. ``held``: it may, without a
    mark that opens it; nothing goes out before a mark or the end. ``suspects``: the same where it begins as thoughts
    do.
    """

    def __init__(self, begun: bool = False, held: bool = False, suspects: bool = False) -> None:
        self.thinking = begun
        """Whether what comes next is thought, not said."""
        self.closed_alone = False
        """Whether a thought ended that nothing had opened: what came before it was thought, too."""
        self.suspected = False
        """Whether it was held back for how it began."""
        self._suspects = suspects and not (begun or held)
        self._held = held and not begun
        self._held_back: list[str] = []  # may be a thought, and holds no mark
        self._pending = ""  # may be the beginning of a mark
        self._answered = False

    def feed(self, piece: str) -> str:
        """What of the reply may be spoken now; empty when that is nothing yet."""
        if self._suspects:
            self._pending, piece = self._pending + piece, ""
            begin = self._pending.lstrip().lower()
            if any(opening.startswith(begin) for opening in _ALOUD):
                return ""
            self._suspects = False
            self.suspected = self._held = begin.startswith(_ALOUD)
        *parts, rest = self._split(self._pending + piece)
        if self._held:
            self._held_back.append(rest[:-_ACROSS])
            self._pending = rest[-_ACROSS:]
        else:
            half = _BEGUN_MARK.search(rest, max(0, len(rest) - _ACROSS))
            self._pending = half[0] if half else ""
            parts.append("" if self.thinking else rest[: len(rest) - len(self._pending)])
        return self._out("".join(parts))

    def flush(self) -> str:
        """What was held back; call it at the end of the reply."""
        text = "" if self.thinking else self._released() + self._pending
        self._pending = ""
        return self._out(text) if self._held or self._suspects else text

    def _released(self) -> str:
        """What was held back until now."""
        text = "".join(self._held_back)
        self._held_back.clear()
        return text

    def _out(self, text: str) -> str:
        text = text if self._answered else text.lstrip()
        self._answered = self._answered or bool(text)
        return text

    def _split(self, text: str) -> list[str]:
        """The parts outside thoughts that a mark ends, and what follows the last mark."""
        parts, start, answered = [], 0, self._answered
        for mark in _MARK.finditer(text):
            closing = mark[0].lower() in _CLOSINGS
            alone = closing and not self.thinking
            before = self._released() + text[start : mark.start()]
            self.closed_alone = self.closed_alone or (alone and bool(before.strip() or answered))
            parts.append("" if self.thinking or (alone and self._held) else before)
            answered = answered or bool(parts[-1].strip())
            if mark[0].lower() not in _UNSAID:
                self.thinking, self._held = not closing, False
            start = mark.end()
        return [*parts, text[start:]]


class Stop:
    """Ends a reply before the model goes on with the user's next words, where its vocabulary has no token for that."""

    def __init__(self, mark: str) -> None:
        """``mark``: what stands before the user's words; empty = nothing ends a reply."""
        self._mark, self._pending, self.reached = mark, "", False

    def feed(self, text: str) -> str:
        if not self._mark or self.reached:
            return "" if self.reached else text
        text = self._pending + text
        before, found, _ = text.partition(self._mark)
        if found:
            self.reached, self._pending = True, ""
            return before.rstrip()
        half = next(
            (n for n in range(min(len(text), len(self._mark) - 1), 0, -1) if self._mark.startswith(text[-n:])), 0
        )
        text, self._pending = text[: len(text) - half], text[len(text) - half :]
        return text

    def flush(self) -> str:
        text, self._pending = self._pending, ""
        return text
