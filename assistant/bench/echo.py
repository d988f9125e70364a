"""`assistant bench echo`: the speaker of a virtual sound card is looped back into its microphone, as loud and as late
as open speakers may be. Does the program hear itself, and does it still hear a user who speaks over it?

Each case is four fresh programs. Two know nothing of the room: the user speaks over the second reply of one, over the
first of the other. Two remember the room, as from the second start on: nobody, or the user, speaks over their first
reply. A *self-interruption* is a reply that stops, for however short, though nobody spoke; a *self-reply* is a turn
that nobody spoke. A user is *let through* when the reply ends and at least half of the words are understood.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.audio.room import convolved
from assistant.bench import clips
from assistant.bench.clips import LEVEL, Clip, levels
from assistant.bench.program import Program
from assistant.bench.result import Figure, Result, new_picture
from assistant.bench.virtual_card import VirtualCard
from assistant.bench.wer import wer, words
from assistant.errors import AssistantError

DECIBELS = (None, 0.0, -6.0, -12.0, -20.0)
"""Of the echo, against what is played; None: no echo at all, as with a headset."""
DELAYS = (0.02, 0.1, 0.25)
"""Seconds, beside what the sound card itself takes."""
EARLY, LATER = 0.3, 1.5
"""Seconds after a reply's first sound at which the user speaks over the first and over the second reply."""
SECOND = f"{LATER:g} s into the second reply"
FIRST = f"{EARLY:g} s into the first reply"
KNOWN = f"{EARLY:g} s into the first reply, in a room it knows"
KNOWN_ALONE = "whole first reply, in a room it knows"
_STOPPED = 0.3  # seconds without sound that count as silence
_PATIENCE = 30.0  # seconds


def room(far: np.ndarray, delay: float, decibels: float, seed: int = 0) -> np.ndarray:
    """What a microphone hears of ``far`` (16 kHz) in a small synthetic room: a direct path after ``delay`` seconds and
    a tail that falls by 60 dB in 0.2 s."""
    tail = np.random.default_rng(seed).standard_normal(round(0.2 * SAMPLE_RATE)) * 0.06
    tail *= 10 ** (-3 * np.arange(len(tail)) / len(tail))
    tail[0] = 1.0
    response = np.concatenate([np.zeros(round(delay * SAMPLE_RATE)), tail / np.sqrt(np.sum(tail**2))])
    return (convolved(far, response) * 10 ** (decibels / 20)).astype(np.float32)


def run(
    data: Path,
    settings: Sequence[str] = (),
    decibels: Sequence[float | None] = DECIBELS,
    delays: Sequence[float] = DELAYS,
) -> Result:
    """``data`` holds dev/manifest.jsonl: one question is asked, the commands are used in turn to speak over the answer.
    Raises AssistantError."""
    found = clips.load(data / "dev")
    question = next(clip for clip in found if clip.kind == "question")
    barge_ins = [clip for clip in found if clip.kind in ("command", "command (short)") and " " in clip.text]
    cases = [(level, delay) for level in decibels for delay in (delays if level is not None else delays[:1])]
    details: list[dict] = []
    engines: dict[str, str] = {}
    with VirtualCard() as card:
        for number, (level, delay) in enumerate(cases):
            with tempfile.TemporaryDirectory(prefix="assistant-bench-") as rooms:
                kept = [*settings, f"audio.rooms_path={rooms}"]
                for moment, these, speak in (
                    (SECOND, kept, _later),
                    (FIRST, settings, _early),
                    (KNOWN_ALONE, kept, _alone),
                    (KNOWN, kept, _early),
                ):
                    if moment in (KNOWN_ALONE, KNOWN) and not any(Path(rooms).iterdir()):
                        continue  # nothing was learned, as without an echo
                    user = barge_ins[(2 * number + (speak is _early)) % len(barge_ins)]
                    with Program(card, these) as program:
                        program.wait_for("state     listening")
                        time.sleep(0.5)
                        with _loopback(card, level, delay):
                            case = speak(card, program, question, user)
                        engines = (program.turns() or [{}])[-1].get("engines") or engines
                        program.interrupt()
                    details.append(
                        {
                            "decibels": level,
                            "delay": delay,
                            "moment": moment,
                            "clip": user.path.name,
                            "said": user.text,
                            **case,
                        }
                    )
    return Result("echo", _rows(details), engines, details)


