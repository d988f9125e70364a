"""`assistant bench stt`: does transcribing while the user speaks cost words, what is left to do at the end, and does
the confidence tell when words were hardly understood?

Streaming is asked for as assistant/conversation.py does: audio from the pre-roll on, a partial while speech goes on,
a final pass at each soft endpoint; the last one counts. A second engine, which heard nothing of the turn
before, transcribes the same audio in one pass. Turns are the recordings, and recordings joined to `LONG` seconds.

Where Whisper runs on a CPU: what its short windows cost and save beside windows of 30 s (assistant/stt/window.py).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from assistant.audio.vad import Vad
from assistant.bench import clips
from assistant.bench.clips import Clip
from assistant.bench.noise import mix
from assistant.bench.pauses import room
from assistant.bench.result import Figure, Result, new_picture
from assistant.bench.wer import edits, wer, words
from assistant.config import Settings
from assistant.stt import Stt, Transcript
from assistant.stt.whisper import Whisper
from assistant.turns.endpointing import Boundary, Endpointer
from assistant.turns.utterance import PARTIAL_INTERVAL

LONG = 30.0
_PAUSE = 0.6  # seconds of silence between joined recordings: shorter than the longest wait for the end of a turn
RATIOS = (None, 10, 5, 0)
"""Speech to noise in dB; None: no noise."""
BRIEF = 3.5
"""Seconds; recordings up to this length count as about 3 s of speech."""
_LOST = (0.0, 0.1, 0.3)  # seconds that are missing at the beginning
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
WRONG, RIGHT = 1 / 3, 0.1
"""From which share of wrong words on an answer would be a guess, and up to which it would not."""


def run(data: Path, settings: Settings) -> Result:
    """``data`` holds dev/manifest.jsonl (speech) and noise/manifest.jsonl. Some minutes. Raises AssistantError."""
    from assistant import stt

    speech, noises = clips.load(data / "dev"), clips.load(data / "noise")
    streaming, whole = (stt.load(settings.stt, print) for _ in range(2))
    try:
        details = asyncio.run(_measure(speech, noises, settings, streaming, whole))
    finally:
        streaming.close()
        whole.close()
    if isinstance(whole, Whisper) and whole.short_windows:
        for short in (True, False):
            details += asyncio.run(_windows(held_out(speech), settings, short))
    return measured(details, {"stt": whole.name}, settings.manners.unsure_below)


async def _measure(
    speech: Sequence[Clip], noises: Sequence[Clip], settings: Settings, streaming: Stt, whole: Stt
) -> list[dict]:
    turns = [("short", clip.text, clip.audio()) for clip in speech] + [("long", *turn) for turn in joined(speech)]
    details = [
        {"case": case, "said": said, **await _stream(audio, settings, streaming, whole)} for case, said, audio in turns
    ]
    for clip in speech:
        for lost in _LOST:
            heard = await whole.transcribe(clip.audio()[round((first_sound(clip.audio()) + lost) * SAMPLE_RATE) :])
            details.append({"case": "onset", "lost": lost, "said": clip.text, "heard": heard.text})
    for ratio in RATIOS:
        for number, clip in enumerate(speech):
            noise = noises[number % len(noises)].audio()
            heard = await whole.transcribe(clip.audio() if ratio is None else mix(clip.audio(), noise, ratio))
            details.append(
                {
                    "case": "noise",
                    "ratio": ratio,
                    "said": clip.text,
                    "heard": heard.text,
                    "confidence": heard.understood,
                }
            )
    return details


def held_out(speech: Sequence[Clip]) -> list[Clip]:
    """Of every second speaker: the numbers in assistant/stt/window.py were chosen on the others."""
    speakers = sorted({clip.speaker for clip in speech})
    return [clip for clip in speech if speakers.index(clip.speaker) % 2]


async def _windows(speech: Sequence[Clip], settings: Settings, short: bool) -> list[dict]:
    from assistant import stt

    engine = stt.load(settings.stt, print)
    assert isinstance(engine, Whisper)
    engine.short_windows = short
    found = []
    for clip in speech:
        audio, began = clip.audio(), time.perf_counter()
        heard = await engine.transcribe(audio)
        left = time.perf_counter() - began
        found.append(
            {
                "case": "window",
                "short": short,
                "said": clip.text,
                "heard": heard.text,
                "seconds": clip.seconds,
                "left": left,
            }
        )
    engine.close()
    return found


def joined(speech: Sequence[Clip]) -> Iterator[tuple[str, np.ndarray]]:
    """Neighbours as one long turn: its text and audio."""
    taken: list[Clip] = []
    for clip in speech:
        taken.append(clip)
        if sum(clip.seconds + _PAUSE for clip in taken) >= LONG or clip is speech[-1]:
            parts = [part for clip in taken for part in (clip.audio(), room(clip.audio(), _PAUSE))]
            yield " ".join(clip.text for clip in taken), np.concatenate(parts[:-1])
            taken = []


async def _stream(audio: np.ndarray, settings: Settings, streaming: Stt, whole: Stt) -> dict:
    heard, at_once, spent, last = Transcript(""), Transcript(""), [0.0], np.zeros(0, np.float32)
    for partial, last in calls(np.concatenate([audio, room(audio, 1.0)]), settings):
        began = time.perf_counter()
        heard = await streaming.transcribe(last, partial)
        spent.append(time.perf_counter() - began)
    began = time.perf_counter()
    if last.size:
        at_once = await whole.transcribe(last)
    return {
        "seconds": len(last) / SAMPLE_RATE,
        "heard": heard.text,
        "at_once": at_once.text,
        "left": spent[-1],
        "before": sum(spent[:-1]),
        "full": time.perf_counter() - began,
    }


def calls(audio: np.ndarray, settings: Settings) -> Iterator[tuple[bool, np.ndarray]]:
    """What a conversation would have transcribed, in order: whether as a partial, and the audio. The last is final."""
    vad, endpointer = Vad(settings.vad), Endpointer(settings.endpointing)
    frames = audio[: len(audio) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    before = round((settings.vad.pre_roll + settings.vad.min_speech) / FRAME_SECONDS) + 1
    start, until = None, 0
    for number, frame in enumerate(frames, 1):
        event = endpointer.push(vad(frame), settings.vad.min_speech)
        if event is Boundary.START:
            start = until = max(0, number - before)
        elif event is Boundary.SOFT:
            endpointer.needed = np.inf
            yield False, frames[start:number].reshape(-1)
        elif event is None and start is not None and not endpointer.silence:
            if (number - until) * FRAME_SECONDS >= PARTIAL_INTERVAL:
                until = number
                yield True, frames[start:number].reshape(-1)


def first_sound(audio: np.ndarray) -> float:
    """Seconds until the first 10 ms that reach a twentieth of the loud parts."""
    level = np.sqrt(np.mean(audio[: len(audio) // 160 * 160].reshape(-1, 160) ** 2, axis=1))
    return float(np.flatnonzero(level >= np.percentile(level, 95) / 20)[0]) / 100


# ---- what it says ----------------------------------------------------------------------------------------------------


def measured(details: list[dict], engines: dict[str, str], threshold: float) -> Result:
    """``threshold``: the confidence below which the assistant asks back."""
    rows = []
    for case in ("short", "long"):
        turns = [entry for entry in details if entry["case"] == case]
        said = [turn["said"] for turn in turns]
        at_once, streamed = (100 * wer(said, [turn[key] for turn in turns]) for key in ("at_once", "heard"))
        rows += [
            Figure.single(f"{case} turns: WER, one full pass", "%", len(turns), at_once),
            Figure.single(f"{case} turns: WER cost of streaming", "points", len(turns), streamed - at_once, 0.3),
            Figure.of(f"{case} turns: length", "s", [turn["seconds"] for turn in turns]),
            Figure.of(f"{case} turns: left to do at the end", "s", [turn["left"] for turn in turns]),
            Figure.of(f"{case} turns: one full pass", "s", [turn["full"] for turn in turns]),
            Figure.of(
                f"{case} turns: work before the end, of one core",
                "%",
                [100 * turn["before"] / turn["seconds"] for turn in turns if turn["seconds"]],
            ),
            Figure.single(
                f"{case} turns: real-time factor of one full pass",
                "s/s",
                len(turns),
                sum(turn["full"] for turn in turns) / max(1e-9, sum(turn["seconds"] for turn in turns)),
            ),
        ]
    for lost in _LOST:
        cases = [entry for entry in details if entry["case"] == "onset" and entry["lost"] == lost]
        rows.append(Figure.single(f"WER, first {lost:g} s of speech missing", "%", len(cases), _wer(cases)))
    for ratio in RATIOS:
        cases = [entry for entry in details if entry["case"] == "noise" and entry["ratio"] == ratio]
        rows.append(
            Figure.single(f"WER, {'no noise' if ratio is None else f'{ratio} dB'}", "%", len(cases), _wer(cases))
        )
    rows += _window_rows([entry for entry in details if entry["case"] == "window"])
    for limit in sorted({*THRESHOLDS, threshold}):
        asked, precision, recall, needless = asking_back(details, limit)
        details.append(
            {
                "case": "threshold",
                "below": limit,
                "asked": asked,
                "precision": precision,
                "recall": recall,
                "needless": needless,
            }
        )
        if limit == threshold:
            rows += [
                Figure.single(
                    f"asked back, confidence below {limit:g}: share of wrong ones", "%", asked, 100 * precision
                ),
                Figure.single("asked back: of all wrong ones", "%", asked, 100 * recall),
                Figure.single("asked back: of all right ones", "%", asked, 100 * needless),
            ]
    return Result("stt", rows, engines, details)


def _window_rows(cases: Sequence[dict]) -> list[Figure]:
    if not cases:
        return []
    short, full = ([case for case in cases if case["short"] is kind] for kind in (True, False))
    brief = [[case["left"] for case in kind if case["seconds"] <= BRIEF] for kind in (short, full)]
    of = f"held-out clips up to {BRIEF:g} s: end of speech to transcript"
    return [
        Figure.single("held-out clips: WER, Whisper with 30 s windows", "%", len(full), _wer(full)),
        Figure.single("held-out clips: WER cost of short windows", "points", len(short), _wer(short) - _wer(full), 0.3),
        Figure.of(f"{of}, short windows", "s", brief[0], p50=0.35),
        Figure.of(f"{of}, 30 s windows", "s", brief[1]),
    ]


def asking_back(details: Sequence[dict], threshold: float) -> tuple[int, float, float, float]:
    """How many are asked back; the share of wrong ones among them; of all wrong ones; of all right ones."""
    cases = [entry for entry in details if entry["case"] == "noise" and entry["confidence"] is not None]
    errors = np.array([edits(words(case["said"]), words(case["heard"])) / len(words(case["said"])) for case in cases])
    asked = np.array([case["confidence"] < threshold for case in cases], bool)
    wrong, right = errors >= WRONG, errors <= RIGHT
    return (
        int(asked.sum()),
        float((asked & wrong).sum() / max(1, asked.sum())),
        float((asked & wrong).sum() / max(1, wrong.sum())),
        float((asked & right).sum() / max(1, right.sum())),
    )


def _wer(cases: Sequence[dict]) -> float:
    return 100 * wer([case["said"] for case in cases], [case["heard"] for case in cases])


def plot(result: Result, path: Path) -> None:
    """Left: time at the end over the turn's length, with and without reuse. Right: asking back, by threshold.

    Raises UsageError when matplotlib is missing.
    """
    picture = new_picture((11, 4.5))
    left, right = picture.subplots(1, 2)
    turns = [entry for entry in result.details if entry["case"] in ("short", "long")]
    for key, label in (("full", "one full pass"), ("left", "left after streaming")):
        left.scatter([turn["seconds"] for turn in turns], [turn[key] for turn in turns], s=12, label=label)
    left.set(xlabel="length of the turn, s", ylabel="time at the end, s", title=result.engines["stt"])
    limits = [entry for entry in result.details if entry["case"] == "threshold"]
    for key, label in (
        ("precision", "asked back, and wrong"),
        ("recall", "wrong, and asked back"),
        ("needless", "right, but asked back"),
    ):
        right.plot([entry["below"] for entry in limits], [entry[key] for entry in limits], marker="o", label=label)
    right.set(xlabel="asked back below this confidence", ylabel="share", ylim=(0, 1), title="asking back")
    for axes in (left, right):
        axes.legend()
        axes.grid(alpha=0.3)
    picture.savefig(path, dpi=120)
