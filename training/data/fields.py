"""One row as it stands in somebody's file, its columns or fields -> a `Row`; or why it is none."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from training.rows import Row

QUESTIONS = ("instruction", "prompt", "question")
INPUTS = ("input", "context")
ANSWERS = ("output", "completion", "answer", "response")
CONVERSATIONS = ("messages", "conversations", "conversation")
SYSTEMS = ("system", "system_prompt", "system_message")
COLUMNS = frozenset((*QUESTIONS, *INPUTS, *ANSWERS, *CONVERSATIONS, *SYSTEMS, "history", "kind", "source"))
WANTED = (
    "instruction, input and output (Alpaca), prompt and completion, question and answer, conversations "
    "(ShareGPT) or messages (chat)"
)

_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
}
_NO_INPUT = frozenset(("<noinput>", "<no input>", "noinput", "no input", "nan", "none", "null", "n/a"))
"""How datasets spell, in small letters, that an instruction comes without an input."""
_NO_TEXT = re.compile("[\ud800-\udfff\0]")


class Unusable(ValueError):
    """A row that nothing can be learned from; ``what`` is one of json, columns, question, answer, roles and text."""

    def __init__(self, what: str, text: str) -> None:
        super().__init__(text)
        self.what = what


def recognise(fields: Any, line: int) -> tuple[Row, str, list[str]]:
    """The row, the name of its format, and the columns that it does not use. Raises Unusable."""
    if not isinstance(fields, Mapping):
        raise Unusable("columns", f"wrong columns: found {_shape(fields)}, wanted an object with {WANTED}")
    fields = {str(name).strip().lower(): value for name, value in fields.items()}
    turns = next((name for name in CONVERSATIONS if _given(fields.get(name))), None)
    question = next((name for name in QUESTIONS if name in fields), None)
    answer = next((name for name in ANSWERS if name in fields), None)
    used = {turns} if turns else {question, answer, *INPUTS}
    if turns:
        messages, form = _messages(_list(fields[turns], turns)), "chat" if turns == "messages" else "ShareGPT"
    elif question and answer and isinstance(fields[question], list) and isinstance(fields[answer], list):
        messages, form = _messages([*fields[question], *fields[answer]]), "chat"
    elif answer and (question or "input" in fields):
        asked = {name: _text(fields[name], name) for name in (question, *INPUTS) if name and name in fields}
        said = [text for name, text in asked.items() if name == question or text.lower() not in _NO_INPUT]
        messages = [("user", "\n\n".join(filter(None, said))), ("assistant", _text(fields[answer], answer))]
        form = "Alpaca" if question in (None, "instruction") else f"{question} and {answer}"
    else:
        raise Unusable("columns", f"wrong columns: found {_names(fields)}, wanted {WANTED}")
    if not turns and _given(fields.get("history")):
        used.add("history")
        at = int(messages[0][0] == "system")
        messages[at:at] = _history(fields["history"])
    system = next((name for name in SYSTEMS if _given(fields.get(name))), None)
    if system and messages[:1] and messages[0][0] != "system":
        used.add(system)
        messages.insert(0, ("system", _text(fields[system], system)))
    messages = _in_order(messages)
    unused = [
        name
        for name, value in fields.items()
        if name not in {*used, "kind", "source"} and _given(value) and value != []
    ]
    if turns:
        unused += _unused_of_messages(_list(fields[turns], turns))
    row = Row(
        tuple({"role": role, "content": content} for role, content in messages),
        line,
        _label(fields, "kind"),
        _label(fields, "source"),
    )
    return row, form, unused


def _in_order(messages: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """``messages`` without an empty system prompt. Raises Unusable unless user and assistant take turns, each says
    something, and the assistant has the last word."""
    if messages and messages[0][0] == "system" and not messages[0][1]:
        messages = messages[1:]
    system = bool(messages) and messages[0][0] == "system"
    if len(messages) == system:
        raise Unusable("roles", "the conversation is empty: a question and an answer are wanted")
    for position, (role, _) in enumerate(messages[system:]):
        if role != ("user", "assistant")[position % 2]:
            number = position + system + 1
            before = f"follows the {messages[number - 2][0]}'s" if position or system else "comes first"
            raise Unusable(
                "roles",
                f"roles out of order: message {number} is the {role}'s and {before}; wanted system "
                "(or none), then user and assistant in turn",
            )
    if messages[-1][0] != "assistant":
        raise Unusable("roles", "has no answer: it ends with the user, the last message must be the assistant's")
    for number, (role, content) in enumerate(messages, 1):
        if not content and number == len(messages):
            raise Unusable("answer", "has no answer: it is empty")
        if not content:
            raise Unusable(
                "question" if role == "user" else "text",
                "has no question: it is empty"
                if len(messages) - system == 2
                else f"message {number} ({role}) is empty",
            )
    return messages


def _messages(items: list[Any]) -> list[tuple[str, str]]:
    messages = []
    for number, item in enumerate(items, 1):
        if not isinstance(item, Mapping):
            raise Unusable("columns", f"message {number} is {_shape(item)}, wanted an object with role and content")
        role, content = item.get("role", item.get("from")), item.get("content", item.get("value"))
        if role is None or not {"content", "value"} & set(item):
            raise Unusable(
                "columns", f"message {number} has {_names(item)}, wanted role and content (or from and value)"
            )
        known = _ROLES.get(str(role).strip().lower())
        if known is None:
            raise Unusable(
                "roles", f"message {number} has the role {str(role)[:40]!r}, wanted system, user or assistant"
            )
        messages.append((known, _text(content, f"message {number}")))
    return messages


def _history(value: Any) -> list[tuple[str, str]]:
    """Earlier turns: pairs of question and answer, or messages."""
    turns = _list(value, "history")
    if all(isinstance(turn, list) and len(turn) == 2 for turn in turns):
        roles = ("user", "assistant")
        return [(role, _text(said, "history")) for turn in turns for role, said in zip(roles, turn, strict=True)]
    return _messages(turns)


def _unused_of_messages(items: list[Any]) -> list[str]:
    names = {str(name) for item in items for name, value in item.items() if _given(value)}
    return [f"{name} of a message" for name in sorted(names - {"role", "from", "content", "value"})]


def _list(value: Any, name: str) -> list[Any]:
    """A CSV file can only hold a conversation as JSON in a cell."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise Unusable("json", f"broken JSON in column {name} ({error})") from None
    if not isinstance(value, list):
        raise Unusable("columns", f"{name} is {_shape(value)}, wanted a list of messages")
    return value


def _text(value: Any, name: str) -> str:
    if value is None or isinstance(value, float) and not math.isfinite(value):  # pandas writes NaN for an empty cell
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if (
        isinstance(value, list)
        and value
        and all(isinstance(part, Mapping) and isinstance(part.get("text"), str) for part in value)
    ):
        value = "\n".join(part["text"] for part in value)  # OpenAI's form: a list of parts
    if not isinstance(value, str):
        raise Unusable("text", f"{name} is {_shape(value)}, wanted text")
    if bad := _NO_TEXT.search(value):
        raise Unusable("text", f"{name} holds a character that is none (U+{ord(bad[0]):04X})")
    return value.strip()


def _label(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return " ".join(_NO_TEXT.sub("", value).split()) if isinstance(value, str) else ""


def _given(value: Any) -> bool:
    return value is not None and value != "" and not (isinstance(value, float) and math.isnan(value))


def _names(fields: Mapping[Any, Any]) -> str:
    names = [repr(str(name))[1:-1][:40] or "(no name)" for name in fields]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") if names else "nothing"


def _shape(value: Any) -> str:
    kinds = {
        type(None): "nothing",
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), type(value).__name__)
