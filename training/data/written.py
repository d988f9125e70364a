"""What a language model wrote -> checked examples. Models cut arrays off, fence them, and forget commas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST = 4000
"""Characters an instruction, input or output may have."""
_DECODER = json.JSONDecoder(strict=False)  # line breaks inside strings are let pass
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_STRING_OR_COMMA = re.compile(r'("(?:[^"\\]++|\\.)*+(?:"|\Z))|,(?=\s*[}\]])', re.DOTALL)
_REFUSES = re.compile(
    r"^\W*(?:as an ai\b"
    r"|i(?:'m| am) (?:sorry|unable|not able)\b.{0,30}\b(?:can(?:no|')t|unable|help|assist)"
    r"|i can(?:no|')?t (?:help|assist|provide|answer|do that)\b)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"^\W*(?:string|text|instruction|input|output|question|answer|todo|n/?a|example)?\W*\d*\W*$", re.IGNORECASE
)


@dataclass(frozen=True)
class Example:
    instruction: str
    input: str
    """What the instruction is about, e.g. a text to shorten; mostly empty."""
    output: str

    @property
    def question(self) -> str:
        """The user's whole message."""
        return f"{self.instruction}\n\n{self.input}" if self.input else self.instruction


def parse(text: str) -> list[Any]:
    """Every whole JSON object in ``text`` that is no mere wrapper, in order; of a cut array those before the cut.

    Code fences, prose around the JSON, trailing commas and an object around the array are seen through. Never raises.
    """
    text = _STRING_OR_COMMA.sub(lambda match: match[1] or "", _THOUGHTS.sub("", text))
    found: list[Any] = []
    position = text.find("{")
    while position >= 0:
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = position + 1
        else:
            found += _unwrapped(value)
        position = text.find("{", end)
    return found


def _unwrapped(value: dict[str, Any]) -> Iterator[Any]:
    lists = [inner for inner in value.values() if isinstance(inner, list)]
    if "output" not in value and len(lists) == 1:
        yield from lists[0]
    else:
        yield value


def checked(entry: Any) -> Example | str:
    """The example in one parsed object, or why there is none, in two or three words."""
    if not isinstance(entry, dict):
        return "wrong form"
    if "question" in entry and "answer" in entry:
        entry = {"instruction": entry["question"], "output": entry["answer"]}
    texts = [entry.get("instruction"), entry.get("input") or "", entry.get("output")]
    if not all(isinstance(text, str) for text in texts):
        return "wrong form"
    instruction, context, output = (text.strip().encode("utf-8", "replace").decode() for text in texts)
    if _PLACEHOLDER.match(context):
        context = ""
    if not instruction or not output:
        return "empty"
    if max(map(len, (instruction, context, output))) > LONGEST:
        return "too long"
    number = any(map(str.isdigit, output))
    if _PLACEHOLDER.match(instruction) or output == instruction or _PLACEHOLDER.match(output) and not number:
        return "a placeholder"
    if _REFUSES.search(output):
        return "a refusal"
    return Example(instruction, context, output)


def common(examples: Sequence[Example]) -> tuple[str, str]:
    """The words that every output begins with, and those it ends with: what every further one must have, too.

    Empty when there are fewer than three examples or nothing is shared.
    """
    outputs = [example.output.split() for example in examples]
    if len(outputs) < 3:
        return "", ""
    shortest = min(map(len, outputs))

    def shared(pick) -> int:
        differs = (count for count in range(shortest) if len({pick(output, count) for output in outputs}) > 1)
        return next(differs, shortest)

    begins, ends = shared(lambda output, count: output[count]), shared(lambda output, count: output[-1 - count])
    return " ".join(outputs[0][:begins]), " ".join(outputs[0][len(outputs[0]) - ends :])
