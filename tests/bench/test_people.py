"""What the people of `assistant bench conversation` say."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.bench import people
from assistant.bench.clips import Clip
from assistant.bench.people import PER_ROUND, gap, hesitating, voiced
from assistant.errors import UsageError
from tests.data import SAMPLES, load

CLIPS = load(SAMPLES / "dev")


def words(*lengths: float, pause: float = 0.12) -> np.ndarray:
    """Noise instead of words of so many seconds, between them a very quiet room."""
    random = np.random.default_rng(0)
    parts = [part for seconds in lengths for part in (0.1 * random.standard_normal(round(seconds * 16_000)), pause)]
    room = 1e-5 * random.standard_normal(round(pause * 16_000))
    return np.concatenate([room if isinstance(part, float) else part for part in parts]).astype(np.float32)


def test_the_same_people_always_say_the_same():
    first, again = (people.plan(CLIPS, 3, 1) for _ in range(2))
    assert list(first) == list(again) and all(len(said) == PER_ROUND for said in first.values())
    for name in first:
        for one, other in zip(first[name], again[name], strict=True):
            assert (one.kind, one.clip, one.delay) == (other.kind, other.clip, other.delay)
            assert np.array_equal(one.audio, other.audio)


def test_each_person_speaks_with_their_own_voice_only():
    clips = {clip.path.name: clip.speaker for clip in CLIPS}
    for name, said in people.plan(CLIPS, 5, 1).items():
        assert {clips[utterance.clip] for utterance in said} == {name}


def test_interruptions_and_backchannels_are_spoken_over_a_reply_and_nothing_else_is():
    for said in people.plan(CLIPS, 5, 1).values():
        assert sum(utterance.kind == "interruption" for utterance in said) >= 10
        for utterance in said:
            assert (utterance.delay > 0) is (utterance.kind in ("interruption", "backchannel"))


def test_a_hesitation_is_the_longest_pause_stretched():
    audio = words(0.8, 0.9, 0.7)
    begin, end = gap(audio)
    assert (end - begin) / 16_000 == pytest.approx(0.12, abs=0.011)
    stretched = hesitating(audio, 1.0)
    assert (len(stretched) - len(audio)) / 16_000 == pytest.approx(0.88, abs=0.03)
    assert np.array_equal(stretched[:begin], audio[:begin])
    middle = (begin + end) // 2
    assert np.array_equal(stretched[len(stretched) - len(audio) + middle :], audio[middle:])
    begin, end = gap(stretched)
    assert (end - begin) / 16_000 == pytest.approx(1.0, abs=0.04)


def test_who_speaks_without_a_pause_does_not_hesitate():
    assert gap(words(2.0)) is None
    said = people.plan([clip for clip in CLIPS if clip.path.name.startswith("gcp-book")], 1, 1)
    assert not any(utterance.kind == "hesitation" for utterance in said["gcp-dialogflow"])


def test_a_voice_without_words_is_cut_where_it_is_steady_and_fades():
    cut = voiced(np.concatenate([words(0.2, 0.2), np.full(16_000, 0.2, np.float32), words(0.3, 0.1)]))
    assert len(cut) == 0.35 * 16_000 and cut[0] == cut[-1] == 0.0
    assert np.all(cut[1000:-1000] == np.float32(0.2))


def test_a_recorded_yes_is_a_backchannel_and_nobodys_turn():
    yes = Clip(CLIPS[0].path, "yes", "command", CLIPS[0].seconds, speaker="someone")
    said = people.plan([yes, CLIPS[1]], 1, 1)
    assert list(said) == [CLIPS[1].speaker]
    assert [u.text for u in said[CLIPS[1].speaker] if u.kind == "backchannel"] == 2 * ["yes", ""]


def test_more_people_than_recorded_is_refused():
    with pytest.raises(UsageError, match="of 5 people, not 12; lower --people"):
        people.plan(CLIPS, 12, 1)
