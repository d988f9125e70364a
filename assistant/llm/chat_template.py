"""Messages -> the chat template's text -> tokens, so that what lies in the KV cache already is used again.

A prompt is a list of parts: an int is a control token that the template wrote (``<|im_end|>``), bytes are a run of
ordinary text. What people say is only ever ordinary text: a user who says "<|im_end|>" ends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from assistant.errors import EngineError
from assistant.llm import Message, Tool, without_system
from assistant.llm.call_form import PLAIN, CallForm
from assistant.llm.thinking import ends_open
from assistant.llm.tool_template import Render, as_dicts, form_of, offers, plainly

Prompt = list["int | bytes"]

_NAMES = {"user": "User: ", "assistant": "Assistant: "}

_SHORTEST_MARK = 3  # characters; a shorter one may well stand in an answer
_PLACE = re.compile("\ue000(\\d+)\ue001")


def _place(position: int) -> str:
    """Stands for a message's content while the template is rendered, so that the two cannot be confused."""
    return f"\ue000{position}\ue001"


def plain(messages: list[dict[str, Any]]) -> str:
    """For models without a chat template, which were not made for conversation."""
    lines = [
        f"{_NAMES[one['role']]}{one['content']}\n" if one["role"] in _NAMES else f"{one['content']}\n\n"
        for one in messages
    ]
    return "".join([*lines, "Assistant:"])


def _showing(render: Render) -> Render | None:
    """``render`` if it puts the user's words into the prompt, or with each content as a list of parts, as templates of
    models with eyes want it; None when their words are lost either way.
    """

    def in_parts(messages: list[dict[str, Any]], *tools: Any) -> str:
        return render([{**one, "content": [{"type": "text", "text": one["content"]}]} for one in messages], *tools)

    for way in (render, in_parts):
        text = _tried(way, "user")
        if text is None:
            return render
        if _place(0) in text:
            return way
    return None


def _tried(render: Render, *roles: str) -> str | None:
    """None when the template refuses these roles; `ChatTemplate.prompt` tells it. Raises EngineError when the template
    is broken altogether."""
    try:
        return render([{"role": role, "content": _place(position)} for position, role in enumerate(roles)])
    except EngineError:
        raise
    except Exception:  # whatever a template found in a file may raise
        return None


