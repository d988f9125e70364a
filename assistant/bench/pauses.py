"""The cases of `assistant bench endpointing`: every silence in recorded turns, and what was known of it at the time."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from assistant.audio.files import read
from assistant.audio.vad import Vad
from assistant.config import Settings
from assistant.errors import UsageError
from assistant.llm import Llm, Message
from assistant.stt import Stt
from assistant.turns import end_of_turn

HEARD = 0.1
"""Seconds of a pause that are over when the words before it are transcribed."""
LEAST, MOST = 0.2, 5.0
"""Seconds of the pauses that are scored, as in eot-bench."""
_EOT_BENCH = ((0.2, 0.3, 0.6, 1.0, 1.6, 5.0), (1.0, 0.556, 0.217, 0.1, 0.05, 0.0))
"""Seconds, and the share of its English pauses that are longer: its README's silence-only row."""
_CUT_READINGS = {"lj-LJ001-0001", "lj-LJ001-0003", "lj-LJ001-0004", "lj-LJ001-0006", "lj-LJ001-0007"}
_REMAINDERS = {"lj-LJ001-0002", "lj-LJ001-0008"}  # and what follows them, which is no turn either


@dataclass(frozen=True)
class Case:
    turn: str
    speaker: str
    kind: str
    """``pause`` to be listened through, ``gap`` stretched to be one, or the ``end``."""
    seconds: float
    """How long the silence lasts; infinite at the end."""
    text: str
    completeness: float | None
    cues: tuple[float, ...]
    work: float
    """Seconds of computing until words and completeness were known."""


def turns(data: Path) -> list[tuple[Path, str]]:
    """(recording, speaker) of each turn in ``data/dev`` and ``data/commands``. Raises UsageError."""
    found = []
    for kind in ("dev", "commands"):
        manifest = data / kind / "manifest.jsonl"
        try:
            rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
            found += [(manifest.parent / entry["file"], entry.get("speaker") or kind) for entry in rows]
        except OSError:
            raise UsageError(
                f"{manifest}: there is no such list of clips; name the folder that holds `dev` "
                "and `commands` with --data"
            ) from None
        except (ValueError, KeyError) as error:
            raise UsageError(f"{manifest}: a line is not a clip with a file ({error}); mend it") from None
    return found


def silences(speech: Sequence[bool]) -> tuple[float, float, list[tuple[float, float]]]:
    """Start and end of the speech and the pauses within it, (start, end) each, in seconds, from a verdict per frame."""
    spoken = np.flatnonzero(speech)
    if not spoken.size:
        return 0.0, 0.0, []
    before = np.flatnonzero(np.diff(spoken) > 1)
    pauses = [((spoken[i] + 1) * FRAME_SECONDS, spoken[i + 1] * FRAME_SECONDS) for i in before]
    return spoken[0] * FRAME_SECONDS, (spoken[-1] + 1) * FRAME_SECONDS, pauses


def _frames(audio: np.ndarray) -> np.ndarray:
    return audio[: len(audio) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)


def room(audio: np.ndarray, seconds: float) -> np.ndarray:
    """So much of the recording's own silence: its quietest frames in random order, at most at -70 dB."""
    frames = _frames(audio)
    level = np.sqrt((frames**2).mean(1))
    quiet = frames[np.argsort(level)[: max(3, len(frames) // 20)]]
    loudness = float(np.sqrt((quiet**2).mean()))
    chosen = np.random.default_rng(0).integers(0, len(quiet), round(seconds / FRAME_SECONDS))
    return (quiet[chosen] * min(1.0, 3e-4 / (loudness + 1e-9))).reshape(-1)


def gaps(audio: np.ndarray, start: float, end: float, taken: Sequence[float]) -> list[float]:
    """Where the sound dips for 0.05 s between ``start`` and ``end``, 0.3 s and more from ``taken`` and each other."""
    level = np.sqrt((audio[: len(audio) // 160 * 160].reshape(-1, 160) ** 2).mean(1))
    quiet = level < 0.06 * np.percentile(level, 95)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(int), [0]])))
    found: list[float] = []
    for first, last in zip(edges[::2] / 100, edges[1::2] / 100):
        if last - first >= 0.05 and start + 0.3 < first and last < end - 0.5:
            if all(abs(first - other) >= 0.3 for other in [*taken, *found]):
                found.append(float(first))
    return found


async def cases(data: Path, settings: Settings, stt: Stt, llm: Llm) -> list[Case]:
    """Transcribe and judge every silence. Raises UsageError, EngineError."""
    found: list[Case] = []
    completeness = getattr(llm, "completeness", None)
    system = Message("system", settings.llm.system_prompt)

    async def judge(clip: Path, speaker: str, kind: str, seconds: float, audio: np.ndarray) -> Case:
        started = time.perf_counter()
        transcript = await stt.transcribe(audio)
        complete = None
        if completeness and transcript.text:
            complete = await completeness([system, Message("user", transcript.text)])
        work = time.perf_counter() - started
        return Case(
            clip.stem, speaker, kind, seconds, transcript.text, complete, end_of_turn.cues(transcript, complete), work
        )

    for clip, speaker in turns(data):
        recorded = read(clip)
        audio = np.concatenate([recorded, room(recorded, 1.0)])
        vad = Vad(settings.vad)
        start, end, pauses = silences([vad(frame) for frame in _frames(audio)])
        end = min(end, len(recorded) / SAMPLE_RATE)
        first = round(max(0.0, start - settings.vad.pre_roll) * SAMPLE_RATE)
        if end <= start:
            continue
        for begins, ends in pauses:
            if LEAST - 1e-9 <= ends - begins <= MOST and ends < end:
                until = round((begins + HEARD) * SAMPLE_RATE)
                found.append(await judge(clip, speaker, "pause", ends - begins, audio[first:until]))
        until = round((end + HEARD) * SAMPLE_RATE)
        whole = await judge(clip, speaker, "end", np.inf, audio[first:until])
        if clip.stem in _CUT_READINGS:
            found.append(replace(whole, kind="gap"))
        elif clip.stem not in _REMAINDERS:
            found.append(whole)
        long = [begins for begins, ends in pauses if ends - begins >= LEAST - 1e-9]
        for begins in gaps(recorded, start, end, long):
            cut = np.concatenate([audio[first : round(begins * SAMPLE_RATE)], room(recorded, HEARD)])
            case = await judge(clip, speaker, "gap", LEAST, cut)
            if _begins(whole.text, case.text):
                found.append(case)
    return _stretched(found)


def _begins(whole: str, beginning: str) -> bool:
    """Whether the last word of ``beginning`` is whole: a gap may lie within a word."""
    words, first = whole.lower().split(), beginning.lower().split()
    return 0 < len(first) < len(words) and words[len(first) - 1].strip(".,?!") == first[-1].strip(".,?!")


def _stretched(found: list[Case]) -> list[Case]:
    """The gaps get the lengths of eot-bench's pauses, dealt out at random but always the same way."""
    places = [position for position, case in enumerate(found) if case.kind == "gap"]
    shares = (np.random.default_rng(0).permutation(len(places)) + 0.5) / max(1, len(places))
    for position, seconds in zip(places, np.interp(shares, _EOT_BENCH[1][::-1], _EOT_BENCH[0][::-1])):
        found[position] = replace(found[position], seconds=float(seconds))
    return found
