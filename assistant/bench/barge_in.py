"""`assistant bench barge-in`: from the onset of the user's speech, in the microphone's recording, to silence in the
speaker's; whether noises end a reply; and whether the first token stays as quick after fifty interruptions."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.bench.clips import LEVEL, Clip, levels
from assistant.bench.program import Program
from assistant.bench.result import Figure, Result, new_picture
from assistant.bench.virtual_card import Recording, VirtualCard
from assistant.errors import AssistantError

_LONGEST = 3.8  # seconds of a clip; longer ones only cost time
_PAUSE = 0.3  # seconds; a shorter silence is a pause between two words
_NOISE_SECONDS = 3.0
_TALKATIVE = "llm.system_prompt=You tell long stories. Answer with ten sentences."  # short replies end too soon
_MOMENTS = {"first word": (0.0, 0.1), "mid-sentence": (0.4, 1.0), "later": (1.0, 3.0)}  # seconds after its first sound
_LEAD = 0.1  # seconds of the room before an interruption's first word; more only shifts it to a later moment
_BLOCK = SAMPLE_RATE // 100  # 10 ms, the resolution of every time here


def run(clips: Sequence[Clip], noises: Sequence[Clip], interruptions: int = 50, settings: Sequence[str] = ()) -> Result:
    """``clips``: speech, each both an interruption and the next question; ``noises``: what must not end a reply."""
    settings = (_TALKATIVE, *settings)
    speech = [clip for clip in clips if clip.seconds <= _LONGEST and len(clip.text.split()) > 1]
    if not speech:
        raise AssistantError(f"none of the recordings is speech shorter than {_LONGEST:g} s; name others with --data")
    chance = random.Random(1)
    with VirtualCard() as card:
        loop = _card_loop(card)
        with Program(card, settings) as program:
            program.wait_for("state     listening")
            time.sleep(1.0)
            details = _interrupt(card, program, speech, interruptions, chance)
            turns = program.turns()
        with Program(card, settings) as program:
            program.wait_for("state     listening")
            time.sleep(1.0)
            thinking = [
                _while_it_thinks(card, program, chance.choice(speech), chance.choice(speech), chance)
                for _ in range(max(1, interruptions // 5))
            ]
        with Program(card, settings) as program:
            program.wait_for("state     listening")
            time.sleep(1.0)
            resumed = [
                _disturb(card, program, chance.choice(speech), noise)
                for noise in noises
                if not noise.kind.startswith("babble")
            ]
    return Result(
        "barge-in",
        _rows(details, thinking, resumed, turns, loop),
        turns[-1]["engines"] if turns else {},
        [*details, *thinking, *resumed],
    )


def _rows(details: list[dict], thinking: list[dict], resumed: list[dict], turns: list[dict], loop: list[float]) -> list:
    sounding = [case for case in details if case["sounding"] and case["outcome"] == "interrupted"]
    rows = [Figure.of("user's onset to silence", "s", [case["silence"] for case in sounding], p95=0.15)]
    for moment in (*_MOMENTS, "near the end"):
        rows.append(
            Figure.of(
                f"{moment}: onset to silence", "s", [case["silence"] for case in sounding if case["moment"] == moment]
            )
        )
    rows += [
        Figure.of(
            "between two sounds: onset to silence",
            "s",
            [case["silence"] for case in details if not case["sounding"] and case["outcome"] == "interrupted"],
        ),
        Figure.of(
            "while it thinks: reply heard after the onset", "s", [case["silence"] for case in thinking], p95=0.15
        ),
        Figure.of("stage onset to confirmed speech", "s", [case["noticed"] for case in sounding]),
        Figure.of("stage confirmed speech to silence", "s", [case["silence"] - case["noticed"] for case in sounding]),
        Figure.of("the card alone, played to recorded", "s", loop),
        Figure.of(
            "interruptions that did not stop it", "count", [sum(not case["stopped"] for case in details)], most=0
        ),
        Figure.of("noises played over a reply", "count", [len(resumed)]),
        Figure.of(
            "replies that a noise ended", "count", [sum(case["outcome"] == "interrupted" for case in resumed)], most=0
        ),
        Figure.of("replies that a noise paused", "count", [sum(case["paused"] for case in resumed)]),
    ]
    waits = [
        turn["timings"]["llm_first_token"] - turn["timings"]["stt_done"]
        for turn in turns
        if "llm_first_token" in turn["timings"] and "stt_done" in turn["timings"]
    ]
    if len(waits) >= 20:
        rows += [
            Figure.of("transcript to first token", "s", waits),
            Figure.of("the same, first ten turns", "s", waits[:10]),
            Figure.of("the same, last ten turns", "s", waits[-10:]),
            Figure.of(
                "its growth per turn", "ms", [1000 * float(np.polyfit(range(len(waits)), waits, 1)[0])], most=1.0
            ),
        ]
    return rows


# ---- the conversations -----------------------------------------------------------------------------------------


def _interrupt(
    card: VirtualCard, program: Program, speech: list[Clip], count: int, chance: random.Random
) -> list[dict]:
    """One conversation: a question, and then nothing but interruptions, each of them the next question."""
    details: list[dict] = []
    card.play(chance.choice(speech).audio())
    for attempt in range(6 * count):  # a reply that ended before its interruption does not count
        if len(details) == count:
            break
        moment = list(_MOMENTS)[attempt % len(_MOMENTS)]
        clip = chance.choice(speech)
        known = len(program.turns())
        with card.recording("speaker.monitor") as reply, card.recording("mic.monitor") as user:
            try:
                program.wait_for("state     speaking", 15.0)
            except AssistantError:  # the clip was no question for it: ask again
                card.play(chance.choice(speech).audio())
                continue
            time.sleep(chance.uniform(*_MOMENTS[moment]))
            audio = clip.audio()[max(0, round((onset(clip.audio()) - _LEAD) * SAMPLE_RATE)) :]
            player = threading.Thread(target=card.play, args=(audio,))
            player.start()
            program.wait_for("state     hearing")
            noticed = time.monotonic()
            player.join()
            program.wait_for("turn      ")
        turn = program.turn(known)
        if turn["outcome"] == "interrupted":  # else the reply had ended before, or the clip held no words
            details.append({"clip": clip.path.name, **_measured(turn, audio, reply, user, moment, noticed)})
    return details


def _while_it_thinks(card: VirtualCard, program: Program, question: Clip, more: Clip, chance: random.Random) -> dict:
    """The user goes on a moment after the question, when the reply is due any time."""
    gap = np.zeros(round(chance.uniform(0.3, 0.9) * SAMPLE_RATE), np.float32)
    with card.recording("speaker.monitor") as reply, card.recording("mic.monitor") as user:
        card.play(np.concatenate([question.audio(), gap, more.audio()]))
        program.wait_for("turn      ")
        _settle(program)
    lead = len(question.audio()) + len(gap)
    start = user.start + _first(user.audio) - _first(question.audio()) + lead / SAMPLE_RATE
    sound = _until_silent(reply, start + onset(more.audio()))
    return {"clip": more.path.name, "moment": "while it thinks", "gap": len(gap) / SAMPLE_RATE, "silence": sound or 0.0}


def _disturb(card: VirtualCard, program: Program, question: Clip, noise: Clip) -> dict:
    """A noise over a reply; how the reply's turn ended tells whether it went on."""
    known = len(program.turns())
    card.play(question.audio())
    program.wait_for("state     speaking")
    lines = len(program.lines)
    time.sleep(0.3)
    card.play(noise.audio()[: round(_NOISE_SECONDS * SAMPLE_RATE)])
    _settle(program)
    program.turn(known)
    turn = next((turn for turn in program.turns()[known:] if turn["reply"]), None)
    if turn is None:
        raise AssistantError(f"{question.path.name} got no reply; the program's last words: {program.lines[-1]}")
    until = next((number for number, line in enumerate(program.lines) if number >= lines and " turn " in line), None)
    return {
        "noise": noise.path.name,
        "moment": "noise",
        "outcome": turn["outcome"],
        "heard": turn["heard"],
        "reply": turn["reply"],
        "paused": any("state     hearing" in line for line in program.lines[lines:until]),
    }


