"""JSON and JSON Lines -> document: each record is a block with its keys, each question stands with its answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rag.decode import decode
from rag.document import Builder, Document
from rag.readers.formats import code
from rag.readers.json_repair import BETWEEN, by_lines, repaired, sequence
from rag.readers.tables import add_record, add_table

_LONG = 400
"""Characters of a value beyond which it is a block of its own below its record."""
_FEW = 50  # values of a record whose first one tells which it is
_SHORT = 100  # characters of a value that a record is called by
_TITLES = ("title", "name", "label", "subject", "heading", "question", "id", "key")
_ROLES = {
    **dict.fromkeys(("user", "human", "prompter", "customer"), "Question"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bot", "model", "ai", "agent"), "Answer"),
    **{role: role.capitalize() for role in ("system", "developer", "tool", "function", "observation")},
}
_WHO = ("role", "from", "author", "speaker", "sender")
_SAID = ("content", "value", "text", "message", "parts")
_NAMED = 5  # bad lines that are named, each with its number


class _Object(dict):
    """A JSON object of which every member is kept, though several have one name."""

    def __init__(self, members: list[tuple[str, Any]]) -> None:
        super().__init__(members)
        if len(self) < len(members):
            self.clear()
            seen: dict[str, int] = {}
            for name, value in members:
                seen[name] = seen.get(name, 0) + 1
                self[name if seen[name] == 1 else f"{name} ({seen[name]})"] = value


# Numbers stay as they are written: 1.10 is no 1.1, and what has 5,000 digits is no error.
_HOOKS: dict[str, Any] = {"object_pairs_hook": _Object, "parse_float": str, "parse_int": str, "parse_constant": str}
_DECODER, _STRICT = json.JSONDecoder(**_HOOKS, strict=False), json.JSONDecoder(**_HOOKS)


def whole(data: bytes) -> Document:
    """One value, or several one after another. A damaged record in a list costs that record, other damage makes it
    plain text."""
    text = decode(data).strip(BETWEEN)
    try:
        return _document(sequence(text, _DECODER))
    except ValueError as error:
        line = text.count("\n", 0, getattr(error, "pos", 0)) + 1
    tried = [repaired(text, _STRICT.decode), repaired(text, _DECODER.decode), by_lines(text, _DECODER.decode)]
    if found := min(filter(None, tried), key=lambda one: len(one[1]), default=None):
        return _document(*found)
    document = code(data)
    document.notes.append(f"line {line} is not valid JSON, so that it is read as plain text")
    return document


def lines(data: bytes) -> Document:
    """One value in each line; one that is none costs that line."""
    text = decode(data)
    found = by_lines(text, _DECODER.decode) if text.lstrip(BETWEEN)[:1] != "[" else None
    return _document(*found) if found else whole(data)


def _document(values: Sequence[Any], bad: Sequence[int] = ()) -> Document:
    builder = Builder()
    _add_list(values, 1, builder) if len(values) > 1 else _add(values[0], 1, builder)
    builder.add("row", "; ".join(f"{name.replace('_', ' ')}:" for name in _never_given(values)))
    return builder.document("", [_left_out(bad)] if bad else [])


def _left_out(numbers: Sequence[int]) -> str:
    numbers = sorted(set(numbers))
    if len(numbers) == 1:
        return f"what stands in line {numbers[0]} is not valid JSON and left out"
    named = ", ".join(map(str, numbers[:_NAMED]))
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return f"what stands in lines {named}{more} is not valid JSON and left out"


def _never_given(values: Sequence[Any]) -> list[str]:
    """The keys of which no value is other than null."""
    null: dict[str, None] = {}
    given: set[str] = set()
    waiting: list[Any] = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            null |= {key: None for key, item in value.items() if item is None}
            given |= {key for key, item in value.items() if item is not None}
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return [key for key in null if key not in given]


def _add(value: Any, level: int, builder: Builder) -> None:
    match value:
        case dict():
            _add_object(value, level, builder)
        case list():
            _add_list(value, level, builder)
        case None:
            pass
        case _:
            add_record([str(value)], builder)


def _add_list(items: Sequence[Any], level: int, builder: Builder) -> None:
    if turns := _turns(items):
        _add_chat(turns, builder)
        return
    if len(items) > 1 and all(_is_row(item) for item in items) and any(len(item) > 1 for item in items):
        add_table([["" if cell is None else str(cell) for cell in row] for row in items], builder)
        return
    headed = any(_holds_records(item) and (_called(item) or not _only_chats(item)) for item in items)
    for number, item in enumerate(items, 1):
        if headed and isinstance(item, (dict, list)):
            builder.add("heading", _called(item) or str(number), level=min(level, 6))
        _add(item, level + headed, builder)


def _add_object(value: dict, level: int, builder: Builder) -> None:
    """Its short values as one row, then the long ones, then the records in it, headed by the keys that lead there."""
    nested = {key: item for key, item in value.items() if _holds_records(item)}
    pairs = list(_pairs({key: item for key, item in value.items() if key not in nested}, ""))
    short = [pair for pair in pairs if len(pair) <= _LONG]
    first = next((pair for pair in short if len(pair) <= _SHORT), "") if len(pairs) <= _FEW else ""
    add_record(short, builder, first)
    for pair in pairs:
        if len(pair) > _LONG:
            builder.add("text", pair, header=first)
    for key, item in nested.items():
        if not _turns(item):
            builder.add("heading", str(key), level=min(level, 6))
        _add(item, level + 1, builder)


def _called(item: Any) -> str:
    """What a record is called by, where it says so."""
    known = {key.lower(): said for key, said in item.items()} if isinstance(item, dict) else {}
    titles = (known[key] for key in _TITLES if isinstance(known.get(key), str))
    return next((title.strip() for title in titles if 0 < len(title.strip()) <= _SHORT), "")


def _is_row(item: Any) -> bool:
    return isinstance(item, list) and not any(isinstance(cell, (dict, list)) for cell in item)


def _holds_records(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_records(item) for item in value.values())
    return isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value)


def _only_chats(value: Any) -> bool:
    """Whether the records in ``value`` are turns of chats."""
    if isinstance(value, dict):
        return all(_turns(item) for item in value.values() if _holds_records(item))
    return bool(_turns(value))


def _pairs(value: dict, prefix: str) -> Iterator[str]:
    """Each value with the keys that lead to it; a null is no value."""
    for key, item in value.items():
        name = f"{prefix}{key}".replace("_", " ")
        if item == {}:
            yield f"{name}:"
        elif isinstance(item, dict):
            yield from _pairs(item, f"{name} ")
        elif isinstance(item, list):
            yield f"{name}: {', '.join(str(one) for one in item if one is not None)}"
        elif item is not None:
            yield f"{name}: {item}"


# ---- chats ---------------------------------------------------------------------------------------------------------


def _turns(items: Any) -> list[tuple[str, str]]:
    """(question, answer or another role, what was said) of each turn; empty where it is no chat."""
    turns = []
    for item in items if isinstance(items, list) else ():
        turn = _turn(item) if isinstance(item, dict) else None
        if turn is None:
            return []
        turns.append(turn)
    return turns if any(role == "Answer" for role, _ in turns) else []


def _turn(item: dict) -> tuple[str, str] | None:
    who = next((key for key in _WHO if key in item), "")
    said = next((key for key in _SAID if key in item and key != who), "")
    author = item.get(who)
    role = _ROLES.get(str(author.get("role") if isinstance(author, dict) else author).lower())
    if not who or not said or role is None:
        return None
    more = _more({key: value for key, value in item.items() if key not in (who, said)})
    return role, "\n".join(filter(None, ("\n".join(_said(item[said])).strip(), more)))


def _more(rest: dict) -> str:
    return "; ".join(_pairs({key: _flat(value) for key, value in rest.items()}, ""))


def _flat(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if _holds_records(value) else value


def _said(content: Any) -> Iterable[str]:
    """The texts in what was said, which may be in parts, and other kinds of parts as JSON."""
    match content:
        case None:
            return []
        case dict() if isinstance(content.get("text"), str):
            return [content["text"]]
        case dict() if "parts" in content:
            return _said(content["parts"])
        case dict():
            return [json.dumps(content, ensure_ascii=False)]
        case list():
            return [text for part in content for text in _said(part)]
        case _:
            return [str(content)]


def _add_chat(turns: list[tuple[str, str]], builder: Builder) -> None:
    """Each question and what is said until the next one make a block."""
    exchange: list[tuple[str, str]] = []
    for role, said in [*turns, ("Question", "")]:
        if exchange and (role == "Question" and exchange[-1][0] != "Question" or exchange[-1][0] == "System"):
            question = next((words for speaker, words in exchange if speaker == "Question"), "")
            lines = [f"{speaker}: {words}" for speaker, words in exchange if words]
            text = "\n".join(lines)
            builder.add("text", text, header=" ".join(question.split())[:_LONG] if len(text) > 2 * _LONG else "")
            exchange = []
        exchange.append((role, said))