def _rows(details: Sequence[dict]) -> list:
    rows = []
    for moment, name in ((SECOND, "whole first reply"), (KNOWN_ALONE, KNOWN_ALONE)):
        rows.append(
            Figure.of(
                f"self-interruptions, {name}",
                "count",
                [
                    sum(
                        case["self_interruptions"]
                        for case in details
                        if case["moment"] == moment and case["decibels"] is not None
                    )
                ],
                most=0,
            )
        )
    for moment in (SECOND, FIRST, KNOWN, KNOWN_ALONE):
        rows.append(
            Figure.of(
                f"self-replies, {moment}",
                "count",
                [
                    sum(
                        case["self_replies"]
                        for case in details
                        if case["moment"] == moment and case["decibels"] is not None
                    )
                ],
                most=0,
            )
        )
    for moment in (SECOND, FIRST, KNOWN):
        for echo in (True, False):
            chosen = [case for case in details if case["moment"] == moment and (case["decibels"] is not None) is echo]
            if not chosen:
                continue
            where = f"{'echo' if echo else 'no echo'}, {moment}"
            rows.append(
                Figure.of(
                    f"onset to silence, {where}",
                    "s",
                    [case["silence"] for case in chosen if case["silence"] is not None],
                    p95=0.15,
                )
            )
            rows.append(
                Figure.of(
                    f"users not let through, {where}",
                    "count",
                    [sum(not case["through"] for case in chosen)],
                    **({"most": 0} if moment == SECOND else {}),
                )
            )
            rows.append(
                Figure.of(
                    f"WER of what they said, {where}",
                    "%",
                    [100 * wer([case["said"] for case in chosen], [case["user"] for case in chosen])],
                )
            )
    return rows


def _alone(card: VirtualCard, program: Program, question: Clip, _: Clip) -> dict:
    """Let the first reply be heard to its end."""
    card.play(question.audio())
    speaking = _until(program, 0, "state     speaking")
    _settle(program)
    alone = program.lines[speaking:]
    first, *own = sorted(program.turns(), key=lambda turn: turn["turn"])
    return {
        "self_interruptions": sum("state     hearing" in line for line in alone),
        "self_replies": sum(turn["outcome"] != "nothing_said" for turn in own),
        "heard_itself": [turn["user"] for turn in own],
        "first_outcome": first["outcome"],
        "silence": None,
    }


def _later(card: VirtualCard, program: Program, question: Clip, user: Clip) -> dict:
    """Let the first reply be heard to its end, speak over the second."""
    found = _alone(card, program, question, user)
    start = len(program.lines)
    card.play(question.audio())
    over = _speak_over(card, program, start, user, LATER)
    over["self_replies"] += found["self_replies"]
    over["heard_itself"] = found["heard_itself"] + over["heard_itself"]
    return found | over


def _early(card: VirtualCard, program: Program, question: Clip, user: Clip) -> dict:
    card.play(question.audio())
    return _speak_over(card, program, 0, user, EARLY)


def _speak_over(card: VirtualCard, program: Program, start: int, user: Clip, after: float) -> dict:
    """The user says ``user`` over the reply whose lines come after ``start``."""
    audio = spoken(user.audio())
    speaking = _until(program, start, "state     speaking")
    already = len(program.turns())
    with card.recording("speaker.monitor") as played, card.recording("mic.monitor") as heard:
        time.sleep(max(0.0, after - 0.2))  # starting the recordings and the player takes about so long
        card.play(audio)
        try:
            _until(program, speaking, " user      ", 8.0)
        except AssistantError:
            pass  # not understood: `through` tells
        _settle(program)
    turns = sorted(program.turns()[already:], key=lambda turn: turn["turn"])
    onset = heard.start + find(heard.audio, audio) / SAMPLE_RATE
    understood = " ".join(turn["user"] for turn in turns[1:])
    right = len(set(words(user.text)) & set(words(understood))) / len(set(words(user.text)))
    interrupted = bool(turns) and turns[0]["outcome"] == "interrupted"
    # The first turn after it is the user's, however badly understood; later ones hold words of the user, or nobody's.
    later = [turn["user"] for turn in turns[1:] if turn["outcome"] != "nothing_said"][1:]
    strange = [text for text in later if not set(words(user.text)) & set(words(text))]
    return {
        "silence": _silent_after(played.audio, round((onset - played.start) * SAMPLE_RATE)),
        "user": understood,
        "turns": [(turn["user"], turn["outcome"]) for turn in turns],
        "through": interrupted and right >= 0.5,
        "self_replies": len(strange),
        "heard_itself": strange,
    }


