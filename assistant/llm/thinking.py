"""What a reasoning model thinks aloud before it answers is not for the ear."""

from __future__ import annotations

import re

_PAIRS = (
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),  # Magistral
    ("[THINKING]", "[/THINKING]"),
    ("[REASONING]", "[/REASONING]"),
    ("◁think▷", "◁/think▷"),  # Kimi
    ("<|channel>", "<channel|>"),  # Gemma 4
    ("<unused94>", "<unused95>"),  # MedGemma
    ("<|inner_prefix|>", "<|inner_suffix|>"),  # Apertus
    ("<|think|>", "<|content|>"),  # Solar
)
_UNSPOKEN = (
    "<|start|>assistant",
    "<|end|>",
    "<|return|>",
    "<|START_RESPONSE|>",
    "<|END_RESPONSE|>",
    "<|begin_of_solution|>",
    "<|end_of_solution|>",
    *("<|begin_of_box|>", "<|end_of_box|>", "[END FINAL RESPONSE]", "<final_answer>", "</final_answer>"),
    *("<answer>", "</answer>", "<response>", "</response>", "<output>", "</output>"),
    "<|begin|>assistant",
)
# Models have ever new names for it: <thinking>, <inner_monologue>, <think mode="x">, <|START_THINKING|>.
_WORD = "think|thought|reason|reflect|monologue|scratch_?pad|deliberat|introspect|chain_of|ponder|ruminat|思考|推理"
_NAME = rf"(?:[\w:.-]{{0,24}}(?:{_WORD})[\w:.-]{{0,24}}|analysis|details|plan|planning|rationale|cot|critique)"
_TAG = rf"</{_NAME}\s{{0,3}}>|<{_NAME}(?:\s[^<>]{{0,200}})?/?>|<\|/?\w{{0,24}}(?:{_WORD})\w{{0,24}}\|>"
_BEGUN_TAG = rf"<{_NAME}\s[^<>]{{0,200}}\Z|</?(?:[a-z思推][\w:.-]{{0,60}}\s{{0,3}}/?)?\Z|<\|/?\w{{0,60}}\|?\Z"
_OF_TAG = re.compile(r"<\|?/?([\w:.-]+)")
_ENDS = re.compile(r"</|<\|/|<\|end_|_end\|>", re.IGNORECASE)
_LONGEST = 280  # characters of a tag
# gpt-oss, "harmony": what a channel is for stands between its mark and the message's.
_TO = r"[^<>]{0,80}(?:<\|constrain\|>[^<>]{0,20})?"
_CHANNEL = rf"<\|channel\|>(?:analysis|commentary|final){_TO}<\|message\|>"
_BEGUN_CHANNEL = rf"<\|channel\|>{_TO}(?:<\|?[a-z]{{0,9}}\|?)?\Z"
_CHANNELS = ("<|start|>", "<|channel|>", "<|constrain|>", "<|message|>", "<|end|>", "<|return|>")
_BARE = "assistantfinal"
"""The same where a server has taken the marks out: "analysisThe user asks.assistantfinalParis."."""
_FINAL = "[begin final response]"  # Apriel

_UNSAID = frozenset(mark.lower() for mark in _UNSPOKEN)
_CLOSING_OF = {opening.lower(): closing.lower() for opening, closing in _PAIRS}
_CLOSINGS = frozenset({*_CLOSING_OF.values(), _FINAL, _BARE})
_MARKS = sorted({*(mark for pair in _PAIRS for mark in pair), *_UNSPOKEN, _FINAL.upper(), _BARE}, key=len, reverse=True)
_MARK = re.compile("|".join([*map(re.escape, _MARKS), _CHANNEL, _TAG]), re.IGNORECASE)
_BEGINNINGS = sorted({mark[:length] for mark in _MARKS if mark != _BARE for length in range(1, len(mark) + 1)}, key=len)
_BEGUN = [*(rf"{re.escape(begun)}\Z" for begun in reversed(_BEGINNINGS)), _BEGUN_CHANNEL, _BEGUN_TAG]
_BEGUN_MARK = re.compile("|".join(_BEGUN), re.IGNORECASE)
_OPENING_AT_END = re.compile(rf"(?:{_MARK.pattern})\Z", re.IGNORECASE)
_PART = re.compile(r"<[^<>]*>|\[/?[A-Z]+\]|◁/?think▷")
_TOKENS = frozenset({*_CHANNELS, *(part for mark in _MARKS for part in _PART.findall(mark))})
# How thoughts begin, and answers seldom do.
_ALOUD = (
    *("okay, so the user", "okay, the user", "okay, so i ", "okay, i need", "okay, let me", "okay, let's", "okay, so "),
    *("alright, so ", "alright, the user", "alright, let", "hmm", "the user ", "user asks", "user wants"),
    *("let me think", "let's think", "we need to", "i need to", "first, i need"),
)
_LABELS = tuple(
    f"{mark}{word}{end}"
    for mark in ("", "**", "# ", "## ", "### ")
    for word in ("thinking", "thought", "thoughts", "thought process", "reasoning", "analysis")
    for end in (":", "**", "\n")
    if (mark or end == ":") and not (mark.startswith("#") and end == "**")
) + ("here is my thought process:", "here are my reasoning steps:")  # Granite, Apriel
_ANSWER = re.compile(
    r"(?:^|\n)[*#\s>]{0,8}(?:here is )?(?:(?:final|my) )?(?:answer|response|reply|output)"
    r"(?:\s?[*:]{1,4}\s|\s*\n)",
    re.IGNORECASE,
)
"""What parts a thought from the answer where the reply began with a label."""


