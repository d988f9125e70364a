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
from assistant.bench import hesitations
from assistant.config import Settings, VadSettings
from assistant.errors import UsageError
from assistant.llm import Llm, Message
from assistant.stt import Stt, Transcript
from assistant.turns import end_of_turn
from assistant.turns.habit import PAUSE, Habit

HEARD = 0.1
"""Seconds of a pause that are over when the words before it are transcribed."""
LEAST, MOST = PAUSE, 5.0
"""Seconds of the pauses that are scored, as in eot-bench."""
_EOT_BENCH = ((0.2, 0.3, 0.6, 1.0, 1.6, 5.0), (1.0, 0.556, 0.217, 0.1, 0.05, 0.0))
"""Seconds, and the share of its English pauses that are longer: its README's silence-only row."""
_CUT_READINGS = {"lj-LJ001-0001", "lj-LJ001-0003", "lj-LJ001-0004", "lj-LJ001-0006", "lj-LJ001-0007"}
_REMAINDERS = {"lj-LJ001-0002", "lj-LJ001-0008"}  # and what follows them, which is no turn either


@dataclass(frozen=True)
class Case:
    turn: str
    speaker: str
    speech: str
    """``read``, ``order`` (a drink) or ``made`` by the offline voice."""
    kind: str
    """``pause`` to be listened through, ``gap`` stretched to be one, or the ``end``."""
    seconds: float
    """How long the silence lasts; infinite at the end."""
    transcript: Transcript
    completeness: float | None
    cues: tuple[float, ...]
    work: float
    """Seconds of computing until words and completeness were known."""


def turns(data: Path) -> list[tuple[Path, str, str]]:
    """(recording, speaker, `Case.speech`) of each turn in ``data/dev`` and ``data/commands``; the speaker is empty when
    nobody wrote down who it is. Raises UsageError.
    """
    found = []
    for folder, speech in (("dev", "read"), ("commands", "order")):
        manifest = data / folder / "manifest.jsonl"
        try:
            rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
            found += [(manifest.parent / entry["file"], entry.get("speaker") or "", speech) for entry in rows]
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
    completeness = getattr(llm, "completeness", None)
    system = Message("system", settings.llm.system_prompt)

    async def judge(
        turn: str, speaker: str, speech: str, kind: str, seconds: float, audio: np.ndarray, habit: Habit
    ) -> Case:
        started = time.perf_counter()
        transcript = await stt.transcribe(audio)
        complete = None
        if completeness and transcript.text:
            complete = await completeness([system, Message("user", transcript.text)])
        work = time.perf_counter() - started
        cues = end_of_turn.cues(transcript, complete, habit.more_than_usual)
        return Case(turn, speaker or speech, speech, kind, seconds, transcript, complete, cues, work)

    found: list[Case] = []
    habits: dict[str, Habit] = {}
    for clip, speaker, speech in turns(data):
        recorded = read(clip)
        audio = np.concatenate([recorded, room(recorded, 1.0)])
        first, events = _events(recorded, audio, settings.vad)
        habit = habits.setdefault(speaker, Habit()) if speaker else Habit()
        of_turn = []
        for begins, kind, seconds in events:
            if kind == "gap":
                heard = np.concatenate([audio[first : round(begins * SAMPLE_RATE)], room(recorded, HEARD)])
            else:
                heard = audio[first : round((begins + HEARD) * SAMPLE_RATE)]
            of_turn.append(await judge(clip.stem, speaker, speech, kind, seconds, heard, habit))
            if kind == "pause":
                habit.paused()
        if of_turn:
            *before, whole = of_turn
            found += [
                case for case in before if case.kind == "pause" or _begins(whole.transcript.text, case.transcript.text)
            ]
            if clip.stem in _CUT_READINGS:
                found.append(replace(whole, kind="gap"))
            elif clip.stem not in _REMAINDERS:
                found.append(whole)
                habit.finished(with_words=True)
    async for name, voice, audio, begins, end in hesitations.spoken():
        for kind, seconds, until in (("pause", LEAST, begins), ("end", np.inf, end)):
            heard = audio[: round((until + HEARD) * SAMPLE_RATE)]
            found.append(await judge(name, voice, "made", kind, seconds, heard, Habit()))
    return _stretched(found)


def _events(
    recorded: np.ndarray, audio: np.ndarray, settings: VadSettings
) -> tuple[int, list[tuple[float, str, float]]]:
    """The sample where speech begins, and (start, `Case.kind`, seconds) of each silence, in order; ``audio`` goes on
    after ``recorded``.
    """
    vad = Vad(settings)
    start, end, pauses = silences([vad(frame) for frame in _frames(audio)])
    end = min(end, len(recorded) / SAMPLE_RATE)
    if end <= start:
        return 0, []
    long = [(begins, ends) for begins, ends in pauses if ends - begins >= LEAST - 1e-9]
    events = [(begins, "pause", ends - begins) for begins, ends in long if ends - begins <= MOST and ends < end]
    events += [(begins, "gap", LEAST) for begins in gaps(recorded, start, end, [begins for begins, _ in long])]
    first = round(max(0.0, start - settings.pre_roll) * SAMPLE_RATE)
    return first, [*sorted(events), (end, "end", np.inf)]


def _begins(whole: str, beginning: str) -> bool:
    """Whether the last word of ``beginning`` is whole: a gap may lie within a word."""
    words, first = whole.lower().split(), beginning.lower().split()
    return 0 < len(first) < len(words) and words[len(first) - 1].strip(".,?!") == first[-1].strip(".,?!")


def _stretched(found: list[Case]) -> list[Case]:
    """Gaps and made pauses get the lengths of eot-bench's pauses, dealt out at random but always the same way."""
    for wanted in ({("gap", "read"), ("gap", "order")}, {("pause", "made")}):
        places = [position for position, case in enumerate(found) if (case.kind, case.speech) in wanted]
        shares = (np.random.default_rng(0).permutation(len(places)) + 0.5) / max(1, len(places))
        for position, seconds in zip(places, np.interp(shares, _EOT_BENCH[1][::-1], _EOT_BENCH[0][::-1])):
            found[position] = replace(found[position], seconds=float(seconds))
    return found