def _settle(program: Program) -> None:
    """Wait until nobody has said anything for a while. Raises AssistantError when that takes a minute."""
    deadline = time.monotonic() + 60.0
    while True:
        try:
            program.wait_for("state     ", 1.5)
        except AssistantError:
            states = [line for line in program.lines if "state     " in line]
            if states[-1].endswith("listening"):
                return
            if time.monotonic() > deadline:
                raise


def _card_loop(card: VirtualCard) -> list[float]:
    """Seconds from handing a click to pacat until it is in a recording: what the card adds without the program."""
    found, clicked = [], 0.0
    for _ in range(5):
        with card.recording("speaker.monitor") as recording:
            player = subprocess.Popen(
                [
                    "pacat",
                    "--playback",
                    "--device=speaker",
                    "--format=float32le",
                    "--rate=16000",
                    "--channels=1",
                    "--latency-msec=20",
                ],
                stdin=subprocess.PIPE,
                env=card.environment,
            )
            assert player.stdin is not None  # it is a pipe
            begin = time.monotonic()
            for number in range(100):  # in real time: what waits in the player would count as the card's
                time.sleep(max(0.0, begin + number * 0.01 - time.monotonic()))
                clicked = time.monotonic() if number == 50 else clicked
                player.stdin.write(np.full(_BLOCK, 0.5 * (number == 50), np.float32).tobytes())
                player.stdin.flush()
            player.stdin.close()
            player.wait()
        found.append(recording.start + _first(recording.audio) - clicked)
    return found


