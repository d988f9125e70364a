"""The KV cache: what is kept from turn to turn, and what is never computed twice."""

from __future__ import annotations

import asyncio
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.llm.llamacpp import Model
from assistant.llm.sampling import softmax
from tests.data import tiny_gguf
from tests.llm.loaded import SYSTEM, answer, assistant, decoded_tokens, engine, user


def test_reply_is_not_computed_again_in_the_next_turn(smol, monkeypatch):
    question = user("Why is the sky blue?")
    text = answer(smol, question)
    sizes = decoded_tokens(smol, monkeypatch)
    asyncio.run(smol.warm([SYSTEM, question, assistant(text)]))
    assert sum(sizes) <= 6  # <|im_end|> \n <|im_start|> user \n


def test_interrupted_reply_keeps_its_heard_tokens_in_the_cache(smol, monkeypatch):
    question = user("Why is the sky blue?")
    heard = " ".join(answer(smol, question).split()[:7])
    sizes = decoded_tokens(smol, monkeypatch)
    asyncio.run(smol.warm([SYSTEM, question, assistant(heard)]))
    assert sum(sizes) <= 6


def test_warming_leaves_only_the_question_for_later(smol, monkeypatch):
    asyncio.run(smol.warm([SYSTEM]))
    asyncio.run(smol.completeness([SYSTEM, user("What is the capital")]))
    sizes = decoded_tokens(smol, monkeypatch)
    answer(smol, user("What is the capital of Spain?"))
    assert sizes[0] <= 9  # " of Spain?" and the template


def test_completeness_and_reply_cost_one_prefill(smol, monkeypatch):
    asyncio.run(smol.warm([SYSTEM]))
    sizes = decoded_tokens(smol, monkeypatch)
    template = 7  # ? <|im_end|> \n <|im_start|> ass istant \n
    asyncio.run(smol.completeness([SYSTEM, user("What is the capital of")]))
    asyncio.run(smol.completeness([SYSTEM, user("What is the capital of Spain?")]))
    calls, asked = len(sizes), sum(sizes)
    answer(smol, user("What is the capital of Spain?"))
    words = len(smol._model.tokenize(b"What is the capital of Spain"))
    assert asked <= words + 1 + 2 * template  # one that only `warm` had needed
    assert sizes[calls] == 1  # the reply's own first token


def test_what_is_read_in_the_same_go_changes_no_completeness_and_no_reply(smol):
    question = [SYSTEM, user("What is the capital of Spain?")]
    alone = asyncio.run(smol._read(question, ahead=False))
    with_reply = asyncio.run(smol.completeness(question))
    assert with_reply == pytest.approx(alone, rel=0.05)
    assert answer(smol, question[1]) == smol.answer(question).text
    half = asyncio.run(smol.completeness([SYSTEM, user("What is the capital of")]))
    assert half < 0.1 * with_reply


def test_turns_that_stay_when_old_ones_go_are_not_read_again_and_are_still_understood(smol, monkeypatch):
    facts = [
        message
        for number, name in enumerate(("Anna", "Boris", "Clara", "David", "Edith"))
        for message in (
            user(f"My friend number {number} is called {name} and likes to travel by train in summer."),
            assistant(f"It is nice that {name}, your friend number {number}, travels by train."),
        )
    ]
    asyncio.run(smol.warm([SYSTEM, *facts]))
    sizes = decoded_tokens(smol, monkeypatch)
    kept = [SYSTEM, *facts[4:], user("Thank you!")]
    moved = "".join(smol._write(kept, lambda: False))
    assert sizes[0] < 15
    prompt = smol._tokens(kept)
    assert smol._model.tokens[: len(prompt)] == prompt and moved
    smol._model.prefill(prompt, lambda: False)
    near = softmax(smol._model.logits().copy())
    smol._model._truncate(0)
    smol._model.prefill(prompt, lambda: False)
    fresh = softmax(smol._model.logits())
    assert 0 <= np.sum(fresh * np.log(fresh / near)) < 0.3


def test_moved_tokens_are_given_their_new_places(stories):
    model = stories._model
    first, later = [1, *range(10, 60)], list(range(100, 140))
    model.prefill([*first, *later], lambda: False)
    model.prefill([*first[:1], *later, 7], lambda: False, move=True)
    assert model.tokens == [1, *later, 7]
    assert model._lib.llama_memory_seq_pos_max(model._memory, 0) == len(model.tokens) - 1
    assert model._lib.llama_memory_seq_pos_min(model._memory, 0) == 0


stories_tokens = st.lists(st.integers(3, 511), min_size=1, max_size=150)


@cache
def models() -> tuple[Model, Model]:
    return Model(tiny_gguf(), 512, 1, 0), Model(tiny_gguf(), 512, 1, 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 150), stories_tokens, st.integers(0, 4), st.integers(0, 3)), max_size=8))
def test_cache_holds_exactly_its_tokens_after_any_edits_and_cancellations(steps):
    """Each step keeps some of the cached tokens, appends others, stops after some batches, then samples on greedily."""
    used, fresh = models()
    used.prefill([1], lambda: False)
    for keep, new, batches, sampled in steps:
        wanted = [*used.tokens[:keep], *new]
        left = iter(range(batches))
        if used.prefill(wanted, lambda left=left: next(left, None) is None):
            assert used.tokens == wanted
            for _ in range(sampled):
                used.decode([int(used.logits().argmax())])
        assert used.tokens[: len(wanted)] == wanted[: len(used.tokens)]
    used.decode([1])
    fresh._lib.llama_memory_clear(fresh._memory, True)
    fresh.tokens.clear()
    fresh.prefill(used.tokens, lambda: False)
    # Batch shapes change the order of float sums by less than 0.001 here; a token in the wrong place by whole units.
    assert np.abs(used.logits() - fresh.logits()).max() < 0.02


def test_conversation_of_interruptions_gives_what_a_fresh_model_gives(smol):
    """Barge-ins at every kind of moment and an edited history; then the same tokens must be continued alike."""
    history = [SYSTEM]
    for question, pieces, batches in [
        ("Why is the sky blue?", 5, 99),
        ("Tell me about whales.", 0, 1),
        ("Go on.", 12, 99),
        ("Who are you?", 1, 99),
        ("Has a dog legs?", 99, 99),
    ]:
        history.append(user(question))
        looks, text = iter(range(batches + pieces)), ""
        for position, piece in enumerate(smol._write(history, lambda looks=looks: next(looks, None) is None)):
            text += piece
            if position + 1 >= pieces:
                break
        heard = text.rpartition(" ")[0]
        history = [*history, assistant(heard)] if heard else history[:-1]
    history[2] = assistant("It scatters.")
    asyncio.run(smol.warm(history))
    tokens = list(smol._model.tokens)
    kept = "".join(smol._write([*history, user("Thank you!")], lambda: False))
    prompt_end = len(smol._tokens([*history, user("Thank you!")]))
    prompt = smol._model.tokens[:prompt_end]
    assert prompt[: len(tokens)] == tokens

    fresh = engine("bundled")
    fresh._model.prefill(prompt, lambda: False)
    assert np.abs(smol_logits(smol, prompt) - fresh._model.logits()).max() < 0.02
    assert "".join(fresh._write([*history, user("Thank you!")], lambda: False)) == kept
    fresh.close()


def smol_logits(loaded, prompt: list[int]) -> np.ndarray:
    loaded._model.prefill(prompt, lambda: False)
    return loaded._model.logits().copy()
