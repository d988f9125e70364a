"""What the people of `assistant bench conversation` say and when: recorded turns of real speakers, some of them spoken
over a reply, some with a hesitation in them, and short sounds of listening (backchannels) in between.

The recordings hold hardly any real backchannel. Every second one is a recorded "yes" or the like, if the data has one;
the others are a third of a second of voice cut from the person's own recordings, which sounds like "uh".
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Literal

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.bench.barge_in import onset
from assistant.bench.clips import Clip, levels
from assistant.bench.latency import end_of_speech
from assistant.bench.pauses import room
from assistant.errors import UsageError
from assistant.turns.backchannel import is_backchannel

Kind = Literal["plain", "interruption", "hesitation", "backchannel"]

ROUND: tuple[Kind, ...] = (
    "plain",
    "interruption",
    "backchannel",
    "plain",
    "interruption",
    "interruption",
    "backchannel",
    "hesitation",
    "interruption",
    "plain",
    "hesitation",
    "interruption",
)
"""What a person does, over and over; a reply that a backchannel may hold is let come to its end."""
PER_ROUND = 2 * len(ROUND)
"""Utterances; they take some two and a half minutes with the replies."""
_HESITATIONS = (0.6, 0.9, 1.3)  # seconds of silence, in turn
_OVER = {"interruption": (0.2, 1.2), "backchannel": (0.2, 0.6)}  # seconds after the first sound of the reply
_LEAD = 0.1  # seconds of the room before the first word
_GAP = 0.05  # seconds; a shorter dip is a consonant rather than the end of a word
_SOUND = 0.35  # seconds of a backchannel cut from a recording
_CUT_READINGS = "lj-"  # recordings that begin and end within sentences are nobody's turns


@dataclass(frozen=True, eq=False)
class Utterance:
    kind: Kind
    clip: str
    """The recording's file name."""
    text: str
    audio: np.ndarray
    """Mono float32 at 16 kHz."""
    delay: float = 0.0
    """Seconds after the first sound of a reply at which it is spoken over it; 0 = once the reply is over."""

    @property
    def speech(self) -> tuple[float, float]:
        """Seconds in the audio of the first word's onset and the last word's end."""
        return float(onset(self.audio)), float(end_of_speech(self.audio))


def plan(clips: Sequence[Clip], count: int, rounds: int) -> dict[str, list[Utterance]]:
    """What each of ``count`` people says, by name, the same at each call: those with the most recordings.

    Raises UsageError when the recordings name fewer people.
    """
    spoken: dict[str, list[Clip]] = {}
    for clip in clips:
        if clip.speaker and not clip.path.name.startswith(_CUT_READINGS) and not is_backchannel(clip.text):
            spoken.setdefault(clip.speaker, []).append(clip)
    names = sorted(spoken, key=lambda name: (-len(spoken[name]), name))[:count]
    if len(names) < count:
        raise UsageError(f"the recordings are of {len(names)} people, not {count}; lower --people or name other --data")
    words = [clip for clip in clips if clip.text and is_backchannel(clip.text)]
    return {name: list(_person(name, spoken[name], words, rounds)) for name in names}


def _person(name: str, clips: Sequence[Clip], words: Sequence[Clip], rounds: int) -> Iterator[Utterance]:
    chance = random.Random(name)
    pausing = sorted((clip for clip in clips if _pause(clip)), key=_pause, reverse=True)
    turns, hesitant = cycle(chance.sample(clips, len(clips))), cycle(pausing)
    seconds, own = cycle(_HESITATIONS), cycle([False, True] if words else [True])
    for kind in islice(cycle(ROUND), rounds * PER_ROUND):
        delay = chance.uniform(*_OVER[kind]) if kind in _OVER else 0.0
        if kind == "backchannel":
            clip = chance.choice(clips if (cut := next(own)) else words)
            audio = voiced(clip.audio()) if cut else begun(clip.audio())
            yield Utterance(kind, clip.path.name, "" if cut else clip.text, audio, delay)
        elif kind == "hesitation" and pausing:
            clip = next(hesitant)
            yield Utterance(kind, clip.path.name, clip.text, begun(hesitating(clip.audio(), next(seconds))))
        else:
            clip = next(turns)
            kind = "plain" if kind == "hesitation" else kind  # who never pauses between words does not hesitate
            yield Utterance(kind, clip.path.name, clip.text, begun(clip.audio()), delay)


def _pause(clip: Clip) -> int:
    begin, end = gap(clip.audio()) or (0, 0)
    return end - begin


def begun(audio: np.ndarray) -> np.ndarray:
    """A recording from just before its first word on."""
    return audio[max(0, round((onset(audio) - _LEAD) * SAMPLE_RATE)) :]


def gap(audio: np.ndarray) -> tuple[int, int] | None:
    """First and last sample of the longest pause between two words; None when there is none."""
    rms = levels(audio)
    quiet = rms < 0.06 * np.percentile(rms, 95)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(int), [0]])))
    first, last = round((onset(audio) + 0.3) * 100), round((end_of_speech(audio) - 0.3) * 100)
    found = [(begin, end) for begin, end in zip(edges[::2], edges[1::2]) if first < begin and end < last]
    begin, end = max(found, key=lambda place: place[1] - place[0], default=(0, 0))
    return (begin * SAMPLE_RATE // 100, end * SAMPLE_RATE // 100) if end - begin >= round(100 * _GAP) else None


def hesitating(audio: np.ndarray, seconds: float) -> np.ndarray:
    """The recording with its longest pause stretched to ``seconds`` by its own silence; a longer one stays."""
    begin, end = gap(audio) or (0, 0)
    middle = (begin + end) // 2
    more = max(0.0, seconds - (end - begin) / SAMPLE_RATE)
    return np.concatenate([audio[:middle], room(audio, more).astype(np.float32), audio[middle:]])


def voiced(audio: np.ndarray) -> np.ndarray:
    """The steadiest loud third of a second of a recording, faded in and out: a voice that says no word."""
    rms = levels(audio)
    size = min(round(_SOUND * 100), len(rms))
    lowest = np.lib.stride_tricks.sliding_window_view(rms, size).min(1)
    begin = int(lowest.argmax()) * SAMPLE_RATE // 100
    cut = audio[begin : begin + size * SAMPLE_RATE // 100].copy()
    fade = np.linspace(0.0, 1.0, SAMPLE_RATE // 25, dtype=np.float32)[: len(cut) // 2]
    cut[: len(fade)] *= fade
    cut[len(cut) - len(fade) :] *= fade[::-1]
    return cut