def is_mark(token: str) -> bool:
    """Whether a control token of a model's vocabulary opens or closes thoughts, or is a part of what does."""
    return token in _TOKENS or _MARK.fullmatch(token) is not None


def ends_open(prompt: str) -> bool:
    """Whether ``prompt`` ends with a mark that opens a thought."""
    mark = _OPENING_AT_END.search(prompt.rstrip()[-_LONGEST:])
    return mark is not None and _read(mark[0])[0] is True


def _read(mark: str) -> tuple[bool | None, str]:
    """(whether it opens a thought or closes one, None = neither; which one)."""
    mark = mark.lower()
    if mark in _UNSAID or mark.endswith("/>"):
        return None, ""
    if mark in _CLOSING_OF:
        return True, _CLOSING_OF[mark]
    if mark in _CLOSINGS:
        return False, mark
    if mark.startswith("<|channel|>"):
        return "final" not in mark, "final"
    name = _OF_TAG.match(mark)
    return not _ENDS.search(mark), name[1] if name and mark[1] != "|" else "|"


class Thoughts:
    """Takes thoughts out of a reply that comes in pieces, and the white space before its first word.

    ``begun``: the reply begins within a thought, because the chat template has opened it. ``held``: it may, without a
    mark that opens it; nothing goes out before a mark or the end. ``suspects``: the same where it begins as thoughts
    do.
    """

    def __init__(self, begun: bool = False, held: bool = False, suspects: bool = False) -> None:
        self._open = [""] if begun else []  # the thoughts that are open, each in the one before it; "" = unknown
        self._thought = False  # whether anything was thought since the reply began within one
        self.closed_alone = False
        """Whether a thought ended that nothing had opened: what came before it was thought, too."""
        self.suspected = False
        """Whether it was held back for how it began."""
        self._suspects = suspects and not (begun or held)
        self._held = held and not begun
        self._labelled = False
        self._held_back: list[str] = []  # may be a thought, and holds no mark
        self._pending = ""  # may be the beginning of a mark
        self._answered = False

    @property
    def thinking(self) -> bool:
        """Whether what comes next is thought, not said."""
        return bool(self._open)

    def feed(self, piece: str) -> str:
        """What of the reply may be spoken now; empty when that is nothing yet."""
        if self._suspects:
            self._pending, piece = self._pending + piece, ""
            begin = self._pending.lstrip().lower()
            if any(opening.startswith(begin) for opening in (*_ALOUD, *_LABELS)):
                return ""
            self._suspects = False
            self._labelled = begin.startswith(_LABELS)
            bare = re.match(r"\s*analysis[A-Z]", self._pending)
            self.suspected = self._held = self._labelled or bool(bare) or begin.startswith(_ALOUD)
        *parts, rest = self._split(self._pending + piece)
        if self._held:
            self._held_back.append(rest[:-_LONGEST])
            self._pending = rest[-_LONGEST:]
        else:
            half = _BEGUN_MARK.search(rest, max(0, len(rest) - _LONGEST))
            self._pending = half[0] if half else ""
            told = rest[: len(rest) - len(self._pending)]
            self._thought = self._thought or bool(self.thinking and told.strip())
            parts.append("" if self.thinking else told)
        return self._out("".join(parts))

    def flush(self) -> str:
        """What was held back; call it at the end of the reply."""
        text = "" if self.thinking else self._released() + self._pending
        self._pending = ""
        if self._labelled and self._held:
            *thought, text = _ANSWER.split(text)
            self.closed_alone = self.closed_alone or bool(thought)
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
            if mark[0].lower() == _BARE and not self._held:
                continue
            opens, name = _read(mark[0])
            alone = opens is False and not self.thinking
            before = self._released() + text[start : mark.start()]
            self.closed_alone = self.closed_alone or (alone and bool(before.strip() or answered))
            self._thought = self._thought or bool(self.thinking and before.strip())
            parts.append("" if self.thinking or (alone and self._held) else before)
            answered = answered or bool(parts[-1].strip())
            if opens is not None:
                self._held = False
                self._turn(opens, name)
            start = mark.end()
        return [*parts, text[start:]]

    def _turn(self, opens: bool, name: str) -> None:
        """A thought within another ends alone; what closes none that is open closes all."""
        if not opens:
            del self._open[self._open.index(name) if name in self._open else 0 :]
        elif self._open == [""] and not self._thought:  # the model opens what the template has opened
            self._open = [name]
        elif name not in self._open:
            self._open.append(name)


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