def _until(program: Program, start: int, text: str, seconds: float = _PATIENCE) -> int:
    """The number of lines up to the first after ``start`` that holds ``text``. Raises AssistantError."""
    deadline = time.monotonic() + seconds
    while True:
        for number, line in enumerate(program.lines[start:], start + 1):
            if text in line:
                return number
        if time.monotonic() > deadline:
            raise AssistantError(
                f"the program did not say {text!r} within {seconds:.0f} s; its last words: "
                f"{' / '.join(program.lines[-3:])}"
            )
        time.sleep(0.02)


def _settle(program: Program) -> None:
    """Wait until all is said and the program listens again."""
    deadline, quiet_since = time.monotonic() + _PATIENCE, time.monotonic()
    while time.monotonic() < deadline and time.monotonic() < quiet_since + 2.0:
        states = [line for line in program.lines if "state     " in line]
        if not states[-1].endswith("listening"):
            quiet_since = time.monotonic()
        time.sleep(0.05)


def spoken(audio: np.ndarray) -> np.ndarray:
    """A recording from its first speech on: 30 ms that reach a fifth of its loud parts, as breath and hiss do not."""
    rms = levels(audio)
    loud = np.convolve(rms > np.percentile(rms, 95) / 5, np.ones(3), "valid") == 3
    return audio[np.flatnonzero(loud)[0] * SAMPLE_RATE // 100 :]


def find(audio: np.ndarray, clip: np.ndarray) -> int:
    """The sample of ``audio`` where ``clip`` begins, whatever lies over it: the peak of their phase correlation."""
    size = 1 << (len(audio) + len(clip)).bit_length()
    cross = np.fft.rfft(audio, size) * np.conj(np.fft.rfft(clip, size))
    return int(np.argmax(np.fft.irfft(cross / (np.abs(cross) + 1e-9), size)[: len(audio)]))


def _silent_after(audio: np.ndarray, onset: int) -> float | None:
    """Seconds from ``onset`` until the speaker falls silent; None when it does not, or was silent already."""
    loud = levels(audio[max(0, onset - SAMPLE_RATE // 5) :]) > LEVEL
    if not loud[:20].any():
        return None
    quiet = round(_STOPPED / 0.01)
    for block in range(20, len(loud) - quiet):
        if not loud[block : block + quiet].any():
            return (block - 20) * 0.01
    return None


@contextmanager
def _loopback(card: VirtualCard, decibels: float | None, delay: float) -> Iterator[None]:
    def pactl(*arguments: str) -> str:
        return subprocess.run(
            ["pactl", *arguments], env=card.environment, check=True, capture_output=True, text=True
        ).stdout

    if decibels is None:
        yield
        return
    module = pactl(
        "load-module",
        "module-loopback",
        "source=speaker.monitor",
        "sink=mic",
        f"latency_msec={round(delay * 1000)}",
        "adjust_time=0",
    ).strip()
    try:
        blocks = pactl("list", "sink-inputs").split("Sink Input #")[1:]
        number = next(block.split()[0] for block in blocks if f"Owner Module: {module}\n" in block)
        pactl("set-sink-input-volume", number, f"{decibels:g}dB")
        yield
    finally:
        pactl("unload-module", module)


def plot(result: Result, path: Path) -> None:
    """Onset to silence over the echo's loudness, one mark per case, as PNG. Raises UsageError without matplotlib."""
    picture = new_picture((8, 4.5))
    axes = picture.subplots()
    labels = ["no echo" if level is None else f"{level:g} dB" for level in DECIBELS]
    for moment, mark in ((SECOND, "o"), (FIRST, "x"), (KNOWN, "+")):
        cases = [case for case in result.details if case["moment"] == moment and case["silence"] is not None]
        axes.plot(
            [DECIBELS.index(case["decibels"]) + 4 * (case["delay"] - 0.1) / 3 for case in cases],
            [case["silence"] for case in cases],
            mark,
            label=moment,
        )
    axes.axhline(0.15, color="grey", linewidth=1)
    axes.set_xticks(range(len(labels)), labels)
    axes.set(xlabel="echo; within each, by delay", ylabel="onset of the user's speech to silence, s")
    axes.legend()
    picture.savefig(path, dpi=120)
