"""The merged weights in transformers, asked as the assistant asks its GGUF: what an export is measured against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from training.chat import Chat
from training.rows import Messages

if TYPE_CHECKING:
    import numpy as np

_NEAR = 1.0  # logits below the token chosen within which a rival is remembered


class LiveSampler(Protocol):
    """The live chat's rule for one reply, at temperature 0."""

    def pick(self, logits: np.ndarray) -> int:
        """The next token from float32 logits of shape (vocabulary,)."""

    def penalised(self, logits: np.ndarray) -> np.ndarray:
        """The logits of which `pick` takes the highest."""


@dataclass(frozen=True)
class Spoken:
    """A `training.live.LiveReply`."""

    text: str
    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    finished: bool
    rivals: tuple[dict[int, float], ...]
    """Of each token: the ones that nearly took its place, and by how many logits they missed it."""


class Merged:
    """A `training.live.LiveModel`."""

    name = "merged"

    def __init__(self, model: Any, chat: Chat, ends: set[int], sampler: Callable[[], LiveSampler]) -> None:
        """``ends``: the tokens that end a reply. ``sampler`` makes a new one for each reply: the live chat's own, so
        that both sides follow the same rule (it penalises repetition)."""
        self._model, self._chat, self._ends, self._sampler = model, chat, sorted(ends), sampler

    def answer(self, messages: Messages, temperature: float = 0.0, seed: int = 0, max_tokens: int = 200) -> Spoken:
        """Greedy, whatever ``temperature`` and ``seed`` say."""
        import torch

        prompt = self._chat.prompt(messages)
        sampler, finished = self._sampler(), False
        tokens: list[int] = []
        likely: list[float] = []
        rivals: list[dict[int, float]] = []
        inputs, cache = prompt, None
        with torch.inference_mode():
            while len(tokens) < max_tokens and not finished:
                out = self._model(
                    input_ids=torch.tensor([inputs], device=self._model.device),
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=1,
                )
                logits, cache = out.logits[0, -1].float(), out.past_key_values
                scores = sampler.penalised(logits.cpu().numpy())
                token = sampler.pick(logits.cpu().numpy())
                tokens.append(token)
                likely.append(float(logits.log_softmax(-1)[token]))
                near = (scores > scores[token] - _NEAR).nonzero()[0].tolist()
                rivals.append({other: float(scores[token] - scores[other]) for other in near if other != token})
                finished = token in self._ends
                inputs = [token]
        text = self._chat.text(tokens[:-1] if finished else tokens)
        return Spoken(text, tuple(prompt), tuple(tokens), tuple(likely), finished, tuple(rivals))

    def log_probabilities(self, messages: Messages, reply: str) -> list[float]:
        import torch

        prompt, tokens = self._chat.prompt(messages), self._chat.run(reply)
        with torch.inference_mode():
            out = self._model(
                input_ids=torch.tensor([prompt + tokens], device=self._model.device), logits_to_keep=len(tokens) + 1
            )
            scores = out.logits[0].float().log_softmax(-1)
        found = [float(scores[position, token]) for position, token in enumerate(tokens)]
        return [*found, float(scores[len(tokens), self._ends].logsumexp(-1))]

    def close(self) -> None:
        self._model = None


def ends(tokenizer: Any) -> set[int]:
    """The tokens that end a reply in the live chat: all that are no text, but for the marks of a thought."""
    return {
        number
        for number, token in tokenizer.added_tokens_decoder.items()
        if token.special and token.content not in ("<think>", "</think>")
    }
