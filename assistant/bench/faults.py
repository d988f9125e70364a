"""`assistant bench faults`: real conversations with the real program on a virtual sound card, and what happens to such
machines in the world, at random moments. Does it listen again, does the next turn work, is nothing lost or mixed up?

Each fault has a program of its own, and strikes once a round: a question is asked, the fault strikes before, during or
after it, is undone, and then the next question must be heard, answered aloud and written down.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
import psutil

from assistant.audio import SAMPLE_RATE
from assistant.bench.bad_endpoint import BadEndpoint
from assistant.bench.clips import Clip, loud
from assistant.bench.fault_kinds import KINDS, Fault, Scene, clock_environment, records, seconds_until
from assistant.bench.heard import recogniser
from assistant.bench.program import Program
from assistant.bench.result import Figure, Result
from assistant.bench.virtual_card import VirtualCard
from assistant.errors import AssistantError, UsageError

_SETTINGS = ("llm.max_tokens=12", "stt.engine=moonshine", "tts.engine=espeak")
_START = 120.0  # seconds that the program may take to listen
_PATIENCE = 40.0  # seconds that a turn may take to be over: an engine's limit may have to pass first
_SECONDS = (1.5, 4.5)  # of a question
_MOST_QUESTIONS = 8
_LATENCY = 0.3  # seconds that sound may still be on its way when a turn is written down
_CLEAR = 0.8  # of a sentence's words
_PAUSE = 0.25  # seconds
_SPOKEN = 0.6  # of a reply's words that the recogniser hears from the speaker when it is that reply


def run(clips: Sequence[Clip], turns: int = 10, only: str = "", settings: Sequence[str] = ()) -> Result:
    """``only``: this fault alone. Raises UsageError when there is none of that name, or too few clips."""
    chosen = {name: fault for name, fault in KINDS.items() if only in ("", name)}
    if not chosen:
        raise UsageError(f"--only {only}: there is no such fault; known are: {', '.join(KINDS)}")
    transcribe = recogniser()
    questions = _understood([clip for clip in clips if _SECONDS[0] <= clip.seconds <= _SECONDS[1]], transcribe)
    if len(questions) < 2:
        raise UsageError(
            f"two clear sentences of {_SECONDS[0]} to {_SECONDS[1]} s are needed; name recordings with --data"
        )
    details: list[dict] = []
    for name, fault in chosen.items():
        suffered = _suffered(name, fault, questions, turns, settings, transcribe)
        print(f"{name}: {sum(case['works'] for case in suffered)} of {turns}", file=sys.stderr, flush=True)
        details += suffered
    engines: dict[str, str] = next((case["engines"] for case in details if "engines" in case), {})
    return Result(
        "faults", _rows(details), engines, [{k: v for k, v in case.items() if k != "engines"} for case in details]
    )


def _understood(clips: Sequence[Clip], transcribe: Callable[[np.ndarray], str]) -> list[Clip]:
    """The first few without a pause that the recogniser hears well: what is misheard, or answered in two turns, would
    be counted as a fault.
    """
    found: list[Clip] = []
    for clip in clips:
        said = _words(clip.text)
        if len(said) > 3 and not _pauses(clip) and len(said & _words(transcribe(clip.audio()))) >= _CLEAR * len(said):
            found.append(clip)
        if len(found) == _MOST_QUESTIONS:
            break
    return found


def _pauses(clip: Clip) -> bool:
    return bool((np.diff(loud(clip.audio())) * 0.01 >= _PAUSE).any())


def _suffered(
    name: str,
    fault: Fault,
    questions: Sequence[Clip],
    turns: int,
    settings: Sequence[str],
    transcribe: Callable[[np.ndarray], str],
) -> list[dict]:
    """A case per time that it struck."""
    chance = random.Random(name)
    cases: list[dict] = []
    while len(cases) < turns:
        with ExitStack() as stack:
            scene = _scene(stack, fault, chance, settings, transcribe)
            last = len(cases) + fault.per_program
            while len(cases) < min(turns, last) and scene.program.running:
                first, second = chance.sample(list(questions), 2)
                case = {"fault": name, "number": len(cases), "works": False}
                cases.append(case)
                try:
                    case |= _round(scene, fault, first, second, questions)
                    if case["works"] and not case["struck"]:
                        cases.pop()
                except (AssistantError, psutil.Error, OSError, subprocess.SubprocessError) as error:
                    case["trouble"] = f"{type(error).__name__}: {error}"
                    break  # what is left of the scene is good for nothing
            if cases:
                cases[-1]["lost"] = _lost(scene.program)
                cases[-1]["running"] = scene.program.running
                cases[-1]["engines"] = (scene.program.turns() or [{}])[-1].get("engines", {})
    return cases


def _scene(
    stack: ExitStack,
    fault: Fault,
    chance: random.Random,
    settings: Sequence[str],
    transcribe: Callable[[np.ndarray], str],
) -> Scene:
    card, endpoint = stack.enter_context(VirtualCard()), stack.enter_context(BadEndpoint())
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assistant-faults-")))
    program = Program(
        card,
        [*_SETTINGS, *(setting.format(url=endpoint.url) for setting in fault.settings), *settings],
        module=("assistant.bench.faulty", str(folder / "orders.json")),
        environment={"OPENAI_API_KEY": "none", **(clock_environment(folder) if fault.fake_time else {})},
    )
    stack.enter_context(program)
    program.wait_for("listening", _START)
    return Scene(card, program, endpoint, folder, chance, transcribe)


def _round(scene: Scene, fault: Fault, first: Clip, second: Clip, questions: Sequence[Clip]) -> dict:
    """The fault strikes in the turn of ``first``; then ``second`` must be answered."""
    program, chance = scene.program, scene.chance
    moment = chance.choice(fault.moments)
    printed, before = len(program.lines), len(program.turns())
    died = _death(scene.worker()) if fault.restarts else []
    if moment == "listening":
        fault.strike(scene)
    asking = threading.Thread(target=_say, args=(scene, first), daemon=True)
    asking.start()
    if moment == "hearing":
        time.sleep(chance.uniform(0.2, first.seconds))
    elif moment == "answering":
        asking.join()
        time.sleep(chance.uniform(0.2, 2.5))
    if moment != "listening":
        fault.strike(scene)
    time.sleep(chance.uniform(*fault.lasts))
    fault.mend(scene)
    since = time.monotonic()
    again: float | None = None
    if fault.device:
        again = seconds_until(lambda: records(scene.card, scene.microphone) and _speaker_works(program), since)
    asking.join()
    if fault.restarts:
        seconds_until(lambda: bool(died), time.monotonic(), lasting=0.0, patience=_PATIENCE)
    if died:
        seconds_until(lambda: _restarted(program, died) is not None, time.monotonic(), lasting=0.0, patience=_PATIENCE)
        again = _restarted(program, died)
    calm = seconds_until(lambda: program.state == "listening", time.monotonic(), patience=_PATIENCE)
    struck = not _withdrawn(scene.orders) and bool(died or not fault.restarts)
    told = [line.split(maxsplit=2)[2] for line in program.lines[printed:] if " note " in line]
    return {
        "moment": moment,
        "first": first.text,
        "struck": struck,
        "suffered": [_short(turn) for turn in program.turns()[before:]],
        "second": second.text,
        "again": again,
        "calm": calm,
        "told": told[:3],
        **_answered(scene, first, second, questions),
    }


def _withdrawn(orders: Path) -> bool:
    """Whether an engine was not called any more for what it was ordered; it shall not do it in the next question."""
    try:
        orders.unlink()
    except FileNotFoundError:
        return False
    return True


def _say(scene: Scene, clip: Clip) -> None:
    with suppress(subprocess.CalledProcessError, OSError):  # the microphone may vanish under it
        scene.card.play(clip.audio(), microphone=scene.microphone)


def _speaker_works(program: Program) -> bool:
    """By what it says: a speaker in which nothing sounds is not seen from outside."""
    told = [line for line in list(program.lines) if "the speaker" in line]
    return not told or told[-1].endswith("works now")


def _restarted(program: Program, died: Sequence[float]) -> float | None:
    """Seconds from the process's death until the screen said again that it listens; None = it did not, or lives on."""
    if not died:
        return None
    said = [at - died[0] for at, line in zip(list(program.times), list(program.lines)) if line.endswith("listening")]
    return next((seconds for seconds in said if seconds > 0), None)


