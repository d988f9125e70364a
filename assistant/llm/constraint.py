"""llama.cpp's grammars: which of the tokens may come next."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.errors import EngineError

_DATA = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])  # llama_token_data


class Constraint:
    """The state of one grammar. For one thread at a time."""

    def __init__(self, lib: Any, vocabulary: Any, grammar: str, never: Sequence[int] = ()) -> None:
        """``vocabulary``: llama.cpp's, which has to outlive this. ``never``: control tokens, which llama.cpp would take
        for their text within a string. Raises EngineError for a grammar that is none.
        """
        self._lib = lib
        self._never = np.array(never, np.int64)
        self._sampler = lib.llama_sampler_init_grammar(vocabulary, grammar.encode("utf-8", "replace"), b"root")
        if not self._sampler:
            raise EngineError("llama.cpp does not take the grammar of these tools; offer fewer, or simpler ones")

    def pick(self, logits: np.ndarray, closing: Sequence[np.ndarray] = ()) -> int:
        """The likeliest token that may come next, and the state moves behind it.

        ``closing``: tokens of which one is taken where any of them may come, the first kind before the next.
        """
        token = int(logits.argmax())
        if closing or token in self._never or not len(self._allowed(np.array([token]), logits)):
            candidates = np.setdiff1d(self._allowed(np.arange(len(logits)), logits), self._never)
            kinds = (np.intersect1d(candidates, kind) for kind in closing)
            candidates = next((found for found in kinds if found.size), candidates)
            if not candidates.size:
                raise EngineError("llama.cpp found no token that goes on with the call of a tool; ask in other words")
            token = int(candidates[logits[candidates].argmax()])
        self._lib.llama_sampler_accept(self._sampler, token)
        return token

    def allows(self, token: int) -> bool:
        return bool(len(self._allowed(np.array([token]), None)))

    def accept(self, token: int) -> None:
        """Only one that is allowed: llama.cpp ends the process for any other."""
        self._lib.llama_sampler_accept(self._sampler, token)

    def _allowed(self, tokens: np.ndarray, logits: np.ndarray | None) -> np.ndarray:
        data = np.zeros(len(tokens), _DATA)
        data["id"] = tokens
        if logits is not None:
            data["logit"] = logits[tokens]
        pointer = data.ctypes.data_as(ctypes.POINTER(self._lib.llama_token_data))
        array = self._lib.llama_token_data_array(pointer, len(tokens), -1, False)
        self._lib.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return np.array(data["id"][: array.size][data["logit"][: array.size] != -np.inf])

    def close(self) -> None:
        if self._sampler:
            self._lib.llama_sampler_free(self._sampler)
        self._sampler = None
