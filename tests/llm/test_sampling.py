from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.llm.sampling import Sampler

LOGITS = np.array([1.0, 4.0, 3.9, -8.0, 2.0], np.float32)


def test_temperature_zero_takes_the_likeliest_and_leaves_the_logits_alone():
    before = LOGITS.copy()
    assert Sampler(0.0, seed=1).pick(LOGITS) == 1
    assert (LOGITS == before).all()


def test_repeated_token_gives_way_to_one_that_is_nearly_as_likely():
    sampler = Sampler(0.0, seed=1)
    assert [sampler.pick(LOGITS) for _ in range(3)] == [1, 2, 1]


def test_repeated_token_with_a_negative_logit_becomes_less_likely_too():
    sampler = Sampler(0.0, seed=1)
    logits = np.array([-1.0, -1.05], np.float32)
    assert [sampler.pick(logits) for _ in range(2)] == [0, 1]


def test_same_seed_same_tokens():
    def drawn(seed: int) -> list[int]:
        sampler = Sampler(1.5, seed)
        return [sampler.pick(LOGITS) for _ in range(40)]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


@given(st.integers(0, 2**31 - 1), st.floats(0.01, 2.0))
def test_implausible_tokens_are_never_drawn(seed, temperature):
    assert Sampler(temperature, seed).pick(LOGITS) != 3


def test_higher_temperature_is_more_varied():
    def kinds(temperature: float) -> int:
        return len({Sampler(temperature, seed).pick(LOGITS) for seed in range(300)})

    assert kinds(0.01) == 1 < kinds(1.5)


def test_vocabulary_smaller_than_top_k_works():
    assert Sampler(1.0, 0).pick(np.array([0.0, 9.0], np.float32)) in (0, 1)