def _death(process: psutil.Process) -> list[float]:
    """Filled in with when the process ends, on time.monotonic."""
    died: list[float] = []

    def watch() -> None:
        process.wait()
        died.append(time.monotonic())

    threading.Thread(target=watch, daemon=True).start()
    return died


def _answered(scene: Scene, earlier: Clip, clip: Clip, questions: Sequence[Clip]) -> dict:
    """Whether ``clip``, asked now, is understood, answered aloud and written down, and nothing else with it, unless it
    is the ``earlier`` one, which may be written late."""
    program = scene.program
    before = len(program.turns())
    with scene.card.recording(f"{scene.speaker}.monitor") as speaker:
        asked = time.monotonic()
        scene.card.play(clip.audio(), microphone=scene.microphone)
        seconds = time.monotonic() - asked
        found: list[dict] = []
        while time.monotonic() < asked + seconds + _PATIENCE and not found:
            time.sleep(0.05)
            found = [turn for turn in program.turns()[before:] if _asks(turn, questions) is clip]
        time.sleep(_LATENCY)
    new = [turn for turn in program.turns()[before:] if turn["user"]]
    answer = speaker.audio[round(seconds * SAMPLE_RATE) :]
    sounding = loud(answer)
    heard = bool(sounding.size)
    spoken = scene.transcribe(_around(answer, sounding)) if heard else ""
    return {
        "works": bool(found) and found[0]["outcome"] == "answered" and bool(found[0]["heard"]) and heard,
        "mixed": any(_asks(turn, questions) not in (clip, earlier, None) for turn in new)
        or len(found) > 1
        or bool(found)
        and _is_of_another(spoken, found[0]["heard"], [turn["heard"] for turn in program.turns()[:before]]),
        "spoken": spoken,
        "took": time.monotonic() - asked - seconds,
        "turn": _short(found[0]) if found else None,
        "sound": heard,
    }