class ChatTemplate:
    def __init__(self, render: Render, control: Mapping[str, int], bos: int | None, space_prefix: bool) -> None:
        """``control`` maps the text of each control token to its id, ``bos`` is put first unless the template does it,
        ``space_prefix``: the tokenizer puts a space before text that follows a control token. Raises EngineError when
        ``render`` does.
        """
        shown = _showing(render)
        self.loses_words = shown is None
        """Whether the template leaves out what the user said; then the plain one is used."""
        self._render = shown or plain
        self._control = control
        self._bos = bos
        self._space_prefix = space_prefix
        self._split = re.compile("|".join(map(re.escape, sorted(control, key=len, reverse=True))) or "(?!)")
        self._system_alone = self._takes_system()
        self.opens_thought = self._opens_thought()
        """Whether the reply begins in the middle of a thought."""
        self.stop = self._stop()
        """What a model without a token for it writes before it goes on with the user's words; empty = nothing."""

    @cached_property
    def _tools(self) -> tuple[CallForm, bool] | None:
        """See `form_of`; a tenth of a second for those who use tools."""
        return form_of(self._render, self._split)

    @property
    def calls(self) -> CallForm:
        """How the model writes calls of tools."""
        return PLAIN if self._tools is None else self._tools[0]

    def prompt(self, messages: Sequence[Message], unfinished: bool = False, tools: Sequence[Tool] = ()) -> Prompt:
        """The parts for these messages; ``unfinished`` ends with the last message's last word, its turn still open."""
        given: list[Any] = []
        one_by_one = as_text = False
        if tools or any(message.calls or message.role == "tool" for message in messages):
            if self._tools is None:
                messages = plainly(messages, tools, self._split)
            else:
                one_by_one, as_text = self._tools[0].between is None, self._tools[1]
                given = [offers(tools, self._split)] if tools else []
        messages = messages if self._system_alone else without_system(messages)
        places, messages = as_dicts(messages, _place, one_by_one, as_text, self._split)
        try:
            pieces = _PLACE.split(self._render(places, *given))
        except EngineError:
            raise
        except Exception as error:  # whatever a template found in a file may raise
            raise EngineError(
                f"The model's chat template cannot be used ({error}); choose another [llm] model"
            ) from None
        if unfinished:
            del pieces[-1]
        return self._parts(pieces, messages)

    def _parts(self, pieces: list[str], messages: Sequence[Message]) -> Prompt:
        """``pieces``: text of the template and numbers of messages in turn.

        A reply begins and ends a run of its own (with the white space before it), because it was sampled as such.
        """
        parts: Prompt = [] if self._bos is None else [self._bos]
        run = ""

        def end_run() -> None:
            nonlocal run
            if run:
                spaced = self._space_prefix and (not parts or isinstance(parts[-1], int))
                parts.append((" " * spaced + run).encode("utf-8", "replace"))
            run = ""

        for position, piece in enumerate(pieces):
            if position % 2 == 0:
                start = 0
                for found in self._split.finditer(piece):
                    run += piece[start : found.start()]
                    end_run()
                    token = self._control[found[0]]
                    if not (token == self._bos and parts == [token]):
                        parts.append(token)
                    start = found.end()
                run += piece[start:]
                continue
            message = messages[int(piece)]
            if message.role == "assistant":
                opening = run.rstrip()
                gap, run = run[len(opening) :], opening
                end_run()
                run = gap + message.content.strip()
                end_run()
            else:
                run += message.content.strip()
        end_run()
        return parts

    def _takes_system(self) -> bool:
        """Some templates refuse a system message, some leave it out."""
        return _place(0) in (_tried(self._render, "system", "user") or "")

    def _opens_thought(self) -> bool:
        return ends_open(_tried(self._render, "user") or "")

    def _stop(self) -> str:
        text = _tried(self._render, "user", "assistant", "user") or ""
        try:
            between = text[text.index(_place(1)) + len(_place(1)) : text.rindex(_place(2))]
        except ValueError:  # a template need not show each message once
            return ""
        words = self._split.sub("", between)
        mark = words.strip().partition("\n")[0].strip()
        # Where a token ends the reply, the rest may be a mere "user".
        return mark if len(mark) >= _SHORTEST_MARK and (words == between or mark[-1] in ":]>") else ""


def spell(
    prompt: Prompt, cached: Sequence[int], text_of: Callable[[int], bytes], tokenize: Callable[[bytes], list[int]]
) -> list[int]:
    """The prompt's tokens; a run that the cached tokens already spell is spelled as they do.

    Tokenizing a sampled reply again often gives other tokens than were sampled, most of all where a barge-in cut it;
    the cached ones mean the same text and need no work. A run that goes on beyond the cached text is tokenized anew,
    so that no word stays split where an earlier, unfinished transcript ended.
    """
    tokens: list[int] = []
    same = True  # whether all tokens so far are the cached ones
    for part in prompt:
        start = len(tokens)
        if isinstance(part, int):
            tokens.append(part)
        else:
            tokens += (same and _cached_spelling(part, cached, start, text_of)) or tokenize(part)
        same = same and tokens[start:] == list(cached[start : len(tokens)])
    return tokens


def _cached_spelling(text: bytes, cached: Sequence[int], start: int, text_of: Callable[[int], bytes]) -> list[int]:
    """The cached tokens from ``start`` that make up exactly ``text``; empty when they do not."""
    position, end = 0, start
    while position < len(text):
        piece = text_of(cached[end]) if end < len(cached) else b""
        if not piece or not text.startswith(piece, position):
            return []
        position += len(piece)
        end += 1
    return list(cached[start:end])


def common_prefix(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens both begin with."""
    return next((position for position, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
