"""`assistant bench conversation`: twelve people talk with the program on a virtual sound card, five minutes each. They
ask, interrupt, hesitate and say "mm-hm" (see people.py); what came of it is told from sound alone (see heard.py). So
another program is measured in the same way: ``peer``, person by person in turns with this one, on the same recordings.

A peer is a command line. It takes the system's default microphone and speaker, and prints a line with "listening" once
it hears its user. It may print what was said as `assistant talk --plain` does, too (see `heard.printed`): the bundled
recogniser mishears many short answers. Nothing of the speaker reaches the microphone, as with a headset.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.bench import people
from assistant.bench.clips import LEVEL, Clip, levels, loud
from assistant.bench.heard import Said, analyse, printed, recogniser
from assistant.bench.people import Utterance
from assistant.bench.program import Program
from assistant.bench.result import Figure, Result, new_picture
from assistant.bench.virtual_card import Recording, VirtualCard
from assistant.errors import AssistantError

OURS, PEER = "assistant", "peer"
_START = 120.0  # seconds that a program may take to listen
_PATIENCE = 8.0  # seconds that a person waits for an answer
_OVER = 2.0  # seconds of silence after which a reply is taken to be over
_LONGEST = 30.0  # seconds after which a person no longer waits for its end
_RESAMPLES = 10_000


def run(
    clips: Sequence[Clip], count: int = 12, rounds: int = 2, peer: Sequence[str] = (), settings: Sequence[str] = ()
) -> Result:
    """``count`` people talk for ``rounds`` times two and a half minutes, by ``clips``, turns with their speakers, with
    this program and with ``peer``, another one's command. Raises AssistantError when one does not start or ends."""
    details: list[dict] = []
    engines: dict[str, str] = {}
    transcribe = recogniser()
    with VirtualCard() as card:
        for name, said in people.plan(clips, count, rounds).items():
            for title in (OURS, PEER) if peer else (OURS,):
                with Program(card, settings, peer if title == PEER else ()) as program:
                    program.wait_for("listening", _START)
                    conversation = converse(card, program, said)
                    engines = (program.turns() or [{}])[-1].get("engines") or engines
                cases = [*analyse(*conversation, transcribe), *printed(program.lines)]
                details += [
                    {"program": title, "person": name, "number": number} | case for number, case in enumerate(cases)
                ]
    return Result("conversation", rows(details), engines, details)


# ---- the conversation ------------------------------------------------------------------------------------------


def converse(card: VirtualCard, program: Program, said: Sequence[Utterance]) -> tuple[list[Said], np.ndarray]:
    """Say all of it, each utterance when its time has come. What was said, and the recording of the speaker."""
    time.sleep(1.0)
    with card.recording("speaker.monitor") as speaker, card.recording("mic.monitor") as microphone:
        begun: list[tuple[Utterance, float]] = []
        since = time.monotonic()
        for utterance in said:
            if begun:
                _wait(speaker, since, utterance)
            if utterance.kind == "backchannel" and not _sounding(speaker):
                continue  # nobody says "mm-hm" into a silence
            if not program.running:
                raise AssistantError(f"the program ended; its last words: {' / '.join(program.lines[-3:])}")
            begun.append((utterance, time.monotonic()))
            card.play(utterance.audio)
            if utterance.kind != "backchannel":
                since = time.monotonic() - len(utterance.audio) / SAMPLE_RATE + utterance.speech[1]
        _wait(speaker, since, None)
    return [_placed(*pair, microphone, speaker.start) for pair in begun], speaker.audio


def _wait(speaker: Recording, since: float, utterance: Utterance | None) -> None:
    """Wait for the moment of ``utterance`` in the reply to what ended at ``since``, or for that reply's end."""
    while not (sounding := loud(speaker.heard(since))).size:
        if time.monotonic() > since + _PATIENCE:
            return
        time.sleep(0.02)
    first = since + sounding[0] * 0.01
    if utterance and utterance.delay:
        time.sleep(max(0.0, first + utterance.delay - time.monotonic()))
        return
    while time.monotonic() < first + _OVER or _sounding(speaker, _OVER) and time.monotonic() < first + _LONGEST:
        time.sleep(0.02)


def _sounding(speaker: Recording, seconds: float = 0.3) -> bool:
    return bool((levels(speaker.heard(time.monotonic() - seconds)) > LEVEL).any())


def _placed(utterance: Utterance, begun: float, microphone: Recording, zero: float) -> Said:
    """Where in time the words were, by the microphone's recording, in which nothing else sounds."""
    first = max(0, round((begun - microphone.start) * SAMPLE_RATE))
    start = begun + _first(microphone.audio[first:]) - _first(utterance.audio) - zero
    onset, end = utterance.speech
    return Said(utterance.kind, utterance.clip, utterance.text, start + onset, start + end)


