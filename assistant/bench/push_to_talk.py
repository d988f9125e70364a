"""`assistant bench push-to-talk`: from the moment the key comes up to the first sound of the reply, by what leaves the
speaker of a virtual sound card, and from the moment it goes down over a reply to silence.

The key is the program's control socket: it comes up when the command is sent, so many seconds after the last word as
`LATER` says. People let go 0.1 to 0.3 s after it. The next turn's key goes down in the middle of the reply. Sound is
recorded some 20 ms late (see Recording), so the key comes up so much later after the true last word, and what is
measured from it is so much longer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np

from assistant.bench.clips import Clip, loud
from assistant.bench.latency import KINDS, speech_seconds, stages
from assistant.bench.program import Program
from assistant.bench.result import Figure, Result
from assistant.bench.virtual_card import Recording, VirtualCard
from assistant.bench.wer import wer
from assistant.errors import AssistantError

__all__ = ["KINDS", "run"]

LATER = (0.0, 0.1, 0.2, 0.3)
"""Seconds from the end of the last word until the key comes up."""
_PEOPLE = LATER[1:]  # as people do
_LEAD = 0.3  # seconds from the key's press to the first word
_INTO = 0.8  # seconds of a reply until the next press
_PATIENCE = 8.0  # seconds that an answer is waited for
_STAGES = (
    ("soft_endpoint", "stt_done"),
    ("stt_done", "llm_first_token"),
    ("llm_first_token", "first_sentence"),
    ("first_sentence", "tts_first_audio"),
    ("hard_endpoint", "first_sound"),
)
_SETTINGS = ("push_to_talk.source=command", "push_to_talk.style=hold", "push_to_talk.tones=false")


def run(clips: Sequence[Clip], rounds: int, settings: Sequence[str] = ()) -> Result:
    """Each clip so often with each time of `LATER`. Raises AssistantError when the program does not start or ends."""
    plan = [(clip, later) for _ in range(rounds) for later in LATER for clip in clips]
    with VirtualCard() as card, Program(card, (*_SETTINGS, *settings), options=["--push-to-talk"]) as program:
        program.wait_for("state     listening", 120.0)
        time.sleep(1.0)
        with card.recording("speaker.monitor") as speaker, card.recording("mic.monitor") as microphone:
            details = [_turn(card, program, speaker, microphone, clip, later) for clip, later in plan]
            program.tell("stop")
            time.sleep(1.0)
            turns = program.turns()
    return Result("push-to-talk", [*rows(details), *stages(turns, _STAGES)], turns[-1]["engines"], details)


def _turn(
    card: VirtualCard, program: Program, speaker: Recording, microphone: Recording, clip: Clip, later: float
) -> dict:
    """Press, which ends the reply before, speak, let go, and wait until something of the reply was heard."""
    audio = clip.audio()
    sounding = bool(_loud(speaker, time.monotonic() - 0.2).size)
    down = program.tell("press")
    time.sleep(_LEAD)
    silence = _loud(speaker, down)
    speaking = threading.Thread(target=card.play, args=(audio,))
    begun = time.monotonic()
    speaking.start()
    while not (onset := _loud(microphone, begun)).size:
        if time.monotonic() > begun + _PATIENCE:
            raise AssistantError(f"nothing of {clip.path.name} came through the virtual microphone; try it again")
        time.sleep(0.01)
    end = begun + onset[0] * 0.01 + speech_seconds(audio)
    time.sleep(max(0.0, end + later - time.monotonic()))
    early = _loud(speaker, begun).size > 0
    up = program.tell("release")
    while not (sound := _loud(speaker, up)).size and time.monotonic() < up + _PATIENCE:
        time.sleep(0.02)
    time.sleep(_INTO)
    speaking.join()
    said = [line for line in program.lines if " user  " in line]
    return {
        "clip": clip.path.name,
        "later": later,
        "up_after": up - end,
        "first_sound": sound[0] * 0.01 if sound.size else None,
        "silence": (silence[-1] + 1) * 0.01 if sounding and silence.size else 0.0 if sounding else None,
        "before_key_up": early,
        "text": clip.text,
        "user": said[-1].split(maxsplit=2)[-1] if said else "",
    }


def _loud(recording: Recording, since: float) -> np.ndarray:
    """Which 10 ms after ``since`` hold sound."""
    return loud(recording.heard(since))


def rows(details: Sequence[dict]) -> list[Figure]:
    def firsts(times: Sequence[float]) -> list[float]:
        return [case["first_sound"] for case in details if case["later"] in times and case["first_sound"] is not None]

    def count(name: str, hits: Sequence[bool]) -> Figure:
        return Figure.of(name, "count", [sum(hits)], most=0)

    return [
        Figure.of("key-up to first sound, as people let go", "s", firsts(_PEOPLE), p50=0.3, p95=0.45),
        *(Figure.of(f"key-up {later:g} s after the last word", "s", firsts([later])) for later in LATER),
        Figure.of(
            "key-down to silence", "s", [case["silence"] for case in details if case["silence"] is not None], p95=0.15
        ),
        *(Figure.single(f"words wrong, key-up {later:g} s after", "%", *_wrong(details, later)) for later in LATER),
        count("turns without an answer", [case["first_sound"] is None for case in details]),
        count("turns answered before the key came up", [case["before_key_up"] for case in details]),
    ]


def _wrong(details: Sequence[dict], later: float) -> tuple[int, float]:
    """Of how many turns, and how many of a hundred words were understood as others, or not at all."""
    cases = [case for case in details if case["later"] == later]
    return len(cases), 100 * wer([case["text"] for case in cases], [case["user"] for case in cases])