def _is_of_another(spoken: str, written: str, earlier: Sequence[str]) -> bool:
    """Whether what the recogniser heard from the speaker is one of the ``earlier`` replies, and not what is written."""

    def is_heard(reply: str) -> bool:
        said = _words(reply)
        return len(said) > 3 and len(said & _words(spoken)) >= _SPOKEN * len(said)

    return not is_heard(written) and any(is_heard(reply) for reply in earlier if _words(reply) != _words(written))


def _around(sound: np.ndarray, sounding: np.ndarray) -> np.ndarray:
    """``sound`` without the silence before and after; ``sounding``: which of its 10 ms are none."""
    block = SAMPLE_RATE // 100
    return sound[max(0, sounding[0] - 20) * block : (sounding[-1] + 20) * block]


def _short(turn: dict) -> dict:
    return {key: turn[key] for key in ("user", "reply", "heard", "outcome", "error")}


def _asks(turn: dict, questions: Sequence[Clip]) -> Clip | None:
    """Which of the questions a turn's transcript is; None when it is none."""
    said = _words(turn["user"])
    alike = {len(said & _words(clip.text)) / len(_words(clip.text)): clip for clip in questions}
    return alike[max(alike)] if max(alike) >= 0.5 else None


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z']+", text.lower()))


def _lost(program: Program) -> int:
    """Turns that the screen showed and the journal does not hold."""
    shown = sum(bool(re.match(r"\S+ turn +\d+ \w", line)) for line in program.lines)
    return max(0, shown - len(program.turns()))


# ---- what is reported ------------------------------------------------------------------------------------------


def _rows(details: Sequence[dict]) -> list[Figure]:
    found = []
    for name in dict.fromkeys(case["fault"] for case in details):
        cases = [case for case in details if case["fault"] == name]
        works = [bool(case["works"]) for case in cases]
        found.append(Figure.single(f"{name}: next turn works", "%", len(works), 100 * float(np.mean(works)), least=100))
        if most := KINDS[name].most:
            again = [_PATIENCE if case.get("again") is None else case["again"] for case in cases]  # or longer
            found.append(Figure.of(f"{name}: listening again", "s", again, most=most))
        if KINDS[name].aloud:
            spoken = [any(turn["heard"] for turn in case["suffered"]) for case in cases if case.get("suffered")]
            share = 100 * float(np.mean(spoken)) if spoken else float("nan")
            found.append(Figure.single(f"{name}: something is said of it", "%", len(spoken), share, least=100))
    return [
        *found,
        Figure.of("turns mixed up", "count", [sum(case.get("mixed", False) for case in details)], most=0),
        Figure.of("turns lost", "count", [sum(case.get("lost", 0) for case in details)], most=0),
        Figure.of("programs that ended", "count", [sum(not case.get("running", True) for case in details)], most=0),
    ]
