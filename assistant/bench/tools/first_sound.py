"""End of a command to the first sound of its answer, and of plain questions in the same run, on a virtual card."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.bench import latency
from assistant.bench.clips import Clip
from assistant.bench.program import Program
from assistant.bench.result import Figure
from assistant.bench.tools.spoken import VOICES, spoken
from assistant.bench.virtual_card import VirtualCard
from assistant.settings import named
from assistant.tts import ENGINES

COMMANDS = (  # the recogniser understands the bundled voice in all of these
    "What time is it?",
    "What is seventeen times twenty three?",
    "Set a timer for two hours.",
    "What day is it today?",
    "Add milk to my shopping list.",
    "How many days until Christmas?",
    "How long is left on the timer?",
    "What is on my shopping list?",
    "How many grams are in two pounds?",
    "What is fifteen percent of eighty?",
)
QUESTIONS = (
    "What is the capital of France?",
    "Why is the sky blue?",
    "Who wrote Romeo and Juliet?",
    "What do penguins eat?",
    "How far away is the moon?",
    "Where do oranges come from?",
    "What is the largest animal on earth?",
    "How does a rainbow form?",
    "Who painted the Mona Lisa?",
    "Why do cats purr?",
)
_RESAMPLES = 10_000


@dataclass(frozen=True)
class _Spoken(Clip):
    sound: np.ndarray
    """Mono float32 at 16 kHz."""

    def audio(self) -> np.ndarray:
        return self.sound


def run(rounds: int, settings: Sequence[str]) -> tuple[list[Figure], list[dict], dict[str, str]]:
    """Figures, one dict per turn, engines; each sentence is spoken ``rounds`` times. Raises AssistantError."""
    clips = asyncio.run(_clips())
    details = []
    with (
        tempfile.TemporaryDirectory(prefix="bench-tools-") as own,  # the user's own timers and lists stay as they are
        VirtualCard() as card,
        Program(card, settings, environment={"XDG_DATA_HOME": own}) as program,
    ):
        program.wait_for("state     listening")
        time.sleep(1.0)
        for clip in clips * rounds:
            case = latency.turn(card, program, clip)
            timings = program.turns()[-1]["timings"]
            details.append({**case, "kind": clip.kind, "without_model": "llm_first_token" not in timings})
        engines = program.turns()[-1]["engines"]
    return rows(details), details, engines


async def _clips() -> list[Clip]:
    """Command, question, command ..., so that both meet the same machine."""
    settings = VOICES["piper"][0]
    voice = named(settings.engine, ENGINES).imported().load(settings, lambda text: None)
    try:
        return [
            _Spoken(Path(text), text, kind, len(sound) / SAMPLE_RATE, sound)
            for pair in zip(COMMANDS, QUESTIONS, strict=True)
            for kind, text in zip(("command", "question"), pair)
            for sound in [await spoken(text, voice)]
        ]
    finally:
        voice.close()


def rows(details: Sequence[dict]) -> list[Figure]:
    """Commands that the model answered after all are counted, not timed: they would be questions."""
    commands = [case for case in details if case["kind"] == "command"]
    done = [case for case in commands if case["without_model"] and case["answered"]]
    asked = [case for case in details if case["kind"] == "question" and case["answered"]]
    ours, theirs = (np.array([case["voice_to_voice"] for case in cases], float) for cases in (done, asked))
    found = [
        Figure.of("end of command to first sound", "s", ours),
        Figure.of("end of plain question to first sound", "s", theirs),
        Figure.single(
            "commands that were not answered as such", "count", len(commands), len(commands) - len(done), most=0
        ),
    ]
    if len(ours) and len(theirs):
        chance = np.random.default_rng(0)
        drawn = [np.median(chance.choice(values, (_RESAMPLES, len(values))), axis=1) for values in (ours, theirs)]
        low, high = np.percentile(drawn[0] / drawn[1], [2.5, 97.5])
        ratio = float(np.median(ours) / np.median(theirs))
        name = "first sound, p50: command / question (95 % interval: p95, max)"
        found.append(Figure(name, "×", len(ours), ratio, float(low), float(high), "≤ 1", ratio <= 1))
    return found
