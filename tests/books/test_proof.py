"""What a recogniser hears tells a lost, doubled or moved sentence from one that it only misheard."""

from __future__ import annotations

import random

import pytest

from assistant.books.align import align, difference
from assistant.books.proof import Proof, judge

_STORY = (
    "The captain looked at the grey water for a long time. Nobody on the deck said a word to him. "
    "At noon the wind turned and the sails began to fill. A boy climbed up the mast with a yellow flag. "
    "Then they saw a coast that was on none of their maps. The cook laughed and threw his hat into the sea."
)
_SENTENCES = [sentence.strip() + "." for sentence in _STORY.split(".") if sentence.strip()]


def prove(heard: list[str], again: dict[int, list[str]] | None = None) -> Proof:
    return judge([_SENTENCES[:3], _SENTENCES[3:]], " ".join(heard), "en", again)


def kinds(proof: Proof) -> list[tuple[str, int]]:
    return [(place.kind, place.sentence) for place in proof.places]


def test_the_same_words_are_all_aligned() -> None:
    proof = prove(_SENTENCES)
    assert proof.whole and not proof.places and proof.aligned == proof.recognised == proof.words


@pytest.mark.parametrize("number", range(6))
def test_a_dropped_sentence_is_lost(number: int) -> None:
    proof = prove(_SENTENCES[:number] + _SENTENCES[number + 1 :])
    assert kinds(proof) == [("lost", number)] and not proof.whole and proof.unheard == (number // 3,)


@pytest.mark.parametrize("number", range(6))
def test_a_doubled_sentence_is_found(number: int) -> None:
    proof = prove(_SENTENCES[: number + 1] + _SENTENCES[number:])
    assert [kind for kind, _ in kinds(proof)] == ["doubled"] and not proof.whole and proof.aligned == proof.words


def test_a_sentence_said_again_later_is_doubled() -> None:
    assert [kind for kind, _ in kinds(prove([*_SENTENCES, _SENTENCES[0]]))] == ["doubled"]


@pytest.mark.parametrize("number", range(5))
def test_swapped_sentences_are_moved(number: int) -> None:
    order = list(_SENTENCES)
    order[number : number + 2] = order[number + 1], order[number]
    proof = prove(order)
    assert [kind for kind, _ in kinds(proof)] == ["moved"] and not proof.whole


def test_a_second_hearing_finds_what_was_only_missed_but_not_what_is_lost_or_moved() -> None:
    first = [*_SENTENCES[:1], *_SENTENCES[2:]]
    assert prove(first, {0: [" ".join(_SENTENCES[:3])]}).whole
    assert kinds(prove(first, {0: [f"{_SENTENCES[0]} {_SENTENCES[2]}"]})) == [("lost", 1)]
    swapped = [_SENTENCES[1], _SENTENCES[0], *_SENTENCES[2:]]
    assert not prove(swapped, {0: [" ".join([_SENTENCES[1], _SENTENCES[0], _SENTENCES[2]])]}).whole


def test_misheard_words_are_no_lost_ones() -> None:
    heard = " ".join(_SENTENCES).replace("captain", "capt in").replace("yellow", "yell oh").replace("maps", "mops")
    heard = heard.replace("Nobody on the deck", "No body on a deck").replace("sea", "see")
    proof = prove([heard])
    assert proof.whole and proof.aligned == proof.words > proof.recognised - 3


def test_noise_is_no_reading() -> None:
    proof = prove(["tick tock"] * 3)
    assert not proof.whole and proof.aligned < 10


def test_a_long_text_with_a_third_misheard_is_aligned_around_what_is_lost() -> None:
    rng = random.Random(1)
    parts = ["ba", "de", "ki", "lo", "mu", "ran", "sel", "tin", "pok", "fur"]
    names = ["".join(rng.sample(parts, 3)) for _ in range(3000)]
    text = [names[min(int(rng.expovariate(0.002)), 2999)] for _ in range(5_000)]
    heard = [rng.choice(names) if rng.random() < 0.3 else word for word in text]
    del heard[2_500:2_540]
    missing = {place for place, partner in enumerate(align(text, heard).partners) if partner is None}
    assert len(missing & set(range(2_490, 2_550))) >= 36 and len(missing) < 80


def test_words_that_sound_alike_are_near() -> None:
    assert difference("knight", "night") < 0.5 > difference("philip", "filip") and difference("see", "sea") < 0.5
    assert difference("captain", "yellow") > 0.5


def test_a_word_for_which_another_one_is_heard_when_it_is_listened_to_alone_is_not_lost() -> None:
    piece = ["Neglect!", "I am sure you neglect nothing that can add to the beauties of that place."]
    proof = judge([piece], piece[1], "en", {0: [piece[1]]})
    assert [place.kind for place in proof.places] == ["lost"]
    again = judge([piece], piece[1], "en", {0: [piece[1], f"Good luck. {piece[1]}"]})
    assert [place.kind for place in again.places] == ["misheard"] and again.whole
    assert again.aligned == proof.aligned, "the figure stays as careful as before"
