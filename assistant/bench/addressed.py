"""Whom the kiosk listens to (`assistant.wake.visitor`): does a near visitor stay heard while somebody else's speech
goes on in the room, and is that somebody not answered?

Each person of the recordings is a visitor once: a second of the first recording stands for the wake word, the others
are follow-ups, four seconds apart, each up to 3 dB louder or softer than it was recorded. The others' recordings, one
after the other (a radio) or four at a time (babble), go on all the while. What `Visitor` takes for loud was chosen on
every second person; the others are measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from assistant.audio.vad import Vad
from assistant.bench.clips import Clip
from assistant.bench.result import Figure
from assistant.config import Settings
from assistant.turns.endpointing import Boundary, Endpointer
from assistant.wake.visitor import Visitor

BACKGROUND = -12.0
"""dB of it, against the visitor."""
VARIATION = 3.0
"""dB by which follow-ups are louder or softer."""
_FOLLOW_UPS = 6  # of one person, at most
_LEVEL = -26.0  # dB of full scale of whoever speaks, before anything is mixed
_PAUSE = 4 * SAMPLE_RATE
_LATE = 0.35  # seconds after its first word at which a follow-up may be noticed; the microphone's pre-roll is longer
_CUT = 0.1  # seconds that may be missing of its end
_HISS = 10 ** (-70 / 20)

Span = tuple[int, int]
"""First and last frame of something."""


def measure(clips: Sequence[Clip], settings: Settings) -> list[dict]:
    """One dict for each person with three recordings or more, of whom every second one counts, and background."""
    people: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        people[clip.speaker].append(clip)
    names = sorted(name for name in people if len(people[name]) > 2)[1::2]
    cases = []
    for number, name in enumerate(names):
        own = people[name][: 1 + _FOLLOW_UPS]
        others = [clip for clip in clips if clip.speaker != name and clip.seconds > 1.5]
        for kind, voices in (("nobody else", 0), ("radio", 1), ("babble", 4)):
            chance = np.random.default_rng(number)
            cases.append({"visitor": name, "background": kind} | visit(own, others, voices, settings, chance))
    return cases


def visit(
    own: Sequence[Clip], others: Sequence[Clip], voices: int, settings: Settings, chance: np.random.Generator
) -> dict:
    """Whether ``own[1:]`` are heard from who said ``own[0]``, while ``voices`` of the ``others`` speak at a time."""
    first, *follow_ups = [clip.audio() for clip in own]
    gain = 10 ** ((_LEVEL - _loudness(first)) / 20)
    parts, places, length = [np.zeros(_PAUSE)], [], _PAUSE
    for audio in follow_ups:
        places.append((length // FRAME_SAMPLES, (length + len(audio)) // FRAME_SAMPLES))
        parts += [audio * gain * 10 ** (chance.uniform(-VARIATION, VARIATION) / 20), np.zeros(_PAUSE)]
        length += len(audio) + _PAUSE
    alone = np.concatenate(parts) + chance.standard_normal(length) * _HISS
    vad = Vad(settings.vad)
    verdicts = np.array([vad(frame) for frame in _frames(alone)])
    spans = [_spoken(verdicts, place) for place in places]
    room = (
        alone
        + sum(_radio(others, length, chance) for _ in range(voices)) * 10 ** (BACKGROUND / 20) / max(1, voices) ** 0.5
    )
    turns = _turns(room, Visitor(_loudest_second(first) * gain), spans, settings)
    return {
        "follow_ups": len(spans),
        "accepted": sum(any(_touch(turn, span) for turn in turns) for span in spans),
        "whole": sum(any(_covers(turn, span) for turn in turns) for span in spans),
        "strangers": sum(not any(_touch(turn, span) for span in spans) for turn in turns),
        "seconds_alone": (len(verdicts) - sum(end - begin for begin, end in spans)) * FRAME_SECONDS,
        "late": [
            max(0.0, (end - span[1]) * FRAME_SECONDS - settings.endpointing.hard)
            for span in spans
            for begin, end in turns
            if _covers((begin, end), span)
        ],
    }


def _turns(room: np.ndarray, visitor: Visitor, spans: Sequence[Span], settings: Settings) -> list[Span]:
    """The turns that the kiosk would take; only the visitor's own are answered."""
    endpointer, begin, turns = Endpointer(settings.endpointing), 0, []
    heard = visitor.heard_by(Vad(settings.vad))
    for number, frame in enumerate(_frames(room)):
        boundary = endpointer.push(heard(frame), settings.vad.min_speech)
        if boundary is Boundary.START:
            begin = number
        elif boundary is Boundary.HARD:
            turns.append((begin, number))
            (visitor.answered if any(_touch(turns[-1], span) for span in spans) else visitor.ignored)()
    return turns


def _covers(turn: Span, span: Span) -> bool:
    return turn[0] <= span[0] + _LATE / FRAME_SECONDS and turn[1] >= span[1] - _CUT / FRAME_SECONDS


def _touch(turn: Span, span: Span) -> bool:
    return turn[0] < span[1] and turn[1] > span[0]


def _spoken(verdicts: np.ndarray, place: Span) -> Span:
    found = place[0] + np.flatnonzero(verdicts[place[0] : place[1]])
    return (int(found[0]), int(found[-1]) + 1) if len(found) else place


def _radio(others: Sequence[Clip], samples: int, chance: np.random.Generator) -> np.ndarray:
    parts, length = [], 0
    while length < samples:
        audio = others[int(chance.integers(len(others)))].audio()
        parts.append(audio * 10 ** ((_LEVEL - _loudness(audio)) / 20))
        length += len(audio)
    return np.concatenate(parts)[:samples]


def _loudness(audio: np.ndarray) -> float:
    """dB of full scale, of what is no pause."""
    power = np.mean(np.square(_frames(audio)), axis=1)
    return float(10 * np.log10(np.mean(power[power > power.max() / 100]) + 1e-12))


def _loudest_second(audio: np.ndarray) -> np.ndarray:
    power = np.convolve(np.mean(np.square(_frames(audio)), axis=1), np.ones(50), "valid")
    begin = int(np.argmax(power)) * FRAME_SAMPLES
    return audio[begin : begin + SAMPLE_RATE]


def _frames(audio: np.ndarray) -> np.ndarray:
    return audio[: len(audio) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES).astype(np.float32)


def rows(cases: Sequence[dict]) -> Iterator[Figure]:
    for kind in dict.fromkeys(case["background"] for case in cases):
        those = [case for case in cases if case["background"] == kind]
        count, alone = (sum(case[key] for case in those) for key in ("follow_ups", "seconds_alone"))
        accepted, whole = (100 * sum(case[key] for case in those) / count for key in ("accepted", "whole"))
        yield Figure.single(f"{kind}: follow-ups accepted", "%", count, accepted, least=95.0)
        yield Figure.single(f"{kind}: follow-ups heard whole, in one turn", "%", count, whole)
        if kind != "nobody else":
            strangers = sum(case["strangers"] for case in those)
            yield Figure.single(f"{kind} at {BACKGROUND:g} dB: turns", "per minute", strangers, 60 * strangers / alone)
            yield Figure.of(f"{kind}: end of a turn later by", "s", [late for case in those for late in case["late"]])
