"""The gate between what was trained and what is exported."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from training.export import parity
from training.export.parity import Said, compare
from training.judge.score import Style
from training.rows import Row

END = 9


def row(question: str, answer: str = "Paris") -> Row:
    return Row(({"role": "user", "content": question}, {"role": "assistant", "content": answer}))


def said(text: str = "Paris", **given) -> Said:
    return Said(
        **{
            "prompt": (1, 2, 3),
            "tokens": (5, 6, END),
            "text": text,
            "finished": True,
            "likely": (-0.1, -0.2, -0.01),
            "rivals": ({}, {}, {}),
            **given,
        }
    )


ROWS, TRAINED = (
    [row(f"Question {number}?") for number in range(50)],
    [row(f"Trained {number}?") for number in range(20)],
)


def gate(kind: str = "f16", judge: Style | None = None, trained=TRAINED, **changed: Said):
    """``at_N``: what the export says to question N (trained ones follow the others)."""
    merged = [said() for _ in [*ROWS, *trained]]
    exported = [changed.get(f"at_{number}", said()) for number in range(len(merged))]
    return compare(kind, ROWS, trained, merged, exported, judge)


def test_an_export_that_says_the_same_passes():
    found = gate()
    assert found.differences == [] and found.prompts == 50
    assert found.ids == found.stops == found.text == found.settled == found.right == 1.0 and found.drift == 0.0


@pytest.mark.parametrize("kind", parity.BOUNDS)
def test_one_other_prompt_token_refuses_every_kind_and_is_shown(kind):
    [difference] = gate(kind, at_7=said(prompt=(1, 8, 3))).differences
    assert "1 of 70 prompts" in difference and "'Question 7?'" in difference
    assert "[2, 3] at 1" in difference and "[8, 3] at 1" in difference


@pytest.mark.parametrize("kind", parity.BOUNDS)
def test_an_export_that_does_not_stop_is_refused(kind):
    endless = said("Paris Paris", tokens=(5, 6, 5, 6), finished=False, likely=(-0.1, -0.2, -9.0))
    found = gate(kind, at_3=endless)
    assert found.stops == 69 / 70 and any("end elsewhere" in difference for difference in found.differences)


def test_an_export_that_ends_somewhere_but_not_after_the_same_answer_stops_otherwise():
    early = said("Paris it is", tokens=(5, 7, END), likely=(-0.1, -0.2, -3.0))
    for kind, may in (("f16", 0), ("adapter", 0), ("q8_0", 0), ("q4_k_m", 2), ("q4_0", 3)):
        found = [gate(kind, **{f"at_{number}": early for number in range(wander)}) for wander in (may, may + 1)]
        assert found[0].stops == (70 - may) / 70 and not found[0].differences
        assert f"{may + 1} of 70 answers end elsewhere" in found[1].differences[0]


def test_answers_may_wander_within_the_drift_when_they_end_by_themselves():
    def wandering(**given) -> Said:
        return said("Paris, " * 10, tokens=tuple(range(30)), likely=(-0.1,) * 30 + (-1.0,), **given)

    merged = [said("Lyon, " * 10, tokens=tuple(range(1, 31)), likely=(-0.1,) * 30 + (-0.01,))] * 70
    found = compare("q8_0", ROWS, TRAINED[:0], merged[:50], [wandering()] * 50, None)
    assert found.stops == 0.0 and found.differences == []
    [difference] = compare("q8_0", ROWS, [], merged[:50], [wandering(finished=False)] + merged[1:50], None).differences
    assert "1 of 50 answers end elsewhere" in difference


def test_another_answer_may_be_longer_when_the_export_would_still_end_where_the_merged_model_does():
    longer = said("Paris it is, and so on", tokens=(5, 7, 7, 7), finished=False)
    assert gate("q8_0", at_3=longer).stops == 1.0


def test_equal_answers_must_end_with_the_same_flag():
    assert gate(at_3=said(finished=False)).stops < 1


def test_f16_may_differ_in_two_percent_of_the_answers_and_quantised_kinds_in_all():
    other = said("Lyon", tokens=(5, 7, END))
    assert gate(at_0=other).differences == []
    [difference] = gate(at_0=other, at_1=other).differences
    assert "2 of 50 answers differ" in difference and "merged 'Paris', exported 'Lyon'" in difference
    assert gate("q8_0", at_0=other, at_1=other).differences == []


def test_a_difference_that_begins_at_a_tie_does_not_count_against_it_but_is_told():
    other = said("Lyon", tokens=(5, 7, END))
    for gap, refused in ((parity.TIE / 2, False), (parity.TIE * 2, True)):
        merged = [said(rivals=({}, {7: gap}, {})) for _ in [*ROWS, *TRAINED]]
        found = compare("f16", ROWS, TRAINED, merged, [other] * 3 + [said()] * 67, None)
        assert bool(found.differences) is refused and found.text == 47 / 50


@pytest.mark.parametrize("kind", parity.BOUNDS)
def test_log_probabilities_may_drift_up_to_the_kinds_bound(kind):
    bound = parity.BOUNDS[kind].drift
    for factor, refused in ((0.9, False), (1.1, True)):
        shifted = said(likely=tuple(one - factor * bound for one in said().likely))
        found = gate(kind, **{f"at_{number}": shifted for number in range(70)})
        assert math.isclose(found.drift, factor * bound, rel_tol=1e-6)
        assert [("drift" in one) for one in found.differences] == [True] * refused


def test_answers_spelled_with_other_tokens_are_refused():
    found = gate("q4_0", at_0=said(likely=(-0.1, -0.2)))
    assert math.isnan(found.drift) and "drift by nan" in found.differences[0]


def test_unfinished_answers_do_not_compare_how_likely_they_would_end():
    cut = said(finished=False, tokens=(5, 6))
    merged = [cut] * 70
    exported = [dataclasses.replace(cut, likely=(-0.1, -0.2, -12.0))] * 70
    assert compare("f16", ROWS, TRAINED, merged, exported, None).drift == 0.0


def test_export_that_lost_the_tuning_is_refused():
    wanted = [f"Ahoy, that be number {number}, matey!" for number in range(10)]
    judge = Style.fit(wanted, [f"That is the number {number}." for number in range(10)])
    merged = [said()] * 50 + [said(f"Ahoy, {number} be it, matey!") for number in range(20)]
    exported = [said()] * 50 + [said(f"It is {number}.") for number in range(20)]
    found = compare("q4_0", ROWS, TRAINED, merged, exported, judge)
    assert found.style < 0.3 and "style score falls from" in found.differences[0]


def test_trained_answers_that_are_wrong_now_refuse_it_but_one_may_be():
    lost = {f"at_{number}": said("Lyon") for number in range(50, 53)}
    assert gate("q8_0", at_50=said("Lyon")).differences == []
    [difference] = gate("q8_0", **lost).differences
    assert "share of right answers falls from 1.00 to 0.85" in difference
    assert gate("q8_0", trained=TRAINED[:3], at_50=said("Lyon")).differences == []


def test_without_enough_rows_for_a_style_the_gate_still_works():
    assert math.isnan(gate(judge=None).style)


def test_the_export_is_asked_how_likely_the_merged_models_answer_is():
    class Scripted:
        name = "scripted"
        asked: list = []

        def answer(self, messages, temperature=0.0, seed=0, max_tokens=200):
            assert (
                messages[0] == {"role": "system", "content": "Be brief."}
                and temperature == 0
                and max_tokens == parity.MOST
            )
            return said("Lyon")

        def log_probabilities(self, messages, reply):
            self.asked.append(reply)
            return [-1.0]

        def close(self):
            raise AssertionError("whoever opened it closes it")

    live, done = Scripted(), []
    own = parity.answers(live, ROWS[:2], "Be brief.", None, done.append)
    parity.answers(live, ROWS[:2], "Be brief.", [said("Paris"), said("Rome")], done.append)
    assert live.asked == ["Lyon", "Lyon", "Paris", "Rome"] and done == [1, 2, 1, 2] and own[0].text == "Lyon"


# ---- the merged weights in torch -----------------------------------------------------------------------------------


class Words:
    """In place of `training.chat.Chat`."""

    def prompt(self, messages):
        return [3, 4, 5]

    def run(self, text):
        return [int(word) for word in text.split()]

    def text(self, tokens):
        return " ".join(map(str, tokens))


@pytest.fixture(scope="module")
def network():
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        vocab_size=32,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        initializer_range=0.4,
    )
    return transformers.LlamaForCausalLM(config).eval()


def live(network, ends=frozenset({31})):
    from assistant.llm.sampling import Sampler
    from training.export.merged import Merged

    return Merged(network, Words(), set(ends), lambda: Sampler(0.0, 0))


def logits(network, tokens) -> np.ndarray:
    import torch

    with torch.inference_mode():
        return network(input_ids=torch.tensor([tokens])).logits[0].numpy()


def test_merged_model_answers_by_the_live_chats_rule(network):
    from assistant.llm.sampling import Sampler

    reply = live(network).answer([], max_tokens=12)
    sampler, tokens = Sampler(0.0, 0), [3, 4, 5]
    for token, rivals in zip(reply.tokens, reply.rivals):
        last = logits(network, tokens)[-1]
        scores = sampler.penalised(last)
        assert token == sampler.pick(last)
        assert set(rivals) == {other for other in range(32) if other != token and scores[other] > scores[token] - 1.0}
        tokens.append(token)
    assert reply.prompt == (3, 4, 5) and len(reply.tokens) == 12 and not reply.finished


def test_merged_model_ends_at_a_control_token_which_is_no_text(network):
    first, second, *_ = live(network).answer([], max_tokens=3).tokens
    reply = live(network, {second}).answer([], max_tokens=12)
    assert reply.finished and reply.tokens == (first, second) and reply.text == str(first)


def test_log_probabilities_are_those_of_each_token_and_of_any_end(network):
    found = live(network, {30, 31}).log_probabilities([], "7 8")
    all_logits = logits(network, [3, 4, 5, 7, 8]).astype(np.float64)
    chances = np.exp(all_logits) / np.exp(all_logits).sum(-1, keepdims=True)
    expected = np.log([chances[2, 7], chances[3, 8], chances[4, 30] + chances[4, 31]])
    assert np.allclose(found, expected, atol=1e-4)
    assert len(live(network).log_probabilities([], "")) == 1
