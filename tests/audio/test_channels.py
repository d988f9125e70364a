"""The channel that holds the voice: in a file, and in a microphone while it is heard."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from assistant.audio.channels import Channels, mixed
from tests.data import speech_clips

RATE = 16_000
VOICE = next(clip for clip in speech_clips() if clip.path.name == "gcp-brooklyn.flac").audio()
VOICE = (VOICE * 0.3 / np.abs(VOICE).max()).astype(np.float32)
BESIDE = np.random.default_rng(1)
BREAK = np.zeros(RATE, np.float32)
TALK = np.concatenate([BREAK, VOICE, BREAK, VOICE, BREAK, VOICE])

Made = Callable[[np.ndarray], list[np.ndarray]]


def noise(sound: np.ndarray, level: float) -> np.ndarray:
    return (level * BESIDE.standard_normal(len(sound))).astype(np.float32)


def late(sound: np.ndarray, seconds: float) -> np.ndarray:
    delay = round(seconds * RATE)
    return np.concatenate([np.zeros(delay, np.float32), sound[: len(sound) - delay]])


def hum(sound: np.ndarray) -> np.ndarray:
    return (0.2 * np.sin(2 * np.pi * 50 * np.arange(len(sound)) / RATE)).astype(np.float32)


SCENES: dict[str, Made] = {
    "copies": lambda voice: [voice, voice],
    "the second": lambda voice: [0 * voice, voice],
    "the second beside hiss": lambda voice: [noise(voice, 0.003), voice],
    "opposite phase": lambda voice: [voice, -voice],
    "loud noise first": lambda voice: [noise(voice, 0.15), voice],
    "loud noise second": lambda voice: [voice, noise(voice, 0.15)],
    "hum": lambda voice: [hum(voice), voice],
    "direct current": lambda voice: [0 * voice + 0.5, voice],
    "5 ms late": lambda voice: [voice, late(voice, 0.005)],
    "an echo after 50 ms": lambda voice: [0.7 * late(voice, 0.05), voice],
    "the fourth": lambda voice: [noise(voice, 0.05), hum(voice), 0 * voice, voice],
    "pairs in opposite phase": lambda voice: [voice, -voice, voice, -voice],
    "the last of eight": lambda voice: [*(noise(voice, 0.002) for _ in range(7)), voice],
}


def likeness(heard: np.ndarray, voice: np.ndarray) -> float:
    """The correlation of the two, which may come 5 or 50 ms late: that alone does no harm."""
    voice = voice[: len(heard)]
    delays = (0, round(0.005 * RATE), round(0.05 * RATE))
    return max(abs(float(np.corrcoef(heard[delay:], voice[: len(voice) - delay])[0, 1])) for delay in delays)


@pytest.mark.parametrize("made", SCENES.values(), ids=SCENES.keys())
def test_a_files_voice_is_taken_whole(made: Made) -> None:
    heard = mixed(np.stack(made(VOICE), 1), RATE)
    assert likeness(heard, VOICE) > 0.97 and np.abs(heard).max() > 0.2


def test_an_echo_on_a_channel_of_its_own_is_left_out() -> None:
    heard = mixed(np.stack([VOICE, 0.7 * late(VOICE, 0.3)], 1), RATE)
    assert likeness(heard, VOICE) > 0.97 or likeness(heard, late(VOICE, 0.3)) > 0.97


def test_two_people_on_a_channel_each_are_both_kept() -> None:
    other = next(clip for clip in speech_clips() if clip.path.name == "ps-goforward.flac").audio()
    length = min(len(other), len(VOICE))
    other = (other * 0.3 / np.abs(other).max())[:length]
    heard = mixed(np.stack([VOICE[:length], other], 1), RATE)
    assert likeness(heard, VOICE) > 0.4 and likeness(heard, other) > 0.4


@pytest.mark.parametrize("length", [1, 2, 319, 321])
def test_the_shortest_sounds_are_kept(length: int) -> None:
    assert mixed(np.full((length, 2), 0.5, np.float32), RATE) == pytest.approx(np.full(length, 0.5))


def heard_by(channels: list[np.ndarray]) -> np.ndarray:
    microphone = Channels(len(channels))
    blocks = np.stack(channels, 1)[: len(TALK) // 320 * 320].reshape(-1, 320, len(channels))
    return np.concatenate([microphone.mono(block) for block in blocks])


def utterance(heard: np.ndarray, number: int, after: float = 0.0) -> float:
    """How much like the voice the third of three is, from ``after`` seconds on."""
    skipped = round(after * RATE)
    begin = RATE + number * (RATE + len(VOICE)) + skipped
    part = heard[begin : begin + len(VOICE) - skipped]
    return likeness(part, VOICE[skipped:])


@pytest.mark.parametrize("made", SCENES.values(), ids=SCENES.keys())
def test_a_microphones_voice_is_heard_within_its_first_words_and_from_then_on(made: Made) -> None:
    voice = TALK + noise(TALK, 0.001)
    heard = heard_by(made(voice))
    assert utterance(heard, 0, after=0.25) > 0.95
    assert utterance(heard, 1) > 0.97 and utterance(heard, 2) > 0.97


def test_the_choice_is_made_again_when_the_voice_moves_to_another_channel() -> None:
    moved = RATE + len(VOICE) + RATE + len(VOICE) // 3  # within the second utterance
    first, second = TALK.copy(), TALK.copy()
    first[moved:], second[:moved] = 0, 0
    heard = heard_by([first + noise(TALK, 0.001), second + noise(TALK, 0.001)])
    assert utterance(heard, 0) > 0.97 and utterance(heard, 1) > 0.6 and utterance(heard, 2) > 0.97


def test_the_choice_does_not_change_while_somebody_speaks() -> None:
    """The second channel becomes far clearer in the midst of an utterance: it is taken after it."""
    second = TALK + noise(TALK, 0.03)
    middle = RATE + len(VOICE) + RATE + len(VOICE) // 2
    second[middle:] = TALK[middle:] + noise(TALK, 0.0003)[middle:]
    heard = heard_by([(TALK + noise(TALK, 0.01)), second * 0.5])
    end = RATE + 2 * len(VOICE) + RATE
    assert np.std(heard[middle:end]) == pytest.approx(np.std(TALK[middle:end]), rel=0.1)


def test_what_is_the_same_on_all_channels_is_passed_on_as_it_is() -> None:
    assert np.array_equal(heard_by([TALK, TALK]), TALK[: len(TALK) // 320 * 320])
