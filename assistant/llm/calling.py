"""A local model's calls: once it has begun one, a grammar leaves it only tokens that go on with one."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Generator, Sequence

import numpy as np

from assistant.llm import Piece, Tool
from assistant.llm.call_form import CallForm
from assistant.llm.call_text import Spoken
from assistant.llm.gbnf import grammar
from assistant.llm.llamacpp import Model
from assistant.llm.tools import Written, described


class Caller:
    def __init__(self, model: Model, form: CallForm, control: dict[str, int]) -> None:
        """``control``: text -> id of the model's control tokens."""
        self._model, self._form = model, form
        self.marks = {token: text for text, token in control.items() if text in form.literals}
        """Control tokens that calls are made of."""
        self.never = [token for token in control.values() if token not in self.marks and not model.ends_turn(token)]
        self._grammars: dict[str, str] = {}
        self._closing: list[np.ndarray] = []

    def spoken(self) -> Spoken:
        return Spoken([self._form.mark])

    def write(
        self,
        prompt: Sequence[int],
        begun: int,
        spoken: Spoken,
        tools: Sequence[Tool],
        most: int,
        cancelled: Callable[[], bool],
    ) -> Generator[Piece, None, list[Written]]:
        """The calls that `Spoken` found to begin; none when ``cancelled()`` or a full context ended them. Gives an
        empty piece for each token, so that whoever waits sees that it goes on.

        ``begun``: the token that showed it, which is not decoded yet. What it says behind the mark, or all of the reply
        where there was no mark, the model is made to say again as the grammar wants it. After ``most`` tokens the calls
        are brought to an end: the texts and lists that are open are closed.
        """
        model, form = self._model, self._form
        if not self._begin(prompt, begun, spoken, cancelled):
            return []
        constraint = model.constraint(self._grammar(tools), self.never)
        characters = codecs.getincrementaldecoder("utf-8")("replace")
        text, count, calls = "", 0, 0
        try:
            while not cancelled():
                token = constraint.pick(model.logits(), self._closing_tokens(count) if count >= most else ())
                if token not in self.marks and model.ends(token):
                    return form.parse(text)
                text += self.marks.get(token) or characters.decode(model.text(token))
                count += 1
                if form.between and text.count(form.between) > calls:
                    calls += 1
                    if _repeats(form.parse(text)):  # small models go on for ever
                        return form.parse(text)[:-1]
                if len(model.tokens) >= model.context:
                    return form.parse(text)
                model.decode([token])
                yield Piece()
        finally:
            constraint.close()
        return []

    def _begin(self, prompt: Sequence[int], begun: int, spoken: Spoken, cancelled: Callable[[], bool]) -> bool:
        """Brings the KV cache to the end of the mark."""
        model = self._model
        if spoken.unmarked:
            return model.prefill([*prompt, *self._mark()], cancelled)
        said = model.text(begun)
        kept = said[: max(0, len(said) - len(spoken.calls.encode()))]
        whole = begun in self.marks or not spoken.calls
        for token in [begun] if whole else model.tokenize(kept) if kept else []:
            model.decode([token])
        return True

    def _mark(self) -> list[int]:
        mark = self._form.mark
        return next(
            ([token] for token, text in self.marks.items() if text == mark), self._model.tokenize(mark.encode())
        )

    def _grammar(self, tools: Sequence[Tool]) -> str:
        key = json.dumps([described(tool) for tool in tools])
        if key not in self._grammars:
            self._grammars = {key: grammar(tools, self._form)}  # tools seldom change
        return self._grammars[key]

    def _closing_tokens(self, count: int) -> Sequence[np.ndarray]:
        """Those that end the reply; else those that begin with what ends a text, a list or an object, and begin
        nothing: one such letter after the other, since each may stand in a text that another ends.
        """
        if not self._closing:
            form, model = self._form, self._model
            texts = {
                token: self.marks.get(token) or model.text(token).decode("utf-8", "replace")
                for token in range(model.vocabulary)
            }
            own = [end.lstrip()[:1] for end in (form.end + form.close, form.values.unquote, form.inner.unquote)]
            self._closing = [np.array([token for token in texts if model.ends_turn(token)])]
            for first in dict.fromkeys([*filter(None, own), '"', "]", "}", "\n"]):
                fit = [
                    one
                    for one, text in texts.items()
                    if text == first or first != "\n" and text[:1] == first and not set(text) & {",", ":"}
                ]
                self._closing.append(np.array(fit))
        ends, *kinds = self._closing
        return ends, kinds[count % len(kinds)]


def _repeats(calls: Sequence[Written]) -> bool:
    """Whether the last one was written before."""
    return calls[-1] in calls[:-1]