def _first(audio: np.ndarray) -> float:
    return float(np.argmax(np.abs(audio) > 1e-4)) / SAMPLE_RATE


# ---- what is reported ------------------------------------------------------------------------------------------


def rows(details: Sequence[dict]) -> list[Figure]:
    programs = list(dict.fromkeys(case["program"] for case in details))
    found = []
    for program in programs:
        cases = [case for case in details if case["program"] == program]
        found += _rows(cases, f"{program}: " if len(programs) > 1 else "", program == OURS)
    if len(programs) > 1:
        for key, name, most in (("first_sound", "first sound", 0.35), ("silence", "onset to silence", None)):
            found += _ratios(details, key, name, most)
    return found


def _rows(cases: Sequence[dict], prefix: str, bounded: bool) -> list[Figure]:
    turns = [case for case in cases if case["kind"] not in ("backchannel", "printed")]
    over = [case for case in turns if case["over"]]
    alone = [case for case in turns if not case["over"]]
    sounds = [case["effect"] for case in cases if "effect" in case]
    ended = [case["ended_by_itself"] for case in turns if "ended_by_itself" in case]
    judged = [case["fault"] for case in turns if "fault" in case]
    words = [case["fault"] for case in cases if case["kind"] == "printed" and "fault" in case]

    def share(name: str, hits: Sequence[bool], most: float | None = None) -> Figure:
        return Figure.single(prefix + name, "%", len(hits), 100 * float(np.mean(hits)) if hits else float("nan"), most)

    limits = [{"p50": 0.35, "p95": 0.7}, {"p50": 0.1, "p95": 0.15, "most": 0.3}] if bounded else [{}, {}]
    most = (lambda limit: limit) if bounded else lambda limit: None
    firsts = [case["first_sound"] for case in turns if case["first_sound"] is not None]
    silences = [case["silence"] for case in over if case["through"]]
    found = [
        Figure.of(f"{prefix}last word to first sound", "s", firsts, **limits[0]),
        Figure.of(f"{prefix}interruption's onset to silence", "s", silences, **limits[1]),
        share("interruptions not let through", [not case["through"] for case in over], most(0)),
        share("interruptions it spoke into again", [case["spoke_into"] for case in over]),
        share("turns it spoke into (wrong endings)", [case["spoke_into"] for case in alone], most(3)),
    ]
    for hesitant, name in ((True, "with a stretched pause"), (False, "without")):
        hits = [case["spoke_into"] for case in alone if (case["kind"] == "hesitation") is hesitant]
        found.append(share(f"the same, {name}", hits))
    found += [
        share("replies a backchannel held", [effect == "held" for effect in sounds]),
        share("replies a backchannel ended", [effect == "ended" for effect in sounds]),
        share("replies that ended then by themselves", ended),
        share("answers that are none, as heard", [fault is not None for fault in judged]),
    ]
    if words:
        found.append(share("answers that are none, as printed", [fault is not None for fault in words], most(1)))
    return [*found, share("dead turns", [case["dead"] for case in turns], most(0))]


def _ratios(details: Sequence[dict], key: str, name: str, most: float | None) -> list[Figure]:
    """Ours divided by the peer's, over what both did; p95 and max hold the ends of the 95 % interval."""
    measured = [
        {
            (case["person"], case["number"]): case[key]
            for case in details
            if case["program"] == program and case.get(key)
        }
        for program in (OURS, PEER)
    ]
    both = np.array([[values[place] for values in measured] for place in measured[0] if place in measured[1]])
    if not len(both):
        return []
    chosen = np.random.default_rng(0).integers(0, len(both), (_RESAMPLES, len(both)))
    found = []
    for share in (50, 95):
        ours, peer = np.percentile(both, share, axis=0)
        drawn = np.percentile(both[chosen], share, axis=1)
        low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
        bound, met = (f"≤ {most:g}", bool(ours / peer <= most)) if most else ("", None)
        title = f"{name}, p{share}: {OURS} / {PEER} (95 % interval: p95, max)"
        found.append(Figure(title, "×", len(both), ours / peer, float(low), float(high), bound, met))
    return found


def plot(result: Result, path: Path) -> None:
    """The share of turns answered, and of interruptions heeded, within so many seconds; PNG, needs matplotlib."""
    picture = new_picture((8, 4))
    for axes, (key, name) in zip(
        picture.subplots(1, 2), (("first_sound", "last word to first sound"), ("silence", "onset to silence"))
    ):
        for program in dict.fromkeys(case["program"] for case in result.details):
            values = sorted(case[key] for case in result.details if case["program"] == program and case.get(key))
            axes.step(values, np.arange(1, len(values) + 1) / max(1, len(values)), where="post", label=program)
        axes.set(xlabel=f"{name}, s", ylim=(0, 1))
        axes.legend()
    picture.savefig(path, dpi=120)