# ---- what the recordings tell ----------------------------------------------------------------------------------


def _measured(turn: dict, audio: np.ndarray, reply: Recording, user: Recording, moment: str, noticed: float) -> dict:
    start = user.start + _first(user.audio) - _first(audio) + onset(audio)
    silence = _until_silent(reply, start)
    block = max(0, round((start - reply.start) * 100))
    heard = len(turn["heard"].split()) / max(1, len(turn["reply"].split()))
    return {
        "moment": "near the end" if heard > 0.85 else moment,
        "silence": silence or 0.0,
        "sounding": bool(levels(reply.audio)[block : block + 2].max(initial=0.0) > LEVEL),
        "stopped": silence is not None,
        "noticed": noticed - start,
        "outcome": turn["outcome"],
        "heard": turn["heard"],
        "reply": turn["reply"],
    }


def onset(audio: np.ndarray) -> float:
    """Seconds until speech sets in: the first 10 ms from which on 60 of 80 ms are within 20 dB of the clip's loud parts
    and 6 dB above its quiet ones. A breath, a click or the room's noise before the first word is not speech."""
    rms = levels(audio)
    loud, quiet = np.percentile(rms, 95), np.percentile(rms, 10)
    above = rms > max(loud / 10, min(2 * quiet, loud / 4))
    return next((start * 0.01 for start in np.flatnonzero(above) if above[start : start + 8].sum() >= 6), 0.0)


def _until_silent(reply: Recording, start: float) -> float | None:
    """Seconds after ``start`` until the last sound before a silence longer than a pause between words; None when there
    is none, the reply goes on."""
    loud = levels(reply.audio) > LEVEL
    begin = max(0, round((start - reply.start) * 100))
    end, pause = begin, round(_PAUSE * 100)
    while loud[end : end + pause].any():
        end += int(np.flatnonzero(loud[end : end + pause])[-1]) + 1
    return (end - begin) * 0.01 if end + pause <= len(loud) else None


def _first(audio: np.ndarray) -> float:
    return float(np.argmax(np.abs(audio) > 1e-4)) / SAMPLE_RATE


def plot(result: Result, path: Path) -> None:
    """One mark per interruption as PNG; needs matplotlib. Raises UsageError when it is missing."""
    picture = new_picture((7, 4))
    axes = picture.subplots()
    cases = [case for case in result.details if case.get("sounding") and case.get("outcome") == "interrupted"]
    for number, moment in enumerate(dict.fromkeys(case["moment"] for case in cases)):
        values = [1000 * case["silence"] for case in cases if case["moment"] == moment]
        axes.scatter(values, np.full(len(values), number) + np.linspace(-0.2, 0.2, len(values)), s=14, label=moment)
    axes.axvline(150, color="grey", linestyle="--")
    axes.set_yticks([])
    axes.set_xlabel("ms from the user's onset to silence")
    axes.legend()
    picture.savefig(path, dpi=120)
