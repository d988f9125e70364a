"""`assistant bench latency`: from the end of the user's speech to the first sound of the reply, by what leaves the
speaker of a virtual sound card, and by stage from the journal."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.bench.clips import LEVEL, Clip, levels, loud
from assistant.bench.program import Program
from assistant.bench.result import Figure, Result
from assistant.bench.virtual_card import VirtualCard
from assistant.errors import AssistantError

_STAGES = (
    ("speech_end", "soft_endpoint"),
    ("soft_endpoint", "stt_done"),
    ("stt_done", "llm_first_token"),
    ("llm_first_token", "first_sentence"),
    ("first_sentence", "tts_first_audio"),
    ("tts_first_audio", "first_sound"),
    ("speech_end", "hard_endpoint"),
)
KINDS = ("question", "command", "command (short)")  # clips that one would really say to an assistant


def run(clips: Sequence[Clip], rounds: int, settings: Sequence[str] = ()) -> Result:
    details = []
    with VirtualCard() as card, Program(card, settings) as program:
        program.wait_for("state     listening")
        time.sleep(1.0)
        for clip in list(clips) * rounds:
            details.append(turn(card, program, clip))
        turns = program.turns()
    rows = [
        Figure.of(
            "end of speech to first sound",
            "s",
            [case["voice_to_voice"] for case in details if case["answered"]],
            p50=0.45,
            p95=0.9,
        )
    ]
    rows += stages(turns, _STAGES)
    rows.append(
        Figure.of("questions without an answer", "count", [sum(not case["answered"] for case in details)], most=0)
    )
    return Result("latency", rows, turns[-1]["engines"] if turns else {}, details)


def stages(turns: Sequence[dict], between: Sequence[tuple[str, str]]) -> list[Figure]:
    """Seconds from one stage to another, by the journal's ``turns`` that have both."""
    return [
        Figure.of(
            f"stage {first} to {last}",
            "s",
            [
                turn["timings"][last] - turn["timings"][first]
                for turn in turns
                if first in turn["timings"] and last in turn["timings"]
            ],
        )
        for first, last in between
    ]


def turn(card: VirtualCard, program: Program, clip: Clip) -> dict:
    """Speak ``clip`` to the program and wait for its reply. Raises AssistantError."""
    audio = clip.audio()
    with card.recording("speaker.monitor") as reply, card.recording("mic.monitor") as question:
        card.play(audio)
        program.wait_for("turn      ")
        time.sleep(0.5)
    began = first_sound(question.audio)
    if began is None:
        raise AssistantError(f"nothing of {clip.path.name} came through the virtual microphone; try it again")
    end = question.start + began + speech_seconds(audio)
    sound = first_sound(reply.audio[max(0, round((end - reply.start) * SAMPLE_RATE)) :])
    turn = program.turns()[-1]
    return {
        "clip": clip.path.name,
        "answered": sound is not None,
        "voice_to_voice": sound,
        "user": turn["user"],
        "heard": turn["heard"],
        "outcome": turn["outcome"],
    }


def first_sound(audio: np.ndarray, level: float = LEVEL) -> float | None:
    """Seconds until the first 10 ms with sound; None when there are none."""
    sounding = loud(audio, level)
    return sounding[0] * 0.01 if sounding.size else None


def speech_seconds(audio: np.ndarray) -> float:
    """Seconds from the first sound of a recorded question to the end of its last word."""
    return end_of_speech(audio) - (first_sound(audio) or 0.0)


def end_of_speech(audio: np.ndarray) -> float:
    """Seconds until the end of the last word: the last 10 ms that reach a tenth of the loud parts, so that a quiet room
    behind the words does not count."""
    rms = levels(audio)
    return (np.flatnonzero(rms > np.percentile(rms, 95) / 10)[-1] + 1) * 0.01
