"""`assistant bench rag`: how well the sample documents are searched, how fast, and what that adds to a conversation.

The parts that only search run in processes of their own, so that each one's memory is its own.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.bench import latency
from assistant.bench.clips import Clip
from assistant.bench.program import Program, peak_memory
from assistant.bench.result import Figure, Result, new_picture
from assistant.bench.virtual_card import VirtualCard
from assistant.errors import AssistantError
from assistant.tts import TtsSettings

QUESTIONS = (  # of the samples; speech recognition understands the offline voice in these
    "How long should I leave it standing before I turn it on for the first time?",
    "How many minutes does deep cleaning take?",
    "There is a leak at the rear left foot, which part do I need?",
    "What is the commissioning code?",
    "May I plug it into an extension lead?",
    "Where is the travel bag made?",
    "With which firmware did deep cleaning become shorter?",
    "How long must the repair form be kept?",
    "What does a repair cost when the warranty is over?",
    "How many people can link their phones to one machine?",
)
_WORDS_PER_MINUTE = 140
_SMALL, _LARGE = 10_000, 100_000
_MOST_MS = {_SMALL: 40.0, _LARGE: 80.0}


@dataclass(frozen=True)
class _Spoken(Clip):
    sound: np.ndarray
    """Mono float32 at 16 kHz."""

    def audio(self) -> np.ndarray:
        return self.sound


def run(rounds: int = 2, settings: Sequence[str] = (), sizes: Sequence[int] = (_SMALL, _LARGE)) -> Result:
    """``rounds``: how often each question is spoken to the program with and to the one without documents."""
    rows, details = _search(sizes)
    with tempfile.TemporaryDirectory(prefix="bench-rag-") as name:
        folder = Path(name)
        library = folder / "handbook"
        _add_samples(library)
        clips = [
            _Spoken(Path(question), question, "question", len(sound) / SAMPLE_RATE, sound)
            for question, sound in zip(QUESTIONS, spoken(QUESTIONS))
        ]
        cases, engines = _conversations(clips, rounds, settings, library)
        rows += _voice_to_voice(cases)
        rows += _memory(clips[0], settings, folder, max(sizes))
    return Result("rag", rows, engines, [*details, *cases])


def _search(sizes: Sequence[int]) -> tuple[list[Figure], list[dict]]:
    quality = _alone("quality")
    ndcg = {method: quality["quality"][method]["ndcg"] for method in ("hybrid", "dense", "bm25")}
    best = quality["best"]
    rows = [Figure.of(f"nDCG@10, {method}", "", [value]) for method, value in ndcg.items()]
    rows += [
        Figure.single(
            "nDCG@10, hybrid over the better of the two",
            "",
            1,
            ndcg["hybrid"] / max(ndcg["dense"], ndcg["bm25"]),
            least=1,
        ),
        Figure.of("knows what it knows: area under the curve", "", [quality["auc"]]),
        Figure.of(f"answerable questions answered, threshold {best['threshold']:.2f}", "%", [100 * best["answered"]]),
        Figure.of(f"unanswerable questions refused, threshold {best['threshold']:.2f}", "%", [100 * best["refused"]]),
    ]
    details = [{"curve": quality["curve"], "best": best}]
    for size in sizes:
        found = _alone("latency", str(size))
        times = found["total_ms"]
        rows.append(
            Figure(
                f"query, {size:,} passages",
                "ms",
                200,
                times["p50"],
                times["p95"],
                float("nan"),
                f"p95 ≤ {_MOST_MS[size]:g}" if size in _MOST_MS else "",
                times["p95"] <= _MOST_MS[size] if size in _MOST_MS else None,
            )
        )
        details.append(found)
    ingest = _alone("ingest")
    details.append(ingest)
    for engine, found in ingest.items():
        share = 100 * found["share"]
        rows += [
            Figure.of(f"ingest, {engine}", "passages/s", [found["ingest_per_second"]]),
            Figure.single(f"ingest, {engine}, of the embedder's own rate", "%", 1, share, least=85),
        ]
    return rows, details


def _alone(*words: str) -> dict:
    done = subprocess.run([sys.executable, "-m", "rag.bench", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssistantError(f"rag.bench {' '.join(words)} failed: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout[done.stdout.index("{") :])


def _add_samples(library: Path) -> None:
    from rag.bench import SAMPLES

    done = subprocess.run(
        [sys.executable, "-m", "assistant", "rag", "add", f"--set=rag.path={library}", str(SAMPLES / "handbook")],
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise AssistantError(f"the sample documents could not be added: {done.stderr.strip()[-300:]}")


def spoken(texts: Sequence[str]) -> list[np.ndarray]:
    """Mono float32 at 16 kHz, in the offline voice."""
    import soxr

    from assistant.tts import SAMPLE_RATE as SPEECH_RATE
    from assistant.tts.espeak import Espeak

    async def speak() -> list[np.ndarray]:
        engine = Espeak(dataclasses.replace(TtsSettings(), espeak_words_per_minute=_WORDS_PER_MINUTE))
        try:
            return [np.concatenate([chunk.pcm24k async for chunk in engine.speak(text)]) for text in texts]
        finally:
            engine.close()

    return [soxr.resample(sound, SPEECH_RATE, SAMPLE_RATE).astype(np.float32) for sound in asyncio.run(speak())]


def _conversations(
    clips: Sequence[Clip], rounds: int, settings: Sequence[str], library: Path
) -> tuple[list[dict], dict[str, str]]:
    """The same questions to the program with and without documents, in turn, so that both meet the same machine."""
    cases = []
    with VirtualCard() as card:
        for number in range(2 * rounds):
            grounded = (number + number // 2) % 2 == 0  # with, without, without, with
            with Program(card, [*settings, f"rag.path={library}", f"rag.enabled={str(grounded).lower()}"]) as program:
                program.wait_for("state     listening")
                time.sleep(1.0)
                for clip in clips:
                    case = latency.turn(card, program, clip)
                    journal = program.turns()[-1]
                    cases.append(
                        {**case, "rag": grounded, "passages": journal["passages"], "timings": journal["timings"]}
                    )
                engines = journal["engines"]
    return cases, engines


def _voice_to_voice(cases: Sequence[dict]) -> list[Figure]:
    seconds = {
        grounded: [case["voice_to_voice"] for case in cases if case["answered"] and case["rag"] is grounded]
        for grounded in (False, True)
    }
    median = {grounded: float(np.median(values)) for grounded, values in seconds.items()}
    added = 1000 * (median[True] - median[False])
    return [
        Figure.of("end of speech to first sound, without documents", "s", seconds[False]),
        Figure.of("end of speech to first sound, with documents", "s", seconds[True]),
        Figure.single("what documents add to its p50", "ms", len(seconds[True]), added, most=30),
        Figure.of(
            "spoken questions answered from passages",
            "%",
            [100 * float(np.mean([bool(case["passages"]) for case in cases if case["rag"]]))],
        ),
    ]


def _memory(clip: Clip, settings: Sequence[str], folder: Path, passages: int) -> list[Figure]:
    """The whole talking process on a store of that size, one question answered."""
    from rag import bench as rag_bench

    filler = get_context("spawn").Process(target=rag_bench.fill, args=(str(folder / "large"), passages))
    filler.start()
    filler.join()
    if filler.exitcode:
        raise AssistantError(f"filling a store with {passages} passages ended with exit code {filler.exitcode}")
    with (
        VirtualCard() as card,
        Program(card, [*settings, f"rag.path={folder / 'large'}", "rag.enabled=true", "rag.threshold=0"]) as program,
    ):
        program.wait_for("state     listening")
        latency.turn(card, program, clip)
        peak = peak_memory(program.process)
    return [Figure.of(f"peak memory of the whole program, {passages:,} passages", "MB", [peak], most=1500.0)]


def plot(result: Result, path: Path) -> None:
    """The threshold curve and the times to the first sound, as PNG; needs matplotlib. Raises UsageError without it."""
    picture = new_picture((11, 4.5))
    curve, times = picture.subplots(1, 2)
    points, best = result.details[0]["curve"], result.details[0]["best"]
    thresholds = [point["threshold"] for point in points]
    curve.plot(thresholds, [100 * point["answered"] for point in points], label="answerable questions answered")
    curve.plot(thresholds, [100 * point["refused"] for point in points], label="unanswerable questions refused")
    curve.axvline(best["threshold"], color="grey", linestyle="--", label=f"best balance, {best['threshold']:.2f}")
    curve.set(xlabel="[rag] threshold", ylabel="% of the questions", title="Does it know when it does not know?")
    for grounded, name in ((False, "without documents"), (True, "with documents")):
        seconds = sorted(
            case["voice_to_voice"] for case in result.details if case.get("rag") is grounded and case["answered"]
        )
        times.step(seconds, 100 * np.arange(1, len(seconds) + 1) / len(seconds), where="post", label=name)
    times.set(xlabel="end of speech to first sound, s", ylabel="% of the answers", title="What documents add")
    for axes in (curve, times):
        axes.grid(alpha=0.3)
        axes.legend()
    picture.savefig(path, dpi=120)
